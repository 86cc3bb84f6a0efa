/* SPDX-License-Identifier: MIT */
/*
 * The parts of `faultpost run`: main_run.c has the options and the order of
 * things, main_run_list.c says what is run, main_run_case.c runs one of it,
 * perhaps in a process of its own, and main_run_tell.c tells what came of it.
 */
#ifndef FAULTPOST_HARNESS_MAIN_RUN_H
#define FAULTPOST_HARNESS_MAIN_RUN_H

#include "core/cli/follow.h"
#include "core/cli/output.h"
#include "core/cli/pool.h"
#include "harness/live/live.h"
#include "harness/main_reports.h"
#include "harness/plan/heading.h"
#include "harness/run/keyword.h"

#include <sys/types.h>

/* A scenario file. */
struct run_file {
	char *path;         /* owned */
	char *text;         /* owned; NULL: it could not be read */
	size_t len;         /* of the text */
	struct err *err;    /* owned; why not */
	struct arena arena; /* of its headings */
};

/* What is run: a case of a file, so many times. */
struct run_case {
	struct run_file *file;
	const struct heading *heading;
	uint64_t repetition; /* from 0 */
};

/* No list is longer: what a slip of the hand asks for must not fill memory. */
#define RUN_CASES_MAX 1000000

/* What a case says beside its reports, whose channels are their indexes. */
enum run_channel {
	RUN_CHANNEL_LOG = REPORT_FORMATS_MAX,
	RUN_CHANNEL_TRANSCRIPT,
	RUN_CHANNEL_ERROR,   /* a line for standard error */
	RUN_CHANNEL_VERDICT, /* a struct run_verdict */
};
struct run_verdict {
	enum report_verdict verdict;
	int code; /* enum cli_exit */
};

/* Unless it is said otherwise, a run with a relay elsewhere takes at most: */
#define RUN_EXTERNAL_LIMIT (10L * 60 * UTIME_S)
/* A relay that runs elsewhere (main_run_external.c), as asked for. */
struct run_external {
	struct endpoint relay, names; /* names: valid if has_names */
	struct bindings bindings;     /* owned */
	const char *log;              /* a file; or NULL */
	/* Owned.  Where the log of the first case begins: before the relay was
	 * looked for, as it tells of that, too. */
	struct cli_follow *follow;
	utime limit;
	const char *limit_text; /* as given; or NULL */
	bool has_names, has_client, prints_routes;
	/* From where the relay sees us come: what was said, or its own. */
	struct ip_address client;
};

struct run {
	/* As asked for. */
	bool verbose, check, list, fail_fast, has_seed;
	const char *profiles; /* a folder, or NULL */
	uint64_t seed, repeat, processes;
	struct keyword *keyword; /* owned; NULL: all */
	bool is_live, keeps;     /* see main_run_live.c */
	double time_scale;       /* of a live run; 0: its clock is turned */
	const struct adapter *adapter; /* whose relay a live run has */
	const char *relay;             /* as given; NULL: not */
	const char *relay_root; /* where its package is; NULL: installed */
	bool is_bare;           /* it has no namespaces */
	int relay_fd;           /* its program, opened; -1: not live */
	struct run_external external;
	struct cli_output log, transcript;
	struct reports reports;

	/* What is run. */
	struct run_file **files; /* owned */
	size_t file_count, file_cap;
	struct run_case *cases; /* owned */
	size_t case_count, case_cap;

	/* What came of it. */
	struct report_totals totals;
	utime began; /* on the wall's clock */
	int code;
	bool has_verdict; /* of the case that is told */
	struct run_verdict last;
	bool shows_progress;
	struct buf text; /* on its way out */
};

/* The clock on the wall. */
utime run_clock(void);
/* The worst counts: 0 is outdone by 1, and that by what kept us from judging.
 */
void run_note_code(struct run *run, int code);
/* A signal asked for the end. */
bool run_is_stopped(void *owner);

/* ---- main_run_list.c ---- */

/* Reads what the words mean into run->files and run->cases.  False with *err
 * set when there is none, or when there are too many. */
bool run_list_read(struct run *run, char **words, struct err *err);
void run_list_fini(struct run *run);
/* Prints the cases, in the format of the first report. */
void run_list_print(struct run *run);
/* The seed of a case: the scenario's, or the one that was asked for, and one
 * more with each repetition. */
uint64_t run_case_seed(const struct run *run, const struct run_case *c);

/* ---- main_run_case.c ---- */

/* For a pool: runs the case of that number, and says what comes of it. */
void run_case_work(void *owner, size_t number, struct pool_worker *worker);
/* What is told of a case for which there is no result.  `replay` is where the
 * command that repeats it is written. */
struct report_entry run_case_entry(
    const struct run *run, size_t number, struct buf *replay);

/* ---- main_run_live.c ---- */

/* Reads the value of --time-scale. */
bool run_live_read_scale(struct run *run, const char *value, struct err *err);
/* Reads the value of --relay. */
bool run_live_read_relay(struct run *run, const char *value, struct err *err);
/* How fast the clock of a run is, unless it is turned. */
double run_live_scale(const struct run *run);
/* Finds what live runs need; false with *err set when something is missing. */
bool run_live_prepare(struct run *run, struct err *err);
/* Below which folders are made: $TMPDIR, or /tmp. */
const char *run_live_folder(void);
/* In the cage of a run that is over: keeps its files when it failed, or when
 * that was asked for, and appends a line that says where. */
void run_live_keep(const struct run *run, const struct result *result,
    const struct tape *tape, struct buf *text);

/* ---- main_run_external.c ---- */

/* Read what stands behind "external:" (or NULL), and the values of --bind-dns,
 * --client and --time-limit. */
bool run_external_read_relay(
    struct run *run, const char *value, struct err *err);
bool run_external_read_names(
    struct run *run, const char *value, struct err *err);
bool run_external_read_client(
    struct run *run, const char *value, struct err *err);
bool run_external_read_limit(
    struct run *run, const char *value, struct err *err);
/* Options that say nothing without such a relay; NULL: none is given. */
const char *run_external_option(const struct run *run);
/* Looks for the relay and its log, and whether hosts may listen where they
 * shall; false with *err set when anything is missing. */
bool run_external_prepare(struct run *run, struct err *err);
void run_external_fini(struct run *run);
/* Appends the options that make the run go there again. */
void run_external_replay(const struct run *run, struct buf *out);
/* Whether each host of the plan has a place; false with *err set. */
bool run_external_check(
    const struct run *run, const struct plan *plan, struct err *err);
/* Prints the routes that the relay needs for each case. */
void run_external_print(struct run *run);

/* ---- main_run_external_case.c ---- */

/* The relay's log, from what is written to it from now on; NULL with *err set.
 */
struct cli_follow *run_external_open_log(
    const struct run_external *e, struct err *err);
/* What a run with such a relay has for itself.  Zeroed before use, but for whom
 * `elsewhere` tells. */
struct run_stage {
	struct live_elsewhere elsewhere;
	struct placement places; /* owned */
	struct zone *zone;       /* owned */
	pid_t giver;             /* a process that gives the log on */
};
/* For the plan, which begins now; false with *err set, and nothing to end.
 * `is_first`: its log begins before the relay was looked for. */
bool run_external_begin(const struct run *run, struct plan *plan, bool is_first,
    struct run_stage *stage, struct err *err);
void run_external_end(struct run_stage *stage);

/* ---- main_run_tell.c ---- */

/* Before the first and behind the last case. */
void run_tell_begin(struct run *run);
void run_tell_end(struct run *run);
/* For a pool. */
void run_tell_text(
    void *owner, size_t number, unsigned channel, struct slice text);
bool run_tell_case(
    void *owner, size_t number, enum pool_end end, const char *how);

#endif

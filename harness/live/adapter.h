/* SPDX-License-Identifier: MIT */
/*
 * Programs that a live run can have for its relay, a row each: what of a
 * scenario they cannot be given, the files that they read, how they are
 * started and operated, and by whose clock they go.  What runs them (live.c,
 * live_relay.c) knows none by its name.  Pure.
 */
#ifndef FAULTPOST_ADAPTER_H
#define FAULTPOST_ADAPTER_H

#include "core/base/err.h"
#include "harness/live/reader.h"

#include <jansson.h>

/* How it comes to go by the clock of the run. */
enum adapter_clock {
	ADAPTER_CLOCK_SHARED, /* it takes part in it: world_ev_clock.h */
	ADAPTER_CLOCK_FILE,   /* it goes by the time of a file: live_pulse.h */
	ADAPTER_CLOCK_WALL,   /* nobody tells it the time */
};

/* What it is to be; all of it borrowed. */
struct adapter_setting {
	const json_t *scenario; /* of which the plan was made */
	const struct plan *plan;
	struct slice authority;   /* that the hosts have, PEM; empty: none */
	struct slice certificate; /* the name of its own; empty: none */
	struct slice certificate_pem, key_pem;
	struct endpoint name_server; /* where it is for it */
};

/* Files, in the folder where it runs. */
struct adapter_file {
	const char *path; /* static */
	struct buf text;
};
#define ADAPTER_FILES_MAX 16
struct adapter_files {
	struct adapter_file at[ADAPTER_FILES_MAX];
	size_t count;
};

/* One more, whose text is to be appended to what is returned. */
struct buf *adapter_files_add(struct adapter_files *files, const char *path);
/* Frees their texts. */
void adapter_files_fini(struct adapter_files *files);

/* Words of a command line. */
#define ADAPTER_WORDS_MAX 16
struct adapter_words {
	char *at[ADAPTER_WORDS_MAX + 1]; /* owned; ends with NULL */
	size_t count;
};

/* A copy of one more. */
void adapter_words_add(struct adapter_words *words, struct slice word);
/* Frees them all. */
void adapter_words_fini(struct adapter_words *words);

/* What it inherits. */
struct adapter_start {
	int ready_fd;        /* it listens when a byte comes through this */
	struct slice clock;  /* as world_clock_open() reads it */
	struct slice places; /* as world_places_open() does; empty: none */
};

struct adapter {
	const char *name; /* for people */
	/* Its file: a path, or a name beside ours; NULL: it runs elsewhere,
	 * and all of what follows but its clock and `unable` is NULL. */
	const char *program;
	enum adapter_clock clock;
	/* The signal at which it looks for mail that is due; 0: it looks often
	 * enough by itself.  SIGSTOP: all of its processes are stopped and
	 * continued, which ends their waits. */
	int nudge;
	/* Its patience with a host that answers no SYN, where a scenario cannot
	 * set that; 0: it can. */
	utime connect_timeout;
	const char *control; /* its control socket, where it runs */
	/* How it says what it does; NULL: in the words of the mail log. */
	const struct reader_dialect *dialect;
	/* Why it cannot be given that scenario, in words; NULL: it can. */
	const char *(*unable)(const struct plan *plan, const json_t *scenario);
	/* Its files. */
	void (*files)(
	    const struct adapter_setting *setting, struct adapter_files *out);
	/* Names that the name server has for it, instead of what the zone says
	 * of them; NULL: none. */
	void (*names)(const struct plan *plan, struct zone *out);
	/* Its command line.  On standard output it writes the mail log. */
	void (*command)(
	    const struct adapter_start *start, struct adapter_words *out);
	/* The file of a log beside the mail log; NULL: it is not written. */
	const char *(*side_log)(const struct plan *plan, enum plan_log log);
};

/* What the programs of others are told in whole seconds: one at least. */
long long adapter_seconds(utime span);
/* The next priority of the route's hosts above *priority (-1: the first); false
 * when there is none. */
bool adapter_next_priority(const struct route *route, int *priority);

/* faultpost-relay, the programs of others, and what runs elsewhere. */
extern const struct adapter adapter_faultpost, adapter_postfix, adapter_exim;
extern const struct adapter adapter_opensmtpd, adapter_external;
/* That of the name; NULL with *err set: there is none. */
const struct adapter *adapter_named(struct slice name, struct err *err);

#endif

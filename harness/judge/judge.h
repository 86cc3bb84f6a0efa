/* SPDX-License-Identifier: MIT */
/*
 * The judge: sees a mail log, line by line, and the mocks' transcripts, event
 * by event, as they happen, and says whether the scenario's expectations and
 * the invariants of every run held.  Pure, and in memory that does not grow
 * with what is finished.
 */
#ifndef FAULTPOST_JUDGE_H
#define FAULTPOST_JUDGE_H

#include "core/base/buf.h"
#include "core/maillog/parser.h"
#include "core/transcript/transcript.h"
#include "harness/plan/plan.h"

struct fairness;
struct schedule;
struct ledger;
struct judge;

/* X(constant, name, what it says): DESIGN's eight, and the limits. */
#define INVARIANTS(X)                                                          \
	X(INV_CONSERVATION, "conservation",                                    \
	    "each accepted recipient is exactly once delivered, bounced, "     \
	    "dropped or still queued")                                         \
	X(INV_NO_DUPLICATE, "no-duplicate",                                    \
	    "no recipient is delivered twice, save where the reply to the "    \
	    "end of data was lost")                                            \
	X(INV_PRIORITY, "priority",                                            \
	    "no attempt goes to a worse priority while a better candidate "    \
	    "is neither tried in the round nor known to be down")              \
	X(INV_ROTATION, "rotation",                                            \
	    "each connection goes to the first eligible candidate after the "  \
	    "one opened last for its domain and priority")                     \
	X(INV_BACK_OFF, "back-off",                                            \
	    "no round before its time, none after expiry, none missed")        \
	X(INV_PERMANENCE, "permanence",                                        \
	    "a recipient ends only by delivery, a 5xx to it, a hard DNS "      \
	    "error, expiry, /dev/null or an operator, and is never seen "      \
	    "after that")                                                      \
	X(INV_LIMITS, "limits",                                                \
	    "no more connections, messages on one, or recipients in a period " \
	    "than destination controls and concurrency allow")                 \
	X(INV_TWO_WITNESSES, "two-witnesses",                                  \
	    "each New SMTP DCID has its connection in a transcript, each "     \
	    "Message done its 250, and the other way round")                   \
	X(INV_PROTOCOL, "protocol",                                            \
	    "the relay's side of every dialogue obeys RFC 5321")
enum invariant {
#define X(constant, name, text) constant,
	INVARIANTS(X)
#undef X
	INVARIANT_COUNT,
};
const char *invariant_name(enum invariant i);
const char *invariant_text(enum invariant i);

enum verdict {
	VERDICT_HELD,
	VERDICT_FAILED,
	VERDICT_WAIVED,     /* the scenario says so, with a reason */
	VERDICT_NOT_JUDGED, /* a witness was missing: `found` says which */
};

/* One finding, in words for a person; all text is malloc'd by the judge and
 * lives until judge_destroy(). */
struct judgement {
	enum verdict verdict;
	const char *subject; /* "expect[1] log", "invariant rotation" */
	const char *because; /* the scenario's, or NULL */
	const char *place;   /* FILE:LINE:COL in the scenario, or NULL */
	const char *wanted;  /* what should have been */
	const char *found;   /* what was, with log line numbers */
	const char
	    *nearest; /* the nearest miss and where it differs, or NULL */
	/* Of a rule that never acted: its only condition that was not true, or
	 * NULL. */
	const char *condition;
	utime at;          /* when it went wrong; UTIME_NEVER: at the end */
	uint64_t line;     /* of the log, from 1, that tells it; 0: none */
	uint64_t failures; /* how often; `found` tells the first */
};

/* `plan` is borrowed until judge_destroy(). */
struct judge *judge_new(const struct plan *plan);
void judge_destroy(struct judge **jp);

/* What it has read of the log: to be asked, until judge_destroy(). */
struct ledger *judge_ledger(struct judge *j);
/* A line of the log (with or without its end).  `now` is the exact moment in a
 * simulation; UTIME_NEVER when only the line's own second is known. */
void judge_log_line(struct judge *j, struct slice line, utime now);
/* The same of a line that the caller has parsed; NULL: it is no record. */
void judge_log_event(struct judge *j, struct slice line,
    const struct maillog_event *ev, utime now);
/* So many lines of the mail log come before the next one that are no records of
 * their own. */
void judge_skip_lines(struct judge *j, uint64_t count);
/* A witness that is not there: what only it can tell is not judged.
 * X(constant, what is missing, in words) */
#define JUDGE_WITNESSES(X)                                                     \
	X(JUDGE_TRANSCRIPT, "no transcript")                                   \
	X(JUDGE_CONTENT,                                                       \
	    "what a message held cannot be seen in the transcript")            \
	X(JUDGE_OTHER_LOGS, "no such log")                                     \
	X(JUDGE_WORDS, "the program's log has words of its own")               \
	X(JUDGE_HOST_STATES,                                                   \
	    "the program does not say which hosts it takes to be down")        \
	X(JUDGE_MOMENTS, "the relay's clock is not the scenario's")            \
	X(JUDGE_LINES, "the log is not whole")
enum judge_witness {
#define X(constant, text) constant,
	JUDGE_WITNESSES(X)
#undef X
	JUDGE_WITNESS_COUNT,
};
void judge_lack(struct judge *j, enum judge_witness witness);
/* All that hosts see is told: when that is nothing, nobody came to them. */
void judge_attend(struct judge *j);
/* Lines may be missing: nobody is accused for what a silence of the log may
 * hide, and messages are known when they are from their start. */
void judge_doubt(struct judge *j);
/* The log begins in the midst of the relay's work: what it knew of hosts then
 * nobody knows. */
void judge_begin_late(struct judge *j);
/* Lines are missing here, or what comes does not go on with what was, as when
 * the clock is set back: what is under way is not known any more, and what
 * cannot be known is not judged.  `now` is the second that comes next. */
void judge_gap(struct judge *j, utime now);
/* How often the log was silent while mail was due, and at which line first. */
uint64_t judge_silences(const struct judge *j, uint64_t *line);
/* A line of another log than the mail log. */
void judge_side_line(struct judge *j, enum plan_log log, struct slice line);
/* The relay is given an operator's command, as `faultpost ctl` takes it, and
 * carries it out: the log does not tell. */
void judge_operate(struct judge *j, struct slice command, utime now);
void judge_transcript(struct judge *j, const struct transcript_event *ev);
/* Recipients that are accepted and have not ended, as the log tells so far. */
uint64_t judge_queued(const struct judge *j);
/* The run was stopped by a bound, and not because nothing more was going to
 * happen: nobody has missed what it did not come to. */
void judge_interrupt(struct judge *j);
/* How hosts shared the mail (fairness.h); the judge's. */
const struct fairness *judge_fairness(const struct judge *j);
/* When messages came again (schedule.h); the judge's. */
const struct schedule *judge_schedule(const struct judge *j);
/* Nothing more will come.  The result array lives until judge_destroy(). */
void judge_finish(struct judge *j, utime now,
    const struct judgement **judgements, size_t *count);

#endif

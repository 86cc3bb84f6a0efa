/* SPDX-License-Identifier: MIT */
/* The inside of a run with a relay elsewhere: live_elsewhere.c runs it,
 * live_elsewhere_end.c makes of what was seen what is judged.  For these only.
 */
#ifndef FAULTPOST_LIVE_ELSEWHERE_IMPL_H
#define FAULTPOST_LIVE_ELSEWHERE_IMPL_H

#include "harness/live/live_impl.h"
#include "harness/live/sift.h"

/* A connection, as a host saw it. */
struct seen {
	struct endpoint at;
	utime when;
};

struct elsewhere {
	struct live live;
	const struct live_elsewhere *options; /* borrowed */
	struct sift sift;
	struct log_reader reader;
	struct stream *log; /* owned; NULL: it has ended */
	struct buf line;    /* of the log, not whole yet */
	struct timer tick, quiet;
	utime injected, told; /* when all was; when it was said how it goes */
	struct seen *seen;    /* owned */
	size_t seen_count, seen_cap;
	uint64_t strangers; /* messages of others that came to hosts */
	bool
	    is_late; /* it is over, but for what the log tells a little later */
	/* At the end. */
	struct sift_line *lines; /* owned */
	size_t line_count, line_cap;
	struct buf text;
};

/* Says what stands in e->text, and empties it. */
void elsewhere_say(
    struct elsewhere *e, void (*how)(void *owner, struct slice line));
/* All has been seen: what of the log is the run's (sift.h) is put beside what
 * the hosts saw, by its clock, and judged. */
void elsewhere_finish(
    struct elsewhere *e, struct plan *plan, const struct sim_hooks *hooks);

#endif

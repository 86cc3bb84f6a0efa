/* SPDX-License-Identifier: MIT */
/*
 * The expectations of a scenario as observers of the log and its ledger.  What
 * each kind means is in plan.h; a kind is one row of functions.
 */
#ifndef FAULTPOST_EXPECT_H
#define FAULTPOST_EXPECT_H

#include "core/transcript/transcript.h"
#include "harness/judge/fairness.h"
#include "harness/judge/judge_charge.h"
#include "harness/judge/ledger.h"
#include "harness/judge/schedule.h"

struct expectation {
	const struct plan_expectation *said; /* borrowed */
	const struct plan *plan;             /* borrowed */
	struct ledger *ledger;               /* borrowed */
	const struct fairness *fairness;     /* borrowed */
	const struct schedule *schedule;     /* borrowed */
	struct charge charge;
	const char *place; /* of what failed; said->place unless it is finer */
	utime ended;       /* when the run did; set before `finish` */
	void *state;       /* owned by the kind */
};

/* What a kind does; NULL: nothing.  Whatever `begin` allocates, `end` frees. */
struct expect_kind {
	void (*begin)(struct expectation *e);
	/* A line without its end, when the ledger has read it. */
	void (*line)(struct expectation *e, struct slice line);
	void (*entry)(struct expectation *e, const struct ledger_entry *entry);
	void (*transcript)(
	    struct expectation *e, const struct transcript_event *ev);
	/* Nothing more will come: charges what did not come. */
	void (*finish)(struct expectation *e);
	void (*end)(struct expectation *e);
};
extern const struct expect_kind expect_delivered, expect_bounced,
    expect_dropped, expect_queued, expect_attempts, expect_fair,
    expect_failover, expect_requeue, expect_within, expect_log, expect_no_log,
    expect_received, expect_no_received, expect_host_status;

/* The rows of a kind. */
const struct expect_kind *expect_kind_of(enum plan_expectation_kind kind);

/* ---- for the kinds ---- */

/* "exchange1", or "elsewhere" for PLAN_NO_HOST. */
const char *expect_host_name(const struct expectation *e, size_t host);
/* Whether what happens at the host is any of the expectation's business: the
 * senders' mail host has to be among its hosts. */
bool expect_speaks_of(const struct expectation *e, size_t host);
/* Appends "a, b, c" from hosts; "none" when there are none. */
void expect_hosts_list(const struct expectation *e, const size_t *hosts,
    size_t count, struct buf *out);

#endif

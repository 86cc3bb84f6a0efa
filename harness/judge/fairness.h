/* SPDX-License-Identifier: MIT */
/*
 * Fairness: how the hosts of a route shared the mail, by connections and by
 * messages, for each priority, from the ledger.  Beside the shares it has
 * Jain's index (1: all equal, 1/n: one has all), the longest run on one host,
 * which a fair rotation keeps short, and where that went which a host failed.
 */
#ifndef FAULTPOST_FAIRNESS_H
#define FAULTPOST_FAIRNESS_H

#include "harness/judge/ledger.h"

/* Routes and priorities that are kept; of others nothing is told. */
#define FAIRNESS_ROWS_MAX 1000
#define FAIR_BYS          (FAIR_BY_MESSAGES + 1)

/* What went on from one host to another: counted by FAIR_BY_CONNECTIONS, the
 * connections of the domain that were the next behind one that failed; by
 * FAIR_BY_MESSAGES, the failovers of messages, those refused 4xx included. */
struct fairness_move {
	const struct ledger_address *to; /* borrowed from the ledger */
	uint64_t count[FAIR_BYS];
};

/* What one candidate had. */
struct fairness_share {
	const struct ledger_address *address; /* borrowed from the ledger */
	uint64_t count[FAIR_BYS];
	uint64_t failed;             /* of its connections */
	struct fairness_move *moves; /* owned: where it went on */
	size_t move_count, move_cap;
};

/* The longest time that one had them all, in connections or messages. */
struct fairness_run {
	uint64_t longest;
	size_t share; /* index of the first that had so many */
	uint64_t now;
	size_t last;
};

/* A route and a priority: the candidates that share. */
struct fairness_row {
	char *route;       /* owned: the route's domain as the table has it, or
	                    * the recipients' domain when there is no route */
	uint64_t priority; /* of struct routing_candidate */
	bool is_known;     /* false: the priority is not */
	struct fairness_share *shares; /* owned; in the candidates' order */
	size_t count, cap;
	struct fairness_run run[FAIR_BYS];
};

struct fairness;

/* `plan` is borrowed until fairness_destroy(), as are the addresses that
 * entries name. */
struct fairness *fairness_new(const struct plan *plan);
void fairness_destroy(struct fairness **fp);
void fairness_entry(struct fairness *f, const struct ledger_entry *entry);

/* That of fairness_new(). */
const struct plan *fairness_plan(const struct fairness *f);

/* The rows in the order in which they were used first; the senders' mail host
 * has none. */
size_t fairness_count(const struct fairness *f);
const struct fairness_row *fairness_row(const struct fairness *f, size_t i);
/* Whether there is something to compare: several candidates, or moves. */
bool fairness_is_shared(const struct fairness_row *row);

/* The sum of the shares, and Jain's index of them; 1 when there are none. */
uint64_t fairness_total(const struct fairness_row *row, enum plan_fair_by by);
double fairness_jain(const struct fairness_row *row, enum plan_fair_by by);
/* The same of any shares. */
double jain_index(const uint64_t *shares, size_t count);

/* Appends "exchange1", or the address when the scenario has no such host, or
 * several addresses of one. */
void fairness_name(
    const struct fairness *f, const struct ledger_address *a, struct buf *out);
/* Appends "priority 0, preference 10". */
void fairness_priority(const struct fairness_row *row, struct buf *out);
/* Appends the row as a small table, a line a candidate, each behind `indent`
 * spaces. */
void fairness_format(const struct fairness *f, const struct fairness_row *row,
    size_t indent, struct buf *out);

#endif

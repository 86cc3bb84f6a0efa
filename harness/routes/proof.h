/* SPDX-License-Identifier: MIT */
/*
 * A routes table proved: which domains keep flowing under which failures.
 * Domains with the same hosts fare alike, so there are sets of destinations,
 * each tried once, with a list of cases: each host failing in each way, each
 * priority, all, and all that recover.  Pure: whoever runs a case hands in what
 * came of it.
 */
#ifndef FAULTPOST_ROUTES_PROOF_H
#define FAULTPOST_ROUTES_PROOF_H

#include "harness/routes/tally.h"

enum {
	PROOF_NAMES = 3 /* domains that are named of a set */
};

/* Domains that have the same hosts at the same priorities. */
struct proof_set {
	const struct route *route;       /* the first; borrowed */
	size_t count;                    /* of domains */
	struct slice names[PROOF_NAMES]; /* borrowed */
	size_t case_first, case_count;   /* of the proof's cases */
	size_t hosts;                    /* of its trial */
};

/* What fails in a case. */
enum proof_scope {
	PROOF_NOTHING,
	PROOF_HOST,     /* one host */
	PROOF_PRIORITY, /* all that have one priority */
	PROOF_ALL,
	PROOF_RECOVERS, /* all, for an hour */
};

struct proof_case {
	enum proof_scope scope;
	size_t host;  /* HOST: of the trial; PRIORITY: the first that has it */
	unsigned way; /* index of the ways */
	struct tally_counts counts;
	const uint32_t *done; /* messages, by host of the trial; NULL: it was
	                       * not tried */
	const char *broken;   /* an invariant that did not hold; NULL: none */
};

/* How a host fails, as --fail says it. */
unsigned proof_way_count(void);
const char *proof_way_name(unsigned way);

struct proof;

/* `routes` is borrowed until proof_destroy(); so is `zone`, which may be NULL,
 * and so are the faults, which hold in all cases. */
struct proof *proof_new(const struct routes *routes, const struct zone *zone,
    struct draft_fault *faults, size_t fault_count);
void proof_destroy(struct proof **pp);
size_t proof_set_count(const struct proof *p);
const struct proof_set *proof_set_at(const struct proof *p, size_t i);
size_t proof_case_count(const struct proof *p);
const struct proof_case *proof_case_at(const struct proof *p, size_t i);
/* The set of a route of the table; SIZE_MAX: it has none, as it has no hosts.
 */
size_t proof_set_of(const struct proof *p, size_t route);

/* The trial of a set, which trial_fini() ends. */
void proof_trial(const struct proof *p, size_t set, struct trial *t);
/* Has the hosts fail as the case says, and appends its scenario.  Of a case
 * that proof_tell() told, it expects to be left waiting what was. */
void proof_scenario(
    const struct proof *p, size_t number, struct trial *t, struct buf *out);
/* What came of a case; all is copied, `done` for the hosts of the set. */
void proof_tell(struct proof *p, size_t number,
    const struct tally_counts *counts, const uint32_t *done,
    const char *broken);
/* It ends early, and only the sets before `count` have been tried: from now on
 * the others are none of the proof, and its pages say so. */
void proof_cut(struct proof *p, size_t count);
/* How many sets that has left out. */
size_t proof_untried_count(const struct proof *p);
/* All cases without a failure of their own flow, and no invariant broke. */
bool proof_held(const struct proof *p);
/* Appends what fails in a case: "mx1 fails by 452@rcpt". */
void proof_case_format(const struct proof *p, const struct trial *t,
    const struct proof_case *c, struct buf *out);

/* ---- as text ---- */

/* Appends it for people: a matrix of the sets; with `all`, of their hosts. */
void proof_format(const struct proof *p, bool all, struct buf *out);
/* Appends a line a case, for spreadsheets and programs (RFC 4180); and a line a
 * domain, which says its set. */
void proof_csv(const struct proof *p, struct buf *out);
void proof_domains_csv(const struct proof *p, struct buf *out);
/* Appends a section for the page of a run. */
void proof_html(const struct proof *p, const char *file, struct buf *out);

#endif

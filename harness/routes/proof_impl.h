/* SPDX-License-Identifier: MIT */
/* What the files of proof.h share. */
#ifndef FAULTPOST_ROUTES_PROOF_IMPL_H
#define FAULTPOST_ROUTES_PROOF_IMPL_H

#include "core/base/map.h"
#include "harness/routes/proof.h"

struct proof {
	const struct routes *routes; /* borrowed, as are the next two */
	const struct zone *zone;
	const struct draft_fault *faults;
	size_t fault_count;
	struct arena arena;
	struct map map; /* canonical destinations -> struct proof_set number */
	struct proof_set *sets; /* owned */
	size_t set_count, set_cap;
	size_t untried;           /* sets that are left out */
	size_t *set_of;           /* owned; by route */
	struct proof_case *cases; /* owned */
	size_t case_count, case_cap;
	struct draft_fault *ways; /* owned, and what is in them */
};

#define PROOF_ANY_WAY UINT32_MAX

/* The worst fate of a set's cases of that scope and way.  False: there is none.
 */
bool proof_worst(const struct proof *p, const struct proof_set *set,
    enum proof_scope scope, unsigned way, enum tally_fate *fate);
/* The case in which one host fails that way. */
const struct proof_case *proof_host_case(const struct proof *p,
    const struct proof_set *set, size_t host, unsigned way);

/* What another host's failure adds to a host's load. */
struct proof_surge {
	const struct proof_host *by;
	double load;
	struct proof_surge *next;
};

/* A host of the table. */
struct proof_host {
	struct slice name;
	size_t domains;             /* whose candidate it is */
	size_t stopped;             /* of them, those that its failure stops */
	struct slice example;       /* one of these */
	double load;                /* in domains, while nothing fails */
	struct proof_surge *surges; /* by other hosts */
	const struct proof_surge *surge; /* the largest; NULL: none */
};

/* Those that stop the most domains first, then by their load. */
struct proof_hosts {
	struct arena arena;
	struct map map;
	struct proof_host **list; /* owned */
	size_t count, cap;
};
void proof_hosts_make(struct proof_hosts *h, const struct proof *p);
void proof_hosts_fini(struct proof_hosts *h);

#endif

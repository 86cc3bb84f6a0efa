/* SPDX-License-Identifier: MIT */
/*
 * A domain of a routes table on trial: its candidates, in order, and a scenario
 * in which the relay delivers its mail to them while some fail.  The hosts have
 * addresses of the scenario's own, one for each real one, so that whatever a
 * table names can be tried.  Pure.
 */
#ifndef FAULTPOST_ROUTES_TRIAL_H
#define FAULTPOST_ROUTES_TRIAL_H

#include "core/base/arena.h"
#include "harness/draft/draft.h"
#include "harness/routes/reach.h"

#define TRIAL_HOSTS_MAX 256

/* A candidate (docs/delivery.md). */
struct trial_host {
	const char *name;   /* the scenario's, and the table's if it can be */
	struct slice label; /* the same for people */
	struct slice by;    /* the route's host, or the domain itself */
	struct slice exchange; /* the name that has the address */
	struct ip_address ip;  /* the real one; none: not known */
	struct ip_address fake;
	uint16_t port, priority, preference;
	bool is_behind; /* of the family that is not preferred */
	const struct draft_fault *fault; /* borrowed; NULL: it works */
};

struct trial {
	struct arena arena;
	struct slice domain;       /* of the arena */
	const struct route *route; /* borrowed; NULL: MX records */
	const struct zone *zone;   /* borrowed; NULL: nobody knows */
	/* Best priority first, within one in the order of the line. */
	struct trial_host hosts[TRIAL_HOSTS_MAX];
	size_t count;
	bool is_by_dns; /* the domain's own MX records decide */
};

/* Fills in *t for mail to `domain`, which `route` is for; the caller calls
 * trial_fini(). */
void trial_make(struct trial *t, const struct route *route,
    const struct zone *zone, struct slice domain);
void trial_fini(struct trial *t);
/* How many messages it takes until one has come to a host that fails, if one of
 * the best rank does: as many as take turns there; otherwise 1. */
unsigned trial_turns(const struct trial *t);
/* Without DNS nobody knows the hosts of a domain that has no route's. */
bool trial_is_known(const struct trial *t);

/* From now on the hosts that the fault names, by the table's name, by an
 * exchange's or by an address, each perhaps in brackets or with a port, have
 * it; how many these are. */
size_t trial_set_fault(struct trial *t, const struct draft_fault *fault);
/* The host at an address and port of the scenario; SIZE_MAX: none. */
size_t trial_host_at(
    const struct trial *t, const struct ip_address *fake, uint16_t port);

struct trial_run {
	const char *title;
	unsigned messages;
	utime every;     /* from one to the next */
	utime recovered; /* then nothing fails any more; 0: never */
	utime until;     /* 0: until nothing is left to do */
	unsigned left;   /* messages that must still wait then */
};
/* Appends the scenario. */
void trial_scenario(
    const struct trial *t, const struct trial_run *run, struct buf *out);

#endif

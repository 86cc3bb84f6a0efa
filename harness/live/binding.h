/* SPDX-License-Identifier: MIT */
/*
 * Where the hosts of a scenario are on this machine, for a relay that runs
 * elsewhere: what --bind says of them, and what that makes of each endpoint
 * that the scenario gives them.  Pure.
 */
#ifndef FAULTPOST_BINDING_H
#define FAULTPOST_BINDING_H

#include "core/base/err.h"
#include "harness/plan/plan.h"

/* The name of all hosts that no other --bind names. */
#define BINDING_REST "*"

/* "NAME=ADDRESS:PORT", as given. */
struct binding {
	const char *text;  /* borrowed */
	struct slice name; /* of the text */
	struct endpoint at;
};
/* Zeroed before use. */
struct bindings {
	struct binding *at; /* owned */
	size_t count, cap;
};

/* Adds one, whose text is borrowed; port 25 when it has none.  False with *err
 * set when it is none, or another has its place. */
bool bindings_add(struct bindings *b, const char *text, struct err *err);
void bindings_fini(struct bindings *b);

/* An endpoint of the scenario, and where it is. */
struct placed {
	struct endpoint said, real;
};
/* Zeroed before use. */
struct placement {
	struct placed *at; /* owned */
	size_t count, cap;
};

/* Gives each address of each host its place: those of one name in their order,
 * and what BINDING_REST leaves, from its address on.  The host `sender` that a
 * scenario does not speak of may go without.  False with *err set when a host
 * has no place, or a name no host. */
bool placement_make(struct placement *p, const struct plan *plan,
    const struct bindings *b, struct err *err);
void placement_fini(struct placement *p);
/* Where the scenario's endpoint is, and the other way round; NULL: nowhere. */
const struct endpoint *placement_real(
    const struct placement *p, const struct endpoint *said);
const struct endpoint *placement_said(
    const struct placement *p, const struct endpoint *real);

/* Appends what a relay's routes have to be, so that the mail of the scenario
 * comes to these places: its routes, with each name looked up in its DNS, and a
 * line for each domain that it leaves to DNS. */
void placement_routes_format(
    const struct placement *p, const struct plan *plan, struct buf *out);
/* The zone with the addresses of these places in it; the caller destroys it. */
struct zone *placement_zone_new(
    const struct placement *p, const struct zone *zone);

#endif

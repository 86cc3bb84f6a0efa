/* SPDX-License-Identifier: MIT */
/*
 * Places: where addresses are found on a machine that cannot be given them.
 * Each has an address of 127.0.0.0/8 instead, and ports below 1024, which are
 * the machine's, are moved up.  The table is a page of memory that processes
 * share; a world that goes by it (struct ev_options) translates both ways, so
 * that nobody above it sees any of that.
 */
#ifndef FAULTPOST_WORLD_EV_PLACES_H
#define FAULTPOST_WORLD_EV_PLACES_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/err.h"

struct world_places;

#define WORLD_PLACES_MAX 8192
/* Where port 0 is; those up to 1023 follow. */
#define WORLD_PLACES_PORT 20000

/* A table without an address, in a part of 127.0.0.0/8 that no other table
 * uses.  NULL with *err set when there is none left. */
struct world_places *world_places_new(struct err *err);
/* The same table in another process, by what world_places_describe() wrote,
 * whose descriptor it has inherited and takes over.  NULL with *err set when it
 * is no such thing. */
struct world_places *world_places_open(const char *text, struct err *err);
void world_places_destroy(struct world_places **pp);

/* Appends what tells a process that inherits the descriptor, and gives that. */
int world_places_describe(const struct world_places *p, struct buf *out);
/* Gives the address a place, or says that nobody finds it there any more.
 * False with *err set when there are too many. */
bool world_places_set(struct world_places *p, const struct ip_address *ip,
    bool is_there, struct err *err);
/* Where the endpoint is; false when it is nowhere. */
bool world_places_find(const struct world_places *p, const struct endpoint *at,
    struct endpoint *place);
/* What endpoint is at that place; one that is no place is itself. */
struct endpoint world_places_name(
    const struct world_places *p, const struct endpoint *place);

#endif

/* SPDX-License-Identifier: MIT */
/* The grammar of one destination; for line.c only. */
#ifndef FAULTPOST_ROUTES_DEST_H
#define FAULTPOST_ROUTES_DEST_H

#include "core/routes/line.h"

/* Reads `item`, a part of the line between commas (and blanks), which is
 * `alone` on it or not: adds to l->dests, or sets route->kind. */
bool route_dest_read(
    struct route_line *l, struct slice item, struct route *route, bool alone);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A zone from a master file, as name servers keep them (RFC 1035, 5; by ldns):
 * $ORIGIN and $TTL, names relative to an origin, records over several lines.
 * What is read is MX, A, AAAA and CNAME.
 */
#ifndef FAULTPOST_ZONE_FILE_H
#define FAULTPOST_ZONE_FILE_H

#include "core/dns/zone.h"

/* The file may hold several zones, each with its $ORIGIN.  Where there are SOA
 * records, the zone knows only names at these and below.  *left_out: how many
 * records were of other types, or for wildcards.  NULL with *err set, at the
 * line where what is wrong begins; the caller destroys the zone. */
struct zone *zone_file_read(
    struct slice text, const char *file, size_t *left_out, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A name server that has one zone, sans I/O: queries in; what is answered, and
 * when, out.  To it there is nothing beside the zone, so that it answers with
 * authority for every name; it takes no zone transfers (AXFR, IXFR), nor ANY,
 * nor updates.  Where the zone says that a name fails, it fails: with a code,
 * late, in silence, cut short over UDP, or not at the first tries.  Pure.
 */
#ifndef FAULTPOST_DNS_NAME_SERVER_H
#define FAULTPOST_DNS_NAME_SERVER_H

#include "core/base/buf.h"
#include "core/dns/zone.h"

struct name_server;

enum dns_transport {
	DNS_OVER_UDP,
	DNS_OVER_TCP, /* the message, without the two bytes of its length */
};

/* `zone` is borrowed until it is destroyed or has another. */
struct name_server *name_server_new(const struct zone *zone);
void name_server_destroy(struct name_server **sp);
void name_server_set_zone(struct name_server *s, const struct zone *zone);
/* Names that are answered from there instead, whatever the zone says of them;
 * borrowed likewise. */
void name_server_set_front(struct name_server *s, const struct zone *front);

/* Appends the answer to a query, which is due after *delay.  False: there is
 * none, because the query is none or the zone says so. */
bool name_server_answer(struct name_server *s, struct slice query,
    enum dns_transport over, struct buf *out, utime *delay);

#endif

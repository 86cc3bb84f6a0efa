/* SPDX-License-Identifier: MIT */
/*
 * The scenario's zone served to resolvers, over UDP and TCP at one address, in
 * a world that has a machine.  What is answered is core/dns/name_server.h's;
 * here are the sockets and the waiting.
 */
#ifndef FAULTPOST_MOCK_DNS_H
#define FAULTPOST_MOCK_DNS_H

#include "core/dns/zone.h"
#include "core/world/world.h"

struct mock_dns;

/* Port 0 takes one that is free for both.  The zone is borrowed.  NULL with
 * *err set when the address cannot be had. */
struct mock_dns *mock_dns_new(struct world *w, const struct zone *zone,
    const struct endpoint *at, struct err *err);
/* Answers that wait are never given. */
void mock_dns_destroy(struct mock_dns **dp);
/* From now on this is the zone; answers that wait are of the old one. */
void mock_dns_set_zone(struct mock_dns *d, const struct zone *zone);
/* Names that have other answers than the zone's; see name_server.h. */
void mock_dns_set_front(struct mock_dns *d, const struct zone *front);
const struct endpoint *mock_dns_address(const struct mock_dns *d);

#endif

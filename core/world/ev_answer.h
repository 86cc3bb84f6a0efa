/* SPDX-License-Identifier: MIT */
/*
 * What the answer of a name server says to the one question that was asked: its
 * records behind their CNAMEs, or how it fails (RFC 1035, 2308).  Bytes in, an
 * answer out; for world_ev_dns.c and its tests only.
 */
#ifndef FAULTPOST_EV_ANSWER_H
#define FAULTPOST_EV_ANSWER_H

#include "core/base/arena.h"
#include "core/dns/dns.h"

/* Reads `message` as the answer for `type` at `name`.  Follows up to
 * DNS_CNAME_MAX CNAMEs; the TTL is the least of all that was used.  That there
 * is nothing needs no more than the code, but is to be kept only when a SOA
 * says for how long.  A referral, an alias that leads nowhere without a SOA to
 * say so, and whatever is malformed are SERVFAIL.  Records and names are in the
 * arena; delay and server are left as they are. */
void ev_answer_read(struct slice message, struct slice name, enum dns_type type,
    struct arena *arena, struct dns_answer *answer);

#endif

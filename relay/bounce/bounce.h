/* SPDX-License-Identifier: MIT */
/*
 * Messages that the relay makes itself: when a recipient bounces, is delayed,
 * or has gone to a host that sends no reports, its sender is told, unless the
 * bounce profile or the client (RFC 3461) wants otherwise.  Such a message is
 * on disk in the same commit as what it tells, so that a crash neither loses
 * nor doubles it, and is then delivered like any other.
 */
#ifndef FAULTPOST_RELAY_BOUNCE_H
#define FAULTPOST_RELAY_BOUNCE_H

#include "relay/relay_impl.h"

/* Recipient `rid` of the group ends unsuccessfully: says so in the log, and
 * tells the sender.  Its end has still to be recorded, in the same moment. */
void bounce_recipient(struct delivery *d, const struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause);
/* The group's round was an attempt, and it is going to wait: a delay warning
 * for each of its recipients where one is due; the group is written after. */
void bounce_warn(struct delivery *d, struct group *g);
/* Recipient `rid` was delivered with that response to `remote`, which offers no
 * DSN: the sender is told if its client asked for that. */
void bounce_relayed(struct delivery *d, const struct group *g, uint32_t rid,
    const struct ip_address *remote, struct slice response);

/* Forgets those that no commit has recorded. */
void bounce_destroy_all(struct relay *r);

#endif

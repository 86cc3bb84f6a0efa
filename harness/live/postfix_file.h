/* SPDX-License-Identifier: MIT */
/*
 * A scenario's routes and schedule in the words of Postfix: main.cf, master.cf,
 * a transport(5) table, and /etc/hosts for equal hosts.  Pure.
 */
#ifndef FAULTPOST_POSTFIX_FILE_H
#define FAULTPOST_POSTFIX_FILE_H

#include "harness/plan/plan.h"

/* main.cf; in it @HERE@ is the folder where it runs, @ROOT@ where its package
 * is. */
void postfix_main_format(const struct plan *plan, struct buf *out);
void postfix_master_format(const struct plan *plan, struct buf *out);
/* The table, and the names that it has for equal hosts, appended as lines of
 * /etc/hosts.  A worse priority is a further next hop, tried in its turn
 * (postconf(5), relayhost, from 3.5); equal ones are the addresses of one name,
 * which Postfix shuffles (smtp_randomize_addresses).  False when the routes
 * say what neither can: *why, static, is what. */
bool postfix_transport_format(const struct plan *plan, struct buf *transport,
    struct buf *hosts, const char **why);

#endif

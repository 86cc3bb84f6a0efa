/* SPDX-License-Identifier: MIT */
/*
 * A scenario's routes and schedule in the words of OpenSMTPD: smtpd.conf,
 * /etc/hosts for equal hosts, and MX records for what has priorities.  Pure.
 */
#ifndef FAULTPOST_OPENSMTPD_FILE_H
#define FAULTPOST_OPENSMTPD_FILE_H

#include "harness/plan/plan.h"

/* smtpd.conf, the names that it has for equal hosts, as lines of /etc/hosts,
 * and the MX records of the domains whose routes have several priorities: of
 * these it knows no others.  False when the routes say what none of them can:
 * *why, static, is what. */
bool opensmtpd_config_format(const struct plan *plan, struct buf *config,
    struct buf *hosts, struct zone *names, const char **why);

#endif

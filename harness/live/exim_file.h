/* SPDX-License-Identifier: MIT */
/*
 * A scenario's routes and schedule in the words of Exim 4: its configuration,
 * a router for each route, one transport, one retry rule.  Pure.
 */
#ifndef FAULTPOST_EXIM_FILE_H
#define FAULTPOST_EXIM_FILE_H

#include "harness/plan/plan.h"

/* Whoever it runs as; built into Debian's. */
#define EXIM_USER "Debian-exim"

/* In the text @HERE@ is the folder where it runs, @ROOT@ where its package is.
 * False when the routes say what it cannot: *why, static, is what. */
bool exim_file_format(
    const struct plan *plan, struct buf *out, const char **why);

#endif

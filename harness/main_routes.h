/* SPDX-License-Identifier: MIT */
/* What the commands of `faultpost routes` share; for main_routes*.c. */
#ifndef FAULTPOST_HARNESS_MAIN_ROUTES_H
#define FAULTPOST_HARNESS_MAIN_ROUTES_H

#include "core/cli/cli.h"
#include "core/dns/zone.h"
#include "core/routes/routes.h"
#include "harness/draft/draft.h"

#define MAIN_ROUTES_BYTES_MAX ((size_t)64 << 20)

/* Each takes its words, its own name first, and gives the exit code. */
int command_routes_check(int argc, char **argv);
int command_routes_rule(int argc, char **argv);
int command_routes_explain(int argc, char **argv);
int command_routes_diff(int argc, char **argv);
int command_routes_prove(int argc, char **argv);
int command_routes_import(int argc, char **argv);
int command_routes_export(int argc, char **argv);

/* The table of a file ("-": standard input); NULL when it cannot be had, which
 * has been said then, all of it. */
struct routes *main_routes_read(const char *path);

/* What --dns says: "none", "zone:FILE" (the "dns" of a scenario) or "live".
 * Live, name servers are asked for the hosts of the table and for `domain` (may
 * be empty).  *zone is NULL for none; the caller destroys it.  False with *err
 * set. */
bool main_routes_dns(const char *word, const struct routes *routes,
    struct slice domain, struct zone **zone, struct err *err);

/* What --fail says; zeroed is empty. */
#define MAIN_ROUTES_FAULTS_MAX 100
struct main_routes_faults {
	struct draft_fault list[MAIN_ROUTES_FAULTS_MAX];
	size_t count;
};
/* False with *err set: it is no fault, or one too many. */
bool main_routes_fault_add(
    struct main_routes_faults *faults, const char *word, struct err *err);
void main_routes_faults_fini(struct main_routes_faults *faults);
/* False with *err set, which names the nearest host of the table, when a fault
 * was not used. */
bool main_routes_faults_used(const struct main_routes_faults *faults,
    const struct routes *routes, struct err *err);

#endif

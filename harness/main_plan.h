/* SPDX-License-Identifier: MIT */
/*
 * Scenario files as the commands of faultpost read them: a file's cases, and
 * the profiles that its hosts name, which are looked for in the folder that
 * --profiles gives and then beside the file.  For main_*.c.
 */
#ifndef FAULTPOST_HARNESS_MAIN_PLAN_H
#define FAULTPOST_HARNESS_MAIN_PLAN_H

#include "harness/plan/plan.h"

/* The path in a word FILE or FILE[CASE], which the caller frees.  *label is the
 * case, borrowed from the word; empty: none is named. */
char *main_plan_split(const char *word, struct slice *label);

/* The cases of a file; NULL with *err set when it cannot be read. */
struct plan_variants *main_plan_read(const char *path, struct err *err);

/* One of the cases of the file at `path`; NULL with *err set when something is
 * wrong with it.  `profiles` is the folder, or NULL. */
struct plan *main_plan_parse(const struct plan_variants *variants, size_t i,
    const char *path, const char *profiles, struct err *err);
/* The case of that label, empty where there is no matrix; NULL with *err set
 * also when there is none of that name. */
struct plan *main_plan_find(const struct plan_variants *variants,
    struct slice label, const char *path, const char *profiles,
    struct err *err);

#endif

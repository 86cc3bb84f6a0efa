/* SPDX-License-Identifier: MIT */
/* Files that scenarios share: a folder beside the scenario, or above it. */
#ifndef FAULTPOST_CLI_LIBRARY_H
#define FAULTPOST_CLI_LIBRARY_H

#include "core/base/err.h"
#include "core/base/slice.h"

/* What is looked for, and where. */
struct cli_library {
	const char *kind;  /* the folder's name: "profiles" */
	const char *near;  /* a file: its folder and those above are searched */
	const char *extra; /* a folder that is searched first, or NULL */
	size_t bytes_max;  /* of a file */
};

/* Reads NAME.json: of l->extra itself, else of KIND or scenarios/KIND in the
 * folder of l->near and each one above it, else of the installed library.
 * Returns it as malloc'd text with a NUL behind it, and its path, malloc'd, in
 * *path; NULL with *err set when it is nowhere, cannot be read, or is larger
 * than it may be. */
char *cli_library_read(const struct cli_library *l, const char *name,
    size_t *len, char **path, struct err *err);

#endif

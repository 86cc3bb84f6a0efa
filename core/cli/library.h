/* SPDX-License-Identifier: MIT */
/* Files that scenarios share: a folder beside the scenario, or above it. */
#ifndef FAULTPOST_CLI_LIBRARY_H
#define FAULTPOST_CLI_LIBRARY_H

#include "core/base/err.h"
#include "core/base/slice.h"

/* Where to look. */
struct cli_library {
	const char *near;  /* a file: its folder and those above are searched */
	const char *extra; /* a folder that is searched first, or NULL */
};

/* Reads NAME.json of the folder `kind` ("profiles"): of l->extra itself, else
 * of `kind` or scenarios/`kind` in the folder of l->near and each one above it,
 * else of the installed library.  Returns it as malloc'd text with a NUL behind
 * it, and its path, malloc'd, in *path; NULL with *err set when it is nowhere,
 * cannot be read, or has more than `max` bytes. */
char *cli_library_read(const struct cli_library *l, const char *kind,
    const char *name, size_t max, size_t *len, char **path, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Which scenarios the words of a command line mean.  A word is a file, a
 * folder (every *.scenario.json below it), or a glob that no shell expanded:
 * `*`, `?` and `[...]` within a name, `**` for any folders or none.  Of what a
 * glob matches, files named *.scenario.json count, and folders as above.
 * `FILE[VARIANT]` is one case of a file.  All in the order of the names, each
 * once, however often and by whatever name it is given.
 */
#ifndef FAULTPOST_RUN_FILES_H
#define FAULTPOST_RUN_FILES_H

#include "core/base/err.h"

#define RUN_FILES_SUFFIX ".scenario.json"

struct run_file_id;

/* A zeroed struct, but for its hooks, is ready. */
struct run_files {
	void *owner;
	/* A file to run; `variant` is the one that is meant, NULL: all. */
	void (*on_file)(void *owner, const char *path, const char *variant);
	/* What cannot be read, or holds no scenario. */
	void (*on_error)(void *owner, const char *path, const struct err *err);
	struct run_file_id *seen; /* owned */
	size_t seen_count, seen_cap;
};
void run_files_fini(struct run_files *f);
/* Calls the hooks for what a word means. */
void run_files_walk(struct run_files *f, const char *word);

/* Whether a path is what a glob means; for tests. */
bool run_files_match(const char *glob, const char *path);

#endif

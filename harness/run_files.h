/* SPDX-License-Identifier: MIT */
/*
 * Which scenarios the words of a command line mean: files as they are, and of
 * folders every *.scenario.json below them, in the order of their names; each
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
	/* A file to run; false: go no further. */
	bool (*on_file)(void *owner, const char *path);
	/* What cannot be read, or holds no scenario. */
	void (*on_error)(void *owner, const char *path, const struct err *err);
	struct run_file_id *seen; /* owned */
	size_t seen_count, seen_cap;
};
void run_files_fini(struct run_files *f);
/* Calls the hooks for what a word means; false when on_file said so. */
bool run_files_walk(struct run_files *f, char *path);

#endif

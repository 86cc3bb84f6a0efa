/* SPDX-License-Identifier: MIT */
/*
 * Files that options name to be written.  Such a file is opened first and
 * emptied only when nothing speaks against it: a slip of the hand that names
 * an input must not cost that.
 */
#ifndef FAULTPOST_CLI_OUTPUT_H
#define FAULTPOST_CLI_OUTPUT_H

#include "core/base/err.h"

struct cli_output {
	const char *option; /* without its dashes */
	const char *path;   /* borrowed; NULL: not wanted */
	FILE *file;         /* owned; NULL: not open */
};

/* Opens it, made when it is not there, and leaves what it holds.  Nothing is
 * done when it is not wanted.  False with *err set when it cannot be had. */
bool cli_output_open(struct cli_output *out, struct err *err);
/* Whether `path` is that file, by whatever name.  Devices and pipes, which
 * nothing is lost in, never are. */
bool cli_output_is(const struct cli_output *out, const char *path);
/* Empties it.  False with *err set when that fails. */
bool cli_output_begin(struct cli_output *out, struct err *err);
/* Closes it; false with *err set when not all could be written. */
bool cli_output_close(struct cli_output *out, struct err *err);

#endif

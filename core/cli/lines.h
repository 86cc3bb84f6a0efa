/* SPDX-License-Identifier: MIT */
/*
 * Files that are read line by line, however large: plain, or compressed by gzip
 * or zstd.
 */
#ifndef FAULTPOST_CLI_LINES_H
#define FAULTPOST_CLI_LINES_H

#include "core/base/err.h"
#include "core/base/slice.h"

/* A longer line is given in pieces, as if they were lines. */
#define CLI_LINE_MAX ((size_t)1 << 20)

struct cli_lines;

/* A path, malloc'd, by which the file can be read as often as one likes: its
 * own, or, when it is a pipe ("-": standard input), that of a copy without a
 * name, which goes with the program.  NULL with *err set. */
char *cli_lines_path(const char *path, struct err *err);

/* Opens the file ("-": standard input); NULL with *err set. */
struct cli_lines *cli_lines_open(const char *path, struct err *err);
void cli_lines_close(struct cli_lines **lp);
/* The next line without its LF, valid until the next call.  False at the end,
 * or with *err set: then err->msg is not empty. */
bool cli_lines_next(struct cli_lines *l, struct slice *line, struct err *err);
/* When it was changed last, in seconds since 1970. */
int64_t cli_lines_changed(const struct cli_lines *l);

#endif

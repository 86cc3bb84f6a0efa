/* SPDX-License-Identifier: MIT */
/*
 * Files that are read line by line, however large: plain or compressed by
 * gzip.
 */
#ifndef FAULTPOST_CLI_LINES_H
#define FAULTPOST_CLI_LINES_H

#include "core/base/err.h"
#include "core/base/slice.h"

/* A longer line is given in pieces, as if they were lines. */
#define CLI_LINE_MAX ((size_t)1 << 20)

struct cli_lines;

/* Opens the file ("-": standard input); NULL with *err set. */
struct cli_lines *cli_lines_open(const char *path, struct err *err);
void cli_lines_close(struct cli_lines **lp);
/* The next line without its LF, valid until the next call.  False at the end,
 * or with *err set: then err->msg is not empty. */
bool cli_lines_next(struct cli_lines *l, struct slice *line, struct err *err);
/* Whether it can be read a second time: it is a file on disk. */
bool cli_lines_is_file(const struct cli_lines *l);
/* When it was changed last, in seconds since 1970; 0: nobody knows. */
int64_t cli_lines_changed(const struct cli_lines *l);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a file that may be compressed, by gzip or zstd, as a stream:
 * memory does not grow with what comes of it.  What a file is its first bytes
 * say, not its name.
 */
#ifndef FAULTPOST_CLI_UNPACK_H
#define FAULTPOST_CLI_UNPACK_H

#include "core/base/err.h"

#include <sys/stat.h>

struct cli_unpack;

/* Opens the file ("-": standard input, which need not be one that can be read
 * twice); NULL with *err set. */
struct cli_unpack *cli_unpack_open(const char *path, struct err *err);
void cli_unpack_close(struct cli_unpack **up);
/* Up to `room` bytes of it into `to`; 0 at the end, -1 with *err set: it cannot
 * be read, or is no longer what it began as. */
ptrdiff_t cli_unpack_read(
    struct cli_unpack *u, char *to, size_t room, struct err *err);
/* As it was when it was opened. */
const struct stat *cli_unpack_stat(const struct cli_unpack *u);

#endif

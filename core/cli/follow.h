/* SPDX-License-Identifier: MIT */
/*
 * A log that is still being written, read line by line as it grows.  It need
 * not be there yet; when it is rotated (another file takes its name) or cut,
 * reading goes on at the beginning of what is there then.
 */
#ifndef FAULTPOST_CLI_FOLLOW_H
#define FAULTPOST_CLI_FOLLOW_H

#include "core/base/err.h"
#include "core/base/slice.h"

struct cli_follow;

enum cli_follow_step {
	CLI_FOLLOW_LINE,
	/* All that there is was given: time to flush.  The next call waits. */
	CLI_FOLLOW_REST,
	/* The rest, too, and the file begins anew. */
	CLI_FOLLOW_ANEW,
	/* A signal came, or nobody reads the standard output any more. */
	CLI_FOLLOW_END,
	CLI_FOLLOW_ERROR,
};

/* Begins at the file's beginning.  SIGINT and SIGTERM end the waiting from now
 * on.  NULL with *err set: its folder cannot be watched. */
struct cli_follow *cli_follow_open(const char *path, struct err *err);
/* Opens what can be followed, for reading: never waits for a writer, as a pipe
 * would, of which there is no end to come back to.  -1 with *err and errno set
 * (ENOENT: it is not there). */
int cli_follow_file(const char *path, struct err *err);
/* Before the first line: begins at the present end of the file, which has to be
 * there.  False with *err set when it is not. */
bool cli_follow_skip(struct cli_follow *f, struct err *err);
void cli_follow_close(struct cli_follow **fp);
/* *line, without its LF, is valid until the next call; a line is given when its
 * LF has come, or CLI_LINE_MAX bytes of it.  *err is set with
 * CLI_FOLLOW_ERROR. */
enum cli_follow_step cli_follow_next(
    struct cli_follow *f, struct slice *line, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * How a program that is not ours is started: by a shell script, in its cage,
 * with an /etc of its own, of which nobody else knows, and by the clock of
 * libfaketime(1), which is the time of a file, and whose patience in select(2)
 * and its kin is shorter by a rate.  Pure.
 */
#ifndef FAULTPOST_FOREIGN_START_H
#define FAULTPOST_FOREIGN_START_H

#include "harness/live/adapter.h"

/* Of a package, installed or unpacked by dpkg -x; all of it static. */
struct foreign_program {
	const char *name, *package; /* for people */
	const char *path;           /* below the folder of the package */
	const char *people; /* "user:uid:gid ...", where they are missing */
	/* Shell lines.  They find the folder of the run in $here, that of the
	 * package in $root, and `say`, which ends the run with words.  What
	 * preloads $here/faketime.so goes by the clock of the run. */
	const char *script;
};

/* The script. */
void foreign_start_format(
    const struct foreign_program *program, struct buf *out);
/* As `command` and `side_log` of an adapter: what runs is FOREIGN_START_FILE,
 * and there is no log beside its log. */
#define FOREIGN_START_FILE    "start.sh"
#define FOREIGN_START_PROGRAM "/bin/sh"
void foreign_command(
    const struct adapter_start *start, struct adapter_words *out);
const char *foreign_side_log(const struct plan *plan, enum plan_log log);

#endif

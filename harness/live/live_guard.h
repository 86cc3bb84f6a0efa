/* SPDX-License-Identifier: MIT */
/*
 * What a run without namespaces has for a memory of its own: a folder, and a
 * process apart that removes it when all processes of the run have ended,
 * however that came about.
 */
#ifndef FAULTPOST_LIVE_GUARD_H
#define FAULTPOST_LIVE_GUARD_H

#include "core/base/err.h"

#include <sys/types.h>

struct live_guard {
	char *folder; /* owned */
	int hold_fd;  /* owned: while any process has it, the folder stays */
	pid_t pid;    /* of the guard */
};

/* Makes the folder, below that one.  False with *err set when it cannot be had.
 */
bool live_guard_begin(struct live_guard *g, const char *below, struct err *err);
/* In a process of the run: enters the folder, and has all that is started from
 * here hold it.  False with *err set. */
bool live_guard_enter(const struct live_guard *g, struct err *err);
/* Waits until all of them have ended and the folder is gone. */
void live_guard_end(struct live_guard *g);

#endif

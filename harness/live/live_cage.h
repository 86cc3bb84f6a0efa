/* SPDX-License-Identifier: MIT */
/*
 * A cage: a process with namespaces of its own (network, processes, mounts, and
 * users unless that is not needed), in which it is the first process.  Nothing
 * leaves it: its network is a loopback with no way out, the files that it makes
 * where it stands are in memory that only it sees.  Nothing outlives it: when
 * it ends, or the process that made it does, by whatever signal, the kernel
 * ends every process in it and frees the rest.
 *
 * Where the machine has no namespaces for us a cage is bare: its network is the
 * machine's, of which it is to use 127.0.0.0/8 only, and its files are in a
 * folder that a guard removes (live_guard.h).
 */
#ifndef FAULTPOST_LIVE_CAGE_H
#define FAULTPOST_LIVE_CAGE_H

#include "core/base/err.h"

struct live_cage {
	void *owner;
	bool is_bare;
	const char *below; /* the folder below which a bare one has its own */
	/* In the cage, which ends when this returns; its descriptors are copies
	 * of the caller's.  False with *err set when it could not do its work.
	 */
	bool (*body)(void *owner, struct err *err);
	/* Asked when a signal came; true: the cage gets SIGTERM. */
	bool (*is_stopped)(void *owner);
};

/* Does the work in a cage and waits for its end.  False with *err set when the
 * machine does not let us make one, the body failed, or the cage died. */
bool live_cage_run(const struct live_cage *cage, struct err *err);
/* Whether the machine lets us make one; false with *err set, in words that fit
 * behind "needs user namespaces: ". */
bool live_cage_check(struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What is held against one expectation or invariant: the first failure in
 * words, and how many there were.
 */
#ifndef FAULTPOST_JUDGE_CHARGE_H
#define FAULTPOST_JUDGE_CHARGE_H

#include "core/base/buf.h"
#include "core/base/utime.h"

/* A zeroed struct is no charge. */
struct charge {
	uint64_t failures;
	utime at;      /* of the first */
	uint64_t line; /* of the log, that tells it; 0: none */
	struct buf wanted, found, nearest;
};

void charge_fini(struct charge *c);
/* Counts a failure.  True when it is the first, whose words are then to be put
 * into the buffers; `at` may be UTIME_NEVER. */
bool charge_count(struct charge *c, utime at);
/* The same with its words: what should have been, what was. */
void charge_add(struct charge *c, utime at, const char *wanted,
    const char *found_fmt, ...) PRINTF_LIKE(4, 5);

#endif

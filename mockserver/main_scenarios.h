/* SPDX-License-Identifier: MIT */
/*
 * The scenario that the daemon plays, and those before it whose hosts are not
 * gone yet.  For main.c.
 */
#ifndef FAULTPOST_MOCK_MAIN_SCENARIOS_H
#define FAULTPOST_MOCK_MAIN_SCENARIOS_H

#include "mockserver/mock.h"
#include "mockserver/scenario.h"

/* When so many are kept for hosts that did not change since, all hosts begin
 * anew at the next reload. */
#define SCENARIOS_OLD_MAX 32

/* Zeroed before first use. */
struct scenarios {
	const char *path;     /* borrowed */
	const char *profiles; /* borrowed: their folder; NULL: the usual ones */
	bool has_seed;
	uint64_t seed;                    /* instead of the file's */
	struct mock_scenario *now;        /* owned; NULL before the first */
	struct mock_scenario *next;       /* owned; read, not yet played */
	uint64_t digest_now, digest_next; /* of their profiles */
	struct mock_scenario *old[SCENARIOS_OLD_MAX + 1]; /* owned */
	size_t old_count;
};

/* Reads the file into `next`.  False with *err set when it is wrong. */
bool scenarios_read(struct scenarios *s, struct err *err);
/* What was read is played from now on: by a mock that is made of it. */
void scenarios_begin(struct scenarios *s);
/* The same by a mock that is at work.  False with *err set; then it goes on as
 * before.  What was before stays until the next change, for those who have its
 * zone. */
bool scenarios_change(struct scenarios *s, struct mock *mock,
    struct mock_change *change, struct err *err);
/* Behind the mock's end. */
void scenarios_fini(struct scenarios *s);

#endif

/* SPDX-License-Identifier: MIT */
/* The inside of a story: gathered by story.c, drawn by story_draw.c. */
#ifndef FAULTPOST_STORY_IMPL_H
#define FAULTPOST_STORY_IMPL_H

#include "core/base/list.h"
#include "harness/report/story.h"

#include <uthash.h>

/* A delivery connection. */
struct attempt {
	uint64_t number; /* from 0, over the whole run */
	uint64_t dcid;
	size_t host;        /* index in the plan, or PLAN_NO_HOST */
	utime began, ended; /* ended: its last failure */
	utime closed;       /* unless it is open */
	bool is_open;
	uint64_t done;       /* messages */
	uint64_t failed;     /* answers that were failures */
	char how[12];        /* the first of these: "431", "refused" */
	const char *rule;    /* one of the story's, or NULL */
	uint64_t connection; /* the mock's number of it; 0: not known */
	uint64_t came_from;  /* number of the failure that led here */
};

/* Attempts that stay, though the run is long. */
struct pin {
	uint64_t begin, end; /* numbers */
	struct attempt at[STORY_PIN_BEFORE + STORY_PIN_AFTER];
};

/* An attempt whose DCID may still be spoken of. */
struct open_attempt {
	uint64_t dcid, number;
	struct lane *lane;   /* borrowed */
	struct list waiting; /* in its lane, until the host has seen it */
	UT_hash_handle hh;
};

/* A connection that a host saw before the log spoke of it. */
struct witness {
	struct list node;
	uint64_t connection;
	const char *rule; /* one of the story's, or NULL */
};

struct lane {
	struct list unclaimed; /* of witnesses, the oldest first */
	size_t unclaimed_count;
	struct list waiting; /* of open attempts, the oldest first */
	bool is_used;
	struct story_share share;
};

struct story {
	const struct plan *plan; /* borrowed */
	struct story_counts counts;
	size_t keep;
	struct attempt *first, *last; /* owned, `keep` each; last: a ring */
	uint64_t count;
	uint64_t spoken;  /* number of what the last record was about */
	struct pin *pins; /* owned, STORY_PINS_MAX */
	size_t pin_count;
	struct open_attempt *open; /* owned; by dcid */
	struct lane *lanes;        /* owned; by host, then that of no host */
	uint64_t last_failed;      /* not followed by another yet */
	/* The names of rules that acted, each once; owned.  Events lend them
	 * for a call only. */
	char **rules;
	size_t rule_count, rule_cap;
};

/* The attempt of that number, NULL when it is not kept. */
struct attempt *story_attempt(const struct story *s, uint64_t number);
/* The same, NULL also when it is kept for others than story_format(). */
const struct attempt *story_drawn(const struct story *s, uint64_t number);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What rules count: for each rule, and within it for each key of its `per`, the
 * occasions on which it held, how often it acted, and what a quota has taken.
 * The rules themselves say what the counts mean (rule.h).  For rule.c only.
 * Pure.
 */
#ifndef FAULTPOST_MOCK_RULE_COUNT_H
#define FAULTPOST_MOCK_RULE_COUNT_H

#include "mockserver/rule/rule.h"

/* Of one rule under one key. */
struct rule_count {
	uint64_t held, acted;
	uint64_t taken; /* quota: messages or bytes */
	utime since;    /* the first occasion, or of the window; quota: the
	                 * first message taken */
	utime last;     /* occasion */
};

struct key_count;
/* Of all rules of a host under all keys, save those of one connection.  A
 * zeroed struct has none. */
struct rule_counts {
	struct rule_count *host; /* owned; [number]; also those of keys
	                          * beyond RULE_KEYS_MAX */
	size_t count, cap;       /* of rules */
	struct key_count *keys;  /* owned */
	size_t key_count;
	bool has_overflowed;
	struct buf key; /* being built */
};
/* One more rule. */
void rule_counts_add(struct rule_counts *c);
void rule_counts_fini(struct rule_counts *c);

/* The count of the rule of that number under the key that its `per` gives this
 * occasion.  `to` is the recipient where `per` names one. */
struct rule_count *rule_counts_get(struct rule_counts *c, struct rule_scope *s,
    const struct rule *r, size_t number, const struct occasion *o,
    struct slice to);

/* Counts the occasion, beginning anew where the rule's rate, quota or forget
 * says so. */
void rule_count_occasion(struct rule_count *c, const struct rule *r, utime now);
/* Counts what a message of so many bytes takes of the rule's quota. */
void rule_count_take(
    struct rule_count *c, const struct rule *r, utime now, uint64_t size_bytes);

/* The rule's counting conditions.  X(constant, key in scenarios) */
#define RULE_COUNTINGS(X)                                                      \
	X(RULE_COUNTING_NTH, "nth")                                            \
	X(RULE_COUNTING_EVERY, "every")                                        \
	X(RULE_COUNTING_FIRST, "first")                                        \
	X(RULE_COUNTING_WITHIN, "within")                                      \
	X(RULE_COUNTING_RATE, "rate")                                          \
	X(RULE_COUNTING_QUOTA, "quota")                                        \
	X(RULE_COUNTING_TIMES, "times")
enum rule_counting {
#define X(constant, name) constant,
	RULE_COUNTINGS(X)
#undef X
	RULE_COUNTING_ALLOWS, /* none forbids it */
};
/* The first of them that forbids the rule to act on the occasion (of so many
 * bytes, at `now`), which was counted just now. */
enum rule_counting rule_count_judge(const struct rule_count *c,
    const struct rule *r, utime now, uint64_t size_bytes);

#endif

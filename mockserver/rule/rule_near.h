/* SPDX-License-Identifier: MIT */
/*
 * The occasion on which a rule that never acted came nearest to it: all of its
 * conditions were true save one.  rule.c notes it while it asks; here is which
 * of two occasions was the nearer, and how it is told.  Pure.
 */
#ifndef FAULTPOST_MOCK_RULE_NEAR_H
#define FAULTPOST_MOCK_RULE_NEAR_H

#include "mockserver/rule/rule_condition.h"
#include "mockserver/rule/rule_count.h"

/* So many occasions on which one condition was false are compared; the others
 * cost nothing. */
#define RULE_NEAR_LOOKS 1000
#define RULE_NEAR_TEXT  128

struct rule_near {
	uint64_t looks;
	bool is_set;
	enum rule_condition failed;
	enum rule_counting counting;   /* COUNTED: which */
	uint64_t gap;                  /* how far from being true */
	utime at;                      /* since the start */
	uint64_t number;               /* COUNTED, SIZE: what it was */
	char argument[RULE_NEAR_TEXT]; /* of the command, as it came */
	size_t argument_len;           /* all of it */
	char was[RULE_NEAR_TEXT];      /* FROM, TO, CLIENT, IN */
};

/* What else was asked. */
struct rule_near_facts {
	const struct rule *rule;
	const struct occasion *occasion;
	utime at;          /* since the start */
	const char *state; /* that `in` asks for */
};

/* The condition was the only one that was false.  False: no more such occasions
 * are compared. */
bool rule_near_note(struct rule_near *n, enum rule_condition failed,
    const struct rule_near_facts *facts);
/* All were true, but this one, of `count`, forbade it. */
void rule_near_note_count(struct rule_near *n, enum rule_counting counting,
    const struct rule_count *count, const struct rule_near_facts *facts);
/* The condition that was not true, as scenarios write it. */
const char *rule_near_condition(const struct rule_near *n);
/* The command as the client wrote it, or the name of the stage. */
void rule_near_format_command(
    const struct rule_near *n, const struct rule *r, struct buf *out);
/* "wants bob@*, and it was a@b". */
void rule_near_format_detail(
    const struct rule_near *n, const struct rule *r, struct buf *out);
/* "RCPT TO:<a@b> at 0:00:01.000, only "to" was not true: ..." */
void rule_near_format(
    const struct rule_near *n, const struct rule *r, struct buf *out);

#endif

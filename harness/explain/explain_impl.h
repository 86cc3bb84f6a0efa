/* SPDX-License-Identifier: MIT */
/* What the explainer's two files share: values and keys in words. */
#ifndef FAULTPOST_EXPLAIN_IMPL_H
#define FAULTPOST_EXPLAIN_IMPL_H

#include "harness/explain/explain.h"

/* How a key and its value are said: '%' is the value; without one the words are
 * said when it is true. */
struct phrase {
	const char *key, *words;
};

/* Jansson's iterators ask for this, though they change nothing. */
static inline json_t *
explain_iterable(const json_t *value)
{
	const union {
		const json_t *given;
		json_t *wanted;
	} both = { value };

	return both.wanted;
}

/* Appends a value: a text as it is, several with "and", an object as its keys
 * and their values. */
void explain_value(const json_t *value, struct buf *out);
/* Appends the words, with the value in the place of '%'. */
void explain_words(const char *words, const json_t *value, struct buf *out);
/* Appends all members of an object, each behind `comma` but the first: those
 * with phrases in the order of these, then the others as they are written;
 * `said` has the names, each with a space behind it, of those that somebody
 * else tells. */
void explain_members(const json_t *object, const struct phrase *phrases,
    size_t count, const char *said, struct buf *out);

/* Appends what a rule says, or an expectation, without a full stop. */
void explain_rule(const json_t *rule, struct buf *out);
void explain_expectation(const json_t *expectation, struct buf *out);

#endif

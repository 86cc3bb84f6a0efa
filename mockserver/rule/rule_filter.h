/* SPDX-License-Identifier: MIT */
/*
 * Why most rules need not be asked in earnest: a text can only be what a glob
 * or a pattern wants if it has every pair of neighbouring characters that all
 * such texts have.  A filter is a set of pairs, hashed to a bit each; letters
 * without case.  It lets through too much at times, and never too little.
 * Pure.
 */
#ifndef FAULTPOST_MOCK_RULE_FILTER_H
#define FAULTPOST_MOCK_RULE_FILTER_H

#include "core/base/network.h"
#include "core/base/slice.h"

#define RULE_FILTER_WORDS 4
struct rule_filter {
	uint64_t words[RULE_FILTER_WORDS];
};

/* Adds the pairs of a text; a zeroed filter has none. */
void rule_filter_add_text(struct rule_filter *f, struct slice text);
/* Everything passes it. */
void rule_filter_fill(struct rule_filter *f);
/* Those that each text has which the glob (rule_glob.h) wants. */
struct rule_filter rule_filter_of_glob(struct slice glob);
/* Those that each 7-bit text has in which the PCRE2 pattern is found, without
 * case.  Of what the pattern may leave out, and of anything that is not plain,
 * nothing is taken. */
struct rule_filter rule_filter_of_pattern(struct slice pattern);

/* The same for addresses: an address's own bits, and what a network wants of
 * them, which addresses of the other family may have as well. */
struct rule_filter rule_filter_of_ip(const struct ip_address *ip);
struct rule_filter rule_filter_of_network(const struct ip_network *network);

/* Whether the text may be one that is wanted. */
static inline bool
rule_filter_passes(
    const struct rule_filter *wanted, const struct rule_filter *text)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < RULE_FILTER_WORDS; i++)
		missing |= wanted->words[i] & ~text->words[i];
	return missing == 0;
}

#endif

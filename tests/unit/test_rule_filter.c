/* SPDX-License-Identifier: MIT */
/*
 * Filters let through whatever is wanted: of globs and patterns made at random,
 * and of some made by hand; and they keep out what they should.
 */
#include "core/base/rng.h"
#include "mockserver/rule/rule_filter.h"
#include "mockserver/rule/rule_glob.h"
#include "tests/unit/kit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static struct row {
	const char *name, *pattern, *text;
	bool passes;
} rows[] = {
	{ "a word", "bob", "TO:<Bob@example.com>", true },
	{ "not that word", "bob", "TO:<rob@example.com>", false },
	{ "anchors", "^TO:<bob@$", "to:<rob@", false },
	{ "an escaped dot", "a\\.b", "ab", false },
	{ "a dot", "a.b", "axb", true },
	{ "what may be missing", "ab?c*d", "ad", true },
	{ "what is there", "ab+cd", "abbd", false },
	{ "one of two", "abc|xyz", "xyz", true },
	{ "a group", "ab(cd|ef)gh", "abxxxx", false },
	{ "a group within", "ab(c(d)?|ef)?gh", "abgh", true },
	{ "a class", "ab[cd]ef", "abcef", true },
	{ "a class, and what is behind it", "ab[cd]ef", "abceg", false },
	{ "digits", "size=\\d+", "size=1", true },
	{ "digits, and what is before them", "size=\\d+", "site=1", false },
	{ "an option", "(?-i)ab", "xx", true },
	{ "a brace", "wxy{|}b", "}b", true },
	{ "times", "ab{2}c", "xx", true },
	{ "quoted", "\\Qa|b\\E", "xx", true },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct rule_filter text = { 0 };
	const struct rule_filter wanted =
	    rule_filter_of_pattern(slice_cstr(row->pattern));

	rule_filter_add_text(&text, slice_cstr(row->text));
	assert_int_equal(rule_filter_passes(&wanted, &text), row->passes);
	rule_filter_fill(&text);
	assert_true(rule_filter_passes(&wanted, &text));
}

static struct slice
draw(struct rng *rng, const char *alphabet, char *out, size_t most)
{
	const size_t len = rng_below(rng, most + 1);

	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[rng_below(rng, strlen(alphabet))];
	return slice_of(out, len);
}

/* What PCRE2 finds, the filter has let through. */
static void
test_patterns_at_random(void **state)
{
	struct rng rng;
	char pattern_text[16], text_text[16];
	size_t found = 0, kept_out = 0;

	(void)state;
	rng_init(&rng, 1);
	for (size_t i = 0; i < 100000; i++) {
		const struct slice pattern = draw(
		    &rng, "aabbcA.?*+|()[]^${},1\\dQE-x", pattern_text, 10);
		const struct rule_filter wanted =
		    rule_filter_of_pattern(pattern);
		int error;
		PCRE2_SIZE at;
		pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.at,
		    pattern.len, PCRE2_CASELESS | PCRE2_MATCH_INVALID_UTF,
		    &error, &at, NULL);
		pcre2_match_data *match = pcre2_match_data_create(1, NULL);

		for (size_t k = 0; code != NULL && k < 5; k++) {
			const struct slice text =
			    draw(&rng, "aabbccAd1{}|.", text_text, 12);
			struct rule_filter has = { 0 };
			const bool is_found =
			    pcre2_match(code, (PCRE2_SPTR)text.at, text.len, 0,
				0, match, NULL) >= 0;

			rule_filter_add_text(&has, text);
			if (is_found && !rule_filter_passes(&wanted, &has))
				fail_msg("%.*s is found in %.*s",
				    SLICE_ARG(pattern), SLICE_ARG(text));
			found += is_found;
			kept_out += !rule_filter_passes(&wanted, &has);
		}
		pcre2_match_data_free(match);
		pcre2_code_free(code);
	}
	assert_in_range(found, 10000, 400000);
	assert_in_range(kept_out, 10000, 400000);
}

static void
test_globs_at_random(void **state)
{
	struct rng rng;
	char glob_text[16], text_text[16];
	size_t found = 0, kept_out = 0;

	(void)state;
	rng_init(&rng, 2);
	for (size_t i = 0; i < 300000; i++) {
		const struct slice glob = draw(&rng, "aabBc@*?", glob_text, 6);
		const struct slice text = draw(&rng, "aAbbc@", text_text, 8);
		const struct rule_filter wanted = rule_filter_of_glob(glob);
		const bool is_found = rule_globs_match(&glob, 1, &text, 1);
		struct rule_filter has = { 0 };

		rule_filter_add_text(&has, text);
		if (is_found && !rule_filter_passes(&wanted, &has))
			fail_msg(
			    "%.*s is %.*s", SLICE_ARG(glob), SLICE_ARG(text));
		found += is_found;
		kept_out += !rule_filter_passes(&wanted, &has);
	}
	assert_in_range(found, 10000, 250000);
	assert_in_range(kept_out, 50000, 250000);
}

static void
test_networks_at_random(void **state)
{
	struct rng rng;
	size_t found = 0, kept_out = 0;

	(void)state;
	rng_init(&rng, 3);
	for (size_t i = 0; i < 100000; i++) {
		const uint8_t family = rng_below(&rng, 2) == 0 ? 4 : 6;
		struct ip_address ip = { .family = family };
		struct ip_network network = { .ip.family = family };
		struct rule_filter wanted, has;
		bool is_found;

		for (size_t k = 0; k < (family == 4 ? 4 : 16); k++) {
			ip.bytes[k] = (uint8_t)rng_below(&rng, 4);
			network.ip.bytes[k] = (uint8_t)rng_below(&rng, 4);
		}
		network.prefix_bits =
		    (uint8_t)rng_below(&rng, family == 4 ? 33 : 129);
		wanted = rule_filter_of_network(&network);
		has = rule_filter_of_ip(&ip);
		is_found = ip_network_contains(&network, &ip);
		assert_true(!is_found || rule_filter_passes(&wanted, &has));
		found += is_found;
		kept_out += !rule_filter_passes(&wanted, &has);
	}
	assert_in_range(found, 5000, 95000);
	assert_in_range(kept_out, 5000, 95000);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_patterns_at_random);
	TEST(&kit, test_globs_at_random);
	TEST(&kit, test_networks_at_random);
	return kit_run(&kit, "rule_filter");
}

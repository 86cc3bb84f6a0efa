/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an expression of `-k`: it is refused with a column inside of
 * it, or it is true or not, and its negation is the other.
 */
#include "harness/run/keyword.h"

#include "core/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const tags[] = { "slow", "b" };
static const struct keyword_names names = { "a/tls.scenario.json", "Two words",
	"", tags, ARRAY_LEN(tags) };

/* Refused only when the negation goes beyond the bounds. */
static void
check_negation(struct slice text, bool holds)
{
	struct buf negated = { 0 };
	struct keyword *k;
	struct err err;

	buf_append_cstr(&negated, "not (");
	buf_append(&negated, text);
	buf_append_byte(&negated, ')');
	k = keyword_parse(buf_slice(&negated), &err);
	if (k != NULL)
		assert(keyword_holds(k, &names) == !holds);
	else
		assert(strstr(err.msg, "nested too deep") != NULL);
	keyword_destroy(&k);
	buf_fini(&negated);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice text = slice_of((const char *)bytes, len);
	struct err err = { 0 };
	struct keyword *k = keyword_parse(text, &err);

	if (k != NULL) {
		check_negation(text, keyword_holds(k, &names));
	} else {
		size_t column = strtoul(err.msg + strlen("column "), NULL, 10);

		assert(strncmp(err.msg, "column ", 7) == 0);
		assert(column >= 1 && column <= len + 1);
	}
	keyword_destroy(&k);
	return 0;
}

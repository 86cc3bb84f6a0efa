/* SPDX-License-Identifier: MIT */
/*
 * Tags of bounce verification: what is tagged and what stays as it is, by which
 * keys and for how long a tag is known, and what changes on the way it bears.
 */
#include "kit.h"
#include "relay/bounce/tag.h"

#define DAY(n) ((utime)(n)*UTIME_DAY + 5 * UTIME_HOUR)

static const struct slice keys[] = { SLICE_INIT("new"), SLICE_INIT("old") };

static const char *
tagged(struct buf *out, const char *address, const char *key, utime now)
{
	buf_clear(out);
	return bounce_tag_add(out, slice_cstr(address), slice_cstr(key), now)
	    ? buf_cstr(out)
	    : NULL;
}

/* The form is that of Cisco's document 117918. */
static void
test_form(void **state)
{
	struct buf out = { 0 };
	struct slice text;

	(void)state;
	assert_non_null(tagged(&out, "joe@example.com", "new", DAY(16123)));
	text = buf_slice(&out);
	assert_int_equal(text.len, strlen("prvs=joe=123ABCDEFG@example.com"));
	assert_memory_equal(text.at, "prvs=joe=123", 12);
	for (size_t i = 12; i < 19; i++)
		assert_true(text.at[i] >= 'A' && text.at[i] <= 'Z');
	assert_string_equal(text.at + 19, "@example.com");
	buf_fini(&out);
}

/* Tags must not change from version to version: relays share them. */
static void
test_known(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_string_equal(tagged(&out, "joe@example.com", "new", DAY(16123)),
	    "prvs=joe=123UUIBPXX@example.com");
	buf_fini(&out);
}

static const char *const untagged[] = {
	"",
	"\"a b\"@example.com",
	"prvs=joe=123ABCDEFG@example.com",
	"PRVS=0123abcdef=joe@example.com",
	/* 49 bytes, of which 65 would be made */
	"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghi@example.com",
};

static void
test_untagged(void **state)
{
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(untagged); i++) {
		assert_null(tagged(&out, untagged[i], "new", DAY(1)));
		assert_int_equal(buf_len(&out), 0);
	}
	assert_non_null(tagged(&out,
	    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefgh@example.com",
	    "new", DAY(1)));
	buf_fini(&out);
}

static struct read_row {
	const char *name, *address, *key; /* that makes its tag; NULL: none */
	int made, read;                   /* days */
	enum bounce_tag want;
} read_rows[] = {
	{ "at once", "joe@example.com", "new", 16123, 16123, BOUNCE_TAG_VALID },
	{ "by an older key", "joe@example.com", "old", 16123, 16124,
	    BOUNCE_TAG_VALID },
	{ "the last day", "joe@example.com", "new", 16123, 16130,
	    BOUNCE_TAG_VALID },
	{ "a day late", "joe@example.com", "new", 16123, 16131,
	    BOUNCE_TAG_EXPIRED },
	{ "a day early", "joe@example.com", "new", 16123, 16122,
	    BOUNCE_TAG_EXPIRED },
	{ "over the end of the thousand", "joe@example.com", "new", 16998,
	    17003, BOUNCE_TAG_VALID },
	{ "nobody's key", "joe@example.com", "other", 16123, 16123,
	    BOUNCE_TAG_FOREIGN },
	{ "an equals sign of its own", "a=b@example.com", "new", 16123, 16123,
	    BOUNCE_TAG_VALID },
	{ "no tag", "joe@example.com", NULL, 0, 16123, BOUNCE_TAG_NONE },
	{ "another's form", "prvs=0123abcdef=joe@example.com", NULL, 0, 16123,
	    BOUNCE_TAG_NONE },
	{ "no local part", "prvs==123ABCDEFG@example.com", NULL, 0, 16123,
	    BOUNCE_TAG_NONE },
	{ "digits among the letters", "prvs=joe=1234BCDEFG@example.com", NULL,
	    0, 16123, BOUNCE_TAG_NONE },
	{ "letters among the digits", "prvs=joe=12AABCDEFG@example.com", NULL,
	    0, 16123, BOUNCE_TAG_NONE },
	{ "no sign before the tag", "prvs=joex123ABCDEFG@example.com", NULL, 0,
	    16123, BOUNCE_TAG_NONE },
	{ "a tag only", "prvs=", NULL, 0, 16123, BOUNCE_TAG_NONE },
	{ "nothing", "", NULL, 0, 16123, BOUNCE_TAG_NONE },
};

static void
test_read(void **state)
{
	const struct read_row *row = *state;
	struct buf address = { 0 }, plain = { 0 };

	if (row->key == NULL)
		buf_append_cstr(&address, row->address);
	else
		assert_true(bounce_tag_add(&address, slice_cstr(row->address),
		    slice_cstr(row->key), DAY(row->made)));
	assert_int_equal(bounce_tag_read(&plain, buf_slice(&address), keys,
			     ARRAY_LEN(keys), DAY(row->read)),
	    row->want);
	assert_string_equal(
	    buf_cstr(&plain), row->want != BOUNCE_TAG_NONE ? row->address : "");
	buf_fini(&address);
	buf_fini(&plain);
}

/* Some hosts make small letters of all; one that is changed otherwise is none
 * of ours. */
static void
test_changed(void **state)
{
	struct buf address = { 0 }, plain = { 0 };
	struct slice text;

	(void)state;
	assert_true(bounce_tag_add(
	    &address, SLICE("Joe@Example.COM"), keys[0], DAY(9)));
	text = buf_slice(&address);
	for (size_t i = 0; i < text.len; i++) {
		struct buf other = { 0 };
		enum bounce_tag tag;

		for (size_t k = 0; k < text.len; k++)
			buf_append_byte(&other, ascii_lower(text.at[k]));
		buf_clear(&plain);
		assert_int_equal(
		    bounce_tag_read(&plain, buf_slice(&other), keys, 2, DAY(9)),
		    BOUNCE_TAG_VALID);
		buf_clear(&other);
		for (size_t k = 0; k < text.len; k++)
			buf_append_byte(&other,
			    k != i                               ? text.at[k]
				: ascii_lower(text.at[k]) == 'y' ? 'z'
								 : 'y');
		buf_clear(&plain);
		tag =
		    bounce_tag_read(&plain, buf_slice(&other), keys, 2, DAY(9));
		assert_int_not_equal(tag, BOUNCE_TAG_VALID);
		buf_fini(&other);
	}
	buf_fini(&address);
	buf_fini(&plain);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_form);
	TEST(&kit, test_known);
	TEST(&kit, test_untagged);
	ROWS(&kit, read_rows, test_read);
	TEST(&kit, test_changed);
	return kit_run(&kit, "tag");
}

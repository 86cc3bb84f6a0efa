/* SPDX-License-Identifier: MIT */
/* Base64 both ways: the vectors of RFC 4648, 10, and what is none. */
#include "core/base/base64.h"

#include "tests/unit/kit.h"

static struct vector {
	const char *name, *bytes, *text;
} vectors[] = {
	{ "none", "", "" },
	{ "f", "f", "Zg==" },
	{ "fo", "fo", "Zm8=" },
	{ "foo", "foo", "Zm9v" },
	{ "foob", "foob", "Zm9vYg==" },
	{ "fooba", "fooba", "Zm9vYmE=" },
	{ "foobar", "foobar", "Zm9vYmFy" },
	{ "high bytes", "\xff\xfe\xfd", "//79" },
};

static void
test_vector(void **state)
{
	const struct vector *v = *state;
	struct buf text = { 0 }, bytes = { 0 };

	base64_encode(&text, slice_cstr(v->bytes));
	assert_slice(buf_slice(&text), v->text);
	assert_true(base64_decode(&bytes, buf_slice(&text)));
	assert_slice(buf_slice(&bytes), v->bytes);
	buf_fini(&text);
	buf_fini(&bytes);
}

static void
test_none(void **state)
{
	static const char *const texts[] = { "Z", "Zg", "Zg=", "Zg==Zg==", "=",
		"====", "Z===", "Zg==\n", "Zm 9", "Zm9*", "Zm=v" };
	struct buf bytes = { 0 };

	(void)state;
	buf_append_cstr(&bytes, "kept");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (base64_decode(&bytes, slice_cstr(texts[i])))
			fail_msg("\"%s\" was taken", texts[i]);
	assert_slice(buf_slice(&bytes), "kept");
	buf_fini(&bytes);
}

/* A NUL is a byte like others in bytes, and none of the alphabet's. */
static void
test_nul(void **state)
{
	struct buf text = { 0 }, bytes = { 0 };

	(void)state;
	base64_encode(&text, SLICE("\0u\0p"));
	assert_slice(buf_slice(&text), "AHUAcA==");
	assert_true(base64_decode(&bytes, buf_slice(&text)));
	assert_slices_equal(buf_slice(&bytes), SLICE("\0u\0p"));
	assert_false(base64_decode(&bytes, SLICE("AH\0A")));
	buf_fini(&text);
	buf_fini(&bytes);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, vectors, test_vector);
	TEST(&kit, test_none);
	TEST(&kit, test_nul);
	return kit_run(&kit, "base64");
}

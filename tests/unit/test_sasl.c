/* SPDX-License-Identifier: MIT */
/* AUTH PLAIN and LOGIN, as a server hears them. */
#include "relay/receive/sasl.h"
#include "tests/unit/kit.h"

static struct row {
	const char *name; /* AUTH's argument, then lines, separated by '|' */
	const char *want;
} rows[] = {
	{ "PLAIN AHVzZXIAcGFzcw==", "user:pass" },
	{ "plain AHVzZXIAcGFzcw==", "user:pass" },
	{ "PLAIN|AHVzZXIAcGFzcw==", "334 , user:pass" },
	/* For oneself is for oneself. */
	{ "PLAIN dXNlcgB1c2VyAHBhc3M=", "user:pass" },
	{ "PLAIN b3RoZXIAdXNlcgBwYXNz", "malformed" },
	{ "PLAIN AHVzZXIA", "user:" },
	{ "PLAIN|*", "334 , cancelled" },
	{ "PLAIN =", "malformed" },
	{ "PLAIN|", "334 , malformed" },
	{ "PLAIN dXNlcg==", "malformed" },
	{ "PLAIN AHVzZXI=", "malformed" },
	{ "PLAIN AABwYXNz", "malformed" },
	{ "PLAIN AHUAcAB4", "malformed" },
	{ "PLAIN !!!!", "malformed" },
	{ "PLAIN AHVzZXIAcGFzcw", "malformed" },
	{ "LOGIN|dXNlcg==|cGFzcw==",
	    "334 VXNlcm5hbWU6, 334 UGFzc3dvcmQ6, user:pass" },
	{ "login dXNlcg==|cGFzcw==", "334 UGFzc3dvcmQ6, user:pass" },
	{ "LOGIN|dXNlcg==|", "334 VXNlcm5hbWU6, 334 UGFzc3dvcmQ6, user:" },
	{ "LOGIN|", "334 VXNlcm5hbWU6, malformed" },
	{ "LOGIN|*", "334 VXNlcm5hbWU6, cancelled" },
	{ "LOGIN dXNlcg==|*", "334 UGFzc3dvcmQ6, cancelled" },
	{ "LOGIN dQBz", "malformed" },
	{ "LOGIN dXNlcg==|cABz", "334 UGFzc3dvcmQ6, malformed" },
	{ "CRAM-MD5", "unknown" },
	{ "PLAINX AHVzZXIAcGFzcw==", "unknown" },
	{ "", "unknown" },
};

static void
tell(struct buf *got, const struct sasl *s, enum sasl_result result)
{
	if (buf_len(got) > 0)
		buf_append_cstr(got, ", ");
	switch (result) {
	case SASL_MORE:
		buf_printf(got, "334 %s", s->challenge);
		return;
	case SASL_DONE:
		buf_append(got, buf_slice(&s->user));
		buf_append_byte(got, ':');
		buf_append(got, buf_slice(&s->password));
		return;
	case SASL_CANCELLED:
		buf_append_cstr(got, "cancelled");
		return;
	case SASL_MALFORMED:
		buf_append_cstr(got, "malformed");
		return;
	case SASL_UNKNOWN:
		buf_append_cstr(got, "unknown");
		return;
	}
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct slice rest = slice_cstr(row->name), line = { 0 };
	struct sasl s = { 0 };
	struct buf got = { 0 };
	enum sasl_result result;

	(void)slice_split(&rest, '|', &line);
	result = sasl_begin(&s, line);
	tell(&got, &s, result);
	while (result == SASL_MORE) {
		if (!slice_split(&rest, '|', &line))
			line = SLICE("");
		result = sasl_continue(&s, line);
		tell(&got, &s, result);
	}
	assert_slice(buf_slice(&got), row->want);
	sasl_fini(&s);
	assert_int_equal(buf_len(&s.password), 0);
	buf_fini(&got);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "sasl");
}

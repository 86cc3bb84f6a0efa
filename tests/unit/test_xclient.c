/* SPDX-License-Identifier: MIT */
/* The argument of XCLIENT. */
#include "relay/receive/xclient.h"
#include "tests/unit/kit.h"

static struct row {
	const char *name;
	const char *want; /* what was read, or why it cannot be */
} rows[] = {
	{ "NAME=spike.porcupine.org ADDR=168.100.189.2",
	    "name=spike.porcupine.org address=168.100.189.2" },
	{ "name=a addr=IPV6:2001:db8::1 port=25 proto=esmtp helo=h login=u",
	    "name=a address=2001:db8::1 proto=1 helo=h login=u" },
	{ "ADDR=ipv6:::1 PROTO=SMTP", "address=::1 proto=0" },
	{ "NAME=[UNAVAILABLE] ADDR=[TEMPUNAVAIL] PORT=[UNAVAILABLE]",
	    "name= address=none" },
	{ "LOGIN=[unavailable]", "login=" },
	{ "LOGIN=a+2Bb", "login=a+b" },
	{ "NAME=a NAME=b", "name=b" },
	{ "NAME=a  HELO=b", "name=a helo=b" },
	{ "NAME", "5.5.4 Syntax: XCLIENT attribute=value" },
	{ "NAME=", "5.5.4 Syntax: XCLIENT attribute=value" },
	{ "NAME=a=b", "5.5.4 Syntax: XCLIENT attribute=value" },
	{ "NAME=+2b", "5.5.4 Syntax: XCLIENT attribute=value" },
	{ "FOO=a", "5.5.4 Unknown XCLIENT attribute" },
	{ "=a", "5.5.4 Unknown XCLIENT attribute" },
	{ "ADDR=10.0.0", "5.5.4 Bad XCLIENT address" },
	{ "ADDR=IPV6:", "5.5.4 Bad XCLIENT address" },
	{ "PORT=65536", "5.5.4 Bad XCLIENT port" },
	{ "PROTO=LMTP", "5.5.4 Bad XCLIENT protocol" },
	/* Nothing that would break a header or the log. */
	{ "HELO=a+0D+0Ab", "5.5.4 Syntax: XCLIENT attribute=value" },
	{ "NAME=a+20b", "5.5.4 Bad XCLIENT value" },
	{ "NAME=a+00", "5.5.4 Syntax: XCLIENT attribute=value" },
	{ "NAME=+C3+A9", "5.5.4 Syntax: XCLIENT attribute=value" },
};

static void
add(struct buf *out, const char *key, bool has, struct slice value)
{
	if (has)
		buf_printf(out, "%s%s=%.*s", buf_len(out) > 0 ? " " : "", key,
		    SLICE_ARG(value));
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	char address[IP_TEXT_MAX];
	struct buf got = { 0 };
	struct xclient x = { 0 };
	const char *why;

	if (xclient_parse(slice_cstr(row->name), &x, &why)) {
		add(&got, "name", x.has_name, buf_slice(&x.name));
		add(&got, "address", x.has_address,
		    slice_cstr(ip_format(&x.address, address)));
		add(&got, "proto", x.has_proto,
		    x.is_extended ? SLICE("1") : SLICE("0"));
		add(&got, "helo", x.has_helo, buf_slice(&x.helo));
		add(&got, "login", x.has_login, buf_slice(&x.login));
	} else {
		buf_append_cstr(&got, why);
	}
	assert_slice(buf_slice(&got), row->want);
	xclient_fini(&x);
	buf_fini(&got);
}

/* A value has a bound. */
static void
test_long(void **state)
{
	struct buf text = { 0 };
	struct xclient x = { 0 };
	const char *why;

	(void)state;
	buf_append_cstr(&text, "NAME=");
	for (int i = 0; i < 300; i++)
		buf_append_byte(&text, 'x');
	assert_false(xclient_parse(buf_slice(&text), &x, &why));
	xclient_fini(&x);
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_long);
	return kit_run(&kit, "xclient");
}

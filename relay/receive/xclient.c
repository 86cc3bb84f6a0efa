/* SPDX-License-Identifier: MIT */
/* XCLIENT's argument; see xclient.h. */
#include "relay/receive/xclient.h"

#include "core/smtp/xtext.h"

/* Of any value: names and logins are not longer. */
#define VALUE_MAX 255

static bool
is_unavailable(struct slice value)
{
	return slice_eq_nocase(value, SLICE("[UNAVAILABLE]")) ||
	    slice_eq_nocase(value, SLICE("[TEMPUNAVAIL]"));
}

/* Text that can stand in a header and in the log: no blanks. */
static const char *
text_read(struct slice value, bool *has, struct buf *text)
{
	*has = true;
	buf_clear(text);
	if (is_unavailable(value))
		return NULL;
	if (slice_find_byte(value, ' ') < value.len)
		return "5.5.4 Bad XCLIENT value";
	buf_append(text, value);
	return NULL;
}

static const char *
address_read(struct slice value, struct xclient *x)
{
	static const struct slice v6 = SLICE_INIT("IPV6:");

	x->has_address = true;
	x->address = (struct ip_address){ 0 };
	if (is_unavailable(value))
		return NULL;
	if (slice_starts_with_nocase(value, v6))
		value = slice_skip(value, v6.len);
	return ip_parse(value, &x->address) ? NULL
					    : "5.5.4 Bad XCLIENT address";
}

/* A port is checked and not kept: nothing here depends on it. */
static const char *
port_check(struct slice value)
{
	uint64_t port;

	return is_unavailable(value) || slice_to_u64(value, UINT16_MAX, &port)
	    ? NULL
	    : "5.5.4 Bad XCLIENT port";
}

static const char *
proto_read(struct slice value, struct xclient *x)
{
	x->has_proto = true;
	x->is_extended = slice_eq_nocase(value, SLICE("ESMTP"));
	return x->is_extended || slice_eq_nocase(value, SLICE("SMTP"))
	    ? NULL
	    : "5.5.4 Bad XCLIENT protocol";
}

static const char *
attribute_read(struct slice keyword, struct slice value, struct xclient *x)
{
	if (slice_eq_nocase(keyword, SLICE("NAME")))
		return text_read(value, &x->has_name, &x->name);
	if (slice_eq_nocase(keyword, SLICE("ADDR")))
		return address_read(value, x);
	if (slice_eq_nocase(keyword, SLICE("PORT")))
		return port_check(value);
	if (slice_eq_nocase(keyword, SLICE("PROTO")))
		return proto_read(value, x);
	if (slice_eq_nocase(keyword, SLICE("HELO")))
		return text_read(value, &x->has_helo, &x->helo);
	if (slice_eq_nocase(keyword, SLICE("LOGIN")))
		return text_read(value, &x->has_login, &x->login);
	return "5.5.4 Unknown XCLIENT attribute";
}

bool
xclient_parse(struct slice argument, struct xclient *x, const char **why)
{
	struct buf value = { 0 };
	struct slice part;

	*why = NULL;
	while (*why == NULL && slice_split(&argument, ' ', &part)) {
		size_t equals = slice_find_byte(part, '=');

		if (part.len == 0)
			continue;
		if (part.len > VALUE_MAX ||
		    !smtp_xtext_is_valid(slice_skip(part, equals + 1))) {
			*why = "5.5.4 Syntax: XCLIENT attribute=value";
			continue;
		}
		buf_clear(&value);
		smtp_xtext_decode(slice_skip(part, equals + 1), &value);
		*why = attribute_read(
		    slice_sub(part, 0, equals), buf_slice(&value), x);
	}
	buf_fini(&value);
	return *why == NULL;
}

void
xclient_fini(struct xclient *x)
{
	buf_fini(&x->name);
	buf_fini(&x->helo);
	buf_fini(&x->login);
}

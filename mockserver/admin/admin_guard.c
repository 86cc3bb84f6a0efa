/* SPDX-License-Identifier: MIT */
/* Who may ask; see admin_guard.h. */
#include "mockserver/admin/admin_guard.h"

#include "core/base/address.h"

/* "name" or "name:port", as in Host, without the port. */
static struct slice
name_of(struct slice host)
{
	const size_t bracket = slice_find_byte(host, ']');

	if (host.len > 0 && host.at[0] == '[')
		return slice_sub(host, 1, bracket - 1);
	return slice_sub(host, 0, slice_find_byte(host, ':'));
}

/* Names other than localhost lead where their owner says. */
static bool
is_address(struct slice host)
{
	const struct slice name = name_of(host);
	struct ip_address ip;

	return slice_eq_nocase(name, SLICE("localhost")) || ip_parse(name, &ip);
}

/* An origin is scheme, "://" and what Host says. */
static bool
is_same_origin(struct slice origin, struct slice host)
{
	static const struct slice schemes[] = { SLICE_INIT("http://"),
		SLICE_INIT("https://") };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (slice_starts_with_nocase(origin, schemes[i]) &&
		    slice_eq_nocase(slice_skip(origin, schemes[i].len), host))
			return true;
	return false;
}

/* In a time that does not depend on where they differ. */
static bool
is_token(const char *authorization, struct slice token)
{
	static const struct slice scheme = SLICE_INIT("Bearer ");
	struct slice given = slice_cstr(authorization);
	unsigned difference = 0;

	if (!slice_starts_with_nocase(given, scheme))
		return false;
	given = slice_trim(slice_skip(given, scheme.len));
	if (given.len != token.len)
		return false;
	for (size_t i = 0; i < token.len; i++)
		difference |=
		    (unsigned char)given.at[i] ^ (unsigned char)token.at[i];
	return difference == 0;
}

static bool
is_safe(const struct http_request *request)
{
	return strcmp(request->method, "GET") == 0 ||
	    strcmp(request->method, "HEAD") == 0;
}

/* What a browser says about the page that asks. */
static bool
is_ours(const struct http_request *request)
{
	const struct slice site = slice_cstr(request->fetch_site);

	if (request->origin != NULL &&
	    !is_same_origin(
		slice_cstr(request->origin), slice_cstr(request->host)))
		return false;
	return request->fetch_site == NULL ||
	    slice_eq(site, SLICE("same-origin")) ||
	    slice_eq(site, SLICE("none"));
}

unsigned
admin_guard_check(const struct http_request *request, struct slice token,
    bool is_public, const char **why)
{
	*why = NULL;
	if (request->host == NULL) {
		*why = "the request needs one Host field";
		return 400;
	}
	if (token.len == 0 && !is_address(slice_cstr(request->host))) {
		*why = "Host is a name; expected an address or localhost, or "
		       "a mock that asks for a token";
		return 403;
	}
	if (!is_safe(request) && !is_ours(request)) {
		*why = "the request comes from a page of another origin";
		return 403;
	}
	if (token.len > 0 && !is_public &&
	    !is_token(request->authorization, token)) {
		*why = "expected the field \"Authorization: Bearer TOKEN\"";
		return 401;
	}
	return 0;
}

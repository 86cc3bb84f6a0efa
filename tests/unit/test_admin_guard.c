/* SPDX-License-Identifier: MIT */
/* Who may ask: a table of requests and the status that each gets. */
#include "mockserver/admin/admin_guard.h"
#include "tests/unit/kit.h"

struct guard_row {
	const char *name, *method, *host, *origin, *site, *authorization;
	const char *token;
	bool is_public;
	unsigned want;
};

#define HERE "127.0.0.1:80"

static struct guard_row guard_rows[] = {
	{ "a plain client", "GET", HERE, .want = 0 },
	{ "localhost", "GET", "LocalHost", .want = 0 },
	{ "IPv6", "GET", "[::1]:80", .want = 0 },
	{ "no Host", "GET", NULL, .want = 400 },
	{ "an empty Host", "GET", "", .want = 403 },
	{ "a half bracket", "GET", "[::1", .want = 0 },
	{ "a bracket", "GET", "[", .want = 403 },
	{ "rebinding", "GET", "rebind.example:80", .want = 403 },
	{ "rebinding, digits", "GET", "127.0.0.1.rebind.example", .want = 403 },
	{ "localhost of others", "GET", "localhost.evil.example", .want = 403 },
	{ "reading from elsewhere", "GET", HERE, "http://evil.example",
	    .want = 0 },
	{ "a change by a plain client", "DELETE", HERE, .want = 0 },
	{ "a change by our page", "POST", HERE, "http://" HERE, "same-origin",
	    .want = 0 },
	{ "a change by another page", "POST", HERE, "http://evil.example",
	    .want = 403 },
	{ "a change by another port", "POST", HERE, "http://127.0.0.1:81",
	    .want = 403 },
	{ "a change by a file", "POST", HERE, "null", .want = 403 },
	{ "a change by a form", "POST", HERE, NULL, "cross-site", .want = 403 },
	{ "a change by a neighbour", "POST", HERE, NULL, "same-site",
	    .want = 403 },
	{ "no token", "GET", HERE, .token = "secret", .want = 401 },
	{ "a wrong token", "GET", HERE, .token = "secret",
	    .authorization = "Bearer secreT", .want = 401 },
	{ "a longer token", "GET", HERE, .token = "secret",
	    .authorization = "Bearer secrets", .want = 401 },
	{ "the beginning of the token", "GET", HERE, .token = "secret",
	    .authorization = "Bearer secre", .want = 401 },
	{ "nothing of the token", "GET", HERE, .token = "secret",
	    .authorization = "Bearer ", .want = 401 },
	{ "another scheme", "GET", HERE, .token = "secret",
	    .authorization = "Basic secret", .want = 401 },
	{ "the token", "GET", "mock.example", .token = "secret",
	    .authorization = "bearer secret", .want = 0 },
	{ "the token from another page", "POST", "mock.example",
	    "http://evil.example", .token = "secret",
	    .authorization = "Bearer secret", .want = 403 },
	{ "what is for all", "GET", "mock.example", .token = "secret",
	    .is_public = true, .want = 0 },
};

static void
test_guard(void **state)
{
	const struct guard_row *row = *state;
	const struct http_request request = {
		.method = row->method,
		.path = "/v1/hosts",
		.host = row->host,
		.origin = row->origin,
		.fetch_site = row->site,
		.authorization = row->authorization,
	};
	const char *why;

	assert_int_equal(admin_guard_check(&request, slice_cstr(row->token),
			     row->is_public, &why),
	    row->want);
	assert_int_equal(why == NULL, row->want == 0);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, guard_rows, test_guard);
	return kit_run(&kit, "guard");
}

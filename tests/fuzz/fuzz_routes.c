/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a routes table: it is refused with places inside of it, or what
 * it prints reads as the same table, and each of its domains is found in it.
 */
#include "core/routes/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check_again(const struct routes *r)
{
	struct err_list errors = { 0 };
	struct buf out = { 0 };
	struct routes *again;

	routes_format(r, &out);
	again = routes_parse(buf_slice(&out), "again", &errors);
	assert(again != NULL);
	assert(routes_count(again) == routes_count(r));
	for (size_t i = 0; i < routes_count(r); i++) {
		const struct route *route = routes_at(r, i);

		assert(route_equal(route, routes_at(again, i)));
		if (route->match == ROUTE_EXACT)
			assert(routes_match(r, route->domain) == route);
		else
			assert(routes_match(r, SLICE("x")) != route ||
			    route->match == ROUTE_ALL);
	}
	routes_destroy(&again);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice text = slice_of((const char *)bytes, len);
	struct err_list errors = { 0 };
	struct routes *r = routes_parse(text, "routes", &errors);

	assert((r == NULL) == (errors.total > 0));
	for (size_t i = 0; i < errors.count; i++) {
		assert(errors.list[i].line >= 1);
		assert(errors.list[i].col >= 1);
		assert((size_t)errors.list[i].col <= len + 1);
	}
	if (r != NULL) {
		check_again(r);
		(void)routes_match(r, text);
	}
	routes_destroy(&r);
	err_list_fini(&errors);
	return 0;
}

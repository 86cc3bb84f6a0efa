/* SPDX-License-Identifier: MIT */
/* Addresses that are elsewhere: found, named, shared, and a world by them. */
#include "core/world/world_ev_places.h"

#include "core/world/world_ev.h"
#include "tests/unit/kit.h"

#include <unistd.h>

static struct endpoint
endpoint_of(const char *text)
{
	struct endpoint e = { 0 };

	assert_true(endpoint_parse(slice_cstr(text), -1, &e));
	return e;
}

static struct world_places *
new_places(void)
{
	struct err err = { 0 };
	struct world_places *p = world_places_new(&err);

	assert_string_equal(err.msg, "");
	assert_non_null(p);
	return p;
}

static void
set(struct world_places *p, const char *ip, bool is_there)
{
	struct ip_address address;
	struct err err = { 0 };

	assert_true(ip_parse(slice_cstr(ip), &address));
	assert_true(world_places_set(p, &address, is_there, &err));
}

/* Whatever is found is the same when it is named; nobody else has its place. */
static void
test_there_and_back(void **state)
{
	static const char *const texts[] = { "10.1.1.1:25", "10.1.1.1:2525",
		"[2001:db8::1]:25", "192.0.2.1:0", "10.1.1.2:1023",
		"10.1.1.2:1024" };
	struct world_places *p = new_places();
	struct endpoint places[ARRAY_LEN(texts)];

	(void)state;
	set(p, "10.1.1.1", true);
	set(p, "2001:db8::1", true);
	set(p, "192.0.2.1", true);
	set(p, "10.1.1.2", true);
	set(p, "10.1.1.1", true);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct endpoint at = endpoint_of(texts[i]), again;

		assert_true(world_places_find(p, &at, &places[i]));
		assert_true(ip_is_loopback(&places[i].ip));
		assert_true(places[i].port == 0 || places[i].port >= 1024);
		again = world_places_name(p, &places[i]);
		assert_true(endpoint_equal(&at, &again));
		for (size_t k = 0; k < i; k++)
			assert_false(endpoint_equal(&places[i], &places[k]));
	}
	world_places_destroy(&p);
}

/* What has no place is nowhere; what is no place is itself. */
static void
test_nowhere(void **state)
{
	static const char *const strangers[] = { "127.0.0.1:40000",
		"10.1.1.1:25", "[::1]:25" };
	struct world_places *p = new_places();
	struct endpoint at = endpoint_of("10.1.1.1:25"), place, name;

	(void)state;
	assert_false(world_places_find(p, &at, &place));
	set(p, "10.1.1.1", true);
	assert_true(world_places_find(p, &at, &place));
	set(p, "10.1.1.1", false);
	assert_false(world_places_find(p, &at, &place));
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		at = endpoint_of(strangers[i]);
		name = world_places_name(p, &at);
		assert_true(endpoint_equal(&at, &name));
	}
	world_places_destroy(&p);
}

static void
test_full(void **state)
{
	struct world_places *p = new_places();
	struct ip_address ip = ip_v4(10, 0, 0, 0);
	struct err err = { 0 };

	(void)state;
	for (unsigned i = 0; i < WORLD_PLACES_MAX; i++) {
		ip.bytes[2] = (uint8_t)(i / 256);
		ip.bytes[3] = (uint8_t)i;
		assert_true(world_places_set(p, &ip, true, &err));
	}
	assert_true(world_places_set(p, &ip, true, &err));
	ip.bytes[1] = 1;
	assert_false(world_places_set(p, &ip, true, &err));
	world_places_destroy(&p);
}

/* Another has it by its description, and two tables share no place. */
static void
test_shared(void **state)
{
	struct world_places *p = new_places(), *other = new_places(), *again;
	struct endpoint at = endpoint_of("10.1.1.1:25"), place, theirs;
	struct buf text = { 0 };
	struct err err = { 0 };
	int fd;

	(void)state;
	fd = dup(world_places_describe(p, &text));
	buf_clear(&text);
	buf_printf(&text, "%d", fd);
	again = world_places_open(buf_cstr(&text), &err);
	assert_non_null(again);
	set(p, "10.1.1.1", true);
	set(other, "10.1.1.1", true);
	assert_true(world_places_find(again, &at, &theirs));
	assert_true(world_places_find(p, &at, &place));
	assert_true(endpoint_equal(&place, &theirs));
	assert_true(world_places_find(other, &at, &theirs));
	assert_false(endpoint_equal(&place, &theirs));
	world_places_destroy(&again);
	world_places_destroy(&p);
	world_places_destroy(&other);
	buf_fini(&text);
}

static void
test_no_table(void **state)
{
	static const char *const texts[] = { "", "x", "0", "99999", "-1" };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_null(world_places_open(texts[i], &err));
	assert_string_equal(err.msg, "-1 is no table of places");
}

/* ---- a world by them ---- */

struct meeting {
	struct world *w;
	struct stream *caller, *host;
};

static void
on_nothing(void *owner)
{
	(void)owner;
}

static void
on_input(void *owner, struct slice bytes)
{
	(void)owner;
	(void)bytes;
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct meeting *m = owner;

	assert_int_equal(why, NET_UNREACHABLE);
	world_stop(m->w);
}

static const struct stream_handler handler = {
	.on_connected = on_nothing,
	.on_input = on_input,
	.on_drained = on_nothing,
	.on_eof = on_nothing,
	.on_failure = on_failure,
};

static void
on_accept(void *owner, struct stream *s)
{
	struct meeting *m = owner;

	m->host = s;
	stream_attach(s, &handler, m);
	world_stop(m->w);
}

static void
assert_endpoint(const struct endpoint *e, const char *text)
{
	char got[ENDPOINT_TEXT_MAX];

	assert_string_equal(endpoint_format(e, got), text);
}

/* Nobody above the world sees where it is. */
static void
test_world(void **state)
{
	struct world_places *p = new_places();
	const struct ev_options options = {
		.time_scale = 1, .start = UTIME_NEVER, .places = p
	};
	const struct endpoint from = endpoint_of("10.0.0.5:0"),
			      to = endpoint_of("10.1.1.1:25"),
			      nowhere = endpoint_of("10.9.9.9:25");
	struct meeting m = { 0 };
	struct listener *l;
	struct err err = { 0 };

	(void)state;
	set(p, "10.0.0.5", true);
	set(p, "10.1.1.1", true);
	m.w = world_ev_new(&options, &err);
	l = world_listen(m.w, &to, on_accept, &m, &err);
	assert_string_equal(err.msg, "");
	assert_endpoint(listener_local(l), "10.1.1.1:25");
	m.caller = world_connect(m.w, &from, &to, &handler, &m);
	assert_true(world_run(m.w, &err));
	assert_endpoint(stream_local(m.host), "10.1.1.1:25");
	assert_true(ip_equal(&stream_remote(m.host)->ip, &from.ip));
	assert_endpoint(stream_remote(m.caller), "10.1.1.1:25");
	stream_reset(m.caller);
	stream_reset(m.host);
	listener_close(l);
	world_destroy(&m.w);

	m.w = world_ev_new(&options, &err);
	m.caller = world_connect(m.w, &from, &nowhere, &handler, &m);
	assert_true(world_run(m.w, &err));
	stream_close(m.caller);
	world_destroy(&m.w);
	world_places_destroy(&p);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_there_and_back);
	TEST(&kit, test_nowhere);
	TEST(&kit, test_full);
	TEST(&kit, test_shared);
	TEST(&kit, test_no_table);
	TEST(&kit, test_world);
	return kit_run(&kit, "places");
}

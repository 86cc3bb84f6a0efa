/* SPDX-License-Identifier: MIT */
/*
 * The admin API without a socket: its routes are those of the document, and
 * what is kept waiting is answered when its time has come, in virtual time.
 */
#include "core/json/doc.h"
#include "mockserver/admin/admin.h"
#include "mockserver/admin/admin_files.h"
#include "tests/unit/mock_stage.h"

/* ---- the document ---- */

static json_t *
read_document(void)
{
	const struct slice text = admin_openapi_json();
	json_t *document = json_loadb(text.at, text.len, 0, NULL);

	assert_non_null(document);
	return document;
}

static json_t *
operation_of(json_t *document, const struct admin_route *route)
{
	char method[8] = "";

	for (size_t i = 0; route->method[i] != '\0'; i++)
		method[i] = ascii_lower(route->method[i]);
	return json_object_get(
	    json_object_get(json_object_get(document, "paths"), route->path),
	    method);
}

static bool
is_named(struct slice names, const char *name)
{
	struct slice one;

	while (slice_split(&names, ' ', &one))
		if (slice_eq(one, slice_cstr(name)))
			return true;
	return false;
}

/* Both ways: every route is documented with its query, and nothing else is. */
static void
test_routes_are_documented(void **state)
{
	json_t *document = read_document(), *item, *operation;
	const char *path, *method;
	const struct admin_route *route;
	size_t routes = 0, operations = 0;

	(void)state;
	for (; (route = admin_route(routes)) != NULL; routes++) {
		json_t *parameters, *one;
		size_t i, names = 0;

		operation = operation_of(document, route);
		if (operation == NULL)
			fail_msg("%s %s", route->method, route->path);
		parameters = json_object_get(operation, "parameters");
		json_array_foreach(parameters, i, one)
		{
			const char *name =
			    json_string_value(json_object_get(one, "name"));

			assert_true(is_named(slice_cstr(route->query), name));
			names++;
		}
		for (const char *c = route->query; *c != '\0'; c++)
			names -= *c == ' ';
		assert_int_equal(names, route->query[0] != '\0');
	}
	json_object_foreach(json_object_get(document, "paths"), path, item)
	{
		json_object_foreach(item, method, operation)
		{
			operations += strcmp(method, "parameters") != 0;
		}
	}
	assert_int_equal(operations, routes);
	json_decref(document);
}

/* ---- exchanges ---- */

struct asked {
	struct http_exchange base;
	unsigned status; /* 0: not answered */
	struct buf body;
	bool is_begun, is_dropped, is_full;
};

static void
on_answer(struct http_exchange *x, const struct http_answer *answer)
{
	struct asked *a = (struct asked *)x;

	assert_int_equal(a->status, 0);
	a->status = answer->status;
	buf_append(&a->body, answer->body);
}

static void
on_begin(struct http_exchange *x, const struct http_answer *head)
{
	struct asked *a = (struct asked *)x;

	a->status = head->status;
	a->is_begun = true;
}

static bool
on_push(struct http_exchange *x, struct slice bytes)
{
	struct asked *a = (struct asked *)x;

	if (!a->is_full)
		buf_append(&a->body, bytes);
	return !a->is_full;
}

static void
on_drop(struct http_exchange *x)
{
	((struct asked *)x)->is_dropped = true;
}

static bool
is_there(struct http_exchange *x)
{
	return !((struct asked *)x)->is_dropped;
}

static const struct http_ops ops = { on_answer, on_begin, on_push, on_drop,
	is_there };

struct office {
	struct setup setup;
	struct capture *capture;
	struct admin *admin;
	size_t notes;
};

static void
on_note(void *owner, const char *note)
{
	struct office *o = owner;

	assert_non_null(strstr(note, "too slow"));
	o->notes++;
}

static void
office_init(struct office *o)
{
	const struct capture_options capture = { .count_max = 10,
		.bytes_max = 10000 };
	struct admin_options options = { .owner = o, .on_note = on_note };

	*o = (struct office){ 0 };
	setup_init(&o->setup, RULE("vrfy", "\"reply\": \"252 x\""));
	o->capture = capture_new(&capture);
	options.mock = o->setup.mock;
	options.capture = o->capture;
	options.scenario = &o->setup.scenario.doc;
	o->admin = admin_new(o->setup.world, &options);
}

static void
office_fini(struct office *o)
{
	admin_destroy(&o->admin);
	setup_fini(&o->setup);
	capture_destroy(&o->capture);
}

static void
ask(struct office *o, struct asked *a, const char *path, struct http_pair query,
    struct http_pair more)
{
	const struct http_request request = {
		.method = "GET",
		.path = path,
		.host = "localhost",
		.query = { query, more },
		.query_count = more.name != NULL ? 2
		    : query.name != NULL         ? 1
						 : 0,
	};
	const struct http_handler handler = admin_handler(o->admin);

	*a = (struct asked){ .base.ops = &ops };
	handler.on_request(handler.owner, &a->base, &request);
}

static void
tell(struct office *o, enum transcript_kind kind)
{
	const struct transcript_event ev = {
		.kind = kind,
		.time = world_now(o->setup.world),
		.host = "mx",
		.connection = 1,
	};

	admin_tell(o->admin, &ev);
}

static void
test_waiting_ends(void **state)
{
	const struct http_pair one = { "connections", "1" };
	const struct http_pair five = { "timeout", "5s" };
	struct client c = { .patience = UTIME_S };
	struct office o;
	struct asked a, b;
	struct err err;

	(void)state;
	office_init(&o);
	ask(&o, &a, "/v1/wait", one, five);
	assert_int_equal(a.status, 0);
	assert_true(sim_run_until(
	    o.setup.world, world_now(o.setup.world) + 5 * UTIME_S - 1, &err));
	assert_int_equal(a.status, 0);
	assert_true(
	    sim_run_until(o.setup.world, world_now(o.setup.world) + 1, &err));
	assert_int_equal(a.status, 504);
	ask(&o, &b, "/v1/wait", one, five);
	client_start(&c, o.setup.world);
	setup_run(&o.setup);
	/* The mock of this stage does not tell the API what happens: it looks
	 * when the time is over. */
	assert_int_equal(b.status, 200);
	buf_fini(&b.body);
	ask(&o, &b, "/v1/wait", one, five);
	assert_int_equal(b.status, 200);
	buf_fini(&a.body);
	buf_fini(&b.body);
	client_fini(&c);
	office_fini(&o);
}

static void
test_slow_reader_is_dropped(void **state)
{
	const struct http_pair none = { 0 };
	struct office o;
	struct asked slow, fast;

	(void)state;
	office_init(&o);
	ask(&o, &slow, "/v1/events", none, none);
	ask(&o, &fast, "/v1/events", none, none);
	assert_true(slow.is_begun && fast.is_begun);
	tell(&o, TRANSCRIPT_OPEN);
	slow.is_full = true;
	tell(&o, TRANSCRIPT_CLOSE);
	assert_true(slow.is_dropped && !fast.is_dropped);
	assert_int_equal(o.notes, 1);
	tell(&o, TRANSCRIPT_OPEN);
	assert_int_equal(o.notes, 1);
	assert_true(slice_ends_with_nocase(buf_slice(&fast.body),
	    SLICE("\"event\":\"open\",\"server\":\""
		  "none:0\",\"client\":\"none:0\"}\n\n")));
	/* Who has left is found out when others come. */
	fast.is_dropped = true;
	for (int i = 0; i < 20; i++) {
		struct asked more;

		ask(&o, &more, "/v1/events", none, none);
		assert_int_equal(more.status, i < 16 ? 200 : 503);
		buf_fini(&more.body);
		if (i == 15)
			break;
	}
	buf_fini(&slow.body);
	buf_fini(&fast.body);
	admin_destroy(&o.admin);
	setup_fini(&o.setup);
	capture_destroy(&o.capture);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_routes_are_documented);
	TEST(&kit, test_waiting_ends);
	TEST(&kit, test_slow_reader_is_dropped);
	return kit_run(&kit, "admin");
}

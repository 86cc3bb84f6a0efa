/* SPDX-License-Identifier: MIT */
/*
 * Requests to the admin API of a mock, one a line as "METHOD PATH BODY": each
 * is answered or kept, with JSON where it says so; what is refused changes no
 * rule; and the mock, with whatever rules it has been given, serves a client
 * and ends.
 */
#include "core/world/world_sim.h"
#include "mockserver/admin/admin.h"
#include "mockserver/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define LINES_MAX 64

static const char text[] =
    "{\"hosts\": {\"mx\": {\"address\": \"10.1.1.11\", \"rules\": ["
    "{\"on\": \"vrfy\", \"reply\": \"252 x\"}]},"
    "\"my\": {\"address\": \"10.1.1.12\"}}}";

/* ---- exchanges ---- */

struct asked {
	struct http_exchange base;
	unsigned status;
	bool is_done, is_kept;
	char path[256]; /* what a request borrows */
};

static void
check_json(struct slice body)
{
	json_t *value = json_loadb(body.at, body.len,
	    JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	assert(value != NULL);
	json_decref(value);
}

static void
on_answer(struct http_exchange *x, const struct http_answer *answer)
{
	struct asked *a = (struct asked *)x;

	assert(!a->is_done);
	a->is_done = true;
	a->status = answer->status;
	assert(a->status >= 200 && a->status < 600);
	/* Those that are always the same are left to others. */
	if (strstr(answer->content_type, "json") != NULL &&
	    answer->body.len < 20000)
		check_json(answer->body);
}

static void
on_begin(struct http_exchange *x, const struct http_answer *head)
{
	((struct asked *)x)->status = head->status;
}

static bool
on_push(struct http_exchange *x, struct slice bytes)
{
	(void)x;
	return bytes.len < 1000;
}

static void
on_drop(struct http_exchange *x)
{
	((struct asked *)x)->is_done = true;
}

static bool
is_there(struct http_exchange *x)
{
	return ((uintptr_t)x & 64) == 0;
}

static const struct http_ops ops = { on_answer, on_begin, on_push, on_drop,
	is_there };

/* ---- the mock ---- */

struct office {
	struct mock_scenario scenario;
	struct world *world;
	struct capture *capture;
	struct mock *mock;
	struct admin *admin;
	struct asked asked[LINES_MAX];
	size_t count;
};

static void
on_event(void *owner, const struct transcript_event *ev)
{
	struct office *o = owner;

	if (o->admin != NULL)
		admin_tell(o->admin, ev);
}

static void
office_init(struct office *o)
{
	const struct sim_options sim = {
		.latency = UTIME_MS,
		.self = ip_v4(10, 0, 0, 5),
		.span_max = UTIME_DAY,
		.events_max = 20000,
	};
	const struct capture_options capture = { .count_max = 10,
		.bytes_max = 100000 };
	const struct transcript_sink sink = { .owner = o,
		.on_event = on_event };
	struct mock_options mock = { .seed = 1 };
	struct admin_options admin = { 0 };
	struct err err;
	bool ok =
	    mock_scenario_parse(&o->scenario, "t.json", SLICE(text), &err);

	assert(ok);
	o->world = world_sim_new(&sim);
	mock.capture = o->capture = capture_new(&capture);
	o->mock = mock_new(o->world, &o->scenario.hosts, &mock, &sink, &err);
	assert(o->mock != NULL);
	admin.mock = o->mock;
	admin.capture = o->capture;
	admin.scenario = &o->scenario.doc;
	o->admin = admin_new(o->world, &admin);
}

static void
office_fini(struct office *o)
{
	admin_destroy(&o->admin);
	mock_destroy(&o->mock);
	world_destroy(&o->world);
	capture_destroy(&o->capture);
	mock_scenario_fini(&o->scenario);
}

/* The path's query, in place. */
static void
split_query(char *path, struct http_request *r)
{
	char *at = strchr(path, '?');

	while (at != NULL && r->query_count < HTTP_QUERY_MAX) {
		struct http_pair *pair = &r->query[r->query_count++];

		*at++ = '\0';
		pair->name = at;
		pair->value = "";
		at = strchr(at, '&');
		if (strchr(pair->name, '=') != NULL &&
		    (at == NULL || strchr(pair->name, '=') < at)) {
			char *value = strchr(pair->name, '=');

			*value = '\0';
			pair->value = value + 1;
		}
	}
}

static void
ask(struct office *o, struct slice line)
{
	const struct http_handler handler = admin_handler(o->admin);
	struct asked *a = &o->asked[o->count++];
	struct slice method, path;
	char name[16];
	struct http_request r = {
		.method = name,
		.path = a->path,
		.host = "localhost",
		.content_type = "application/json",
	};

	*a = (struct asked){ .base.ops = &ops };
	if (!slice_split(&line, ' ', &method) ||
	    !slice_split(&line, ' ', &path)) {
		a->is_done = true;
		return;
	}
	(void)snprintf(
	    name, sizeof(name), "%.*s", SLICE_ARG(slice_sub(method, 0, 15)));
	(void)snprintf(a->path, sizeof(a->path), "%.*s",
	    SLICE_ARG(slice_sub(path, 0, 255)));
	split_query(a->path, &r);
	r.body = line;
	handler.on_request(handler.owner, &a->base, &r);
}

/* ---- a client ---- */

static void
on_connected(void *owner)
{
	struct stream **s = owner;

	stream_write(*s,
	    SLICE("EHLO c\r\nVRFY x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"
		  "DATA\r\nSubject: x\r\n\r\ny\r\n.\r\nRSET\r\nQUIT\r\n"));
	stream_shutdown(*s);
}

static void
on_input(void *owner, struct slice bytes)
{
	(void)owner;
	(void)bytes;
}

static void
on_drained(void *owner)
{
	(void)owner;
}

static void
on_end(void *owner)
{
	struct stream **s = owner;

	stream_close(*s);
	*s = NULL;
}

static void
on_failure(void *owner, enum net_failure why)
{
	(void)why;
	on_end(owner);
}

static void
serve(struct office *o)
{
	static const struct stream_handler handler = {
		.on_connected = on_connected,
		.on_input = on_input,
		.on_drained = on_drained,
		.on_eof = on_end,
		.on_failure = on_failure,
	};
	const struct endpoint to = { ip_v4(10, 1, 1, 11), 25 };
	struct stream *s;
	struct err err;

	s = world_connect(o->world, NULL, &to, &handler, &s);
	/* Rules may let it hang; the bounds of the world end that. */
	(void)world_run(o->world, &err);
	if (s != NULL)
		stream_reset(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice rest = slice_of((const char *)bytes, len), line;
	struct office *o = xcalloc(1, sizeof(*o));

	office_init(o);
	while (o->count < LINES_MAX && slice_split(&rest, '\n', &line))
		ask(o, line);
	serve(o);
	office_fini(o);
	free(o);
	return 0;
}

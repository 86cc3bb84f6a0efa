/* SPDX-License-Identifier: MIT */
/*
 * What happens now, in the admin API: connections, a stream of events, and
 * waiting for something; see admin_impl.h.
 */
#include "mockserver/admin/admin_impl.h"

#define BEAT         (15 * UTIME_S)
#define WAIT_PRESET  (30 * UTIME_S)
#define WAIT_MAX     (10 * UTIME_MINUTE)
#define WAIT_FOR_MAX 1000000000

/* A request that is not answered at once. */
struct admin_guest {
	struct list node; /* of streams or waiters */
	struct admin *admin;
	struct http_exchange *x;
	char *host; /* owned; NULL: all hosts */
	/* A waiter's. */
	uint64_t messages, connections;
	utime since, patience;
	struct timer due;
};

/* ---- connections ---- */

static const char *
state_name(const struct journal_connection *c)
{
	if (c->closed == UTIME_NEVER)
		return "open";
	return c->how == TRANSCRIPT_LOST ? "lost"
	    : c->how == TRANSCRIPT_RESET ? "reset"
	    : c->how == TRANSCRIPT_GONE  ? "gone"
					 : "closed";
}

static json_t *
describe_connection(const struct journal_connection *c)
{
	return json_pack(
	    "{s:I, s:s, s:o, s:o, s:s, s:o, s:o, s:b, s:I, s:I, s:I, s:I, s:I}",
	    "number", (json_int_t)c->number, "host", c->host, "server",
	    admin_endpoint(&c->server), "client", admin_endpoint(&c->client),
	    "state", state_name(c), "opened", admin_time(c->opened), "closed",
	    admin_time(c->closed), "tls", c->is_secured, "messages",
	    (json_int_t)c->messages, "violations", (json_int_t)c->violations,
	    "bytes_in", (json_int_t)c->bytes_in, "bytes_out",
	    (json_int_t)c->bytes_out, "cut", (json_int_t)c->cut);
}

void
admin_get_connections(struct admin_call *call)
{
	const struct journal *j = call->admin->journal;
	const char *host = http_query(call->request, "host");
	const struct journal_connection *c = NULL;
	json_t *list;
	uint64_t limit;

	if (!admin_query_number(
		call, "limit", ADMIN_LIST_MAX, ADMIN_LIST_COUNT, &limit))
		return;
	list = json_array();
	while (
	    (c = journal_next(j, c)) != NULL && json_array_size(list) < limit)
		if (host == NULL || strcmp(c->host, host) == 0)
			json_array_append_new(list, describe_connection(c));
	admin_answer(call, 200,
	    json_pack("{s:o, s:b, s:I}", "connections", list, "more", c != NULL,
		"evicted", (json_int_t)journal_evicted(j)));
}

/* The lines of a transcript are JSON already. */
static void
append_events(const struct journal_connection *c, struct buf *out)
{
	struct slice rest = buf_slice(&c->lines), line;
	const char *comma = "";

	buf_append_cstr(out, "\"events\": [");
	while (slice_split(&rest, '\n', &line)) {
		buf_printf(out, "%s\n", comma);
		buf_append(out, line);
		comma = ",";
	}
	buf_append_cstr(out, "]}\n");
}

void
admin_get_connection(struct admin_call *call)
{
	const struct journal_connection *c = NULL;
	struct buf out = { 0 };
	uint64_t number;
	json_t *head;
	char *text;

	if (slice_to_u64(call->argument, UINT64_MAX, &number))
		c = journal_find(call->admin->journal, number);
	if (c == NULL) {
		admin_fail(call, 404, "there is no connection %.*s",
		    SLICE_ARG(call->argument));
		return;
	}
	head = describe_connection(c);
	text = json_dumps(head, JSON_COMPACT);
	json_decref(head);
	buf_append_cstr(&out, text);
	free(text);
	buf_truncate(&out, buf_len(&out) - 1);
	buf_append_byte(&out, ',');
	append_events(c, &out);
	admin_answer_text(call, 200, "application/json", buf_slice(&out));
	buf_fini(&out);
}

/* ---- guests ---- */

static struct admin_guest *
guest_new(struct admin_call *call, const char *host, struct list *list)
{
	struct admin_guest *g = xcalloc(1, sizeof(*g));

	g->admin = call->admin;
	g->x = call->x;
	g->host = host != NULL ? xstrdup(host) : NULL;
	g->since = world_now(call->admin->world);
	call->x->tag = g;
	list_append(list, &g->node);
	return g;
}

static void
guest_destroy(struct admin_guest *g)
{
	struct admin *a = g->admin;

	if (g->patience > 0)
		a->waiter_count--;
	else
		a->stream_count--;
	timer_stop(a->world, &g->due);
	list_remove(&g->node);
	free(g->host);
	free(g);
}

void
admin_live_gone(struct admin *a, struct http_exchange *x)
{
	(void)a;
	guest_destroy(x->tag);
}

static struct admin_guest *
guest_of(struct list *node)
{
	return CONTAINER_OF(node, struct admin_guest, node);
}

/* Those who have left make room. */
static void
sweep(struct list *guests)
{
	LIST_FOREACH_SAFE(node, guests) {
		struct admin_guest *g = guest_of(node);

		if (http_is_there(g->x))
			continue;
		http_drop(g->x);
		guest_destroy(g);
	}
}

/* The name of a host in the query, or NULL; false: there is no such host, and
 * the request has been answered. */
static bool
find_host(struct admin_call *call, const char **name)
{
	*name = http_query(call->request, "host");
	return *name == NULL ||
	    admin_find_site(call, slice_cstr(*name)) != NULL;
}

/* ---- events ---- */

static void
push(struct admin_guest *g, struct slice bytes)
{
	struct admin *a = g->admin;

	if (http_push(g->x, bytes))
		return;
	http_drop(g->x);
	guest_destroy(g);
	if (a->options.on_note != NULL)
		a->options.on_note(a->options.owner,
		    "a reader of /v1/events was too slow and has been cut");
}

static void
on_beat(struct timer *t)
{
	struct admin *a = CONTAINER_OF(t, struct admin, beat);

	LIST_FOREACH_SAFE(node, &a->streams)
		push(guest_of(node), SLICE(": still here\n\n"));
	if (a->stream_count > 0)
		timer_set(a->world, t, utime_add(world_now(a->world), BEAT));
}

void
admin_get_events(struct admin_call *call)
{
	static const struct http_answer head = {
		.status = 200,
		.content_type = "text/event-stream",
		.fields = { { "Cache-Control", "no-store" },
		    { "X-Content-Type-Options", "nosniff" } },
		.field_count = 2,
	};
	struct admin *a = call->admin;
	struct admin_guest *g;
	const char *host;

	if (!find_host(call, &host))
		return;
	sweep(&a->streams);
	if (a->stream_count == ADMIN_STREAMS_MAX) {
		admin_fail(call, 503, "%d readers of events are here already",
		    ADMIN_STREAMS_MAX);
		return;
	}
	g = guest_new(call, host, &a->streams);
	a->stream_count++;
	http_begin(call->x, &head);
	push(g, SLICE(": listening\n\n"));
	if (!timer_is_set(&a->beat))
		timer_set(
		    a->world, &a->beat, utime_add(world_now(a->world), BEAT));
}

static void
tell_streams(struct admin *a, const struct transcript_event *ev)
{
	struct buf event = { 0 };

	if (a->stream_count == 0)
		return;
	buf_printf(
	    &event, "id: %llu\ndata: ", (unsigned long long)a->event_count);
	buf_append(&event, buf_slice(&a->line));
	buf_append_byte(&event, '\n');
	LIST_FOREACH_SAFE(node, &a->streams) {
		struct admin_guest *g = guest_of(node);

		if (g->host == NULL || strcmp(g->host, ev->host) == 0)
			push(g, buf_slice(&event));
	}
	buf_fini(&event);
}

/* ---- waiting ---- */

struct counts {
	uint64_t messages, connections;
};

static struct counts
count(const struct admin *a, const char *host)
{
	const struct mock *m = a->options.mock;
	struct counts sum = { 0 };

	for (size_t i = 0; i < m->hosts->count; i++) {
		const struct site *site = m->sites[i];

		if (host != NULL && strcmp(site->host->name, host) != 0)
			continue;
		sum.messages += site->messages;
		sum.connections += site->opened;
	}
	return sum;
}

/* Answers when it is time. */
static void
look(struct admin_guest *g, bool is_due)
{
	struct admin *a = g->admin;
	const struct counts now = count(a, g->host);
	const struct http_request none = { .path = "/v1/wait" };
	struct admin_call call = { .admin = a, .x = g->x, .request = &none };
	const utime waited = world_now(a->world) - g->since;
	char text[UTIME_TEXT_MAX];

	if (now.messages >= g->messages && now.connections >= g->connections)
		admin_answer(&call, 200,
		    json_pack("{s:I, s:I, s:s}", "messages",
			(json_int_t)now.messages, "connections",
			(json_int_t)now.connections, "waited",
			utime_format_duration(
			    waited - waited % UTIME_MS, text)));
	else if (is_due)
		admin_fail(&call, 504,
		    "%llu of %llu messages and %llu of %llu connections came "
		    "within %s",
		    (unsigned long long)now.messages,
		    (unsigned long long)g->messages,
		    (unsigned long long)now.connections,
		    (unsigned long long)g->connections,
		    utime_format_duration(g->patience, text));
	else
		return;
	guest_destroy(g);
}

static void
on_wait_due(struct timer *t)
{
	look(CONTAINER_OF(t, struct admin_guest, due), true);
}

static bool
read_patience(struct admin_call *call, utime *patience)
{
	const char *text = http_query(call->request, "timeout");

	*patience = WAIT_PRESET;
	if (text == NULL ||
	    (utime_parse_duration(slice_cstr(text), patience) &&
		*patience > 0 && *patience <= WAIT_MAX))
		return true;
	admin_fail(call, 400,
	    "timeout=%s is wrong; expected a duration as 5s, up to 10m", text);
	return false;
}

void
admin_get_wait(struct admin_call *call)
{
	struct admin *a = call->admin;
	uint64_t messages, connections;
	struct admin_guest *g;
	const char *host;
	utime patience;

	if (!admin_query_number(call, "messages", WAIT_FOR_MAX, 0, &messages) ||
	    !admin_query_number(
		call, "connections", WAIT_FOR_MAX, 0, &connections) ||
	    !read_patience(call, &patience) || !find_host(call, &host))
		return;
	if (messages == 0 && connections == 0) {
		admin_fail(call, 400,
		    "expected messages=N or connections=N to wait for");
		return;
	}
	sweep(&a->waiters);
	if (a->waiter_count == ADMIN_WAITERS_MAX) {
		admin_fail(call, 503, "%d others are waiting already",
		    ADMIN_WAITERS_MAX);
		return;
	}
	g = guest_new(call, host, &a->waiters);
	a->waiter_count++;
	g->messages = messages;
	g->connections = connections;
	g->patience = patience;
	g->due.fire = on_wait_due;
	timer_set(a->world, &g->due, utime_add(g->since, patience));
	look(g, false);
}

/* ---- all of them ---- */

void
admin_live_tell(struct admin *a, const struct transcript_event *ev)
{
	tell_streams(a, ev);
	if (ev->kind != TRANSCRIPT_MESSAGE && ev->kind != TRANSCRIPT_OPEN)
		return;
	LIST_FOREACH_SAFE(node, &a->waiters)
		look(guest_of(node), false);
}

void
admin_live_init(struct admin *a)
{
	list_init(&a->streams);
	list_init(&a->waiters);
	a->beat.fire = on_beat;
}

void
admin_live_fini(struct admin *a)
{
	timer_stop(a->world, &a->beat);
	LIST_FOREACH_SAFE(node, &a->streams)
		guest_destroy(guest_of(node));
	LIST_FOREACH_SAFE(node, &a->waiters)
		guest_destroy(guest_of(node));
}

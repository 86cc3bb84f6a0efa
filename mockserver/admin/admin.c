/* SPDX-License-Identifier: MIT */
/* From a request to the function that answers it; see admin.h. */
#include "mockserver/admin/admin_impl.h"

#include "core/json/schema.h"
#include "mockserver/admin/admin_files.h"
#include "mockserver/admin/admin_guard.h"

struct route {
	struct admin_route shown;
	bool is_public; /* no token is asked for */
	void (*answer)(struct admin_call *call);
};

static void get_document(struct admin_call *call);
static void get_rule_schema(struct admin_call *call);
static void get_alive(struct admin_call *call);

#define LISTED "host after limit"

static const struct route routes[] = {
	{ { "GET", "/", "" }, true, admin_get_page },
	{ { "GET", "/openapi.json", "" }, true, get_document },
	{ { "GET", "/rule.schema.json", "" }, true, get_rule_schema },
	{ { "GET", "/livez", "" }, true, get_alive },
	{ { "GET", "/readyz", "" }, true, get_alive },
	{ { "GET", "/metrics", "" }, false, admin_get_metrics },
	{ { "GET", "/v1/state", "" }, false, admin_get_state },
	{ { "GET", "/v1/hosts", "with limit" }, false, admin_get_hosts },
	{ { "GET", "/v1/hosts/{host}", "" }, false, admin_get_host },
	{ { "PATCH", "/v1/hosts/{host}", "" }, false, admin_patch_host },
	{ { "GET", "/v1/rules", "host with limit" }, false, admin_get_rules },
	{ { "POST", "/v1/rules", "" }, false, admin_post_rule },
	{ { "GET", "/v1/rules/{rule}", "" }, false, admin_get_rule },
	{ { "PUT", "/v1/rules/{rule}", "" }, false, admin_put_rule },
	{ { "PATCH", "/v1/rules/{rule}", "" }, false, admin_patch_rule },
	{ { "DELETE", "/v1/rules/{rule}", "" }, false, admin_delete_rule },
	{ { "GET", "/v1/messages", LISTED }, false, admin_get_messages },
	{ { "DELETE", "/v1/messages", "host" }, false, admin_delete_messages },
	{ { "GET", "/v1/messages/{number}", "" }, false, admin_get_message },
	{ { "DELETE", "/v1/messages/{number}", "" }, false,
	    admin_delete_message },
	{ { "GET", "/v1/messages/{number}/content", "" }, false,
	    admin_get_content },
	{ { "GET", "/v1/connections", "host limit" }, false,
	    admin_get_connections },
	{ { "GET", "/v1/connections/{number}", "" }, false,
	    admin_get_connection },
	{ { "GET", "/v1/events", "host" }, false, admin_get_events },
	{ { "GET", "/v1/wait", "messages connections host timeout" }, false,
	    admin_get_wait },
	{ { "PATCH", "/v1/state", "" }, false, admin_patch_state },
	{ { "POST", "/v1/reset", "" }, false, admin_reset },
};

struct admin *
admin_new(struct world *w, const struct admin_options *options)
{
	struct admin *a = xcalloc(1, sizeof(*a));

	a->world = w;
	a->options = *options;
	a->journal = journal_new();
	a->started = world_now(w);
	admin_live_init(a);
	return a;
}

void
admin_destroy(struct admin **ap)
{
	struct admin *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	admin_live_fini(a);
	journal_destroy(&a->journal);
	buf_fini(&a->line);
	free(a);
}

void
admin_set_scenario(struct admin *a, const struct json_doc *scenario)
{
	a->options.scenario = scenario;
}

void
admin_tell(struct admin *a, const struct transcript_event *ev)
{
	buf_clear(&a->line);
	transcript_format(&a->line, ev);
	journal_add(a->journal, ev, buf_slice(&a->line));
	a->event_count++;
	admin_live_tell(a, ev);
}

const struct admin_route *
admin_route(size_t index)
{
	return index < ARRAY_LEN(routes) ? &routes[index].shown : NULL;
}

/* ---- requests ---- */

/* Whether the path is one of the pattern, whose {} stands for a name without a
 * slash, not empty. */
static bool
path_matches(struct slice path, struct slice pattern, struct slice *argument)
{
	struct slice part, want;

	if (path.len > 1 && path.at[path.len - 1] == '/')
		return false;
	while (slice_split(&pattern, '/', &want)) {
		if (!slice_split(&path, '/', &part))
			return false;
		if (want.len > 0 && want.at[0] == '{' && part.len > 0)
			*argument = part;
		else if (!slice_eq(part, want))
			return false;
	}
	return path.len == 0;
}

static bool
is_listed(struct slice names, struct slice name)
{
	struct slice one;

	while (slice_split(&names, ' ', &one))
		if (slice_eq(one, name))
			return true;
	return false;
}

/* A name that nobody knows would be a slip that nobody notices. */
static bool
check_query(struct admin_call *call, const struct route *route)
{
	const struct http_request *r = call->request;

	if (r->query_count > HTTP_QUERY_MAX) {
		admin_fail(call, 400, "expected at most %d query parameters",
		    HTTP_QUERY_MAX);
		return false;
	}
	for (size_t i = 0; i < r->query_count; i++) {
		if (is_listed(slice_cstr(route->shown.query),
			slice_cstr(r->query[i].name)))
			continue;
		admin_fail(call, 400, "there is no query parameter %s here%s%s",
		    r->query[i].name,
		    route->shown.query[0] != '\0' ? "; expected some of: " : "",
		    route->shown.query);
		return false;
	}
	return true;
}

/* A body is JSON and says so, which no form of a web page does. */
static bool
check_body(struct admin_call *call)
{
	const struct http_request *r = call->request;
	const struct slice type = slice_cstr(r->content_type);
	const struct slice json = SLICE("application/json");

	switch (r->body_state) {
	case HTTP_BODY_TOO_LARGE:
		admin_fail(call, 413, "the body is larger than %zu bytes",
		    HTTP_BODY_MAX);
		return false;
	case HTTP_BODY_UNMEASURED:
		admin_fail(call, 411, "expected a body with Content-Length");
		return false;
	case HTTP_BODY_WHOLE:
		break;
	}
	if (r->body.len == 0 ||
	    (slice_starts_with_nocase(type, json) &&
		(type.len == json.len || type.at[json.len] == ';' ||
		    type.at[json.len] == ' ')))
		return true;
	admin_fail(call, 415, "expected Content-Type: application/json");
	return false;
}

static bool
is_method(const struct route *route, const char *method)
{
	return strcmp(route->shown.method, method) == 0 ||
	    (strcmp(method, "HEAD") == 0 &&
		strcmp(route->shown.method, "GET") == 0);
}

/* The route; NULL: none is, and *allowed has the methods of the path. */
static const struct route *
find_route(struct admin_call *call, struct buf *allowed)
{
	const struct slice path = slice_cstr(call->request->path);

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *route = &routes[i];

		call->argument = (struct slice){ 0 };
		if (!path_matches(
			path, slice_cstr(route->shown.path), &call->argument))
			continue;
		if (is_method(route, call->request->method))
			return route;
		buf_printf(allowed, "%s%s%s", buf_len(allowed) > 0 ? ", " : "",
		    route->shown.method,
		    strcmp(route->shown.method, "GET") == 0 ? ", HEAD" : "");
	}
	return NULL;
}

static void
on_request(
    void *owner, struct http_exchange *x, const struct http_request *request)
{
	struct admin *a = owner;
	struct admin_call call = { .admin = a, .x = x, .request = request };
	struct buf allowed = { 0 };
	const struct route *route = find_route(&call, &allowed);
	const char *why;
	const unsigned refusal =
	    admin_guard_check(request, slice_cstr(a->options.token),
		route != NULL && route->is_public, &why);

	if (refusal != 0)
		admin_fail(&call, refusal, "%s", why);
	else if (route == NULL && buf_len(&allowed) > 0)
		admin_fail_method(&call, buf_cstr(&allowed));
	else if (route == NULL)
		admin_fail(&call, 404,
		    "there is nothing at this path; "
		    "/openapi.json tells what is where");
	else if (check_query(&call, route) && check_body(&call))
		route->answer(&call);
	buf_fini(&allowed);
}

static void
on_gone(void *owner, struct http_exchange *x)
{
	admin_live_gone(owner, x);
}

struct http_handler
admin_handler(struct admin *a)
{
	return (struct http_handler){
		.owner = a,
		.on_request = on_request,
		.on_gone = on_gone,
	};
}

/* ---- what is always the same ---- */

static void
get_document(struct admin_call *call)
{
	admin_answer_text(call, 200, "application/json", admin_openapi_json());
}

static void
get_rule_schema(struct admin_call *call)
{
	struct buf text = { 0 };

	json_schema_print(&rule_table, NULL, "A rule", &text);
	admin_answer_text(
	    call, 200, "application/schema+json", buf_slice(&text));
	buf_fini(&text);
}

/* A mock that answers is alive, and it does not answer before its hosts
 * listen. */
static void
get_alive(struct admin_call *call)
{
	admin_answer_text(
	    call, 200, "text/plain; charset=utf-8", SLICE("ok\n"));
}

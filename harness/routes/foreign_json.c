/* SPDX-License-Identifier: MIT */
/*
 * A table as JSON, of which nothing is lost:
 *
 *	{"routes": [{"domain": "example.com", "destinations":
 *	             [{"host": "mx", "port": 25, "priority": 10,
 *	               "lookup": "mx" | "addresses" | "none"}], "auth": "name"},
 *	            {"domain": ".example.org", "usedns": true},
 *	            {"domain": "example.net", "discard": true}]}
 */
#include "core/json/doc.h"
#include "core/json/table.h"
#include "harness/report/text_json.h"
#include "harness/routes/foreign_impl.h"

enum lookup {
	LOOKUP_MX,
	LOOKUP_ADDRESSES,
	LOOKUP_NONE
};

struct json_dest {
	struct slice host;
	uint16_t port, priority;
	enum lookup lookup;
};

struct json_route {
	struct slice domain, auth;
	JSON_ARRAY_OF(struct json_dest) dests;
	bool usedns, discard;
	const char *pointer;
};

struct json_file {
	JSON_ARRAY_OF(struct json_route) routes;
};

/* clang-format off */
static const struct json_word lookup_words[] = {
	{ "mx", LOOKUP_MX },
	{ "addresses", LOOKUP_ADDRESSES },
	{ "none", LOOKUP_NONE },
};
static const struct json_field dest_fields[] = {
	{ "host", JF_STRING(1, 300), JSON_AT(struct json_dest, host),
	    JSON_REQUIRED, "A name or an address." },
	{ "port", JF_INTEGER(0, UINT16_MAX), JSON_AT(struct json_dest, port),
	    "0", "0: the default." },
	{ "priority", JF_INTEGER(0, UINT16_MAX),
	    JSON_AT(struct json_dest, priority), "0",
	    "The lowest is tried first." },
	{ "lookup", JF_WORD(lookup_words), JSON_AT(struct json_dest, lookup),
	    "mx", "What is asked for: MX records, addresses, or nothing." },
};
static const struct json_table dest_table = {
	.name = "destination",
	.help = "A host of a route.",
	.size = sizeof(struct json_dest),
	JSON_FIELDS(dest_fields),
};
static const struct json_field route_fields[] = {
	{ "domain", JF_STRING(1, 300), JSON_AT(struct json_route, domain),
	    JSON_REQUIRED, "A domain, .partial or ALL." },
	{ "destinations",
	    JF_ARRAY(struct json_dest, JF_OBJECT(&dest_table), 1,
		ROUTES_DESTS_MAX),
	    JSON_AT(struct json_route, dests), JSON_OPTIONAL, "Its hosts." },
	{ "auth", JF_STRING(1, ROUTES_AUTH_MAX),
	    JSON_AT(struct json_route, auth), JSON_OPTIONAL,
	    "The SMTP AUTH profile." },
	{ "usedns", JF_BOOLEAN, JSON_AT(struct json_route, usedns),
	    JSON_OPTIONAL, "Its MX records decide." },
	{ "discard", JF_BOOLEAN, JSON_AT(struct json_route, discard),
	    JSON_OPTIONAL, "Its mail is deleted." },
};
static const struct json_group route_groups[] = {
	{ JSON_EXACTLY_ONE, "destinations usedns discard" },
};
static const struct json_table route_table = {
	.name = "route",
	.help = "A line of a routes table.",
	.size = sizeof(struct json_route),
	JSON_FIELDS(route_fields),
	JSON_GROUPS(route_groups),
	.pointer = offsetof(struct json_route, pointer),
};
static const struct json_field file_fields[] = {
	{ "routes",
	    JF_ARRAY(struct json_route, JF_OBJECT(&route_table), 0,
		ROUTES_MAX),
	    JSON_AT(struct json_file, routes), JSON_REQUIRED,
	    "The lines of the table." },
};
static const struct json_table file_table = {
	.name = "routes",
	.help = "A routes table.",
	.size = sizeof(struct json_file),
	JSON_FIELDS(file_fields),
};
/* clang-format on */

/* ---- reading ---- */

static void
route_read(struct foreign_reader *r, const struct json_doc *doc,
    const struct json_route *route)
{
	struct foreign_entry *e;
	int line, col;

	(void)json_doc_place(doc, route->pointer, &line, &col);
	e = foreign_entry_get(r, route->domain, line, false);
	if (e == NULL)
		return;
	if (route->usedns)
		foreign_word_set(r, e, "USEDNS");
	if (route->discard)
		foreign_word_set(r, e, "/dev/null");
	for (size_t i = 0; i < route->dests.count; i++) {
		const struct json_dest *dest = &route->dests.at[i];

		foreign_host_add(r, e, dest->host,
		    dest->lookup == LOOKUP_ADDRESSES, dest->port,
		    dest->priority);
	}
	if (route->auth.len > 0)
		foreign_auth_set(r, e, route->auth);
}

void
foreign_json_read(struct foreign_reader *r)
{
	struct json_doc doc = { 0 };
	struct json_file file = { 0 };
	struct json_at root;
	struct err err, *kept;
	bool good = json_doc_parse(&doc, r->file, r->text, &err);

	if (good) {
		root = json_at_root(&doc);
		good =
		    json_table_read(&file_table, &root, &file, &r->arena, &err);
	}
	for (size_t i = 0; good && i < file.routes.count; i++)
		route_read(r, &doc, &file.routes.at[i]);
	kept = good ? NULL : err_list_next(r->errors);
	if (kept != NULL)
		*kept = err;
	json_doc_fini(&doc);
}

/* ---- writing ---- */

static void
set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static json_t *
dest_json(const struct route_dest *dest)
{
	static const char *const lookups[] = {
		[ROUTE_DEST_NAME] = "mx",
		[ROUTE_DEST_BRACKET] = "addresses",
		[ROUTE_DEST_ADDRESS] = "none",
	};
	json_t *object = json_object();

	set(object, "host", json_stringn(dest->host.at, dest->host.len));
	if (dest->port != 0)
		set(object, "port", json_integer(dest->port));
	set(object, "priority", json_integer(dest->priority));
	set(object, "lookup", json_string(lookups[dest->kind]));
	return object;
}

static json_t *
route_json(const struct route *route)
{
	json_t *object = json_object(), *dests;

	set(object, "domain",
	    json_stringn(route->domain.at, route->domain.len));
	if (route->kind == ROUTE_USEDNS)
		set(object, "usedns", json_true());
	if (route->kind == ROUTE_DISCARD)
		set(object, "discard", json_true());
	if (route->kind != ROUTE_HOSTS)
		return object;
	dests = json_array();
	for (size_t i = 0; i < route->dest_count; i++)
		json_array_append_new(dests, dest_json(&route->dests[i]));
	set(object, "destinations", dests);
	if (route->auth.len > 0)
		set(object, "auth",
		    json_stringn(route->auth.at, route->auth.len));
	return object;
}

void
foreign_json_write(
    const struct routes *routes, struct foreign_notes *notes, struct buf *out)
{
	(void)notes;
	buf_append_cstr(out, "{\"routes\": [");
	for (size_t i = 0; i < routes_count(routes); i++) {
		buf_append_cstr(out, i > 0 ? ",\n " : "\n ");
		text_json_dump(route_json(routes_at(routes, i)), out);
	}
	buf_append_cstr(out, "\n]}\n");
}

/* SPDX-License-Identifier: MIT */
/*
 * What DNS says about a table, as a zone: from a file, or asked of the
 * machine's name servers, so many questions at a time.
 */
#include "core/base/map.h"
#include "core/dns/zone_json.h"
#include "core/json/doc.h"
#include "core/world/world_ev.h"
#include "harness/main_routes.h"

enum {
	QUESTIONS_AT_ONCE = 32,
	TRIES = 2
};
static const utime patience = 10 * UTIME_S;

static const struct slice zone_word = SLICE_INIT("zone:");

/* ---- a file ---- */

static struct zone *
zone_build(const struct json_doc *doc, struct err *err)
{
	struct json_at root = json_at_root(doc);
	struct zone_json names = { 0 };
	struct arena arena = { 0 };
	struct zone *zone = NULL;

	if (json_form_read(JF_ZONE, &root, &names, sizeof(names), &arena, err))
		zone = zone_json_build(&names, &root, err);
	arena_fini(&arena);
	return zone;
}

static struct zone *
zone_read(const char *path, struct err *err)
{
	struct json_doc doc = { 0 };
	struct zone *zone = NULL;
	size_t len = 0;
	char *text = cli_read_file(path, JSON_TEXT_MAX, &len, err);

	if (text != NULL &&
	    json_doc_parse(&doc, path, slice_of(text, len), err))
		zone = zone_build(&doc, err);
	json_doc_fini(&doc);
	free(text);
	return zone;
}

/* ---- name servers ---- */

/* A name that is asked for, and what for. */
struct name {
	struct slice name; /* of the arena */
	unsigned asked;    /* bits of `types` */
};

struct question {
	struct name *name;
	unsigned type; /* of `types` */
};

struct gathering {
	struct world *world;
	struct zone *zone; /* being made */
	struct arena arena;
	struct map names;
	struct question *questions; /* owned; in the order of asking */
	size_t count, cap, next;
	size_t open;
	struct asking {
		struct dns_query query;
		struct gathering *gathering;
		const struct question *question;
		struct question asked;
	} asking[QUESTIONS_AT_ONCE];
	struct err err; /* what the zone would not take */
	bool is_wrong;
};

static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };
enum {
	ASK_MX = 1 << 0,
	ASK_ADDRESSES = 1 << 1 | 1 << 2
};

static void
question_add(struct gathering *g, struct slice host, unsigned what)
{
	struct name *name = map_find(&g->names, host);

	if (name == NULL) {
		name = arena_alloc(&g->arena, sizeof(*name));
		name->name = arena_slice(&g->arena, host);
		map_add(&g->names, name->name, name);
	}
	for (unsigned t = 0; t < ARRAY_LEN(types); t++) {
		if ((what >> t & 1) == 0 || (name->asked >> t & 1) != 0)
			continue;
		name->asked |= 1U << t;
		g->questions = xgrow(g->questions, &g->cap, g->count + 1,
		    sizeof(g->questions[0]));
		g->questions[g->count++] = (struct question){ name, t };
	}
}

static bool
answer_keep(struct gathering *g, const struct question *question,
    const struct dns_answer *answer)
{
	struct slice name = question->name->name;
	enum dns_type type = types[question->type];

	if (answer->status != DNS_OK)
		return zone_fail_type(g->zone, name, type,
		    answer->status == DNS_LOOP ? DNS_SERVFAIL : answer->status,
		    &g->err);
	for (size_t i = 0; i < answer->count; i++) {
		if (!zone_add(g->zone, name, &answer->records[i], &g->err))
			return false;
		if (type == DNS_MX && answer->records[i].name.len > 0)
			question_add(g, answer->records[i].name, ASK_ADDRESSES);
	}
	return true;
}

static void ask_more(struct gathering *g);

static void
on_answer(struct dns_query *query, const struct dns_answer *answer)
{
	struct asking *asking = CONTAINER_OF(query, struct asking, query);
	struct gathering *g = asking->gathering;

	asking->question = NULL;
	g->open--;
	if (!answer_keep(g, &asking->asked, answer))
		g->is_wrong = true;
	ask_more(g);
	if (g->open == 0)
		world_stop(g->world);
}

static void
ask_more(struct gathering *g)
{
	for (size_t i = 0; i < QUESTIONS_AT_ONCE && g->next < g->count; i++) {
		struct asking *asking = &g->asking[i];

		if (asking->question != NULL)
			continue;
		/* The list moves while it grows. */
		asking->asked = g->questions[g->next++];
		asking->question = &asking->asked;
		asking->gathering = g;
		asking->query = (struct dns_query){ .on_answer = on_answer };
		g->open++;
		dns_ask(g->world, &asking->query, asking->asked.name->name,
		    types[asking->asked.type]);
	}
}

static bool
gather(struct gathering *g, struct err *err)
{
	const struct ev_resolver resolver = { NULL, 0, patience, TRIES };

	if (!world_ev_set_resolver(g->world, &resolver, err))
		return false;
	ask_more(g);
	if (g->open > 0 && !world_run(g->world, err))
		return false;
	if (g->is_wrong)
		*err = g->err;
	return !g->is_wrong;
}

static void
questions_begin(
    struct gathering *g, const struct routes *routes, struct slice domain)
{
	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		for (size_t k = 0; k < route->dest_count; k++)
			if (route->dests[k].kind == ROUTE_DEST_NAME)
				question_add(g, route->dests[k].host,
				    ASK_MX | ASK_ADDRESSES);
			else if (route->dests[k].kind == ROUTE_DEST_BRACKET)
				question_add(
				    g, route->dests[k].host, ASK_ADDRESSES);
	}
	if (domain.len > 0)
		question_add(g, domain, ASK_MX | ASK_ADDRESSES);
}

static struct zone *
zone_ask(const struct routes *routes, struct slice domain, struct err *err)
{
	const struct ev_options options = { .time_scale = 1,
		.start = UTIME_NEVER };
	struct gathering *g = xcalloc(1, sizeof(*g));
	struct zone *zone = NULL;

	g->world = world_ev_new(&options, err);
	g->zone = zone_new();
	questions_begin(g, routes, domain);
	if (g->world != NULL && gather(g, err)) {
		zone = g->zone;
		g->zone = NULL;
	}
	for (size_t i = 0; i < QUESTIONS_AT_ONCE; i++)
		if (g->asking[i].question != NULL)
			dns_cancel(&g->asking[i].query);
	if (g->world != NULL)
		world_destroy(&g->world);
	zone_destroy(&g->zone);
	map_fini(&g->names);
	arena_fini(&g->arena);
	free(g->questions);
	free(g);
	return zone;
}

bool
main_routes_dns(const char *word, const struct routes *routes,
    struct slice domain, struct zone **zone, struct err *err)
{
	struct slice said = slice_cstr(word);

	*zone = NULL;
	if (word == NULL || slice_eq(said, SLICE("none")))
		return true;
	if (slice_starts_with(said, zone_word) && said.len > zone_word.len)
		*zone = zone_read(word + zone_word.len, err);
	else if (slice_eq(said, SLICE("live")))
		*zone = zone_ask(routes, domain, err);
	else
		return err_set(err,
		    "--dns \"%s\": expected none, zone:FILE or live", word);
	return *zone != NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * What DNS says about a table, as a zone: from a file, or asked of the
 * machine's name servers, so many questions at a time.
 */
#include "core/base/map.h"
#include "core/cli/terminal.h"
#include "core/dns/zone_file.h"
#include "core/dns/zone_json.h"
#include "core/json/doc.h"
#include "core/world/world_ev.h"
#include "harness/main_routes.h"

enum {
	QUESTIONS_AT_ONCE = 256,
	TRIES = 2,
	SILENT_MAX = 64 /* questions without an answer, one behind the other */
};
static const utime patience = 5 * UTIME_S;
static const utime longest = 5 * UTIME_MINUTE; /* for all questions */

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
json_read(struct slice text, const char *path, struct err *err)
{
	struct json_doc doc = { 0 };
	struct zone *zone = NULL;

	if (json_doc_parse(&doc, path, text, err))
		zone = zone_build(&doc, err);
	json_doc_fini(&doc);
	return zone;
}

static struct zone *
master_read(struct slice text, const char *path, struct err *err)
{
	size_t left_out = 0;
	struct zone *zone = zone_file_read(text, path, &left_out, err);

	if (zone != NULL && left_out > 0)
		fprintf(stderr,
		    "%s: note: left out, as no MX, A, AAAA or CNAME of a name: "
		    "%zu record%s\n",
		    path, left_out, left_out == 1 ? "" : "s");
	return zone;
}

/* A scenario's object, or a name server's file. */
static struct zone *
zone_read(const char *path, struct err *err)
{
	struct zone *zone = NULL;
	size_t len = 0;
	char *text = cli_read_file(path, JSON_TEXT_MAX, &len, err);
	struct slice said = slice_of(text, len);

	if (text == NULL)
		return NULL;
	while (said.len > 0 && strchr(" \t\r\n", said.at[0]) != NULL)
		said = slice_skip(said, 1);
	zone = slice_starts_with(said, SLICE("{"))
	    ? json_read(slice_of(text, len), path, err)
	    : master_read(slice_of(text, len), path, err);
	free(text);
	return zone;
}

/* ---- name servers ---- */

/* A name, and what is asked for it: first whether it is another's alias. */
struct name {
	struct slice name;      /* of the arena */
	unsigned wanted, asked; /* bits of `types` */
	bool is_itself;         /* no alias */
	struct slice target;    /* of the arena; empty: none that is known */
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
	utime heard;   /* when an answer came last */
	size_t silent; /* questions asked since then without an answer */
	utime began;
	bool shows; /* how far it is */
	struct asking {
		struct dns_query query;
		struct gathering *gathering;
		const struct question *question;
		struct question asked;
		utime at;
	} asking[QUESTIONS_AT_ONCE];
	struct err err; /* what the zone would not take */
	bool is_wrong;
};

static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA, DNS_CNAME };
enum {
	ASK_MX = 1 << 0,
	ASK_ADDRESSES = 1 << 1 | 1 << 2,
	ASK_ALIAS = 1 << 3
};

static struct name *
name_get(struct gathering *g, struct slice host)
{
	struct name *name = map_find(&g->names, host);

	if (name != NULL)
		return name;
	name = arena_alloc(&g->arena, sizeof(*name));
	name->name = arena_slice(&g->arena, host);
	map_add(&g->names, name->name, name);
	return name;
}

static void
questions_put(struct gathering *g, struct name *name, unsigned what)
{
	for (unsigned t = 0; t < ARRAY_LEN(types); t++) {
		if ((what >> t & 1) == 0 || (name->asked >> t & 1) != 0)
			continue;
		name->asked |= 1U << t;
		g->questions = xgrow(g->questions, &g->cap, g->count + 1,
		    sizeof(g->questions[0]));
		g->questions[g->count++] = (struct question){ name, t };
	}
}

/* Of an alias that is known the name that it stands for is asked for. */
static void
question_add(struct gathering *g, struct slice host, unsigned what)
{
	struct name *name = name_get(g, host);

	while ((what & ~name->wanted) != 0 && name->target.len > 0) {
		name->wanted |= what;
		name = name_get(g, name->target);
	}
	name->wanted |= what;
	questions_put(g, name, name->is_itself ? name->wanted : ASK_ALIAS);
}

/* Who is silent about a name is not asked more about it. */
static bool
silence_keep(struct gathering *g, struct name *name)
{
	unsigned missing = name->wanted & ~name->asked;

	name->is_itself = true;
	name->asked |= missing;
	for (unsigned t = 0; t < ARRAY_LEN(types); t++)
		if ((missing >> t & 1) != 0 &&
		    !zone_fail_type(
			g->zone, name->name, types[t], DNS_TIMEOUT, &g->err))
			return false;
	return true;
}

static bool
alias_keep(
    struct gathering *g, struct name *name, const struct dns_answer *answer)
{
	if (answer->status == DNS_TIMEOUT)
		return silence_keep(g, name);
	if (answer->status != DNS_OK || answer->count == 0) {
		name->is_itself = true;
		questions_put(g, name, name->wanted);
		return true;
	}
	if (!zone_add(g->zone, name->name, &answer->records[0], &g->err))
		return false;
	name->target = arena_slice(&g->arena, answer->records[0].name);
	question_add(g, name->target, name->wanted);
	return true;
}

static bool
answer_keep(struct gathering *g, const struct question *question,
    const struct dns_answer *answer)
{
	struct slice name = question->name->name;
	enum dns_type type = types[question->type];

	if (type == DNS_CNAME)
		return alias_keep(g, question->name, answer);
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

/* Whether name servers are there at all.  Those that lose questions answer
 * others meanwhile. */
static bool
silence_count(struct gathering *g, const struct asking *asking,
    const struct dns_answer *answer)
{
	if (answer->status != DNS_TIMEOUT) {
		g->heard = world_now(g->world);
		g->silent = 0;
	} else if (asking->at >= g->heard) {
		g->silent++;
	}
	return g->silent < SILENT_MAX ||
	    err_set(&g->err,
		"--dns live: %zu questions in a row got no answer; expected "
		"name servers that answer",
		g->silent);
}

/* No further question is asked. */
static bool
rest_give_up(struct gathering *g)
{
	const struct dns_answer none = { .status = DNS_TIMEOUT };

	while (g->next < g->count) {
		/* The list moves while it grows. */
		struct question question = g->questions[g->next++];

		if (!answer_keep(g, &question, &none))
			return false;
	}
	return true;
}

static void
progress_show(const struct gathering *g)
{
	if (g->shows)
		fprintf(stderr, "\r%zu of %zu questions to name servers",
		    g->next - g->open, g->count);
}

static void ask_more(struct gathering *g);

static void
on_answer(struct dns_query *query, const struct dns_answer *answer)
{
	struct asking *asking = CONTAINER_OF(query, struct asking, query);
	struct gathering *g = asking->gathering;

	asking->question = NULL;
	g->open--;
	if (!answer_keep(g, &asking->asked, answer) ||
	    !silence_count(g, asking, answer))
		g->is_wrong = true;
	if (world_now(g->world) - g->began > longest && !rest_give_up(g))
		g->is_wrong = true;
	progress_show(g);
	if (!g->is_wrong)
		ask_more(g);
	if (g->open == 0 || g->is_wrong)
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
		asking->at = world_now(g->world);
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
	g->began = world_now(g->world);
	g->shows = cli_wants_progress(getenv("TERM"));
	ask_more(g);
	if (g->open > 0 && !world_run(g->world, err))
		return false;
	if (g->shows && g->count > 0)
		fprintf(stderr, "\r\33[K");
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

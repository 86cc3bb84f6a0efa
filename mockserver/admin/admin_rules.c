/* SPDX-License-Identifier: MIT */
/* Rules in the admin API; see admin_impl.h. */
#include "mockserver/admin/admin_impl.h"

#include "mockserver/rule/rule_near.h"

/* ---- showing ---- */

/* The occasion on which all of its conditions were true save one. */
static json_t *
describe_near(const struct rule_near *near, const struct rule *rule)
{
	struct buf command = { 0 }, detail = { 0 };
	char span[UTIME_TEXT_MAX];
	bool is_latin1 = false;
	json_t *value;

	rule_near_format_command(near, rule, &command);
	rule_near_format_detail(near, rule, &detail);
	value = json_pack("{s:s, s:o, s:s, s:o}", "condition",
	    rule_near_condition(near), "command",
	    admin_text(buf_slice(&command), &is_latin1), "at",
	    utime_format_span(near->at, span), "detail",
	    admin_text(buf_slice(&detail), &is_latin1));
	buf_fini(&command);
	buf_fini(&detail);
	return value;
}

static void
describe_why(const struct site *site, const struct site_rule *r, json_t *value)
{
	const struct rule_near *near = rule_book_near(site->book, r->number);
	struct buf words = { 0 };
	bool is_latin1 = false;

	(void)rule_book_explain(site->book, r->number, &words);
	json_object_set_new(
	    value, "why", admin_text(buf_slice(&words), &is_latin1));
	if (near != NULL)
		json_object_set_new(
		    value, "near", describe_near(near, r->rule));
	buf_fini(&words);
}

static json_t *
describe_rule(const struct admin *a, const struct site *site, size_t place)
{
	const struct site_rule *r = &site->rules.at[place];
	json_t *source = site_rule_source(r, a->options.scenario);
	struct buf words = { 0 };
	bool is_latin1 = false;
	json_t *value;

	rule_format_action(r->rule, &words);
	value = json_pack("{s:I, s:s, s:I, s:b, s:s, s:o, s:s, s:o, s:I, s:O?}",
	    "id", (json_int_t)r->id, "host", site->host->name, "index",
	    (json_int_t)place, "enabled", r->is_enabled, "origin",
	    r->made != NULL ? "api" : "scenario", "place",
	    admin_text(slice_cstr(r->rule->place), &is_latin1), "on",
	    smtp_stage_name(r->rule->on), "action",
	    admin_text(buf_slice(&words), &is_latin1), "acted",
	    (json_int_t)rule_book_acted(site->book, r->number), "rule", source);
	if (rule_book_acted(site->book, r->number) == 0)
		describe_why(site, r, value);
	buf_fini(&words);
	return value;
}

static void
list_rules(const struct admin *a, const struct site *site, json_t *list)
{
	for (size_t i = 0; i < site->rules.count; i++)
		json_array_append_new(list, describe_rule(a, site, i));
}

void
admin_get_rules(struct admin_call *call)
{
	const char *name = http_query(call->request, "host");
	struct admin_choice choice = { 0 };
	struct site *site = NULL;
	json_t *list;

	if (name != NULL) {
		site = admin_find_site(call, slice_cstr(name));
		if (site == NULL)
			return;
	} else if (!admin_choose_hosts(call, &choice)) {
		return;
	}
	list = json_array();
	if (site != NULL)
		list_rules(call->admin, site, list);
	for (size_t i = 0; i < choice.count; i++)
		list_rules(call->admin, choice.sites[i], list);
	admin_answer(call, 200, json_pack("{s:o}", "rules", list));
	admin_choice_fini(&choice);
}

/* ---- finding ---- */

static bool
find_rule(struct mock *m, uint64_t id, struct site **site, size_t *place)
{
	for (size_t i = 0; i < m->hosts->count; i++)
		for (size_t j = 0; j < m->sites[i]->rules.count; j++)
			if (m->sites[i]->rules.at[j].id == id) {
				*site = m->sites[i];
				*place = j;
				return true;
			}
	return false;
}

/* The rule that the path names; false: it does not, and the request has been
 * answered. */
static bool
find_named(struct admin_call *call, struct site **site, size_t *place)
{
	uint64_t id;

	if (slice_to_u64(call->argument, UINT64_MAX, &id) &&
	    find_rule(call->admin->options.mock, id, site, place))
		return true;
	admin_fail(
	    call, 404, "there is no rule %.*s", SLICE_ARG(call->argument));
	return false;
}

void
admin_get_rule(struct admin_call *call)
{
	struct site *site;
	size_t place;

	if (find_named(call, &site, &place))
		admin_answer(
		    call, 200, describe_rule(call->admin, site, place));
}

/* ---- changing ---- */

struct rule_post {
	const char *host;
	uint64_t before; /* number of a rule; 0: at the end */
};

/* The rule itself is read into memory of its own, when all else is good. */
static const struct json_field rule_post_fields[] = {
	{ "host", JF_STRING(1, 64), JSON_AT(struct rule_post, host),
	    JSON_REQUIRED, "The host that is to have the rule." },
	{ "before", JF_INTEGER(1, INT64_MAX), JSON_AT(struct rule_post, before),
	    JSON_OPTIONAL,
	    "The number of the rule that it is asked before; absent: after all "
	    "others." },
	{ "rule", JF_ANY, JSON_NOWHERE, JSON_REQUIRED,
	    "The rule, as scenarios write it." },
};
static const struct json_table rule_post_table = {
	.name = "rule post",
	.help = "A rule that a host is to have.",
	.size = sizeof(struct rule_post),
	JSON_FIELDS(rule_post_fields),
};

/* Where the rule goes; false: nowhere, and the request has been answered. */
static bool
find_before(struct admin_call *call, const struct json_doc *doc,
    const struct rule_post *post, const struct site *site, size_t *place)
{
	const struct json_at root = json_at_root(doc);
	const struct json_at before = json_at_key(&root, "before");
	struct site *owner;
	struct err err;

	*place = SIZE_MAX;
	if (post->before == 0)
		return true;
	if (find_rule(call->admin->options.mock, post->before, &owner, place) &&
	    owner == site)
		return true;
	json_fail(&before, &err, "host %s has no rule %llu", site->host->name,
	    (unsigned long long)post->before);
	admin_fail_body(call, 422, &err);
	return false;
}

static void
add_rule(struct admin_call *call, const struct json_doc *doc,
    const struct rule_post *post, uint64_t id)
{
	const struct json_at root = json_at_root(doc);
	const struct json_at rule = json_at_key(&root, "rule");
	struct mock *m = call->admin->options.mock;
	struct site *site = admin_find_site(call, slice_cstr(post->host));
	char location[64];
	size_t place;
	struct err err;

	if (site == NULL || !find_before(call, doc, post, site, &place))
		return;
	if (!site_rules_add(site, &rule, place, id, &err)) {
		admin_fail_body(call, err.line != 0 ? 422 : 409, &err);
		return;
	}
	m->next_rule_id = id;
	if (place > site->rules.count)
		place = site->rules.count - 1;
	(void)snprintf(location, sizeof(location), "/v1/rules/%llu",
	    (unsigned long long)id);
	admin_answer_made(
	    call, location, describe_rule(call->admin, site, place));
}

void
admin_post_rule(struct admin_call *call)
{
	const uint64_t id = call->admin->options.mock->next_rule_id + 1;
	struct rule_post post;
	struct json_doc doc = { 0 };
	struct arena arena = { 0 };
	char name[64];

	(void)snprintf(
	    name, sizeof(name), "/v1/rules/%llu", (unsigned long long)id);
	if (admin_read_body(call, &rule_post_table, name, &doc, &post, &arena))
		add_rule(call, &doc, &post, id);
	json_doc_fini(&doc);
	arena_fini(&arena);
}

void
admin_put_rule(struct admin_call *call)
{
	struct json_doc doc = { 0 };
	struct json_at root;
	struct site *site;
	size_t place;
	struct err err;

	if (!find_named(call, &site, &place))
		return;
	if (!json_doc_parse(
		&doc, call->request->path, call->request->body, &err)) {
		admin_fail_body(call, 400, &err);
		return;
	}
	root = json_at_root(&doc);
	if (site_rules_replace(site, place, &root, &err))
		admin_answer(
		    call, 200, describe_rule(call->admin, site, place));
	else
		admin_fail_body(call, err.line != 0 ? 422 : 409, &err);
	json_doc_fini(&doc);
}

struct rule_patch {
	bool is_enabled;
};

static const struct json_field rule_patch_fields[] = {
	{ "enabled", JF_BOOLEAN, JSON_AT(struct rule_patch, is_enabled),
	    JSON_REQUIRED, "Whether the rule is asked." },
};
static const struct json_table rule_patch_table = {
	.name = "rule patch",
	.help = "What is to change about a rule.",
	.size = sizeof(struct rule_patch),
	JSON_FIELDS(rule_patch_fields),
};

void
admin_patch_rule(struct admin_call *call)
{
	struct rule_patch patch;
	struct json_doc doc = { 0 };
	struct arena arena = { 0 };
	struct site *site;
	size_t place;

	if (!find_named(call, &site, &place))
		return;
	if (admin_read_body(
		call, &rule_patch_table, "request", &doc, &patch, &arena)) {
		site_rules_enable(site, place, patch.is_enabled);
		admin_answer(
		    call, 200, describe_rule(call->admin, site, place));
	}
	json_doc_fini(&doc);
	arena_fini(&arena);
}

void
admin_delete_rule(struct admin_call *call)
{
	struct site *site;
	size_t place;
	json_t *removed;

	if (!find_named(call, &site, &place))
		return;
	removed = describe_rule(call->admin, site, place);
	site_rules_remove(site, place);
	admin_answer(call, 200, removed);
}

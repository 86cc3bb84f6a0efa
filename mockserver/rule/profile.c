/* SPDX-License-Identifier: MIT */
/* Reading profiles, and making rules of them; see profile.h. */
#include "mockserver/rule/profile.h"

#include "core/base/suggest.h"
#include "core/json/schema.h"
#include "mockserver/rule/fields.h"

#define REPLIES_MAX 1000
#define RULES_MAX   10000
#define INCLUDE_MAX 16

struct profile_reply {
	const char *name;
	const char *place, *pointer;
	enum smtp_stage on;
	JSON_ARRAY_OF(struct slice) lines;
	uint64_t weight;
	enum rule_ending then;
};

/* As the file says it. */
struct profile_file {
	JSON_ARRAY_OF(const char *) include;
	JSON_ARRAY_OF(struct rule) rules;
	JSON_ARRAY_OF(struct profile_reply) replies;
};

/* With what it takes of others. */
struct profile {
	const char *name;
	bool is_ready;      /* else it is being read */
	struct rule *rules; /* in the arena */
	size_t rule_count;
	const struct profile_reply **replies; /* in the arena */
	size_t reply_count;
};

/* All that were read for a scenario. */
struct profiles {
	const struct profile_source *source; /* or NULL */
	struct arena *arena;
	struct profile **list; /* owned; in the arena */
	size_t count, cap;
};

static bool reply_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);
static const struct profile *profile_get(struct profiles *all,
    const struct json_at *at, const char *name, size_t depth, struct err *err);
static bool profile_read(struct profiles *all, struct profile *p,
    const struct json_at *at, size_t depth, struct err *err);
static bool profile_build(struct profiles *all, struct profile *p,
    const struct json_doc *doc, size_t depth, struct err *err);
static bool check_weights(const struct profile_file *file,
    const struct json_at *root, struct err *err);
static bool host_apply(struct profiles *all, struct mock_host *host,
    const struct json_at *at, struct err *err);
static bool host_add(struct profiles *all, struct mock_host *host,
    const struct profile_use *use, const struct json_at *at, struct err *err);
static void host_add_rules(struct profiles *all, struct mock_host *host,
    const struct rule *rules, size_t count);
static bool host_add_picked(struct profiles *all, struct mock_host *host,
    const struct profile *p, const struct json_at *at, struct err *err);
static void host_add_replies(struct profiles *all, struct mock_host *host,
    const struct profile *p, bool has_weights);

static const struct json_word stage_words[] = {
	{ "banner", STAGE_BANNER },
	{ "ehlo", STAGE_EHLO },
	{ "mail", STAGE_MAIL },
	{ "rcpt", STAGE_RCPT },
	{ "data", STAGE_DATA },
	{ "eod", STAGE_EOD },
	{ "idle", STAGE_IDLE },
};
static const struct json_word then_words[] = {
	{ "close", RULE_CLOSE },
};

static const struct json_field reply_fields[] = {
	{ "on", JF_WORD(stage_words), JSON_AT(struct profile_reply, on),
	    JSON_REQUIRED, "The stage at which the server says it." },
	{ "reply",
	    JF_ARRAY_OR_ONE(
		struct slice, JF_CUSTOM(&fields_reply_line), 1, 100),
	    JSON_AT(struct profile_reply, lines), JSON_REQUIRED,
	    "What it says, as in a rule." },
	{ "then", JF_WORD(then_words), JSON_AT(struct profile_reply, then),
	    JSON_OPTIONAL, "What follows: close, the connection ends." },
	{ "weight", JF_INTEGER(0, PROFILE_WEIGHT_MAX),
	    JSON_AT(struct profile_reply, weight), "0",
	    "On how many of a thousand occasions of its stage." },
	{ "about", JF_STRING(1, 4000), JSON_NOWHERE, JSON_OPTIONAL,
	    "What the server means by it." },
};
static const struct json_table reply_table = {
	.name = "profile reply",
	.help = "A reply that a server is known to give.",
	.size = sizeof(struct profile_reply),
	JSON_FIELDS(reply_fields),
	.pointer = offsetof(struct profile_reply, pointer),
	.check = reply_check,
};

static const struct json_field profile_fields[] = {
	{ "$schema", JF_STRING(0, 4000), JSON_NOWHERE, JSON_OPTIONAL,
	    "For editors." },
	{ "title", JF_STRING(1, 1000), JSON_NOWHERE, JSON_REQUIRED,
	    "Whose behaviour it is, in a sentence." },
	{ "case", JF_STRING(1, 4000), JSON_NOWHERE, JSON_OPTIONAL,
	    "Where that is known from." },
	{ "profile",
	    JF_ARRAY_OR_ONE(
		const char *, JF_CUSTOM(&profile_name), 1, INCLUDE_MAX),
	    JSON_AT(struct profile_file, include), JSON_OPTIONAL,
	    "Other profiles, whose rules and replies come behind its own." },
	{ "rules", JF_ARRAY(struct rule, JF_OBJECT(&rule_table), 0, RULES_MAX),
	    JSON_AT(struct profile_file, rules), JSON_OPTIONAL,
	    "Rules, as a host has them." },
	{ "replies",
	    JF_MAP_OF(struct profile_reply, name, JF_CUSTOM(&profile_name),
		JF_OBJECT(&reply_table), 0, REPLIES_MAX),
	    JSON_AT(struct profile_file, replies), JSON_OPTIONAL,
	    "Replies by name." },
};
static const struct json_group profile_groups[] = {
	{ JSON_AT_LEAST_ONE, "profile rules replies" },
};
static const struct json_table profile_table = {
	.name = "profile",
	.help = "How a kind of server behaves.",
	.size = sizeof(struct profile_file),
	JSON_FIELDS(profile_fields),
	JSON_GROUPS(profile_groups),
};

void
profile_schema_format(struct buf *out)
{
	json_schema_print(
	    &profile_table, "profile.schema.json", "faultpost profile", out);
}

bool
profiles_apply(struct mock_hosts *hosts, const struct json_at *at,
    const struct profile_source *source, struct arena *arena, struct err *err)
{
	struct profiles all = { .source = source, .arena = arena };
	struct mock_host *list =
	    arena_alloc(arena, (hosts->count + 1) * sizeof(*list));
	bool ok = true;

	for (size_t i = 0; ok && i < hosts->count; i++) {
		struct json_at host = json_at_key(at, hosts->at[i].name);

		list[i] = hosts->at[i];
		if (list[i].profiles.count > 0)
			ok = host_apply(&all, &list[i], &host, err);
	}
	if (ok)
		hosts->at = list;
	free((void *)all.list);
	return ok;
}

static bool
reply_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct profile_reply *reply = value;

	(void)err;
	reply->place = fields_place(at, arena);
	return true;
}

/* ---- reading ---- */

static const struct profile *
profile_get(struct profiles *all, const struct json_at *at, const char *name,
    size_t depth, struct err *err)
{
	struct profile *p;

	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->list[i]->name, name) != 0)
			continue;
		if (all->list[i]->is_ready)
			return all->list[i];
		json_fail(at, err,
		    "profile %s takes its rules from itself in the end", name);
		return NULL;
	}
	if (depth == PROFILE_DEPTH_MAX) {
		json_fail(at, err,
		    "profiles stand behind each other more than %d deep",
		    PROFILE_DEPTH_MAX);
		return NULL;
	}
	p = arena_alloc(all->arena, sizeof(*p));
	p->name = arena_strdup(all->arena, slice_cstr(name));
	all->list = xgrow(
	    (void *)all->list, &all->cap, all->count + 1, sizeof(*all->list));
	all->list[all->count++] = p;
	p->is_ready = profile_read(all, p, at, depth, err);
	return p->is_ready ? p : NULL;
}

static bool
profile_read(struct profiles *all, struct profile *p, const struct json_at *at,
    size_t depth, struct err *err)
{
	struct json_doc doc = { 0 };
	struct err why = { 0 };
	char *text = NULL, *file = NULL;
	size_t len = 0;
	bool ok;

	if (all->source != NULL)
		text = all->source->read(
		    all->source->owner, p->name, &len, &file, &why);
	if (text == NULL)
		return json_fail(at, err, "there is no profile \"%s\"%s%s",
		    p->name, why.msg[0] != '\0' ? "; " : "", why.msg);
	ok = json_doc_parse(&doc, file, slice_of(text, len), err) &&
	    profile_build(all, p, &doc, depth, err);
	json_doc_fini(&doc);
	free(text);
	free(file);
	return ok;
}

static bool
profile_build(struct profiles *all, struct profile *p,
    const struct json_doc *doc, size_t depth, struct err *err)
{
	const struct json_at root = json_at_root(doc);
	const struct json_at include = json_at_key(&root, "profile");
	const struct profile *others[INCLUDE_MAX];
	struct profile_file file;
	size_t rules, replies;

	if (!json_table_read(&profile_table, &root, &file, all->arena, err) ||
	    !check_weights(&file, &root, err))
		return false;
	rules = file.rules.count;
	replies = file.replies.count;
	for (size_t i = 0; i < file.include.count; i++) {
		const struct json_at at = json_is_array(include.value)
		    ? json_at_index(&include, i)
		    : include;

		others[i] =
		    profile_get(all, &at, file.include.at[i], depth + 1, err);
		if (others[i] == NULL)
			return false;
		rules += others[i]->rule_count;
		replies += others[i]->reply_count;
	}
	if (rules > RULES_MAX || replies > REPLIES_MAX)
		return json_fail(&root, err,
		    "with those of other profiles it has %zu rules and %zu "
		    "replies; at most %d and %d",
		    rules, replies, RULES_MAX, REPLIES_MAX);
	p->rules = arena_alloc(all->arena, (rules + 1) * sizeof(*p->rules));
	p->replies = arena_alloc(all->arena, (replies + 1) * sizeof(void *));
	for (size_t i = 0; i < file.rules.count; i++) {
		p->rules[p->rule_count] = file.rules.at[i];
		p->rules[p->rule_count++].is_of_profile = true;
	}
	for (size_t i = 0; i < file.replies.count; i++)
		p->replies[p->reply_count++] = &file.replies.at[i];
	for (size_t i = 0; i < file.include.count; i++) {
		for (size_t k = 0; k < others[i]->rule_count; k++)
			p->rules[p->rule_count++] = others[i]->rules[k];
		for (size_t k = 0; k < others[i]->reply_count; k++)
			p->replies[p->reply_count++] = others[i]->replies[k];
	}
	return true;
}

static bool
check_weights(const struct profile_file *file, const struct json_at *root,
    struct err *err)
{
	const struct json_at replies = json_at_key(root, "replies");
	uint64_t sums[STAGE_COUNT] = { 0 };

	for (size_t i = 0; i < file->replies.count; i++) {
		const struct profile_reply *reply = &file->replies.at[i];
		const struct json_at at = json_at_key(&replies, reply->name);
		const struct json_at weight = json_at_key(&at, "weight");

		sums[reply->on] += reply->weight;
		if (sums[reply->on] > PROFILE_WEIGHT_MAX)
			return json_fail(&weight, err,
			    "the weights of stage %s come to %llu with this "
			    "one; at most %d",
			    smtp_stage_name(reply->on),
			    (unsigned long long)sums[reply->on],
			    PROFILE_WEIGHT_MAX);
	}
	return true;
}

/* ---- what a host takes ---- */

static bool
host_apply(struct profiles *all, struct mock_host *host,
    const struct json_at *at, struct err *err)
{
	const struct json_at list = json_at_key(at, "profile");

	for (size_t i = 0; i < host->profiles.count; i++) {
		const struct json_at use =
		    json_is_array(list.value) ? json_at_index(&list, i) : list;

		if (!host_add(all, host, &host->profiles.at[i], &use, err))
			return false;
	}
	if (host->rules.count > RULES_MAX)
		return json_fail(&list, err,
		    "with its profiles the host has %zu rules; at most %d",
		    host->rules.count, RULES_MAX);
	return true;
}

static bool
host_add(struct profiles *all, struct mock_host *host,
    const struct profile_use *use, const struct json_at *at, struct err *err)
{
	const bool is_picked = use->way == PROFILE_PICKED;
	const struct json_at member = json_at_key(at, "name");
	const struct profile *p = profile_get(all, is_picked ? &member : at,
	    is_picked ? use->pick.name : use->name, 0, err);

	if (p == NULL)
		return false;
	if (is_picked && use->pick.reply != NULL) {
		const struct json_at reply = json_at_key(at, "reply");

		return host_add_picked(all, host, p, &reply, err);
	}
	host_add_rules(all, host, p->rules, p->rule_count);
	host_add_replies(all, host, p, !is_picked || use->pick.weights);
	return true;
}

static void
host_add_rules(struct profiles *all, struct mock_host *host,
    const struct rule *rules, size_t count)
{
	struct rule *list = arena_alloc(
	    all->arena, (host->rules.count + count + 1) * sizeof(*list));

	for (size_t i = 0; i < host->rules.count; i++)
		list[i] = host->rules.at[i];
	for (size_t i = 0; i < count; i++)
		list[host->rules.count + i] = rules[i];
	host->rules.at = list;
	host->rules.count += count;
}

static struct rule
rule_of_reply(const struct profile_reply *reply, struct arena *arena)
{
	struct rule rule = {
		.place = reply->place,
		.pointer = reply->pointer,
		.is_of_profile = true,
		.on = reply->on,
		.probability = 1,
		.then = reply->then,
		.repeat = { .times = 1 },
	};

	rule.reply_lines.at = reply->lines.at;
	rule.reply_lines.count = reply->lines.count;
	fields_reply_make(
	    &rule.reply, reply->lines.at, reply->lines.count, arena);
	return rule;
}

static bool
host_add_picked(struct profiles *all, struct mock_host *host,
    const struct profile *p, const struct json_at *at, struct err *err)
{
	const struct slice name = json_at_text(at);
	struct suggest nearest = { .word = name };
	const char *best;
	struct rule rule;

	for (size_t i = 0; i < p->reply_count; i++) {
		suggest_offer(&nearest, p->replies[i]->name);
		if (!slice_eq(slice_cstr(p->replies[i]->name), name))
			continue;
		rule = rule_of_reply(p->replies[i], all->arena);
		host_add_rules(all, host, &rule, 1);
		return true;
	}
	best = suggest_result(&nearest);
	return json_fail(at, err, "profile %s has no reply \"%.*s\"%s%s%s",
	    p->name, SLICE_ARG(name), best != NULL ? " (did you mean \"" : "",
	    best != NULL ? best : "", best != NULL ? "\"?)" : "");
}

/* Addresses that ask for the reply, where one is known. */
static bool
add_trigger(
    struct rule *rule, const struct profile_reply *reply, struct arena *arena)
{
	static const char *const starts[] = { "", "*+" };
	struct slice *globs =
	    arena_alloc(arena, ARRAY_LEN(starts) * sizeof(*globs));
	struct buf text = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		buf_clear(&text);
		buf_append_cstr(&text, starts[i]);
		buf_append_cstr(&text, reply->name);
		buf_append_cstr(&text, "@*");
		globs[i] = arena_slice(arena, buf_slice(&text));
	}
	buf_fini(&text);
	if (reply->on == STAGE_MAIL) {
		rule->from.at = globs;
		rule->from.count = ARRAY_LEN(starts);
	} else if (reply->on == STAGE_RCPT || reply->on == STAGE_DATA ||
	    reply->on == STAGE_EOD) {
		rule->to.at = globs;
		rule->to.count = ARRAY_LEN(starts);
	}
	return rule->from.count + rule->to.count > 0;
}

/* The triggers first, as they are meant; then chance.  A rule is asked when
 * those before it have not acted: so its probability is its weight's part of
 * what they leave. */
static void
host_add_replies(struct profiles *all, struct mock_host *host,
    const struct profile *p, bool has_weights)
{
	struct rule *rules = xcalloc(2 * p->reply_count + 1, sizeof(*rules));
	uint64_t used[STAGE_COUNT] = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < p->reply_count; i++) {
		rules[count] = rule_of_reply(p->replies[i], all->arena);
		rules[count].optional = true;
		if (add_trigger(&rules[count], p->replies[i], all->arena))
			count++;
	}
	for (size_t i = 0; has_weights && i < p->reply_count; i++) {
		const struct profile_reply *reply = p->replies[i];
		const uint64_t left = PROFILE_WEIGHT_MAX - used[reply->on];

		if (reply->weight == 0 || left == 0)
			continue;
		rules[count] = rule_of_reply(reply, all->arena);
		rules[count].optional = true;
		rules[count].probability = reply->weight >= left
		    ? 1
		    : (double)reply->weight / (double)left;
		used[reply->on] += reply->weight < left ? reply->weight : left;
		count++;
	}
	host_add_rules(all, host, rules, count);
	free(rules);
}

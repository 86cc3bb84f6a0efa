/* SPDX-License-Identifier: MIT */
/* Rules that come and go while their host is at work; see mock_rules.h. */
#include "mockserver/mock_rules.h"

#include "mockserver/play/player.h"

/* A rule that is not of the file. */
struct rule_made {
	struct list node; /* of site_rules.made */
	struct arena arena;
	struct rule rule;
	json_t *source; /* owned: a reference */
};

static void
made_destroy(struct rule_made *made)
{
	list_remove(&made->node);
	json_decref(made->source);
	arena_fini(&made->arena);
	free(made);
}

/* NULL with *err set when there is no rule at `at`. */
static struct rule_made *
made_new(struct site *site, const struct json_at *at, struct err *err)
{
	struct site_rules *rules = &site->rules;
	struct rule_made *made;

	if (rules->made_count == MOCK_RULES_ADDED_MAX) {
		(void)err_set(err,
		    "host %s has been given %d rules; reset it first",
		    site->host->name, MOCK_RULES_ADDED_MAX);
		return NULL;
	}
	made = xcalloc(1, sizeof(*made));
	list_append(&rules->made, &made->node);
	made->source = json_incref(at->value);
	if (!json_table_read(&rule_table, at, &made->rule, &made->arena, err)) {
		made_destroy(made);
		return NULL;
	}
	rules->made_count++;
	return made;
}

void
site_rules_init(struct site *site, uint64_t *next_id)
{
	struct site_rules *rules = &site->rules;
	const size_t count = site->host->rules.count;

	list_init(&rules->made);
	rules->cap = 0;
	rules->at = xgrow(NULL, &rules->cap, count + 1, sizeof(*rules->at));
	for (size_t i = 0; i < count; i++)
		rules->at[i] = (struct site_rule){
			.id = ++*next_id,
			.rule = &site->host->rules.at[i],
			.number = i,
			.is_enabled = true,
		};
	rules->count = count;
}

void
site_rules_fini(struct site *site)
{
	LIST_FOREACH_SAFE(node, &site->rules.made)
		made_destroy(CONTAINER_OF(node, struct rule_made, node));
	free(site->rules.at);
	site->rules = (struct site_rules){ 0 };
}

/* A connection may be in the midst of what a rule says. */
void
site_rules_reset(struct site *site, uint64_t *next_id)
{
	struct site_rules *rules = &site->rules;
	struct list made;

	if (site->connections == 0)
		LIST_FOREACH_SAFE(node, &rules->made)
			made_destroy(
			    CONTAINER_OF(node, struct rule_made, node));
	list_move_all(&made, &rules->made);
	free(rules->at);
	site_rules_init(site, next_id);
	rules->made_count = 0;
	LIST_FOREACH_SAFE(node, &made) {
		list_remove(node);
		list_append(&rules->made, node);
		rules->made_count++;
	}
}

/* Tells the book which rules are asked. */
static void
arrange(struct site *site)
{
	const struct site_rules *rules = &site->rules;
	size_t *numbers = xcalloc(rules->count + 1, sizeof(*numbers));
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++)
		if (rules->at[i].is_enabled)
			numbers[count++] = rules->at[i].number;
	rule_book_arrange(site->book, numbers, count);
	free(numbers);
}

bool
site_rules_add(struct site *site, const struct json_at *at, size_t place,
    uint64_t id, struct err *err)
{
	struct site_rules *rules = &site->rules;
	struct rule_made *made = made_new(site, at, err);

	if (made == NULL)
		return false;
	place = place < rules->count ? place : rules->count;
	rules->at =
	    xgrow(rules->at, &rules->cap, rules->count + 1, sizeof(*rules->at));
	memmove(&rules->at[place + 1], &rules->at[place],
	    (rules->count - place) * sizeof(*rules->at));
	rules->count++;
	rules->at[place] = (struct site_rule){
		.id = id,
		.rule = &made->rule,
		.number = rule_book_add(site->book, &made->rule),
		.is_enabled = true,
		.made = made,
	};
	arrange(site);
	return true;
}

bool
site_rules_replace(
    struct site *site, size_t place, const struct json_at *at, struct err *err)
{
	struct site_rule *r = &site->rules.at[place];
	struct rule_made *made = made_new(site, at, err);

	if (made == NULL)
		return false;
	r->rule = &made->rule;
	r->made = made;
	r->number = rule_book_add(site->book, &made->rule);
	arrange(site);
	return true;
}

void
site_rules_remove(struct site *site, size_t place)
{
	struct site_rules *rules = &site->rules;

	assert(place < rules->count);
	rules->count--;
	memmove(&rules->at[place], &rules->at[place + 1],
	    (rules->count - place) * sizeof(*rules->at));
	arrange(site);
}

void
site_rules_enable(struct site *site, size_t place, bool is_enabled)
{
	assert(place < site->rules.count);
	site->rules.at[place].is_enabled = is_enabled;
	arrange(site);
}

json_t *
site_rule_source(const struct site_rule *r, const struct json_doc *scenario)
{
	if (r->made != NULL)
		return r->made->source;
	if (scenario == NULL || r->rule->is_of_profile)
		return NULL;
	return json_at_pointer(scenario, r->rule->pointer).value;
}

/* SPDX-License-Identifier: MIT */
/*
 * The rules of hosts that are at work: those of the scenario, and what was made
 * of them since.  Each has a number of its own, which a replacement keeps.  A
 * change holds from the next command on, on connections that stand, too.
 * Only the mock's own files include this.
 */
#ifndef FAULTPOST_MOCK_RULES_H
#define FAULTPOST_MOCK_RULES_H

#include "core/base/list.h"
#include "mockserver/rule/rule.h"

/* Rules that were ever added to a host, until it is reset. */
#define MOCK_RULES_ADDED_MAX 10000

struct rule_made;

/* A rule in its place. */
struct site_rule {
	uint64_t id;
	const struct rule *rule;
	size_t number; /* in the book */
	bool is_enabled;
	struct rule_made *made; /* owned by the site; NULL: it is the file's */
};

struct site_rules {
	struct site_rule *at; /* owned; in the order in which they are asked */
	size_t count, cap;
	struct list made; /* of struct rule_made, removed ones included */
	size_t made_count;
};

struct site;

/* The file's rules, numbered from *next_id on. */
void site_rules_init(struct site *site, uint64_t *next_id);
void site_rules_fini(struct site *site);
/* Adds the rule that stands at `at`, before that place in the order (at the end
 * when there are not so many).  False with *err set when it is none or there
 * are too many. */
bool site_rules_add(struct site *site, const struct json_at *at, size_t place,
    uint64_t id, struct err *err);
/* The same in the place and with the number of one that is there. */
bool site_rules_replace(
    struct site *site, size_t place, const struct json_at *at, struct err *err);
void site_rules_remove(struct site *site, size_t place);
void site_rules_enable(struct site *site, size_t place, bool is_enabled);
/* The file's rules, as they were, behind a new book. */
void site_rules_reset(struct site *site, uint64_t *next_id);
/* The rule as it was written, NULL when that is not known; borrowed. */
json_t *site_rule_source(
    const struct site_rule *r, const struct json_doc *scenario);

#endif

/* SPDX-License-Identifier: MIT */
/* Fairness for programs: "fairness" of `--format json`. */
#include "harness/report/report_json_impl.h"

static const char *const by_names[FAIR_BYS] = {
	[FAIR_BY_CONNECTIONS] = "connections",
	[FAIR_BY_MESSAGES] = "messages",
};

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* A log may name anything. */
static json_t *
text_json(const char *text)
{
	json_t *value = json_string(text);

	return value != NULL ? value
			     : json_string("(bytes that are not UTF-8)");
}

/* {"host": .., "address": ..}; without "host" when it is none of the
 * scenario's. */
static json_t *
address_json(const struct fairness *f, const struct ledger_address *a)
{
	json_t *object = json_object();
	char at[ENDPOINT_TEXT_MAX];

	if (a->host != PLAN_NO_HOST)
		json_object_set_new(object, "host",
		    text_json(fairness_plan(f)->hosts.at[a->host].name));
	json_object_set_new(
	    object, "address", json_string(endpoint_format(&a->at, at)));
	return object;
}

static void
set_counts(json_t *object, const uint64_t *count)
{
	for (size_t by = 0; by < FAIR_BYS; by++)
		json_object_set_new(object, by_names[by], number(count[by]));
}

static json_t *
share_json(const struct fairness *f, const struct fairness_share *share)
{
	json_t *object = address_json(f, share->address);
	json_t *moves = json_array();

	set_counts(object, share->count);
	json_object_set_new(object, "failed", number(share->failed));
	for (size_t i = 0; i < share->move_count; i++) {
		json_t *move = address_json(f, share->moves[i].to);

		set_counts(move, share->moves[i].count);
		json_array_append_new(moves, move);
	}
	json_object_set_new(object, "moved", moves);
	return object;
}

static json_t *
by_json(const struct fairness *f, const struct fairness_row *row,
    enum plan_fair_by by)
{
	const struct fairness_run *run = &row->run[by];
	json_t *object = json_object();

	json_object_set_new(object, "total", number(fairness_total(row, by)));
	json_object_set_new(object, "jain", json_real(fairness_jain(row, by)));
	json_object_set_new(object, "longest_run", number(run->longest));
	if (run->longest > 0)
		json_object_set_new(object, "longest_run_of",
		    address_json(f, row->shares[run->share].address));
	return object;
}

json_t *
fairness_json(const struct fairness *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fairness_count(f); i++) {
		const struct fairness_row *row = fairness_row(f, i);
		struct routing_candidate c = { .priority = row->priority };
		json_t *object = json_object(), *hosts = json_array();

		json_object_set_new(object, "route", text_json(row->route));
		if (row->is_known) {
			json_object_set_new(object, "priority",
			    number(routing_route_priority(&c)));
			json_object_set_new(object, "preference",
			    number(routing_preference(&c)));
		}
		for (size_t k = 0; k < row->count; k++)
			json_array_append_new(
			    hosts, share_json(f, &row->shares[k]));
		json_object_set_new(object, "hosts", hosts);
		for (size_t by = 0; by < FAIR_BYS; by++)
			json_object_set_new(object, by_names[by],
			    by_json(f, row, (enum plan_fair_by)by));
		json_array_append_new(list, object);
	}
	return list;
}

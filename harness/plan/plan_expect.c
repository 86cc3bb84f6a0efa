/* SPDX-License-Identifier: MIT */
/*
 * The expectations of a plan: one struct for each entry of "expect", with its
 * hosts found, its codes read, its patterns compiled and its place noted.
 */
#include "harness/plan/plan_file.h"

/* One expectation under construction. */
struct expecting {
	struct plan_builder *b;
	const struct file_expectation *said;
	struct plan_expectation *e;
	struct json_at at;       /* of the object */
	struct json_at value_at; /* of its kind's value */
	char *value_pointer;     /* owned */
};

static bool build_one(struct plan_builder *b, size_t index,
    struct plan_expectation *e, struct err *err);

bool
plan_build_expectations(struct plan_builder *b, struct err *err)
{
	size_t count = b->file->expect.count;
	struct plan_expectation *list =
	    arena_alloc(b->arena, count * sizeof(*list));

	for (size_t i = 0; i < count; i++)
		if (!build_one(b, i, &list[i], err))
			return false;
	b->plan->expectations = list;
	b->plan->expectation_count = count;
	return true;
}

bool
plan_code_parse(struct slice text, struct plan_count *count)
{
	uint64_t code;
	size_t used;

	count->code = 0;
	count->status = (struct smtp_status){ 0 };
	if (text.len == 3 && slice_to_u64(text, 599, &code) && code >= 400) {
		count->code = (int)code;
		return true;
	}
	return smtp_status_parse(text, &count->status, &used) &&
	    used == text.len && count->status.class >= 4;
}

static enum plan_expectation_kind
kind_of(const struct file_expectation *said)
{
	size_t kind = 0;

	while (!said->has[kind])
		kind++;
	assert(kind < PLAN_EXPECTATION_COUNT);
	return (enum plan_expectation_kind)kind;
}

static bool
build_counts(
    struct expecting *x, const struct file_counts *said, struct err *err)
{
	size_t count = said->each.count;
	struct plan_count *counts =
	    arena_alloc(x->b->arena, count * sizeof(*counts));

	for (size_t i = 0; i < count; i++) {
		const char *key = said->each.at[i].key.at;
		struct json_at at = json_at_key(&x->value_at, key);

		counts[i].key = key;
		counts[i].host = PLAN_NO_HOST;
		counts[i].count = said->each.at[i].count;
		x->e->total += counts[i].count;
		if (x->e->kind == EXPECT_BOUNCED)
			plan_code_parse(said->each.at[i].key, &counts[i]);
		else if (!plan_builder_host(x->b, &at, said->each.at[i].key,
			     &counts[i].host, err))
			return false;
	}
	if (said->way == COUNTS_TOTAL)
		x->e->total = said->total;
	x->e->is_by_key = said->way == COUNTS_EACH;
	x->e->counts = counts;
	x->e->count_count = count;
	return true;
}

static bool
build_hosts(struct expecting *x, const struct slice *names, size_t count,
    struct err *err)
{
	size_t *hosts = arena_alloc(x->b->arena, count * sizeof(*hosts));

	for (size_t i = 0; i < count; i++) {
		struct json_at at = json_at_index(&x->value_at, i);

		if (!plan_builder_host(x->b, &at, names[i], &hosts[i], err))
			return false;
	}
	x->e->hosts = hosts;
	x->e->host_count = count;
	return true;
}

static bool
build_statuses(struct expecting *x, struct err *err)
{
	const struct file_expectation *said = x->said;
	size_t count = said->host_status.count;
	struct plan_host_status *list =
	    arena_alloc(x->b->arena, count * sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		struct slice name = said->host_status.at[i].key;
		struct json_at at = json_at_key(&x->value_at, name.at);

		list[i].state = said->host_status.at[i].state;
		if (!plan_builder_host(x->b, &at, name, &list[i].host, err))
			return false;
	}
	x->e->statuses = list;
	x->e->status_count = count;
	x->e->when = said->has_when ? said->when : UTIME_NEVER;
	return true;
}

static bool
build_fair(struct expecting *x, struct err *err)
{
	if (!build_hosts(x, x->said->fair.at, x->said->fair.count, err))
		return false;
	for (size_t i = 0; i < x->e->host_count; i++)
		for (size_t k = 0; k < i; k++)
			if (x->e->hosts[k] == x->e->hosts[i]) {
				struct json_at at =
				    json_at_index(&x->value_at, i);

				return json_fail(
				    &at, err, "this host is named twice");
			}
	x->e->by = x->said->by;
	x->e->fair_tolerance = x->said->tolerance.way == TOLERANCE_ABSENT
	    ? 1
	    : x->said->tolerance.number;
	return true;
}

static bool
build_failover(struct expecting *x, struct err *err)
{
	const struct file_failover *said = &x->said->failover;
	size_t *hosts = arena_alloc(x->b->arena, 2 * sizeof(*hosts));
	struct json_at from = json_at_key(&x->value_at, "from");
	struct json_at to = json_at_key(&x->value_at, "to");

	x->e->hosts = hosts;
	x->e->host_count = 2;
	x->e->total = said->count;
	x->e->has_count = said->has_count;
	x->e->span = said->has_span ? said->span : UTIME_NEVER;
	return plan_builder_host(x->b, &from, said->from, &hosts[0], err) &&
	    plan_builder_host(x->b, &to, said->to, &hosts[1], err);
}

static bool
build_requeue(struct expecting *x)
{
	x->e->times = x->said->requeue.at;
	x->e->time_count = x->said->requeue.count;
	x->e->tolerance = x->said->tolerance.way == TOLERANCE_ABSENT
	    ? UTIME_S
	    : x->said->tolerance.span;
	return true;
}

static bool
build_patterns(struct expecting *x, const struct slice *written, size_t count,
    struct err *err)
{
	struct plan_pattern *patterns =
	    arena_alloc(x->b->arena, count * sizeof(*patterns));
	bool is_list = json_is_array(x->value_at.value);

	for (size_t i = 0; i < count; i++) {
		struct json_at at =
		    is_list ? json_at_index(&x->value_at, i) : x->value_at;
		const char *why;
		size_t offset;

		if (!pattern_parse(written[i], &x->e->names, x->b->arena,
			&patterns[i].pattern, &why, &offset))
			return json_fail_inside(&at, offset, err, "%s", why);
		char *pointer = json_at_format(&at);
		patterns[i].place = plan_builder_place(x->b, pointer);
		free(pointer);
	}
	x->e->patterns = patterns;
	x->e->pattern_count = count;
	return true;
}

static bool
build_message(struct expecting *x, struct err *err)
{
	struct json_at at = json_at_key(&x->at, "message");
	uint64_t most = plan_message_count(x->b->plan);

	x->e->message = x->said->message;
	x->e->domain = x->said->domain;
	if (x->e->message <= most)
		return true;
	return json_fail(&at, err,
	    "there is no message %llu, the scenario injects %llu",
	    (unsigned long long)x->e->message, (unsigned long long)most);
}

static bool
build_tls(struct expecting *x, struct err *err)
{
	struct json_at at = json_at_key(&x->at, "tls");
	const char *why;
	size_t offset;

	/* Its names are those of the lines, unless they are too many. */
	return pattern_parse(x->said->tls, &x->e->names, x->b->arena,
		   &x->e->tls, &why, &offset) ||
	    json_fail_inside(&at, offset, err, "%s", why);
}

/* Which messages "received" is about. */
static bool
build_envelope(struct expecting *x, struct err *err)
{
	const struct file_expectation *said = x->said;
	struct json_at at = json_at_key(&x->at, "host");

	x->e->host = PLAN_NO_HOST;
	x->e->has_from = said->has_from;
	x->e->from = said->from;
	x->e->to = said->to;
	x->e->body_sha256 = said->body_sha256;
	if (said->tls.len > 0 && !build_tls(x, err))
		return false;
	return said->host.len == 0 ||
	    plan_builder_host(x->b, &at, said->host, &x->e->host, err);
}

static bool
build_kind(struct expecting *x, struct err *err)
{
	const struct file_expectation *said = x->said;

	switch (x->e->kind) {
	case EXPECT_DELIVERED:
		return build_counts(x, &said->delivered, err);
	case EXPECT_BOUNCED:
		return build_counts(x, &said->bounced, err);
	case EXPECT_DROPPED:
		x->e->total = said->dropped;
		return true;
	case EXPECT_QUEUED:
		x->e->total = said->queued;
		return true;
	case EXPECT_ATTEMPTS:
		return build_hosts(
		    x, said->attempts.at, said->attempts.count, err);
	case EXPECT_FAIR:
		return build_fair(x, err);
	case EXPECT_FAILOVER:
		return build_failover(x, err);
	case EXPECT_REQUEUE:
		return build_requeue(x);
	case EXPECT_WITHIN:
		x->e->span = said->within;
		return true;
	case EXPECT_LOG:
		return build_patterns(x, said->log.at, said->log.count, err);
	case EXPECT_NO_LOG:
		return build_patterns(
		    x, said->no_log.at, said->no_log.count, err);
	case EXPECT_RECEIVED:
		return build_patterns(
		    x, said->received.at, said->received.count, err);
	case EXPECT_NO_RECEIVED:
		return build_patterns(
		    x, said->no_received.at, said->no_received.count, err);
	case EXPECT_HOST_STATUS:
		return build_statuses(x, err);
	case PLAN_EXPECTATION_COUNT:
		break;
	}
	return false;
}

static bool
build_one(struct plan_builder *b, size_t index, struct plan_expectation *e,
    struct err *err)
{
	const struct file_expectation *said = &b->file->expect.at[index];
	struct expecting x = { .b = b, .said = said, .e = e };

	e->kind = kind_of(said);
	e->index = index;
	e->because = said->because;
	e->of = said->of;
	x.at = json_at_pointer(b->doc, said->pointer);
	x.value_at = json_at_key(&x.at, plan_expectation_name(e->kind));
	x.value_pointer = json_at_format(&x.value_at);
	e->place = plan_builder_place(b, x.value_pointer);
	free(x.value_pointer);
	return build_kind(&x, err) && build_envelope(&x, err) &&
	    build_message(&x, err);
}

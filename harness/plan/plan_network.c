/* SPDX-License-Identifier: MIT */
/*
 * The network and the timeline of a plan: names of the cast become addresses,
 * a host with several addresses several links, and what an entry of the
 * timeline leaves out is filled in from what was said before.
 */
#include "harness/plan/plan_file.h"

#define LATENCY_DEFAULT UTIME_MS

/* A growing list of links or of steps, copied into the arena at the end. */
struct grown {
	void *at;
	size_t count, cap;
};

/* The addresses behind a name of the cast. */
struct party {
	const struct ip_address *at;
	size_t count;
};

static bool add_links(
    struct plan_builder *b, struct grown *links, struct err *err);
static bool add_steps(struct plan_builder *b, struct grown *steps,
    const struct grown *links, struct err *err);

static const void *
grown_keep(struct plan_builder *b, struct grown *g, size_t element_bytes)
{
	void *kept = arena_alloc(b->arena, g->count * element_bytes);

	if (g->count > 0)
		memcpy(kept, g->at, g->count * element_bytes);
	free(g->at);
	return kept;
}

bool
plan_build_network(struct plan_builder *b, struct err *err)
{
	struct grown links = { 0 }, steps = { 0 };
	bool good;

	b->plan->latency = LATENCY_DEFAULT;
	good = add_links(b, &links, err) && add_steps(b, &steps, &links, err);
	b->plan->link_count = links.count;
	b->plan->links = grown_keep(b, &links, sizeof(struct plan_link));
	b->plan->step_count = steps.count;
	b->plan->steps = grown_keep(b, &steps, sizeof(struct plan_step));
	return good;
}

/* ---- who ---- */

static bool
party_of(struct plan_builder *b, const struct json_at *at, struct slice name,
    struct party *party, struct err *err)
{
	static const struct ip_address anyone;
	static const struct ip_address relay = PLAN_RELAY_ADDRESS;
	static const struct ip_address injector = PLAN_INJECTOR_ADDRESS;
	size_t host;

	*party = (struct party){ NULL, 1 };
	if (slice_eq(name, SLICE("*")))
		party->at = &anyone;
	else if (slice_eq(name, SLICE("relay")))
		party->at = &relay;
	else if (slice_eq(name, SLICE("injector")))
		party->at = &injector;
	if (party->at != NULL)
		return true;
	if (!plan_builder_host(b, at, name, &host, err))
		return false;
	party->at = b->plan->hosts.at[host].addresses.at;
	party->count = b->plan->hosts.at[host].addresses.count;
	return true;
}

static bool
parties_of(struct plan_builder *b, const struct file_link *link,
    struct party *x, struct party *y, struct err *err)
{
	struct json_at at = json_at_pointer(b->doc, link->pointer);
	struct json_at between = json_at_key(&at, "between");
	struct slice x_name = SLICE("*"), y_name = SLICE("*");

	if (link->between.count == 2) {
		x_name = link->between.at[0];
		y_name = link->between.at[1];
	}
	struct json_at x_at = json_at_index(&between, 0);
	struct json_at y_at = json_at_index(&between, 1);
	return party_of(b, &x_at, x_name, x, err) &&
	    party_of(b, &y_at, y_name, y, err);
}

/* ---- links ---- */

static bool
same_ends(const struct plan_link *l, const struct ip_address *x,
    const struct ip_address *y)
{
	return (ip_equal(&l->a, x) && ip_equal(&l->b, y)) ||
	    (ip_equal(&l->a, y) && ip_equal(&l->b, x));
}

/* What `said` makes of the link `l` as it was. */
static struct plan_link
link_changed(struct plan_link l, const struct file_link *said)
{
	if (said->has_latency)
		l.latency = said->latency;
	if (said->has_bandwidth)
		l.bandwidth = said->bandwidth;
	if (said->has_partitioned)
		l.partitioned = said->partitioned;
	return l;
}

static struct plan_link *
link_find(const struct grown *links, const struct ip_address *x,
    const struct ip_address *y)
{
	struct plan_link *list = links->at;

	for (size_t i = 0; i < links->count; i++)
		if (same_ends(&list[i], x, y))
			return &list[i];
	return NULL;
}

/* The link between the two as it now is, added if nobody spoke of it yet. */
static struct plan_link *
link_take(struct plan_builder *b, struct grown *links,
    const struct ip_address *x, const struct ip_address *y)
{
	struct plan_link *link = link_find(links, x, y);

	if (link != NULL)
		return link;
	links->at =
	    xgrow(links->at, &links->cap, links->count + 1, sizeof(*link));
	link = (struct plan_link *)links->at + links->count++;
	*link = (struct plan_link){ *x, *y, b->plan->latency, 0, false };
	return link;
}

static bool
add_links(struct plan_builder *b, struct grown *links, struct err *err)
{
	for (size_t i = 0; i < b->file->network.count; i++) {
		const struct file_link *said = &b->file->network.at[i];
		struct party x, y;

		if (!parties_of(b, said, &x, &y, err))
			return false;
		for (size_t k = 0; k < x.count * y.count; k++) {
			struct plan_link *link = link_take(
			    b, links, &x.at[k / y.count], &y.at[k % y.count]);

			*link = link_changed(*link, said);
		}
	}
	return true;
}

/* ---- steps ---- */

static struct plan_step *
step_add(struct grown *steps)
{
	struct plan_step *step;

	steps->at =
	    xgrow(steps->at, &steps->cap, steps->count + 1, sizeof(*step));
	step = (struct plan_step *)steps->at + steps->count++;
	*step = (struct plan_step){ 0 };
	return step;
}

static bool
add_host_step(struct plan_builder *b, struct grown *steps,
    const struct file_step *said, struct err *err)
{
	struct json_at at = json_at_pointer(b->doc, said->pointer);
	struct json_at host_at = json_at_key(&at, "host");
	size_t host;

	if (!plan_builder_host(b, &host_at, said->host, &host, err))
		return false;
	struct plan_step *step = step_add(steps);
	step->kind = PLAN_STEP_HOST;
	step->at = said->at;
	step->host = host;
	step->state = said->state;
	return true;
}

static void
add_command_step(
    struct grown *steps, const struct file_step *said, const char *command)
{
	struct plan_step *step = step_add(steps);

	step->kind = PLAN_STEP_CTL;
	step->at = said->at;
	step->command = command;
}

static void
add_relay_step(
    struct plan_builder *b, struct grown *steps, const struct file_step *said)
{
	static const char *const commands[] = {
		[RELAY_SUSPENDDEL] = "suspenddel",
		[RELAY_RESUMEDEL] = "resumedel",
		[RELAY_DELIVERNOW] = "delivernow all",
	};
	struct plan_step *step;

	if (said->order >= RELAY_SUSPENDDEL) {
		add_command_step(steps, said, commands[said->order]);
		return;
	}
	step = step_add(steps);
	step->kind = PLAN_STEP_RELAY;
	step->at = said->at;
	step->order = said->order;
	step->down_for = said->down_for;
	step->unsynced = said->unsynced;
	b->plan->relay_starts_again = true;
}

static void
add_disk_step(
    struct plan_builder *b, struct grown *steps, const struct file_step *said)
{
	struct plan_step *step = step_add(steps);

	step->kind = PLAN_STEP_DISK;
	step->at = said->at;
	step->disk = said->disk;
	b->plan->disk_refuses |= said->disk != PLAN_DISK_OK;
}

/* `now` holds the links as the steps so far left them. */
static bool
add_network_steps(struct plan_builder *b, struct grown *steps,
    struct grown *now, const struct file_step *said, struct err *err)
{
	struct party x, y;

	if (!parties_of(b, said->network, &x, &y, err))
		return false;
	for (size_t k = 0; k < x.count * y.count; k++) {
		struct plan_link *link =
		    link_take(b, now, &x.at[k / y.count], &y.at[k % y.count]);
		struct plan_step *step = step_add(steps);

		*link = link_changed(*link, said->network);
		step->kind = PLAN_STEP_NETWORK;
		step->at = said->at;
		step->link = *link;
	}
	return true;
}

static bool
add_dns_step(struct plan_builder *b, struct grown *steps,
    struct zone_json *names, const struct file_step *said, struct err *err)
{
	const struct zone *zone = plan_build_dns_step(b, names, said, err);
	struct plan_step *step;

	if (zone == NULL)
		return false;
	step = step_add(steps);
	step->kind = PLAN_STEP_DNS;
	step->at = said->at;
	step->zone = zone;
	return true;
}

/* By time, and at the same time in the order of the file, which is that of the
 * array they point into. */
static int
step_compare(const void *x, const void *y)
{
	const struct file_step *a = *(const struct file_step *const *)x;
	const struct file_step *b = *(const struct file_step *const *)y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a < b ? -1 : a > b;
}

static bool
add_steps(struct plan_builder *b, struct grown *steps,
    const struct grown *links, struct err *err)
{
	size_t count = b->file->timeline.count;
	const struct file_step **order =
	    arena_alloc(b->arena, count * sizeof(const struct file_step *));
	struct grown now = { 0 };
	struct zone_json names = b->file->dns;
	bool good = true;

	for (size_t i = 0; i < count; i++)
		order[i] = &b->file->timeline.at[i];
	if (count > 0)
		qsort(order, count, sizeof(*order), step_compare);
	for (size_t i = 0; i < links->count; i++) {
		const struct plan_link *link =
		    (struct plan_link *)links->at + i;

		*link_take(b, &now, &link->a, &link->b) = *link;
	}
	for (size_t i = 0; good && i < count; i++) {
		if (order[i]->has_host)
			good = add_host_step(b, steps, order[i], err);
		else if (order[i]->has_order)
			add_relay_step(b, steps, order[i]);
		else if (order[i]->has_disk)
			add_disk_step(b, steps, order[i]);
		else if (order[i]->has_dns)
			good = add_dns_step(b, steps, &names, order[i], err);
		else if (order[i]->has_command)
			add_command_step(steps, order[i],
			    arena_strdup(b->arena, order[i]->command));
		else
			good = add_network_steps(b, steps, &now, order[i], err);
	}
	free(now.at);
	return good;
}

/* SPDX-License-Identifier: MIT */
/*
 * What DNS says in a scenario, at first and behind each step of the timeline
 * that changes it.  Each is a zone of its own, complete, so that a world only
 * has to point at another one.
 */
#include "core/base/map.h"
#include "core/dns/name.h"
#include "harness/plan/plan_file.h"

static const struct zone *
zone_build(struct plan_builder *b, const struct zone_json *names,
    const struct json_at *at, struct err *err)
{
	struct plan_zones *zones = b->zones;
	struct zone *zone = zone_json_build(names, at, err);

	if (zone == NULL)
		return NULL;
	zones->at = xgrow(
	    zones->at, &zones->cap, zones->count + 1, sizeof(zones->at[0]));
	zones->at[zones->count++] = zone;
	plan_build_sender(b, zone);
	return zone;
}

bool
plan_build_dns(struct plan_builder *b, struct err *err)
{
	struct json_at root = json_at_root(b->doc);
	struct json_at dns = json_at_key(&root, "dns");

	b->plan->relay.zone = zone_build(b, &b->file->dns, &dns, err);
	return b->plan->relay.zone != NULL;
}

/* The names of `before` that are not among `fresh`, and then these. */
static void
names_merge(struct arena *arena, struct zone_json *before,
    const struct zone_json *fresh)
{
	size_t room = before->names.count + fresh->names.count;
	struct zone_json_name *merged =
	    arena_alloc(arena, room * sizeof(*merged));
	struct map said = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < fresh->names.count; i++) {
		struct slice name = dns_name_trim(fresh->names.at[i].name);

		if (map_find(&said, name) == NULL)
			map_add(&said, name, &merged[i]);
	}
	for (size_t i = 0; i < before->names.count; i++)
		if (map_find(&said, dns_name_trim(before->names.at[i].name)) ==
		    NULL)
			merged[count++] = before->names.at[i];
	for (size_t i = 0; i < fresh->names.count; i++)
		merged[count++] = fresh->names.at[i];
	map_fini(&said);
	before->names.at = merged;
	before->names.count = count;
}

const struct zone *
plan_build_dns_step(struct plan_builder *b, struct zone_json *names,
    const struct file_step *said, struct err *err)
{
	struct json_at step = json_at_pointer(b->doc, said->pointer);
	struct json_at dns = json_at_key(&step, "dns");

	names_merge(b->arena, names, &said->dns);
	return zone_build(b, names, &dns, err);
}

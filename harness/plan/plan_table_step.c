/* SPDX-License-Identifier: MIT */
/*
 * What the timeline of a scenario may say, and what a network does between two
 * of its cast, as tables; see plan_table.c.
 */
#include "core/json/schema.h"
#include "harness/plan/plan_file.h"

#define NAME_MAX_CHARS 255

static const struct json_word relay_order_words[] = {
#define X(constant, name) { name, constant },
	PLAN_RELAY_ORDERS(X)
#undef X
};
static const struct json_word unsynced_words[] = {
#define X(constant, name) { name, constant },
	PLAN_UNSYNCED(X)
#undef X
};
static const struct json_word disk_words[] = {
#define X(constant, name) { name, constant },
	PLAN_DISK_STATES(X)
#undef X
};

/* clang-format off */
static const struct json_field link_fields[] = {
	{ "between", JF_ARRAY(struct slice, JF_STRING(1, NAME_MAX_CHARS), 2, 2),
	    JSON_AT(struct file_link, between), JSON_OPTIONAL,
	    "Two of the hosts, \"relay\", \"injector\" and \"*\" (anyone); "
	    "absent: anyone and anyone.  The most specific link counts." },
	{ "latency", JF_DURATION,
	    JSON_AT_HAS(struct file_link, latency, has_latency), JSON_OPTIONAL,
	    "One way; 1ms unless said." },
	{ "bandwidth", JF_INTEGER(0, INT64_C(1) << 40),
	    JSON_AT_HAS(struct file_link, bandwidth, has_bandwidth),
	    JSON_OPTIONAL, "Bytes per second each way; 0: no limit." },
	{ "partitioned", JF_BOOLEAN,
	    JSON_AT_HAS(struct file_link, partitioned, has_partitioned),
	    JSON_OPTIONAL, "Nothing passes until it is mended." },
};
const struct json_table plan_link_table = {
	.name = "link",
	.help = "What the network does between two of the cast; in a timeline, "
	    "what is not named stays as it was.",
	.size = sizeof(struct file_link),
	JSON_FIELDS(link_fields),
	.pointer = offsetof(struct file_link, pointer),
};

static const struct json_field step_fields[] = {
	{ "at", JF_DURATION, JSON_AT(struct file_step, at), JSON_REQUIRED,
	    "When, since the start." },
	{ "host", JF_STRING(1, NAME_MAX_CHARS),
	    JSON_AT_HAS(struct file_step, host, has_host), JSON_OPTIONAL,
	    "The host whose state changes." },
	{ "state", MOCK_HOST_STATE_FORM, JSON_AT(struct file_step, state),
	    JSON_OPTIONAL, "Its state from then on." },
	{ "network", JF_OBJECT_POINTER(&plan_link_table),
	    JSON_AT(struct file_step, network), JSON_OPTIONAL,
	    "The link that changes." },
	{ "relay", JF_WORD(relay_order_words),
	    JSON_AT_HAS(struct file_step, order, has_order), JSON_OPTIONAL,
	    "The relay is killed, or ends in order; then it starts again.  Or "
	    "an operator's command: \"delivernow\" is that for all domains." },
	{ "down_for", JF_DURATION, JSON_AT(struct file_step, down_for), "1s",
	    "Until it starts again, since it ended." },
	{ "unsynced", JF_WORD(unsynced_words),
	    JSON_AT(struct file_step, unsynced), "lost",
	    "What a crash leaves of what was written to the disk and not "
	    "synced: nothing, some sectors (by the seed), or, when only the "
	    "program died, all." },
	{ "disk", JF_WORD(disk_words),
	    JSON_AT_HAS(struct file_step, disk, has_disk), JSON_OPTIONAL,
	    "What the relay's disk does from then on: nothing wrong, let no "
	    "file grow, or fail in all, in reads, in writes, in syncs." },
	{ "dns", JF_ZONE, JSON_AT_HAS(struct file_step, dns.names, has_dns),
	    JSON_OPTIONAL,
	    "The names of which DNS says something else from then on." },
	{ "ctl", JF_STRING(1, 1000),
	    JSON_AT_HAS(struct file_step, command, has_command), JSON_OPTIONAL,
	    "An operator's command, as `faultpost ctl` takes it." },
	{ "notes", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 2000), 0, 100),
	    JSON_NOWHERE, JSON_OPTIONAL,
	    "What a reader should know of the step." },
};
static const struct json_group step_groups[] = {
	{ JSON_EXACTLY_ONE, "host network relay disk dns ctl" },
	{ JSON_NEEDS_ALL, "host state" },
	{ JSON_NEEDS_ALL, "state host" },
	{ JSON_NEEDS_ALL, "down_for relay" },
	{ JSON_NEEDS_ALL, "unsynced relay" },
};
const struct json_table plan_step_table = {
	.name = "step",
	.help = "A change while the scenario runs.",
	.size = sizeof(struct file_step),
	JSON_FIELDS(step_fields),
	JSON_GROUPS(step_groups),
	.pointer = offsetof(struct file_step, pointer),
};
/* clang-format on */

/* SPDX-License-Identifier: MIT */
/*
 * A scenario as its file says it, before names are resolved: what plan_table.c
 * fills in and plan.c turns into a plan.  For these two only.
 */
#ifndef FAULTPOST_PLAN_FILE_H
#define FAULTPOST_PLAN_FILE_H

#include "core/dns/zone_json.h"
#include "harness/judge/judge.h"
#include "harness/plan/plan.h"
#include "relay/config_json.h"
#include "relay/deliver/tls_json.h"

/* "network" in both of its places.  What a timeline entry leaves out stays as
 * it was. */
struct file_link {
	JSON_ARRAY_OF(struct slice) between; /* none, or two of the cast */
	const char *pointer;
	utime latency;
	bool has_latency;
	uint64_t bandwidth;
	bool has_bandwidth;
	bool partitioned;
	bool has_partitioned;
};

struct file_step {
	utime at;
	const char *pointer;
	struct slice host;
	bool has_host;
	enum mock_host_state state;
	const struct file_link *network; /* or NULL */
	enum plan_relay_order order;
	bool has_order;
	utime down_for;
	enum plan_unsynced unsynced;
	enum plan_disk_state disk;
	bool has_disk;
	struct zone_json dns;
	bool has_dns;
	struct slice command;
	bool has_command;
};

/* "delivered" and "bounced": a number, or one for each key. */
struct file_count {
	struct slice key;
	uint64_t count;
};
struct file_counts {
	int64_t way; /* enum file_counts_way */
	uint64_t total;
	JSON_ARRAY_OF(struct file_count) each;
};
enum file_counts_way {
	COUNTS_ABSENT,
	COUNTS_TOTAL,
	COUNTS_EACH,
};

/* "tolerance": a number for fair, a duration for requeue. */
struct file_tolerance {
	int64_t way; /* enum file_tolerance_way */
	uint64_t number;
	utime span;
};
enum file_tolerance_way {
	TOLERANCE_ABSENT,
	TOLERANCE_NUMBER,
	TOLERANCE_SPAN,
};

struct file_host_status {
	struct slice key;
	enum plan_host_state state;
};

struct file_failover {
	struct slice from, to;
	uint64_t count;
	bool has_count;
	utime span;
	bool has_span;
};

struct file_expectation {
	const char *because;
	const char *pointer;
	bool has[PLAN_EXPECTATION_COUNT];
	struct file_counts delivered, bounced;
	uint64_t dropped, queued;
	JSON_ARRAY_OF(struct slice) attempts;
	JSON_ARRAY_OF(struct slice) fair;
	struct file_failover failover;
	JSON_ARRAY_OF(utime) requeue;
	utime within;
	JSON_ARRAY_OF(struct slice) log;
	JSON_ARRAY_OF(struct slice) no_log;
	enum plan_log of;
	JSON_ARRAY_OF(struct slice) received;
	JSON_ARRAY_OF(struct slice) no_received;
	JSON_ARRAY_OF(struct file_host_status) host_status;
	utime when;
	bool has_when;
	struct slice host;
	struct slice from;
	bool has_from;
	struct slice to;
	struct slice tls, body_sha256; /* empty: not said */
	uint64_t message;
	struct slice domain;
	enum plan_fair_by by;
	struct file_tolerance tolerance;
};

struct file_waiver {
	int64_t invariant; /* enum invariant */
	const char *because;
};

struct file_relay {
	struct relay_delivery delivery;
	struct relay_bounce_profile bounce;
	JSON_ARRAY_OF(struct relay_bounce_profile) bounce_profiles;
	struct relay_bounce_verification bounce_verification;
	struct relay_tls tls;
	struct relay_limits limits;
	struct relay_destconfig destconfig;
	JSON_ARRAY_OF(struct relay_auth_profile) smtp_auth_profiles;
	struct dns_cache_limits dns_cache;
	struct ip_address interface_v6;
	JSON_ARRAY_OF(struct relay_listener_config) listeners;
	struct slice postmaster;
	utime sync_time;
};

struct file_limits {
	utime span;
	uint64_t events;
};

struct scenario_file {
	const char *title, *case_name;
	bool has_matrix;
	utime start;
	uint64_t seed;
	JSON_ARRAY_OF(struct slice) routes;
	struct zone_json dns;
	struct mock_hosts hosts;
	struct file_relay relay;
	JSON_ARRAY_OF(struct file_link) network;
	JSON_ARRAY_OF(struct plan_inject) inject;
	JSON_ARRAY_OF(struct file_step) timeline;
	utime until;
	struct file_limits limits;
	JSON_ARRAY_OF(struct file_waiver) waive;
	JSON_ARRAY_OF(struct file_expectation) expect;
};

extern const struct json_table scenario_table;
/* plan_inject.c: for struct plan_inject. */
extern const struct json_table inject_table;
/* Addresses, where {n} is the number of a message.  Member: struct slice. */
extern const struct json_custom plan_recipient_json;
extern const struct json_custom plan_sender_json;
/* plan_table_step.c: of struct file_link and struct file_step. */
extern const struct json_table plan_link_table, plan_step_table;

/* Reads "5.4.7" or "550" into the code and status of *count; false when it is
 * neither. */
bool plan_code_parse(struct slice text, struct plan_count *count);

/* What plan.c builds and the helpers below add to. */
struct plan_builder {
	struct plan *plan;
	struct arena *arena;              /* of the plan */
	const struct json_doc *doc;       /* borrowed */
	const struct scenario_file *file; /* borrowed */
	struct plan_zones *zones;         /* borrowed; what is made is added */
	const struct profile_source *profiles; /* borrowed, or NULL */
};
/* The zones of a plan, which it owns. */
struct plan_zones {
	struct zone **at;
	size_t count, cap;
};
/* plan.c: reads a document; its name for messages is `file`, and behind it
 * `label` unless that is empty. */
struct plan *plan_of_doc(const struct json_doc *doc, const char *label,
    const struct profile_source *profiles, struct err *err);
/* The host that a string names; an error at the string when there is none. */
bool plan_builder_host(struct plan_builder *b, const struct json_at *at,
    struct slice name, size_t *host, struct err *err);
/* "FILE:LINE:COL" of a value, in the arena. */
const char *plan_builder_place(struct plan_builder *b, const char *pointer);

/* plan_expect.c: fills in plan->expectations. */
bool plan_build_expectations(struct plan_builder *b, struct err *err);
/* plan_sender.c: completes plan->hosts and a zone, both as the scenario has
 * them, by the senders' mail host. */
void plan_build_sender(struct plan_builder *b, struct zone *zone);
/* plan_dns.c: what DNS says at first. */
bool plan_build_dns(struct plan_builder *b, struct err *err);
/* The zone behind the step: `names`, which say what steps before it have left,
 * with those of the step in the place of what they said.  NULL: an error at the
 * step. */
const struct zone *plan_build_dns_step(struct plan_builder *b,
    struct zone_json *names, const struct file_step *said, struct err *err);
/* plan_inject.c: fills in plan->injects; behind hosts and the relay. */
bool plan_build_injects(struct plan_builder *b, struct err *err);
/* plan_network.c: fills in plan->links and plan->steps. */
bool plan_build_network(struct plan_builder *b, struct err *err);

#endif

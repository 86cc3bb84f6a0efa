/* SPDX-License-Identifier: MIT */
/*
 * The scenario language as tables: the reader, the published schema and the
 * reference page all come from these rows.  The tables of hosts and rules are
 * the mock server's, those of the relay's settings the relay's, that of DNS the
 * zone's.
 */
#include "core/json/matrix.h"
#include "core/json/schema.h"
#include "core/tls/digest.h"
#include "harness/plan/plan_file.h"
#include "relay/bounce/bounce_json.h"
#include "relay/config_json.h"
#include "relay/receive/auth.h"

#define NAME_MAX_CHARS    255
#define PATTERN_MAX_CHARS 4000
#define LIST_MAX          100000
#define COUNT_MAX         INT64_C(1000000000)
#define TAG_CHARS         "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define TAG_CHARS_MAX     64

static bool pattern_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool digest_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool code_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool tag_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool expectation_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

/* clang-format off */
/* ---- expectations ---- */

static const struct json_custom pattern_custom = {
	.name = "log pattern",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "([^{]|\\{\\{|\\{[A-Za-z0-9_]*\\})+",
	.read = pattern_read,
};
static const struct json_custom digest_custom = {
	.name = "SHA-256 digest",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[0-9a-f]{64}",
	.read = digest_read,
};
static const struct json_custom code_custom = {
	.name = "reply code",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[45]\\.(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})"
	    "|[45][0-9][0-9]",
	.read = code_read,
};

#define COUNT_FORM JF_INTEGER(0, COUNT_MAX)
static const struct json_choice delivered_ways[] = {
	{ COUNT_FORM, JSON_AT(struct file_counts, total), COUNTS_TOTAL },
	{ JF_MAP(struct file_count, key, JF_STRING(1, NAME_MAX_CHARS), count,
	    COUNT_FORM, 0, LIST_MAX),
	    JSON_AT(struct file_counts, each), COUNTS_EACH },
};
static const struct json_choice bounced_ways[] = {
	{ COUNT_FORM, JSON_AT(struct file_counts, total), COUNTS_TOTAL },
	{ JF_MAP(struct file_count, key, JF_CUSTOM(&code_custom), count,
	    COUNT_FORM, 0, LIST_MAX),
	    JSON_AT(struct file_counts, each), COUNTS_EACH },
};
static const struct json_choice tolerance_ways[] = {
	{ JF_INTEGER(0, COUNT_MAX), JSON_AT(struct file_tolerance, number),
	    TOLERANCE_NUMBER },
	{ JF_DURATION, JSON_AT(struct file_tolerance, span), TOLERANCE_SPAN },
};
static const struct json_word fair_words[] = {
	{ "connections", FAIR_BY_CONNECTIONS },
	{ "messages", FAIR_BY_MESSAGES },
};

static const struct json_word log_words[] = {
#define X(constant, name) { name, constant },
	PLAN_LOGS(X)
#undef X
};
static const struct json_word host_status_words[] = {
	{ "up", HOST_STATUS_UP },
	{ "down", HOST_STATUS_DOWN },
	{ "unknown", HOST_STATUS_UNKNOWN },
};

#define EXPECT_AT(member, kind)                                                \
	JSON_AT_HAS(struct file_expectation, member, has[kind]), JSON_OPTIONAL
#define EXPECT_HOSTS(least)                                                    \
	JF_ARRAY(struct slice, JF_STRING(1, NAME_MAX_CHARS), least, LIST_MAX)
#define EXPECT_PATTERNS                                                        \
	JF_ARRAY_OR_ONE(struct slice, JF_CUSTOM(&pattern_custom), 1, 1000)

static const struct json_field failover_fields[] = {
	{ "from", JF_STRING(1, NAME_MAX_CHARS),
	    JSON_AT(struct file_failover, from), JSON_REQUIRED,
	    "The host that failed them." },
	{ "to", JF_STRING(1, NAME_MAX_CHARS), JSON_AT(struct file_failover, to),
	    JSON_REQUIRED, "The host that was tried next." },
	{ "count", COUNT_FORM,
	    JSON_AT_HAS(struct file_failover, count, has_count), JSON_OPTIONAL,
	    "How often a message did; absent: at least once." },
	{ "within", JF_DURATION,
	    JSON_AT_HAS(struct file_failover, span, has_span), JSON_OPTIONAL,
	    "How long each took at most, from the line of the failure to that "
	    "of the next host." },
};
static const struct json_table failover_table = {
	.name = "failover",
	.help = "Messages that go on from one host to another within a round; "
	    "the recipients of a message at one domain count once.",
	.size = sizeof(struct file_failover),
	JSON_FIELDS(failover_fields),
};

static const struct json_field expectation_fields[] = {
	{ "delivered", JF_CHOICE(struct file_counts, way, delivered_ways),
	    EXPECT_AT(delivered, EXPECT_DELIVERED),
	    "Recipients delivered: in all, or to each host that is named and "
	    "none to others." },
	{ "bounced", JF_CHOICE(struct file_counts, way, bounced_ways),
	    EXPECT_AT(bounced, EXPECT_BOUNCED),
	    "Recipients bounced: in all, or with each code that is named and "
	    "none with others." },
	{ "dropped", COUNT_FORM, EXPECT_AT(dropped, EXPECT_DROPPED),
	    "Recipients whose route is /dev/null." },
	{ "queued", COUNT_FORM, EXPECT_AT(queued, EXPECT_QUEUED),
	    "Recipients still in the queue when the run ends." },
	{ "attempts", EXPECT_HOSTS(0), EXPECT_AT(attempts, EXPECT_ATTEMPTS),
	    "The hosts of the delivery connections in order, those that could "
	    "not be reached included." },
	{ "fair", EXPECT_HOSTS(2), EXPECT_AT(fair, EXPECT_FAIR),
	    "Hosts that have equal shares." },
	{ "failover", JF_OBJECT(&failover_table),
	    EXPECT_AT(failover, EXPECT_FAILOVER),
	    "Messages that go on from one host to another within a round." },
	{ "requeue", JF_ARRAY(utime, JF_DURATION, 0, LIST_MAX),
	    EXPECT_AT(requeue, EXPECT_REQUEUE),
	    "When each round after the first begins, since the message was "
	    "accepted: all of them." },
	{ "within", JF_DURATION, EXPECT_AT(within, EXPECT_WITHIN),
	    "How long any recipient waits at most from acceptance to delivery; "
	    "those that bounce or are dropped do not count." },
	{ "log", EXPECT_PATTERNS, EXPECT_AT(log, EXPECT_LOG),
	    "Lines of a log in this order, others between them: {name} "
	    "is one word and must repeat, {} is anything." },
	{ "no_log", EXPECT_PATTERNS, EXPECT_AT(no_log, EXPECT_NO_LOG),
	    "What no line of a log may hold." },
	{ "of", JF_WORD(log_words), JSON_AT(struct file_expectation, of),
	    JSON_OPTIONAL,
	    "The log in question, \"mail_logs\" unless said; the relay writes "
	    "the others when an expectation is of them." },
	{ "received", EXPECT_PATTERNS, EXPECT_AT(received, EXPECT_RECEIVED),
	    "Lines of one message that a host has taken, header and body, in "
	    "this order, others between them; patterns as in \"log\"." },
	{ "no_received", EXPECT_PATTERNS,
	    EXPECT_AT(no_received, EXPECT_NO_RECEIVED),
	    "What no line of any message that a host has taken may hold." },
	{ "host_status", JF_MAP(struct file_host_status, key,
	    JF_STRING(1, NAME_MAX_CHARS), state, JF_WORD(host_status_words), 1,
	    LIST_MAX), EXPECT_AT(host_status, EXPECT_HOST_STATUS),
	    "How hosts stand, as far as connections to them told: the last "
	    "was answered, or could not be had, or there was none." },
	{ "at", JF_DURATION,
	    JSON_AT_HAS(struct file_expectation, when, has_when), JSON_OPTIONAL,
	    "When they stand so, since the start; absent: when the run ends." },
	{ "host", JF_STRING(1, NAME_MAX_CHARS),
	    JSON_AT(struct file_expectation, host), JSON_OPTIONAL,
	    "The host that took the message; absent: any." },
	{ "from", JF_CUSTOM(&plan_sender_json),
	    JSON_AT_HAS(struct file_expectation, from, has_from),
	    JSON_OPTIONAL,
	    "The sender in that message's envelope; empty: the null path." },
	{ "to", JF_CUSTOM(&plan_recipient_json),
	    JSON_AT(struct file_expectation, to), JSON_OPTIONAL,
	    "One of the recipients in that message's envelope." },
	{ "tls", JF_CUSTOM(&pattern_custom),
	    JSON_AT(struct file_expectation, tls), JSON_OPTIONAL,
	    "What is in the protocol, the cipher and, behind CN=, the name in "
	    "the client's certificate under which it came, as "
	    "\"TLSv1.3 {} CN=relay.example\"; \"none\": it came in clear." },
	{ "body_sha256", JF_CUSTOM(&digest_custom),
	    JSON_AT(struct file_expectation, body_sha256), JSON_OPTIONAL,
	    "The digest of what follows the message's header; known of "
	    "messages of up to 64 KiB." },
	{ "message", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct file_expectation, message), JSON_OPTIONAL,
	    "The message in question, the n-th that was accepted; for "
	    "\"requeue\" the first unless said, otherwise all." },
	{ "domain", JF_STRING(1, NAME_MAX_CHARS),
	    JSON_AT(struct file_expectation, domain), JSON_OPTIONAL,
	    "The recipients' domain in question." },
	{ "by", JF_WORD(fair_words), JSON_AT(struct file_expectation, by),
	    JSON_OPTIONAL, "What is shared; connections unless said." },
	{ "tolerance", JF_CHOICE(struct file_tolerance, way, tolerance_ways),
	    JSON_AT(struct file_expectation, tolerance), JSON_OPTIONAL,
	    "For \"fair\" by how many the greatest share may exceed the least "
	    "(1 unless said), for \"requeue\" how far a time may be off (1s "
	    "unless said)." },
	{ "because", JF_STRING(1, 4000),
	    JSON_AT(struct file_expectation, because), JSON_OPTIONAL,
	    "Why it matters; printed when it does not hold." },
};
static const struct json_group expectation_groups[] = {
	{ JSON_EXACTLY_ONE, "delivered bounced dropped queued attempts fair "
	    "failover requeue within log no_log received no_received host_status" },
	{ JSON_NEEDS_ONE, "of log no_log" },
	{ JSON_NEEDS_ONE, "at host_status" },
	{ JSON_NEEDS_ONE, "host received no_received" },
	{ JSON_NEEDS_ONE, "from received no_received" },
	{ JSON_NEEDS_ONE, "to received no_received" },
	{ JSON_NEEDS_ONE, "tls received no_received" },
	{ JSON_NEEDS_ONE, "body_sha256 received no_received" },
	{ JSON_NEEDS_ONE, "message attempts requeue within" },
	{ JSON_NEEDS_ONE, "domain attempts" },
	{ JSON_NEEDS_ONE, "by fair" },
	{ JSON_NEEDS_ONE, "tolerance fair requeue" },
	{ JSON_AT_MOST_ONE, "message domain" },
};
static const struct json_table expectation_table = {
	.name = "expectation",
	.help = "Something that must be true when the scenario has run.",
	.size = sizeof(struct file_expectation),
	JSON_FIELDS(expectation_fields),
	JSON_GROUPS(expectation_groups),
	.pointer = offsetof(struct file_expectation, pointer),
	.check = expectation_check,
	.schema = "{\"if\": {\"required\": [\"fair\"]},"
	    " \"then\": {\"properties\": {\"tolerance\":"
	    " {\"type\": \"integer\"}, \"fair\":"
	    " {\"uniqueItems\": true}}},"
	    " \"else\": {\"properties\": {\"tolerance\":"
	    " {\"type\": \"string\"}}}}",
};

/* ---- the whole ---- */

static const struct json_field relay_fields[] = {
	{ "delivery", JF_OBJECT(&relay_delivery_table),
	    JSON_AT(struct file_relay, delivery), "{}",
	    "How it delivers." },
	{ "bounce", JF_OBJECT(&relay_bounce_table),
	    JSON_AT(struct file_relay, bounce), "{}",
	    "The default bounce profile: when it tries again, when it gives "
	    "up, and who is told." },
	{ "bounce_profiles", RELAY_BOUNCE_PROFILES_FORM,
	    JSON_AT(struct file_relay, bounce_profiles), JSON_OPTIONAL,
	    "Further bounce profiles, by their names." },
	{ "bounce_verification", JF_OBJECT(&relay_bounce_verification_table),
	    JSON_AT(struct file_relay, bounce_verification), JSON_OPTIONAL,
	    "How bounces are verified; absent: none is." },
	{ "tls", JF_OBJECT(&relay_tls_scenario_table),
	    JSON_AT(struct file_relay, tls), "{}",
	    "How deliveries speak TLS; they trust the hosts' test authority."
	},
	{ "limits", JF_OBJECT(&relay_limits_table),
	    JSON_AT(struct file_relay, limits), "{}",
	    "What its only listener accepts." },
	{ "destconfig", RELAY_DESTCONFIG_FORM,
	    JSON_AT(struct file_relay, destconfig), JSON_OPTIONAL,
	    "Destination controls, a line each." },
	{ "smtp_auth_profiles", RELAY_AUTH_FORM,
	    JSON_AT(struct file_relay, smtp_auth_profiles), JSON_OPTIONAL,
	    "The profiles that routes name, by their names." },
	{ "dns_cache", JF_OBJECT(&relay_dns_cache_table),
	    JSON_AT(struct file_relay, dns_cache), "{}",
	    "What it keeps of answers." },
	{ "interface_v6", JF_CUSTOM(&ipv6_address_json),
	    JSON_AT(struct file_relay, interface_v6), JSON_OPTIONAL,
	    "Its address for deliveries over IPv6; absent: it has IPv4 only." },
	{ "listeners", JF_ARRAY(struct relay_listener_config,
	    JF_OBJECT(&relay_listener_table), 1, 64),
	    JSON_AT(struct file_relay, listeners), JSON_OPTIONAL,
	    "Its listeners, at its address; absent: \"Management\" at port "
	    "25, for the injector." },
	{ "postmaster", JF_CUSTOM(&relay_mailbox_json),
	    JSON_AT(struct file_relay, postmaster),
	    "postmaster@" PLAN_RELAY_HOSTNAME,
	    "Who gets mail to <postmaster>." },
	{ "sync_time", JF_DURATION, JSON_AT(struct file_relay, sync_time), "0s",
	    "How long a sync of its queue takes; a crash meanwhile finds what "
	    "was written, but not synced." },
};
static const struct json_group relay_groups[] = {
	{ JSON_AT_MOST_ONE, "listeners limits" },
};
static const struct json_table relay_table = {
	.name = "relay",
	.help = "The relay's settings where they depart from its defaults.",
	.size = sizeof(struct file_relay),
	JSON_FIELDS(relay_fields),
	JSON_GROUPS(relay_groups),
};

static const struct json_field limits_fields[] = {
	{ "time", JF_DURATION_SOME, JSON_AT(struct file_limits, span), "30d",
	    "Virtual time after which the scenario has failed." },
	{ "events", JF_INTEGER(1, INT64_C(1) << 50),
	    JSON_AT(struct file_limits, events), "50000000",
	    "Events of the simulation after which it has failed." },
};
static const struct json_table limits_table = {
	.name = "run limits",
	.help = "Bounds of the run: past them the scenario is a loop.",
	.size = sizeof(struct file_limits),
	JSON_FIELDS(limits_fields),
};

static const struct json_word invariant_words[] = {
#define X(constant, name, text) { name, constant },
	INVARIANTS(X)
#undef X
};
static const struct json_word until_words[] = {
	{ "idle", UTIME_NEVER },
};

static const struct json_custom tag_custom = {
	.name = "tag",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[a-z0-9][a-z0-9._-]{0,63}",
	.read = tag_read,
};

static const struct json_field scenario_fields[] = {
	{ "$schema", JF_STRING(0, 4000), JSON_NOWHERE, JSON_OPTIONAL,
	    "For editors." },
	{ "title", JF_STRING(1, 1000), JSON_AT(struct scenario_file, title),
	    JSON_REQUIRED, "What the scenario shows, in a sentence." },
	{ "matrix", JF_CUSTOM(&json_matrix_custom),
	    JSON_AT(struct scenario_file, has_matrix), JSON_OPTIONAL,
	    "Parameters and their values: each combination is a case." },
	{ "case", JF_STRING(1, 1000), JSON_AT(struct scenario_file, case_name),
	    JSON_OPTIONAL, "The document or ticket that it stands for." },
	{ "tags", JF_ARRAY_OR_ONE(struct slice, JF_CUSTOM(&tag_custom), 0, 100),
	    JSON_NOWHERE, JSON_OPTIONAL, "Words to choose it by: see "
	    "`faultpost run -k`." },
	{ "notes", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 2000), 0, 1000),
	    JSON_NOWHERE, JSON_OPTIONAL,
	    "What a reader should know: of a scenario made of a log, what the "
	    "log does not tell." },
	{ "start", JF_MOMENT, JSON_AT(struct scenario_file, start),
	    "2014-07-02T09:15:07Z", "What the clock shows at the start." },
	{ "seed", JF_INTEGER(0, INT64_MAX), JSON_AT(struct scenario_file, seed),
	    "1", "All chance in the run comes from it." },
	{ "routes", JF_ARRAY(struct slice, JF_STRING(0, ROUTES_LINE_MAX), 0,
	    ROUTES_MAX), JSON_AT(struct scenario_file, routes), JSON_OPTIONAL,
	    "Lines of the SMTP routes table." },
	{ "dns", JF_ZONE, JSON_AT(struct scenario_file, dns), JSON_OPTIONAL,
	    "The names that exist, and how others fail." },
	{ "hosts", MOCK_HOSTS_FORM, JSON_AT(struct scenario_file, hosts),
	    JSON_REQUIRED, "The mock hosts." },
	{ "relay", JF_OBJECT(&relay_table), JSON_AT(struct scenario_file, relay),
	    "{}", "The relay's settings." },
	{ "network", JF_ARRAY(struct file_link, JF_OBJECT(&plan_link_table), 0,
	    LIST_MAX), JSON_AT(struct scenario_file, network), JSON_OPTIONAL,
	    "Links that are not as others." },
	{ "inject", JF_ARRAY(struct plan_inject, JF_OBJECT(&inject_table), 0,
	    LIST_MAX), JSON_AT(struct scenario_file, inject), JSON_OPTIONAL,
	    "The load." },
	{ "timeline", JF_ARRAY(struct file_step, JF_OBJECT(&plan_step_table), 0,
	    LIST_MAX), JSON_AT(struct scenario_file, timeline), JSON_OPTIONAL,
	    "What changes while it runs." },
	{ "until", JF_DURATION_OR(until_words),
	    JSON_AT(struct scenario_file, until), "idle",
	    "When the run ends: a span, or when nothing is left to do." },
	{ "limits", JF_OBJECT(&limits_table),
	    JSON_AT(struct scenario_file, limits), "{}", "Bounds of the run." },
	{ "waive", JF_MAP(struct file_waiver, invariant,
	    JF_WORD(invariant_words), because, JF_STRING(1, 4000), 0,
	    INVARIANT_COUNT), JSON_AT(struct scenario_file, waive),
	    JSON_OPTIONAL, "Invariants that need not hold, each with a "
	    "reason." },
	{ "expect", JF_ARRAY(struct file_expectation,
	    JF_OBJECT(&expectation_table), 0, LIST_MAX),
	    JSON_AT(struct scenario_file, expect), JSON_OPTIONAL,
	    "What must be true, beside the invariants." },
};
/* clang-format on */

const struct json_table scenario_table = {
	.name = "scenario",
	.help = "Hosts that fail, mail that must get past them, and what must "
		"be true in the end.",
	.size = sizeof(struct scenario_file),
	JSON_FIELDS(scenario_fields),
};

void
plan_schema_format(struct buf *out)
{
	json_schema_print(
	    &scenario_table, "scenario.schema.json", "faultpost scenario", out);
}

void
plan_fields_format(struct buf *out)
{
	json_fields_print(&scenario_table, out);
}

/* ---- grammars inside strings ---- */

static bool
pattern_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = arena_slice(arena, json_at_text(at));
	struct pattern_names names = { 0 };
	struct pattern pattern;
	const char *why;
	size_t offset;

	if (!pattern_parse(text, &names, arena, &pattern, &why, &offset))
		return json_fail_inside(at, offset, err, "%s", why);
	if (text.len == 0)
		return json_fail(at, err, "an empty pattern says nothing");
	*(struct slice *)to = text;
	return true;
}

static bool
digest_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	bool is_good = text.len == DIGEST_CHARS;

	for (size_t i = 0; i < text.len; i++)
		is_good = is_good && ascii_hex_value(text.at[i]) >= 0 &&
		    text.at[i] == ascii_lower(text.at[i]);
	if (!is_good)
		return json_fail(at, err,
		    "expected a SHA-256 digest, %d hexadecimal digits in lower "
		    "case",
		    DIGEST_CHARS);
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
code_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct plan_count count;
	struct slice text = json_at_text(at);
	char quoted[JSON_QUOTE_MAX];

	if (!plan_code_parse(text, &count))
		return json_fail(at, err,
		    "%s is no code, expected one like \"5.4.7\" or \"550\"",
		    json_quote(text, quoted));
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
tag_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	bool is_good = text.len > 0 && text.len <= TAG_CHARS_MAX &&
	    strchr("._-", text.at[0]) == NULL;

	(void)to;
	(void)arena;
	for (size_t i = 0; i < text.len; i++)
		is_good = is_good && strchr(TAG_CHARS, text.at[i]) != NULL;
	return is_good ||
	    json_fail(at, err,
		"expected a tag: at most %d of a-z, 0-9, \".\", \"_\" and "
		"\"-\", a letter or digit first",
		TAG_CHARS_MAX);
}

/* ---- what one field cannot see ---- */

static bool
expectation_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	const struct file_expectation *e = value;
	int64_t wanted =
	    e->has[EXPECT_FAIR] ? TOLERANCE_NUMBER : TOLERANCE_SPAN;
	struct json_at tolerance = json_at_key(at, "tolerance");

	(void)arena;
	if (e->tolerance.way == TOLERANCE_ABSENT || e->tolerance.way == wanted)
		return true;
	return json_fail_type(&tolerance,
	    e->has[EXPECT_FAIR] ? JSON_ACCEPTS_NUMBER : JSON_ACCEPTS_STRING,
	    err);
}

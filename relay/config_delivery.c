/* SPDX-License-Identifier: MIT */
/* The "delivery" section of configurations and scenarios; see config_json.h. */
#include "core/smtp/stage.h"
#include "relay/config_json.h"

static bool stages_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

/* The stages whose failure leads to the next candidate at once
 * (docs/decisions.md, D1). */
static const struct json_word failover_stages[] = {
	{ "connect", STAGE_CONNECT },
	{ "greeting", STAGE_BANNER },
	{ "ehlo", STAGE_EHLO },
	{ "mail", STAGE_MAIL },
	{ "rcpt", STAGE_RCPT },
	{ "data", STAGE_DATA },
	{ "eod", STAGE_EOD },
};
static const struct json_custom stages_custom = {
	.name = "stages",
	.types = JSON_ACCEPTS_ARRAY,
	.schema = "{\"type\": \"array\", \"items\": {\"enum\": "
		  "[\"connect\", \"greeting\", \"ehlo\", \"mail\", "
		  "\"rcpt\", \"data\", \"eod\"]}}",
	.read = stages_read,
};
static const struct json_word null_mx_words[] = {
	{ "5.1.10", NULL_MX_OWN_CODE },
	{ "5.1.2", NULL_MX_AS_NO_HOST },
};
static const struct json_word tls_fallback_words[] = {
	{ "never", TLS_FALLBACK_NEVER },
	{ "clear", TLS_FALLBACK_CLEAR },
};
static const struct json_word tls_unverified_words[] = {
	{ "send", TLS_UNVERIFIED_SEND },
	{ "next", TLS_UNVERIFIED_NEXT },
};
static const struct json_word on_5xx_words[] = {
	{ "next", ON_5XX_NEXT },
	{ "bounce", ON_5XX_BOUNCE },
};

static const struct json_word priorities_words[] = {
	{ "all", PRIORITIES_ALL },
	{ "one", PRIORITIES_ONE },
};
static const struct json_word rotation_words[] = {
	{ "connections", ROTATION_CONNECTIONS },
	{ "rounds", ROTATION_ROUNDS },
};
static const struct json_word on_ehlo_refused_words[] = {
	{ "helo", ON_EHLO_REFUSED_HELO },
	{ "fail", ON_EHLO_REFUSED_FAIL },
};
static const struct json_word on_nonsense_words[] = {
	{ "host", ON_NONSENSE_HOST },
	{ "bounce", ON_NONSENSE_BOUNCE },
};
static const struct json_word on_turned_away_words[] = {
	{ "wait", ON_TURNED_AWAY_WAIT },
	{ "fail", ON_TURNED_AWAY_FAIL },
};
static const struct json_word releases_words[] = {
	{ "once", RELEASES_ONCE },
	{ "always", RELEASES_ALWAYS },
};
static const struct json_word on_no_8bitmime_words[] = {
	{ "bounce", ON_NO_8BITMIME_BOUNCE },
	{ "send", ON_NO_8BITMIME_SEND },
};

static const struct json_word period_words[] = {
	{ "first", PERIOD_FIRST },
	{ "clock", PERIOD_CLOCK },
};

/* clang-format off */
static const struct json_field delivery_fields[] = {
	{ "failover_on", JF_CUSTOM(&stages_custom),
	    JSON_AT(struct relay_delivery, failover_on),
	    "[\"connect\", \"greeting\", \"ehlo\", \"mail\", \"rcpt\", "
	    "\"data\", \"eod\"]",
	    "Stages at which a failure leads to the next host in the same "
	    "round; elsewhere it ends the round." },
	{ "on_5xx_greeting", JF_WORD(on_5xx_words),
	    JSON_AT(struct relay_delivery, on_5xx_greeting), "next",
	    "What follows a greeting or EHLO reply of 5xx." },
	{ "priorities", JF_WORD(priorities_words),
	    JSON_AT(struct relay_delivery, priorities), "all",
	    "Priorities that a round goes through: all, or one and a worse one "
	    "only while the hosts of the better are down." },
	{ "rotation", JF_WORD(rotation_words),
	    JSON_AT(struct relay_delivery, rotation), "connections",
	    "What moves the turn of equal hosts on: each connection, or only "
	    "the first one of a round." },
	{ "on_ehlo_refused", JF_WORD(on_ehlo_refused_words),
	    JSON_AT(struct relay_delivery, on_ehlo_refused), "helo",
	    "What follows a 5xx to EHLO: HELO, or the host has failed." },
	{ "on_nonsense", JF_WORD(on_nonsense_words),
	    JSON_AT(struct relay_delivery, on_nonsense), "host",
	    "What a code without meaning does within a transaction: the host "
	    "has failed, or its recipients bounce." },
	{ "on_turned_away", JF_WORD(on_turned_away_words),
	    JSON_AT(struct relay_delivery, on_turned_away), "wait",
	    "What it means that a host turns a connection away while others "
	    "of the domain to it carry mail: that mail waits for these, or "
	    "that the host has failed." },
	{ "down_counts", JF_BOOLEAN,
	    JSON_AT(struct relay_delivery, down_counts), "false",
	    "A round in which every host is down counts as an attempt." },
	{ "release_on_success", JF_BOOLEAN,
	    JSON_AT(struct relay_delivery, release_on_success), "true",
	    "A delivery makes all waiting mail of its domain due." },
	{ "releases", JF_WORD(releases_words),
	    JSON_AT(struct relay_delivery, releases), "once",
	    "How often that happens to a wait: once, for an extra round behind "
	    "which it goes on, or always, each round being an attempt." },
	{ "null_mx", JF_WORD(null_mx_words),
	    JSON_AT(struct relay_delivery, null_mx), "5.1.10",
	    "The code with which mail to a domain that takes none (RFC 7505) "
	    "bounces." },
	{ "pipelining", JF_BOOLEAN, JSON_AT(struct relay_delivery, pipelining),
	    "true",
	    "Commands go to a host that offers PIPELINING without waiting for "
	    "each reply." },
	{ "chunking", JF_BOOLEAN, JSON_AT(struct relay_delivery, chunking),
	    "true",
	    "Content goes to a host that offers CHUNKING by BDAT." },
	{ "on_no_8bitmime", JF_WORD(on_no_8bitmime_words),
	    JSON_AT(struct relay_delivery, on_no_8bitmime), "bounce",
	    "Whether 8-bit content bounces when no host offers 8BITMIME, or "
	    "is sent all the same." },
	{ "concurrency", JF_INTEGER(1, 10000),
	    JSON_AT(struct relay_delivery, concurrency), "10000",
	    "Connections to all domains at a time; destconfig has the limits "
	    "of each." },
	{ "tls_concurrency", JF_INTEGER(1, 10000),
	    JSON_AT(struct relay_delivery, tls_concurrency), "100",
	    "Those among them whose domain's table_tls is not off." },
	{ "recipient_period", JF_WORD(period_words),
	    JSON_AT(struct relay_delivery, recipient_period), "first",
	    "When a period of recipient_limit begins: with its first "
	    "recipient, or by the clock." },
	{ "slow_after", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, slow_after), "5s",
	    "A connection that waits so long for its greeting does not keep "
	    "others of its domain from being opened." },
	{ "possible_delivery", JF_BOOLEAN,
	    JSON_AT(struct relay_delivery, possible_delivery), "false",
	    "A message whose final reply does not come in time counts as "
	    "delivered." },
	{ "possible_delivery_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, possible_delivery_timeout), "4m",
	    "Patience with the reply to the final dot when it does." },
	{ "tls_fallback", JF_WORD(tls_fallback_words),
	    JSON_AT(struct relay_delivery, tls_fallback), "never",
	    "Whether a host whose handshake failed is sent mail in clear in a "
	    "later round, where TLS is not required." },
	{ "tls_unverified", JF_WORD(tls_unverified_words),
	    JSON_AT(struct relay_delivery, tls_unverified), "send",
	    "What becomes of mail to a host whose certificate does not stand "
	    "up, where table_tls is on_verify." },
	{ "port", JF_INTEGER(1, 65535), JSON_AT(struct relay_delivery, port),
	    "25", "The port of hosts for which the route names none." },
	{ "idle_timeout", JF_DURATION,
	    JSON_AT(struct relay_delivery, idle_timeout), "5s",
	    "An idle connection is closed after this long." },
	{ "connect_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, connect_timeout), "30s",
	    "Patience with a host that does not answer a connect." },
	{ "greeting_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, greeting_timeout), "5m",
	    "Patience with the greeting." },
	{ "command_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, command_timeout), "5m",
	    "Patience with the replies to EHLO, MAIL, RCPT and RSET." },
	{ "data_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, data_timeout), "2m",
	    "Patience with the reply to DATA." },
	{ "body_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, body_timeout), "3m",
	    "Patience with a host that does not take the content." },
	{ "eod_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, eod_timeout), "10m",
	    "Patience with the reply to the final dot." },
	{ "host_retry_initial", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, host_retry_initial), "60s",
	    "The wait before a host that is down is probed." },
	{ "host_retry_max", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, host_retry_max), "3600s",
	    "The longest such wait; it doubles from probe to probe." },
};
/* clang-format on */
const struct json_table relay_delivery_table = {
	.name = "delivery",
	.help = "How the relay delivers.",
	.size = sizeof(struct relay_delivery),
	JSON_FIELDS(delivery_fields),
};

static bool
stages_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	unsigned *bits = to;

	(void)arena;
	for (size_t i = 0; i < json_array_size(at->value); i++) {
		struct json_at one = json_at_index(at, i);
		size_t word = 0;

		if (!json_is_string(one.value))
			return json_fail_type(&one, JSON_ACCEPTS_STRING, err);
		while (word < ARRAY_LEN(failover_stages) &&
		    !slice_eq(json_at_text(&one),
			slice_cstr(failover_stages[word].name)))
			word++;
		if (word == ARRAY_LEN(failover_stages))
			return json_fail_word(&one, failover_stages,
			    ARRAY_LEN(failover_stages), err);
		*bits |= 1U << failover_stages[word].value;
	}
	return true;
}

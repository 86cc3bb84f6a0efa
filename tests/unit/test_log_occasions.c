/* SPDX-License-Identifier: MIT */
/* Occasions as rules: on which of them a rule acts, and what it does. */
#include "harness/log/log_occasions.h"

#include "tests/unit/kit.h"

#define WELL                                                                   \
	{                                                                      \
		0                                                              \
	}
#define SAID(c, r)                                                             \
	{                                                                      \
		.kind = LOG_OUTCOME_REPLY, .code = (c), .reply = (r)           \
	}
#define SLOW(d)                                                                \
	{                                                                      \
		.kind = LOG_OUTCOME_DELAY, .delay = (d)*UTIME_S                \
	}
#define DID(k)                                                                 \
	{                                                                      \
		.kind = (k)                                                    \
	}

static struct row {
	const char *name, *on, *to;
	struct log_outcome outcomes[6];
	size_t count;
	const char *want; /* all rules, of which "optional" is left out */
} rows[] = {
	{ "nothing", "rcpt", NULL, { WELL }, 0, "[]" },
	{ "well is no rule", "rcpt", NULL, { WELL, WELL }, 2, "[]" },
	{ "always the same has no number", "banner", NULL,
	    { SAID(431, "full"), SAID(431, "full") }, 2,
	    "[{on:banner,reply:[431 full]}]" },
	{ "one of two", "rcpt", "b@one.example", { WELL, SAID(452, "full") }, 2,
	    "[{on:rcpt,to:b@one.example,reply:[452 full],nth:[2]}]" },
	{ "codes differ", "rcpt", NULL,
	    { SAID(451, "full"), SAID(452, "full") }, 2,
	    "[{on:rcpt,reply:[451 full],nth:[1]},{on:rcpt,reply:[452 full]}]" },
	{ "texts differ", "rcpt", NULL,
	    { SAID(452, "full"), SAID(452, "busy"), WELL }, 3,
	    "[{on:rcpt,reply:[452 full],nth:[1]},"
	    "{on:rcpt,reply:[452 busy],nth:[1]}]" },
	{ "those of the rule before do not count", "rcpt", NULL,
	    { SAID(451, "a"), WELL, SAID(452, "b"), SAID(451, "a"), WELL }, 5,
	    "[{on:rcpt,reply:[451 a],nth:[1,4]},"
	    "{on:rcpt,reply:[452 b],nth:[2]}]" },
	{ "delays differ", "eod", NULL, { SLOW(2), SLOW(3) }, 2,
	    "[{on:eod,delay:2s,nth:[1]},{on:eod,delay:3s}]" },
	{ "equal delays", "eod", NULL, { SLOW(2), SLOW(2) }, 2,
	    "[{on:eod,delay:2s}]" },
	{ "kinds differ", "data", NULL,
	    { DID(LOG_OUTCOME_DROP), DID(LOG_OUTCOME_RESET),
		DID(LOG_OUTCOME_STALL) },
	    3,
	    "[{on:data,drop:true,nth:[1]},{on:data,reset:true,nth:[1]},"
	    "{on:data,stall:true}]" },
	{ "421 ends the session", "rcpt", NULL, { SAID(421, "bye") }, 1,
	    "[{on:rcpt,reply:[421 bye],then:close}]" },
	{ "but a greeting does by itself", "banner", NULL, { SAID(421, "bye") },
	    1, "[{on:banner,reply:[421 bye]}]" },
	{ "other codes do not", "rcpt", NULL, { SAID(420, "x") }, 1,
	    "[{on:rcpt,reply:[420 x]}]" },
	{ "two lines", "rcpt", NULL, { SAID(451, "a\nb") }, 1,
	    "[{on:rcpt,reply:[451 a,451 b]}]" },
	{ "no text", "rcpt", NULL, { SAID(451, "") }, 1,
	    "[{on:rcpt,reply:[451 ]}]" },
	{ "no text at all", "rcpt", NULL, { SAID(451, NULL) }, 1,
	    "[{on:rcpt,reply:[451 ]}]" },
	{ "braces and what cannot be printed", "rcpt", NULL,
	    { SAID(451, "{a}\x7f\x1f ~") }, 1,
	    "[{on:rcpt,reply:[451 {{a}}?? ~]}]" },
	{ "no reply", "banner", NULL,
	    { { .kind = LOG_OUTCOME_NONSENSE, .reply = "'hi \\ \x7f~'" } }, 1,
	    "[{on:banner,raw:hi ? ?~\\r\\n}]" },
	{ "a fault of the handshake", "tls", NULL,
	    { { .kind = LOG_OUTCOME_TLS, .reply = "expired" } }, 1,
	    "[{on:tls,starttls:expired}]" },
};

static void
value_format(const json_t *value, struct buf *out)
{
	if (json_is_string(value))
		buf_append_cstr(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(out, "%d", (int)json_integer_value(value));
	else
		buf_append_cstr(out, json_is_true(value) ? "true" : "?");
}

static void
list_format(const json_t *list, struct buf *out)
{
	buf_append_byte(out, '[');
	for (size_t i = 0; i < json_array_size(list); i++) {
		buf_append_cstr(out, i > 0 ? "," : "");
		value_format(json_array_get(list, i), out);
	}
	buf_append_byte(out, ']');
}

static void
rule_format(json_t *rule, struct buf *out)
{
	const char *key, *before = "{";
	json_t *value;

	json_object_foreach(rule, key, value)
	{
		/* What the log shows once need not come again. */
		if (strcmp(key, "optional") == 0) {
			assert_true(json_is_true(value));
			continue;
		}
		buf_printf(out, "%s%s:", before, key);
		before = ",";
		if (json_is_array(value))
			list_format(value, out);
		else
			value_format(value, out);
	}
	assert_non_null(json_object_get(rule, "optional"));
	buf_append_byte(out, '}');
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct log_occasions o = { .on = row->on, .to = row->to };
	json_t *rules = json_array();
	struct buf got = { 0 };

	for (size_t i = 0; i < row->count; i++)
		log_occasions_add(&o, &row->outcomes[i]);
	assert_int_equal(o.count, row->count);
	log_occasions_rules(&o, rules);
	buf_append_byte(&got, '[');
	for (size_t i = 0; i < json_array_size(rules); i++) {
		buf_append_cstr(&got, i > 0 ? "," : "");
		rule_format(json_array_get(rules, i), &got);
	}
	buf_append_byte(&got, ']');
	assert_slice(buf_slice(&got), row->want);
	buf_fini(&got);
	json_decref(rules);
	free(o.at);
}

/* A reply is no longer than a line may be. */
static void
test_long(void **state)
{
	static const enum log_outcome_kind kinds[] = { LOG_OUTCOME_REPLY,
		LOG_OUTCOME_NONSENSE };
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[0] = '\'';
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct log_outcome outcome = {
			.kind = kinds[i], .code = 451, .reply = text
		};
		struct log_occasions o = { .on = "banner" };
		json_t *rules = json_array(), *rule;

		log_occasions_add(&o, &outcome);
		log_occasions_rules(&o, rules);
		rule = json_array_get(rules, 0);
		/* A code and a space, or an escaped CR LF. */
		assert_int_equal(
		    strlen(json_string_value(kinds[i] == LOG_OUTCOME_REPLY
			    ? json_array_get(json_object_get(rule, "reply"), 0)
			    : json_object_get(rule, "raw"))),
		    404);
		json_decref(rules);
		free(o.at);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_long);
	return kit_run(&kit, "log_occasions");
}

/* SPDX-License-Identifier: MIT */
/*
 * Rules as scenarios write them: the table of keys, and what may stand at which
 * stage, for the reader and for the schema.
 */
#include "core/dns/types_json.h"
#include "core/json/bytes.h"
#include "mockserver/rule/fields.h"
#include "mockserver/rule/rule.h"
#include "mockserver/rule/rule_forms.h"

#define COUNT_MAX   1000000000
#define BYTES_MAX   1000000000000
#define TEXTS_MAX   1000
#define GARBAGE_MAX 1000000

static bool rule_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

static const struct json_word stage_words[] = {
	{ "connect", STAGE_CONNECT },
	{ "banner", STAGE_BANNER },
	{ "command", STAGE_COMMAND },
	{ "ehlo", STAGE_EHLO },
	{ "helo", STAGE_HELO },
	{ "starttls", STAGE_STARTTLS },
	{ "tls", STAGE_TLS },
	{ "auth", STAGE_AUTH },
	{ "mail", STAGE_MAIL },
	{ "rcpt", STAGE_RCPT },
	{ "data", STAGE_DATA },
	{ "body", STAGE_BODY },
	{ "bdat", STAGE_BDAT },
	{ "eod", STAGE_EOD },
	{ "rset", STAGE_RSET },
	{ "noop", STAGE_NOOP },
	{ "vrfy", STAGE_VRFY },
	{ "quit", STAGE_QUIT },
	{ "unknown", STAGE_UNKNOWN },
	{ "idle", STAGE_IDLE },
};

static const struct json_word per_words[] = {
#define X(constant, name) { name, constant },
	RULE_PERS(X)
#undef X
};

static const struct json_word scope_words[] = {
#define X(constant, name) { name, constant },
	RULE_REACHES(X)
#undef X
};

static const struct json_word then_words[] = {
#define X(constant, name) { name, constant },
	RULE_THENS(X)
#undef X
};

static const struct json_field rate_fields[] = {
	{ "count", JF_INTEGER(1, COUNT_MAX), JSON_AT(struct rule_rate, count),
	    JSON_REQUIRED, "How many occasions there may be in a window." },
	{ "within", JF_DURATION_SOME, JSON_AT(struct rule_rate, within),
	    JSON_REQUIRED,
	    "How long a window is.  The first one begins with the first "
	    "occasion, and the next with the first one behind its end." },
};
static const struct json_table rate_table = {
	.name = "rate",
	.help = "More than so many occasions in a window of time.",
	.size = sizeof(struct rule_rate),
	JSON_FIELDS(rate_fields),
};
static const struct json_field quota_fields[] = {
	{ "messages", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct rule_quota, messages), JSON_OPTIONAL,
	    "So many messages fit." },
	{ "bytes", JF_INTEGER(1, BYTES_MAX), JSON_AT(struct rule_quota, bytes),
	    JSON_OPTIONAL, "So many bytes of messages fit." },
	{ "within", JF_DURATION_SOME, JSON_AT(struct rule_quota, within),
	    JSON_OPTIONAL,
	    "How long after the first message that was taken all of them are "
	    "forgotten; absent: never." },
};
static const struct json_group quota_groups[] = {
	{ JSON_EXACTLY_ONE, "messages bytes" },
};
static const struct json_table quota_table = {
	.name = "quota",
	.help = "What has been taken leaves no room.",
	.size = sizeof(struct rule_quota),
	JSON_FIELDS(quota_fields),
	JSON_GROUPS(quota_groups),
};
#define JF_TEXTS JF_ARRAY_OR_ONE(struct slice, JF_STRING(0, 1000), 1, TEXTS_MAX)

static const struct json_field rule_fields[] = {
	{ "on", JF_WORD(stage_words), JSON_AT(struct rule, on), JSON_REQUIRED,
	    "The stage of the dialogue at which the rule may act." },
	{ "match", JF_CUSTOM(&fields_pattern), JSON_AT(struct rule, match),
	    JSON_OPTIONAL,
	    "Only when this PCRE2 pattern, without case, is found in the "
	    "command's argument (stage unknown: in the whole line)." },
	{ "from", JF_TEXTS, JSON_AT(struct rule, from), JSON_OPTIONAL,
	    "Only for these reverse paths: addresses, in which * stands for "
	    "any text and ? for any byte, @domain for every address there, "
	    "and the empty string for the null path." },
	{ "to", JF_TEXTS, JSON_AT(struct rule, to), JSON_OPTIONAL,
	    "Only for these recipients, written like from; behind rcpt, when "
	    "one of those that were accepted is among them." },
	{ "size", JF_INTEGER(0, BYTES_MAX), JSON_AT(struct rule, size), "0",
	    "Only for messages of at least so many bytes: at mail, rcpt and "
	    "data as declared by SIZE=, later as received." },
	{ "client", JF_CUSTOM(&ip_network_json), JSON_AT(struct rule, client),
	    JSON_OPTIONAL,
	    "Only for clients of this address or network (10.0.0.0/8)." },
	{ "during", JF_ARRAY(utime, JF_DURATION, 2, 2),
	    JSON_AT(struct rule, during), JSON_OPTIONAL,
	    "Only from the first of these times since the start to just "
	    "before the second." },
	{ "probability", JF_NUMBER(0, 1), JSON_AT(struct rule, probability),
	    "1", "Only so often, by the scenario's seed." },
	{ "nobody", JF_BOOLEAN, JSON_AT(struct rule, nobody), "false",
	    "Stage data: only when every recipient was refused, where other "
	    "rules are not asked." },
	{ "wrong",
	    JF_ARRAY_OR_ONE(uint16_t, JF_INTEGER(500, 599), 1, TEXTS_MAX),
	    JSON_AT(struct rule, wrong), JSON_OPTIONAL,
	    "Only when the command is wrong and deserves one of these codes; "
	    "other rules are not asked then." },
	{ "per", JF_WORD(per_words), JSON_AT(struct rule, per), "host",
	    "What has a count of its own for nth, every, first, times, "
	    "within, rate and quota; triple: each client, sender and "
	    "recipient." },
	{ "nth",
	    JF_ARRAY_OR_ONE(uint64_t, JF_INTEGER(1, COUNT_MAX), 1, TEXTS_MAX),
	    JSON_AT(struct rule, nth), JSON_OPTIONAL,
	    "Only on the occasions of these numbers, from 1." },
	{ "every", JF_INTEGER(1, COUNT_MAX), JSON_AT(struct rule, every),
	    JSON_OPTIONAL, "Only on each k-th occasion." },
	{ "first", JF_INTEGER(1, COUNT_MAX), JSON_AT(struct rule, first),
	    JSON_OPTIONAL, "Only on the first k occasions." },
	{ "times", JF_INTEGER(1, COUNT_MAX), JSON_AT(struct rule, times),
	    JSON_OPTIONAL, "Only until it has acted so often." },
	{ "within", JF_DURATION_SOME, JSON_AT(struct rule, within),
	    JSON_OPTIONAL, "Only until so long after the first occasion." },
	{ "rate", JF_OBJECT(&rate_table), JSON_AT(struct rule, rate),
	    JSON_OPTIONAL, "Only on occasions beyond so many in a window." },
	{ "quota", JF_OBJECT(&quota_table), JSON_AT(struct rule, quota),
	    JSON_OPTIONAL,
	    "Only when so much was taken, or would be more with this message, "
	    "if its size is known; messages that from, to and client leave "
	    "out are not counted." },
	{ "forget", JF_DURATION_SOME, JSON_AT(struct rule, forget),
	    JSON_OPTIONAL,
	    "A count begins anew when there was no occasion for so long." },
	{ "in",
	    JF_ARRAY_OR_ONE(
		struct slice, JF_STRING(1, RULE_STATE_MAX), 1, TEXTS_MAX),
	    JSON_AT(struct rule, in), JSON_OPTIONAL,
	    "Only in this state, or one of these; the first one is start." },
	{ "scope", JF_WORD(scope_words), JSON_AT(struct rule, scope), "host",
	    "Whose state in and set mean: the host's, or the one that all "
	    "hosts of the scenario share." },
	{ "notes", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 2000), 0, 100),
	    JSON_NOWHERE, JSON_OPTIONAL,
	    "What a reader should know of the rule." },
	{ "optional", JF_BOOLEAN, JSON_AT(struct rule, optional), "false",
	    "Whether the run may hold without the rule ever acting." },
	{ "after", JF_INTEGER(0, BYTES_MAX), JSON_AT(struct rule, after), "0",
	    "Stage body: when so many bytes of content have come; stage "
	    "command: when so many of a command's line have, its end "
	    "included, whatever command it will be." },
	{ "reply",
	    JF_ARRAY_OR_ONE(
		struct slice, JF_CUSTOM(&fields_reply_line), 1, 100),
	    JSON_AT(struct rule, reply_lines), JSON_OPTIONAL,
	    "What is answered: a line with its code, or several, whose "
	    "separators are set as they must be.  {rcpt} {from} {client} {n} "
	    "{time} are filled in; {{ is a brace." },
	{ "raw", JF_CUSTOM(&json_bytes), JSON_AT(struct rule, raw),
	    JSON_OPTIONAL,
	    "Bytes that are sent instead of an answer, whatever they are; "
	    "\\r \\n \\t \\xff and \\\\ are escapes (in JSON each backslash is "
	    "doubled).  The first of them decide what the host believes to "
	    "have said when they are a reply; when not, it goes on as if it "
	    "had answered well, but takes no message." },
	{ "garbage", JF_INTEGER(1, GARBAGE_MAX), JSON_AT(struct rule, garbage),
	    JSON_OPTIONAL,
	    "So many bytes by the scenario's seed that are sent instead of an "
	    "answer; the host goes on as behind raw bytes that are no "
	    "reply." },
	{ "repeat", RULE_REPEAT_FORM, JSON_AT(struct rule, repeat), "1",
	    "How many times the answer is sent; endless: until the client "
	    "leaves (the transcript has the first 64 KiB)." },
	{ "as", JF_INTEGER(200, 599), JSON_AT(struct rule, as), JSON_OPTIONAL,
	    "The code by which the host goes on, whatever it says: a message "
	    "refused and taken, a recipient accepted and forgotten." },
	{ "drip", JF_OBJECT(&rule_drip_table), JSON_AT(struct rule, drip),
	    JSON_OPTIONAL, "The answer comes bit by bit." },
	{ "delay", JF_DURATION_SOME, JSON_AT(struct rule, delay), JSON_OPTIONAL,
	    "How long the host waits before it does anything." },
	{ "stall", RULE_STALL_FORM, JSON_AT(struct rule, stall), JSON_OPTIONAL,
	    "The host hangs, behind the answer if the rule has one: true, "
	    "until the client leaves; a duration, "
	    "until it closes the connection without a word." },
	{ "drop", RULE_CUT_FORM, JSON_AT(struct rule, drop), JSON_OPTIONAL,
	    "The host closes the connection (FIN) instead of answering, or "
	    "after so many bytes of its answer." },
	{ "reset", RULE_CUT_FORM, JSON_AT(struct rule, reset), JSON_OPTIONAL,
	    "The same with RST." },
	{ "vanish", RULE_CUT_FORM, JSON_AT(struct rule, vanish), JSON_OPTIONAL,
	    "The same without a word: nothing that the client sends is "
	    "acknowledged any more." },
	{ "then", JF_WORD(then_words), JSON_AT(struct rule, then),
	    JSON_OPTIONAL,
	    "What follows the answer: close, the connection ends (FIN); "
	    "half-close, the same, and the host goes on reading, and ignores "
	    "what comes, until the client's end; discard, what the client "
	    "has pipelined behind is thrown away." },
	{ "read", RULE_READ_FORM, JSON_AT(struct rule, read), JSON_OPTIONAL,
	    "From then on, for the rest of the connection, the host reads "
	    "slowly, or (false) nothing: the client's window fills up." },
	{ "linger", JF_DURATION_SOME, JSON_AT(struct rule, linger),
	    JSON_OPTIONAL,
	    "From then on, for the rest of the connection, the host sends its "
	    "FIN so much later when QUIT or the client's FIN asks for it." },
	{ "throughout", JF_OBJECT(&rule_throughout_table),
	    JSON_AT_HAS(struct rule, throughout, has_throughout), JSON_OPTIONAL,
	    "From this answer on, for the rest of the connection, the manner "
	    "of its replies." },
	{ "throttle", JF_INTEGER(1, COUNT_MAX), JSON_AT(struct rule, throttle),
	    JSON_OPTIONAL,
	    "From then on, for the rest of the connection, the host reads and "
	    "writes so many bytes a second." },
	{ "set", JF_STRING(1, RULE_STATE_MAX), JSON_AT(struct rule, set),
	    JSON_OPTIONAL,
	    "The state that begins when the rule acts, before any delay." },
	{ "tls_fault", JF_OBJECT(&mock_tls_fault_table),
	    JSON_AT(struct rule, tls_fault), JSON_OPTIONAL,
	    "What the host does against TLS: in the midst of the handshake, "
	    "or under TLS before it answers or instead." },
	{ "starttls", MOCK_TLS_KIND_FORM,
	    JSON_AT_HAS(struct rule, starttls, has_starttls), JSON_OPTIONAL,
	    "What becomes of the handshake: a certificate that is shown "
	    "instead of the host's own, or the way in which none comes "
	    "about." },
};

static const struct json_group rule_groups[] = {
	{ JSON_AT_LEAST_ONE,
	    "reply raw as garbage repeat drip delay stall drop reset vanish then "
	    "starttls tls_fault set read linger throughout throttle" },
	{ JSON_AT_MOST_ONE, "stall drop reset vanish then starttls tls_fault" },
	{ JSON_AT_MOST_ONE, "reply raw garbage" },
	{ JSON_AT_MOST_ONE, "stall drip" },
	{ JSON_AT_MOST_ONE, "nth every first within rate quota" },
	{ JSON_NEEDS_ONE, "per nth every first times within rate quota" },
	{ JSON_NEEDS_ONE, "forget nth every first times within" },
	{ JSON_AT_MOST_ONE, "forget rate" },
	{ JSON_AT_MOST_ONE, "forget quota" },
	{ JSON_NEEDS_ONE, "scope in set" },
	{ JSON_AT_MOST_ONE, "throttle read" },
	{ JSON_AT_MOST_ONE, "throttle throughout" },
};

/* Which keys, and which values of `per`, have a meaning at which stages.  Each
 * list is C strings and JSON at once. */
#define AT_ARGUMENT                                                            \
	"command", "ehlo", "helo", "mail", "rcpt", "bdat", "noop", "vrfy",     \
	    "unknown"
#define AT_ENVELOPE "mail", "rcpt", "data", "body", "bdat", "eod"
#define AT_RCPT_ON  "rcpt", "data", "body", "bdat", "eod"
#define AT_SIZE     "mail", "rcpt", "data", "bdat", "eod"
#define AT_RCPT     "rcpt"
#define AT_BODY     "command", "body"
#define AT_DATA     "data"
#define AT_TLS      "starttls", "tls"
#define AT_STARTTLS "starttls"
#define AT_REPLY                                                               \
	"banner", "command", "ehlo", "helo", "starttls", "auth", "mail",       \
	    "rcpt", "data", "body", "bdat", "eod", "rset", "noop", "vrfy",     \
	    "quit", "unknown", "idle"

#define AT_AS                                                                  \
	"banner", "ehlo", "helo", "mail", "rcpt", "data", "bdat", "eod",       \
	    "rset", "noop", "vrfy", "unknown"

/* X(key, its value or NULL for any, stages) */
#define KEYS_AT_STAGES(X)                                                      \
	X("match", NULL, AT_ARGUMENT)                                          \
	X("from", NULL, AT_ENVELOPE)                                           \
	X("to", NULL, AT_RCPT_ON)                                              \
	X("size", NULL, AT_SIZE)                                               \
	X("after", NULL, AT_BODY)                                              \
	X("nobody", NULL, AT_DATA)                                             \
	X("reply", NULL, AT_REPLY)                                             \
	X("raw", NULL, AT_REPLY)                                               \
	X("garbage", NULL, AT_REPLY)                                           \
	X("repeat", NULL, AT_REPLY)                                            \
	X("as", NULL, AT_AS)                                                   \
	X("drip", NULL, AT_REPLY)                                              \
	X("then", NULL, AT_REPLY)                                              \
	X("starttls", NULL, AT_TLS)                                            \
	X("tls_fault", NULL, AT_REPLY, "tls")

#define PERS_AT_STAGES(X)                                                      \
	X("per", "message", AT_ENVELOPE)                                       \
	X("per", "recipient", AT_RCPT)                                         \
	X("per", "triple", AT_RCPT)                                            \
	X("per", "sender", AT_ENVELOPE)                                        \
	X("starttls", "injected", AT_STARTTLS)                                 \
	X("starttls", "gullible", AT_STARTTLS)

#define STAGES_MAX ARRAY_LEN(stage_words)
static const struct key_at_stages {
	const char *key, *value;
	const char *stages[STAGES_MAX]; /* NULL behind the last */
} keys_at_stages[] = {
#define X(key, value, ...) { key, value, { __VA_ARGS__ } },
	KEYS_AT_STAGES(X) PERS_AT_STAGES(X)
#undef X
};

#define LIST_TEXT(...) "[" #__VA_ARGS__ "]"
#define THEN_ON(stages)                                                        \
	"\"then\":{\"properties\":{\"on\":{\"enum\":" stages "}}}}"
#define KEY_SCHEMA(key, value, ...)                                            \
	"{\"if\":{\"required\":[\"" key                                        \
	"\"]}," THEN_ON(LIST_TEXT(__VA_ARGS__)) ","
#define PER_SCHEMA(key, value, ...)                                            \
	"{\"if\":{\"required\":[\"" key "\"],\"properties\":{\"" key           \
	"\":{\"const\":\"" value "\"}}}," THEN_ON(LIST_TEXT(__VA_ARGS__)) ","
#define IS_TRUE(key)                                                           \
	"{\"required\":[\"" key "\"],\"properties\":{\"" key                   \
	"\":{\"const\":true}}}"

#define TLS_FAULT_SCHEMA(key, stages)                                          \
	"{\"if\":{\"required\":[\"tls_fault\"],\"properties\":"                \
	"{\"tls_fault\":{\"required\":[\"" key "\"]}}},"                       \
	"\"then\":{\"properties\":{\"on\":" stages "}}},"

#define REQUIRES(key) "{\"required\":[\"" key "\"]}"

/* `rule_check` in the words of JSON Schema. */
#define RULE_SCHEMA                                                                                                                      \
	"{\"allOf\":[" KEYS_AT_STAGES(KEY_SCHEMA) PERS_AT_STAGES(                                                                        \
	    PER_SCHEMA) TLS_FAULT_SCHEMA("at",                                                                                           \
	    "{\"const\":\"tls\"}") TLS_FAULT_SCHEMA("after",                                                                             \
	    "{\"not\":{\"const\":\"tls\"}}") "{\"if\":{\"properties\":{\"on\":{\"enum\":["                                               \
					     "\"connect\",\"tls\"]}}},"                                                                  \
					     "\"then\":{\"properties\":{\"drop\":{\"const\":true},"                                      \
					     "\"reset\":{\"const\":true},"                                                               \
					     "\"vanish\":{\"const\":true}}}},"                                                           \
					     "{\"not\":{\"anyOf\":[" IS_TRUE("drop") "," IS_TRUE("reset") "," IS_TRUE(                   \
						 "vanish") "],"                                                                          \
							   "\"allOf\":[{\"anyOf\":[" REQUIRES("reply") "," REQUIRES("raw") "," REQUIRES( \
							       "garbage") "," REQUIRES("repeat") "," REQUIRES("drip") "]}]}}]}"

const struct json_table rule_table = {
	.name = "rule",
	.help = "When a host departs from a well-behaved server.",
	.size = sizeof(struct rule),
	JSON_FIELDS(rule_fields),
	JSON_GROUPS(rule_groups),
	.pointer = offsetof(struct rule, pointer),
	.check = rule_check,
	.schema = RULE_SCHEMA,
};

static bool check_stages(
    const struct rule *r, const struct json_at *at, struct err *err);
static bool fail_stage(const struct key_at_stages *k, const struct rule *r,
    const struct json_at *at, struct err *err);
static bool check_cuts(
    const struct rule *r, const struct json_at *at, struct err *err);

/* A moment of the handshake, or of an answer. */
static bool
check_tls_fault(const struct rule *r, const struct json_at *at, struct err *err)
{
	const char *key = r->on == STAGE_TLS ? "after" : "at";
	const struct json_at fault = json_at_key(at, "tls_fault");

	if (fault.value == NULL || json_object_get(fault.value, key) == NULL)
		return true;
	return json_fail_key(&fault, key, err,
	    "\"%s\" means nothing at stage \"%s\"; expected \"%s\"", key,
	    smtp_stage_name(r->on), r->on == STAGE_TLS ? "at" : "after");
}

static bool
rule_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct rule *r = value;

	if (!check_stages(r, at, err))
		return false;
	if (!check_cuts(r, at, err) || !check_tls_fault(r, at, err))
		return false;
	r->place = fields_place(at, arena);
	if (r->reply_lines.count > 0)
		fields_reply_make(
		    &r->reply, r->reply_lines.at, r->reply_lines.count, arena);
	if (r->raw.at != NULL)
		fields_raw_make(&r->reply, r->raw);
	if (r->throttle > 0)
		rule_throttle(r, arena);
	return true;
}

static bool
stage_is_listed(const struct key_at_stages *k, enum smtp_stage stage)
{
	for (size_t i = 0; i < STAGES_MAX && k->stages[i] != NULL; i++)
		if (strcmp(k->stages[i], smtp_stage_name(stage)) == 0)
			return true;
	return false;
}

static bool
check_stages(const struct rule *r, const struct json_at *at, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keys_at_stages); i++) {
		const struct key_at_stages *k = &keys_at_stages[i];
		const struct json_at member = json_at_key(at, k->key);

		if (member.value == NULL || stage_is_listed(k, r->on))
			continue;
		if (k->value == NULL ||
		    slice_eq(json_at_text(&member), slice_cstr(k->value)))
			return fail_stage(k, r, at, err);
	}
	return true;
}

static bool
fail_stage(const struct key_at_stages *k, const struct rule *r,
    const struct json_at *at, struct err *err)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < STAGES_MAX && k->stages[i] != NULL; i++)
		buf_printf(&list, "%s\"%s\"", i == 0 ? "" : ", ", k->stages[i]);
	json_fail_key(at, k->key, err,
	    "\"%s\"%s%s%s means nothing at stage \"%s\"; it does at %s", k->key,
	    k->value != NULL ? " \"" : "", k->value != NULL ? k->value : "",
	    k->value != NULL ? "\"" : "", smtp_stage_name(r->on),
	    buf_cstr(&list));
	buf_fini(&list);
	return false;
}

static bool
check_cuts(const struct rule *r, const struct json_at *at, struct err *err)
{
	static const char *const said[] = { "reply", "raw", "garbage", "repeat",
		"drip" };
	const char *key = "vanish";
	const struct rule_cut *cut = &r->vanish;

	if (r->drop.way != RULE_CUT_ABSENT) {
		key = "drop";
		cut = &r->drop;
	} else if (r->reset.way != RULE_CUT_ABSENT) {
		key = "reset";
		cut = &r->reset;
	}
	if (cut->way == RULE_CUT_AFTER &&
	    (r->on == STAGE_CONNECT || r->on == STAGE_TLS))
		return json_fail_key(at, key, err,
		    "there is no reply at stage \"%s\" to end within; "
		    "expected \"%s\": true",
		    smtp_stage_name(r->on), key);
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		if (cut->way == RULE_CUT_TRUE &&
		    json_at_key(at, said[i]).value != NULL)
			return json_fail_key(at, said[i], err,
			    "a reply is not sent when \"%s\" is true; expected "
			    "\"%s\": {\"after\": bytes}, or \"then\": "
			    "\"close\"",
			    key, key);
	return true;
}

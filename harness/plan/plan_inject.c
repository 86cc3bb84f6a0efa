/* SPDX-License-Identifier: MIT */
/*
 * The load of a plan: the tables of "inject" and of its dialogues, and what
 * they name: listeners, clients, places.
 */
#include "harness/plan/plan_file.h"

#include "core/dns/types_json.h"
#include "core/json/bytes.h"
#include "relay/config_json.h"

#define COUNT_MAX    INT64_C(1000000000)
#define LINE_MAX     65536
#define DIALOGUE_MAX 10000

static bool address_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool sender_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool reply_code_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool parameter_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool line_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);
static bool inject_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

#define ADDRESS_REGEX "[^\\x00-\\x20<>\\x7f]+@[^\\x00-\\x20<>@\\x7f]+"

const struct json_custom plan_recipient_json = {
	.name = "recipient pattern",
	.types = JSON_ACCEPTS_STRING,
	.pattern = ADDRESS_REGEX,
	.read = address_read,
};
const struct json_custom plan_sender_json = {
	.name = "sender pattern",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "(" ADDRESS_REGEX ")?",
	.read = sender_read,
};
static const struct json_custom reply_code_custom = {
	.name = "code of a refusal",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[45][0-9][0-9]",
	.read = reply_code_read,
};
static const struct json_word notify_words[] = {
#define X(constant, name) { name, constant },
	PLAN_NOTIFIES(X)
#undef X
};
static const struct json_word ret_words[] = {
	{ "FULL", PLAN_RET_FULL },
	{ "HDRS", PLAN_RET_HDRS },
};
/* Whether it is xtext is for the relay to say. */
static const struct json_custom parameter_custom = {
	.name = "parameter value",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[!-<>-~]{1,1000}",
	.read = parameter_read,
};

static const struct json_word retry_words[] = {
	{ "never", UTIME_NEVER },
};

/* clang-format off */
static const struct json_field line_fields[] = {
	{ "wait", JF_DURATION, JSON_AT(struct plan_line, wait), "0s",
	    "How long the client waits first." },
	{ "say", JF_STRING(0, LINE_MAX), JSON_AT_HAS(struct plan_line, said,
	    has_say), JSON_OPTIONAL, "A line that it says; CR LF is added." },
	{ "bytes", JF_CUSTOM(&json_bytes), JSON_AT(struct plan_line, said),
	    JSON_OPTIONAL,
	    "Bytes that it sends as they are, with the escapes \\r \\n \\t "
	    "\\\\ and \\x00 to \\xff." },
	{ "tls", JF_BOOLEAN, JSON_AT(struct plan_line, is_tls), "false",
	    "It shakes hands for TLS." },
	{ "reply", JF_STRING(3, 1000), JSON_AT(struct plan_line, reply),
	    JSON_OPTIONAL,
	    "How the next reply begins: its code, and as much of its text as "
	    "matters; absent: the client does not wait for one." },
	{ "end", JF_BOOLEAN, JSON_AT(struct plan_line, is_end), "false",
	    "Then the relay ends the connection." },
};
static const struct json_group line_groups[] = {
	{ JSON_AT_LEAST_ONE, "wait say bytes tls reply end" },
	{ JSON_AT_MOST_ONE, "say bytes tls" },
};
static const struct json_table line_table = {
	.name = "line of a dialogue",
	.help = "What the client says, and what it wants to hear.",
	.size = sizeof(struct plan_line),
	JSON_FIELDS(line_fields),
	JSON_GROUPS(line_groups),
	.pointer = offsetof(struct plan_line, place),
	.check = line_check,
};

static const struct json_field inject_fields[] = {
	{ "count", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct plan_inject, count), "1", "How many messages." },
	{ "at", JF_DURATION, JSON_AT(struct plan_inject, at), "0s",
	    "When the first one is due, since the start." },
	{ "every", JF_DURATION, JSON_AT(struct plan_inject, every), "0s",
	    "From one message to the next; 0s: as fast as the sessions go." },
	{ "rate", JF_NUMBER(0.000001, 1000000.0),
	    JSON_AT(struct plan_inject, rate), JSON_OPTIONAL,
	    "Messages per second, instead of \"every\"." },
	{ "from", JF_CUSTOM(&plan_sender_json), JSON_AT(struct plan_inject, from),
	    "sender@example.net",
	    "The envelope's sender, where {n} is the message's number; "
	    "empty: the null path." },
	{ "to", JF_ARRAY_OR_ONE(struct slice, JF_CUSTOM(&plan_recipient_json), 1,
	    10000), JSON_AT(struct plan_inject, to), JSON_OPTIONAL,
	    "The envelope's recipients, where {n} is the message's number." },
	{ "size", JF_INTEGER(0, INT64_C(1) << 30),
	    JSON_AT(struct plan_inject, size_bytes), "1024",
	    "Bytes of a message, its header included." },
	{ "notify", JF_ARRAY_OR_ONE(enum plan_notify, JF_WORD(notify_words), 1,
	    4), JSON_AT(struct plan_inject, notify), JSON_OPTIONAL,
	    "What is asked in NOTIFY of each RCPT (RFC 3461)." },
	{ "orcpt", JF_CUSTOM(&parameter_custom), JSON_AT(struct plan_inject, orcpt),
	    JSON_OPTIONAL, "ORCPT of each RCPT: a type, \";\" and xtext." },
	{ "ret", JF_WORD(ret_words), JSON_AT(struct plan_inject, ret),
	    JSON_OPTIONAL, "RET of MAIL: what is to be returned." },
	{ "envid", JF_CUSTOM(&parameter_custom),
	    JSON_AT(struct plan_inject, envid), JSON_OPTIONAL,
	    "ENVID of MAIL, in xtext." },
	{ "tls", JF_BOOLEAN, JSON_AT(struct plan_inject, is_tls), "false",
	    "The sessions say STARTTLS before their first message, and send "
	    "none in clear." },
	{ "sessions", JF_INTEGER(1, 10000),
	    JSON_AT(struct plan_inject, sessions), "1",
	    "SMTP sessions that share the messages." },
	{ "retry", JF_DURATION_OR(retry_words),
	    JSON_AT(struct plan_inject, retry), "never",
	    "When a message of which no recipient was accepted, for a 4xx or "
	    "for want of an answer, is sent again, since it failed." },
	{ "refused", JF_MAP(struct plan_refused, code,
	    JF_CUSTOM(&reply_code_custom), count, JF_INTEGER(1, COUNT_MAX), 1,
	    100), JSON_AT(struct plan_inject, refused), JSON_OPTIONAL,
	    "How many recipients the relay does not take, by the code of its "
	    "reply; absent: none." },
	{ "dialogue", JF_ARRAY(struct plan_line, JF_OBJECT(&line_table), 1,
	    DIALOGUE_MAX), JSON_AT(struct plan_inject, dialogue),
	    JSON_OPTIONAL,
	    "One session line by line, instead of messages." },
	{ "listener", JF_STRING(1, 64), JSON_AT_HAS(struct plan_inject,
	    listener_name, has_listener), JSON_OPTIONAL,
	    "The relay's listener, by its name; the first unless said." },
	{ "client", JF_CUSTOM(&ipv4_address_json),
	    JSON_AT(struct plan_inject, client), PLAN_INJECTOR_IP,
	    "The client's address." },
	{ "notes", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 2000), 0, 100),
	    JSON_NOWHERE, JSON_OPTIONAL,
	    "What a reader should know of the messages." },
};
static const struct json_group inject_groups[] = {
	{ JSON_EXACTLY_ONE, "to dialogue" },
	{ JSON_AT_MOST_ONE, "every rate" },
	{ JSON_AT_MOST_ONE, "dialogue count" },
	{ JSON_AT_MOST_ONE, "dialogue every" },
	{ JSON_AT_MOST_ONE, "dialogue rate" },
	{ JSON_AT_MOST_ONE, "dialogue from" },
	{ JSON_AT_MOST_ONE, "dialogue size" },
	{ JSON_AT_MOST_ONE, "dialogue sessions" },
	{ JSON_AT_MOST_ONE, "dialogue refused" },
	{ JSON_AT_MOST_ONE, "dialogue retry" },
	{ JSON_AT_MOST_ONE, "dialogue tls" },
};
/* clang-format on */
const struct json_table inject_table = {
	.name = "inject",
	.help = "Messages that enter the relay through its listener.",
	.size = sizeof(struct plan_inject),
	JSON_FIELDS(inject_fields),
	JSON_GROUPS(inject_groups),
	.pointer = offsetof(struct plan_inject, pointer),
	.check = inject_check,
};

/* ---- grammars inside strings ---- */

static bool
is_address_byte(char c)
{
	return (unsigned char)c > ' ' && c != '<' && c != '>' && c != 0x7f;
}

/* As ADDRESS_REGEX: whether a server likes it is for the run to show. */
static bool
address_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	size_t sign = text.len;

	for (size_t i = 0; i < text.len; i++) {
		if (!is_address_byte(text.at[i]))
			return json_fail_inside(at, i, err,
			    "an address has no spaces, controls or angle "
			    "brackets");
		if (text.at[i] == '@')
			sign = i;
	}
	if (sign == text.len || sign == 0 || sign == text.len - 1) {
		char quoted[JSON_QUOTE_MAX];

		return json_fail(at, err,
		    "%s is no address, expected local@domain",
		    json_quote(text, quoted));
	}
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
parameter_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	bool is_good = text.len >= 1 && text.len <= 1000;
	char quoted[JSON_QUOTE_MAX];

	for (size_t i = 0; i < text.len; i++)
		is_good = is_good && text.at[i] >= '!' && text.at[i] <= '~' &&
		    text.at[i] != '=';
	if (!is_good)
		return json_fail(at, err,
		    "%s is no value of a parameter; expected printable ASCII "
		    "without spaces and \"=\"",
		    json_quote(text, quoted));
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
sender_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	return json_at_text(at).len == 0 || address_read(at, to, arena, err);
}

static bool
reply_code_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	uint64_t code;
	char quoted[JSON_QUOTE_MAX];

	if (text.len != 3 || !slice_to_u64(text, 599, &code) || code < 400)
		return json_fail(at, err,
		    "%s is no code of a refusal, expected one like \"550\"",
		    json_quote(text, quoted));
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

/* ---- what one field cannot see ---- */

static bool
line_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct plan_line *line = value;
	struct buf text = { 0 };

	(void)at;
	(void)err;
	if (line->has_say) {
		buf_append(&text, line->said);
		buf_append(&text, SLICE("\r\n"));
		line->said = arena_slice(arena, buf_slice(&text));
		buf_fini(&text);
	}
	return true;
}

static bool
inject_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct plan_inject *inject = value;

	(void)at;
	(void)arena;
	(void)err;
	if (inject->rate > 0)
		inject->every = (utime)((double)UTIME_S / inject->rate);
	return true;
}

/* ---- building ---- */

static bool
build_listener(struct plan_builder *b, const struct json_at *at,
    struct plan_inject *inject, struct err *err)
{
	struct json_at name = json_at_key(at, "listener");
	const struct relay_config *relay = &b->plan->relay;
	char quoted[JSON_QUOTE_MAX];

	if (!inject->has_listener)
		return true;
	for (size_t i = 0; i < relay->listeners.count; i++) {
		if (!slice_eq(
			relay->listeners.at[i].name, inject->listener_name))
			continue;
		inject->listener = i;
		return true;
	}
	return json_fail(&name, err,
	    "there is no listener %s; expected the name of one of the relay's",
	    json_quote(inject->listener_name, quoted));
}

static bool
build_client(struct plan_builder *b, const struct json_at *at,
    const struct plan_inject *inject, struct err *err)
{
	static const struct ip_address relay = PLAN_RELAY_ADDRESS;
	struct json_at client = json_at_key(at, "client");
	size_t host = plan_host_at(b->plan, &inject->client);

	if (host != PLAN_NO_HOST)
		return json_fail(&client, err,
		    "this is an address of host %s; expected one of nobody's",
		    b->plan->hosts.at[host].name);
	if (ip_equal(&inject->client, &relay))
		return json_fail(&client, err,
		    "this is the relay's address; expected one of nobody's");
	return true;
}

/* Each line gets its place; nothing follows the end. */
static bool
build_dialogue(
    struct plan_builder *b, struct plan_inject *inject, struct err *err)
{
	size_t count = inject->dialogue.count;
	struct plan_line *lines;

	if (count == 0)
		return true;
	lines = arena_alloc(b->arena, count * sizeof(*lines));
	memcpy(lines, inject->dialogue.at, count * sizeof(*lines));
	for (size_t i = 0; i < count; i++) {
		if (lines[i].is_end && i + 1 < count)
			return json_doc_fail(b->doc, lines[i].place, err,
			    "lines follow; expected the last one to be the "
			    "\"end\"");
		lines[i].place = plan_builder_place(b, lines[i].place);
	}
	inject->dialogue.at = lines;
	/* At most one message a line. */
	inject->count = count;
	return true;
}

bool
plan_build_injects(struct plan_builder *b, struct err *err)
{
	struct json_at root = json_at_root(b->doc);
	struct json_at list = json_at_key(&root, "inject");
	size_t count = b->file->inject.count;
	struct plan_inject *injects =
	    arena_alloc(b->arena, count * sizeof(*injects));

	if (count > 0)
		memcpy(injects, b->file->inject.at, count * sizeof(*injects));
	for (size_t i = 0; i < count; i++) {
		struct json_at at = json_at_index(&list, i);

		if (!build_listener(b, &at, &injects[i], err) ||
		    !build_client(b, &at, &injects[i], err) ||
		    !build_dialogue(b, &injects[i], err))
			return false;
	}
	b->plan->injects = injects;
	b->plan->inject_count = count;
	return true;
}

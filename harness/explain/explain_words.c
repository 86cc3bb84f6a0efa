/* SPDX-License-Identifier: MIT */
/* Rules and expectations in words; see explain_impl.h. */
#include "harness/explain/explain_impl.h"

static void
json_append(const json_t *value, struct buf *out)
{
	char *text =
	    json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	assert(text != NULL);
	buf_append_cstr(out, text);
	free(text);
}

/* One of several: in quotes if it could be read as more than one. */
static void
explain_item(const json_t *value, struct buf *out)
{
	struct slice text = { 0 };

	if (json_is_string(value))
		text = slice_of(
		    json_string_value(value), json_string_length(value));
	if (slice_find_byte(text, ' ') < text.len ||
	    slice_find_byte(text, ',') < text.len)
		json_append(value, out);
	else
		explain_value(value, out);
}

void
explain_value(const json_t *value, struct buf *out)
{
	size_t count = json_array_size(value), left;
	json_t *object = explain_iterable(value);
	const char *comma = "";

	if (json_is_string(value)) {
		buf_append(out,
		    slice_of(
			json_string_value(value), json_string_length(value)));
		if (json_string_length(value) == 0)
			buf_append_cstr(out, "\"\"");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_append_cstr(out, i + 1 < count ? ", " : " and ");
		explain_item(json_array_get(value, i), out);
	}
	left = json_object_size(value);
	for (void *i = json_object_iter(object); i != NULL;
	     i = json_object_iter_next(object, i)) {
		buf_printf(out, "%s%s ", comma, json_object_iter_key(i));
		explain_value(json_object_iter_value(i), out);
		comma = --left > 1 ? ", " : " and ";
	}
	if (json_is_array(value) || json_is_object(value)) {
		if (count + json_object_size(value) == 0)
			buf_append_cstr(out, "nothing");
		return;
	}
	json_append(value, out);
}

void
explain_words(const char *words, const json_t *value, struct buf *out)
{
	const char *mark = strchr(words, '%');

	if (mark == NULL) {
		buf_append_cstr(out, words);
		return;
	}
	buf_append(out, slice_of(words, (size_t)(mark - words)));
	explain_value(value, out);
	buf_append_cstr(out, mark + 1);
}

static bool
is_said(const char *said, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = said; (at = strstr(at, key)) != NULL; at += len)
		if (at[len] == ' ' && (at == said || at[-1] == ' '))
			return true;
	return false;
}

static const struct phrase *
phrase_find(const struct phrase *phrases, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(phrases[i].key, key) == 0)
			return &phrases[i];
	return NULL;
}

/* Whether the phrase says this value: without a mark it says "true". */
static bool
phrase_fits(const struct phrase *phrase, const json_t *value)
{
	return phrase != NULL &&
	    (strchr(phrase->words, '%') != NULL || json_is_true(value));
}

void
explain_members(const json_t *object, const struct phrase *phrases,
    size_t count, const char *said, struct buf *out)
{
	json_t *members = explain_iterable(object);
	const char *comma = "";

	for (size_t i = 0; i < count; i++) {
		json_t *value = json_object_get(object, phrases[i].key);

		if (value == NULL || is_said(said, phrases[i].key) ||
		    !phrase_fits(&phrases[i], value))
			continue;
		buf_append_cstr(out, comma);
		explain_words(phrases[i].words, value, out);
		comma = ", ";
	}
	for (void *i = json_object_iter(members); i != NULL;
	     i = json_object_iter_next(members, i)) {
		const char *key = json_object_iter_key(i);

		if (is_said(said, key) ||
		    phrase_fits(phrase_find(phrases, count, key),
			json_object_iter_value(i)))
			continue;
		buf_printf(out, "%s%s: ", comma, key);
		explain_value(json_object_iter_value(i), out);
		comma = ", ";
	}
}

/* ---- rules ---- */

static const struct phrase stages[] = {
	{ "connect", "When it is connected to" },
	{ "banner", "Instead of its greeting" },
	{ "tls", "In the TLS handshake" },
	{ "body", "Within the content" },
	{ "eod", "At the end of the content" },
	{ "command", "Within a command" },
	{ "unknown", "At an unknown command" },
	{ "idle", "When nothing is said" },
};

/* When it acts, then what it does. */
static const struct phrase rule_phrases[] = {
	{ "after", "behind % bytes" },
	{ "match", "if the argument matches %" },
	{ "from", "if the sender is %" },
	{ "to", "if the recipient is %" },
	{ "size", "if there are at least % bytes" },
	{ "client", "if the client is %" },
	{ "during", "during % of the run" },
	{ "probability", "with probability %" },
	{ "nobody", "if no recipient was taken" },
	{ "wrong", "where a right server would answer %" },
	{ "nth", "at number %" },
	{ "every", "every %. time" },
	{ "first", "the first % times" },
	{ "times", "% times at most" },
	{ "per", "counted for each %" },
	{ "within", "within %" },
	{ "forget", "and anew after % of quiet" },
	{ "rate", "beyond a rate of %" },
	{ "quota", "beyond a quota of %" },
	{ "in", "in state %" },
	{ "scope", "the state being that of the %" },
	{ "delay", "it waits for %" },
	{ "reply", "it answers \"%\"" },
	{ "raw", "it sends the bytes \"%\"" },
	{ "garbage", "it sends % bytes of garbage" },
	{ "repeat", "times %" },
	{ "as", "which counts as %" },
	{ "drip", "it sends that by %" },
	{ "throughout", "it says everything by %" },
	{ "throttle", "it reads and writes % bytes a second" },
	{ "read", "it reads by %" },
	{ "linger", "it lingers for %" },
	{ "stall", "it says nothing more" },
	{ "drop", "it closes the connection" },
	{ "reset", "it resets the connection" },
	{ "vanish", "it is gone without a word" },
	{ "starttls", "TLS fails by %" },
	{ "tls_fault", "TLS is broken: %" },
	{ "then", "then it does this: %" },
	{ "set", "its state becomes %" },
	{ "optional", "but it need not happen" },
};

void
explain_rule(const json_t *rule, struct buf *out)
{
	const char *stage = json_string_value(json_object_get(rule, "on"));
	const struct phrase *phrase;
	char *command;

	if (stage == NULL) {
		buf_append_cstr(out, "It does what this says: ");
		explain_value(rule, out);
		return;
	}
	phrase = phrase_find(stages, ARRAY_LEN(stages), stage);
	command = xstrdup(stage);
	for (char *c = command; *c != '\0' && strchr(stage, '$') == NULL; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	if (phrase != NULL)
		buf_append_cstr(out, phrase->words);
	else
		buf_printf(out, "At %s", command);
	buf_append_cstr(out, ": ");
	free(command);
	explain_members(
	    rule, rule_phrases, ARRAY_LEN(rule_phrases), "on ", out);
}

/* ---- expectations ---- */

static const struct phrase expectation_phrases[] = {
	{ "dropped", "% recipients are dropped" },
	{ "queued", "% recipients wait in the queue when it ends" },
	{ "attempts", "the connections go to %, in this order" },
	{ "fair", "% share evenly" },
	{ "requeue", "it is tried again after %, and at no other time" },
	{ "log", "the log says, in this order: %" },
	{ "no_log", "the log never says: %" },
	{ "received", "a message that was taken has the lines %" },
	{ "no_received", "no message that was taken has a line %" },
	{ "host_status", "to the relay stand %" },
	{ "of", "in the %" },
	{ "at", "% after the start" },
	{ "host", "at host %" },
	{ "from", "from %" },
	{ "to", "to %" },
	{ "tls", "under TLS of %" },
	{ "body_sha256", "with a body of the digest %" },
	{ "message", "of message %" },
	{ "domain", "of the domain %" },
	{ "by", "by %" },
	{ "tolerance", "give or take %" },
	{ "because", "because %" },
};

/* "exchange2 gets 10 recipients". */
static void
explain_counts(const json_t *counts, const char *each, const char *all,
    const char *others, struct buf *out)
{
	json_t *object = explain_iterable(counts);
	const char *comma = "";

	if (!json_is_object(counts)) {
		explain_words(all, counts, out);
		return;
	}
	for (void *i = json_object_iter(object); i != NULL;
	     i = json_object_iter_next(object, i)) {
		buf_printf(out, "%s%s ", comma, json_object_iter_key(i));
		explain_words(each, json_object_iter_value(i), out);
		comma = ", ";
	}
	buf_printf(out, "%s%s", comma, others);
}

void
explain_expectation(const json_t *expectation, struct buf *out)
{
	const json_t *delivered = json_object_get(expectation, "delivered");
	const json_t *bounced = json_object_get(expectation, "bounced");
	struct buf rest = { 0 };

	if (delivered != NULL)
		explain_counts(delivered, "takes % recipients",
		    "% recipients are delivered", "no other host takes any",
		    out);
	if (bounced != NULL)
		explain_counts(bounced, "bounces % recipients",
		    "% recipients bounce", "no other code bounces any", out);
	explain_members(expectation, expectation_phrases,
	    ARRAY_LEN(expectation_phrases), "delivered bounced ", &rest);
	if (buf_len(&rest) > 0 && (delivered != NULL || bounced != NULL))
		buf_append_cstr(out, ", ");
	buf_append(out, buf_slice(&rest));
	buf_fini(&rest);
}

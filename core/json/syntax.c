/* SPDX-License-Identifier: MIT */
/*
 * What Jansson says of a text that is no JSON, said in our voice and at the
 * start of the token that is wrong; see text.h.
 */
#include "core/json/doc.h"
#include "core/json/text.h"

/* How Jansson's text begins, and what we say; with `tells_token` followed by
 * what stands there instead. */
static const struct phrase {
	const char *jansson;
	const char *ours;
	bool tells_token;
} phrases[] = {
	{ "unexpected token", "expected a value", true },
	{ "invalid token", "expected a value", true },
	{ "string or '}' expected", "expected a key in double quotes", true },
	{ "':' expected", "expected \":\" after the key", true },
	{ "']' expected", "expected \",\" or \"]\"", true },
	{ "'}' expected", "expected \",\" or \"}\"", true },
	{ "end of file expected", "expected the end of the text", true },
	{ "duplicate object key", "duplicate key", false },
	{ "premature end of input", "the string is never closed", false },
	{ "unexpected newline", "the string is not closed on its line", false },
	{ "control character", "control character in a string, write \\u00XX",
	    false },
	{ "invalid escape", "unknown escape in a string", false },
	{ "invalid Unicode", "half of a surrogate pair in a string", false },
	{ "\\u0000", "\\u0000 is not allowed in a string", false },
	{ "NUL byte", "\\u0000 is not allowed in a key", false },
	{ "too big", "number out of range", false },
	{ "real number overflow", "number out of range", false },
	{ "maximum parsing depth", "nested deeper than 2048", false },
	{ "unable to decode", "not UTF-8", false },
};

static const struct phrase *phrase_find(const json_error_t *error);
static bool fail_at(const char *file, struct slice text, size_t offset,
    struct err *err, const char *message);
static char *token_describe(struct slice token, char out[JSON_QUOTE_MAX + 16]);

bool
json_syntax_fail(const char *file, struct slice text, const json_error_t *error,
    struct err *err)
{
	const struct phrase *phrase = phrase_find(error);
	size_t position = error->position > 0 ? (size_t)error->position : 0;
	struct slice token = json_text_token(text, position);
	char message[256], what[JSON_QUOTE_MAX + 16];

	if (json_error_code(error) == json_error_invalid_utf8)
		return fail_at(file, text, position, err, phrase->ours);
	if (strstr(error->text, "near end of file") != NULL)
		token = slice_of(text.at + text.len, 0);
	if (phrase->tells_token && token.len > 0 &&
	    (token.at[0] == '/' || token.at[0] == '#'))
		(void)snprintf(
		    message, sizeof(message), "comments are not part of JSON");
	else if (phrase->tells_token)
		(void)snprintf(message, sizeof(message), "%s, got %s",
		    phrase->ours, token_describe(token, what));
	else if (json_error_code(error) == json_error_duplicate_key)
		(void)snprintf(message, sizeof(message), "%s %s", phrase->ours,
		    token_describe(token, what));
	else
		(void)snprintf(message, sizeof(message), "%s", phrase->ours);
	return fail_at(file, text, (size_t)(token.at - text.at), err, message);
}

static const struct phrase *
phrase_find(const json_error_t *error)
{
	static const struct phrase other = { "", "not JSON", true };

	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (slice_starts_with(slice_cstr(error->text),
			slice_cstr(phrases[i].jansson)))
			return &phrases[i];
	return &other;
}

static bool
fail_at(const char *file, struct slice text, size_t offset, struct err *err,
    const char *message)
{
	int line, col;

	json_text_place(text, offset, &line, &col);
	return err_at(err, file, line, col, "%s", message);
}

/* A token as it stands in a message: a string without a second pair of
 * quotes. */
static char *
token_describe(struct slice token, char out[JSON_QUOTE_MAX + 16])
{
	char quoted[JSON_QUOTE_MAX];

	if (token.len == 0)
		(void)snprintf(out, JSON_QUOTE_MAX + 16, "the end of the text");
	else if (token.len > 1 && token.at[0] == '"')
		(void)snprintf(out, JSON_QUOTE_MAX + 16, "%s",
		    json_quote(slice_sub(token, 1, token.len - 2), quoted));
	else
		(void)snprintf(
		    out, JSON_QUOTE_MAX + 16, "%s", json_quote(token, quoted));
	return out;
}

/* SPDX-License-Identifier: MIT */
/* Bounce profiles and bounce verification as JSON; see bounce_json.h. */
#include "relay/bounce/bounce_json.h"

static bool mailbox_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool header_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

static const struct json_word growth_words[] = {
	{ "double", GROWTH_DOUBLE },
	{ "constant", GROWTH_CONSTANT },
};
static const struct json_word format_words[] = {
	{ "dsn", BOUNCE_FORMAT_DSN },
	{ "plain", BOUNCE_FORMAT_PLAIN },
};
/* No more than mail can be addressed to without SMTPUTF8 or quotes. */
static const struct json_custom mailbox_custom = {
	.name = "mailbox",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}",
	.read = mailbox_read,
};

/* clang-format off */
static const struct json_field bounce_fields[] = {
	{ "name", JF_STRING(1, 64), JSON_AT(struct relay_bounce_profile, name),
	    "Default", "The profile's name, as the log shows it." },
	{ "max_retries", JF_INTEGER(0, 10000),
	    JSON_AT(struct relay_bounce_profile, max_retries), "100",
	    "Retries after the first attempt; then the recipient bounces." },
	{ "max_time", JF_DURATION_SOME,
	    JSON_AT(struct relay_bounce_profile, max_time), "72h",
	    "A message that is older when a retry comes due bounces." },
	{ "initial_wait", JF_DURATION_SOME,
	    JSON_AT(struct relay_bounce_profile, initial_wait), "60s",
	    "The wait after the first unsuccessful attempt." },
	{ "max_wait", JF_DURATION_SOME,
	    JSON_AT(struct relay_bounce_profile, max_wait), "3600s",
	    "The longest wait between attempts." },
	{ "growth", JF_WORD(growth_words),
	    JSON_AT(struct relay_bounce_profile, growth), "double",
	    "How the wait grows from attempt to attempt." },
	{ "hard_bounces", JF_BOOLEAN,
	    JSON_AT(struct relay_bounce_profile, hard_bounces), "true",
	    "A recipient that bounces makes a bounce message." },
	{ "format", JF_WORD(format_words),
	    JSON_AT(struct relay_bounce_profile, format), "dsn",
	    "A delivery status notification (RFC 3464), or one without the "
	    "part for programs." },
	{ "use_bounce_response_code", JF_BOOLEAN,
	    JSON_AT(struct relay_bounce_profile, use_bounce_response_code),
	    "false",
	    "The bounce message's Status: is the enhanced code of the reply, "
	    "where it has one." },
	{ "delay_warnings", JF_BOOLEAN,
	    JSON_AT(struct relay_bounce_profile, delay_warnings), "false",
	    "From the second attempt on that got a 4xx, the sender is told." },
	{ "delay_warning_interval", JF_DURATION_SOME,
	    JSON_AT(struct relay_bounce_profile, delay_warning_interval),
	    "14400s", "The least time between two delay warnings." },
	{ "delay_warning_max", JF_INTEGER(1, 1000),
	    JSON_AT(struct relay_bounce_profile, delay_warning_max), "1",
	    "So many delay warnings at most for a recipient." },
	{ "recipient", JF_CUSTOM(&mailbox_custom),
	    JSON_AT(struct relay_bounce_profile, recipient), JSON_OPTIONAL,
	    "Who gets bounce messages and delay warnings; absent: the "
	    "envelope's sender." },
	{ "max_bounce_copy", JF_INTEGER(0, 1048576),
	    JSON_AT(struct relay_bounce_profile, max_bounce_copy), "10240",
	    "Bytes of a message that are returned with a bounce message; of a "
	    "larger one its header, cut to as many." },
};
/* clang-format on */
const struct json_table relay_bounce_table = {
	.name = "bounce",
	.help = "The default bounce profile.",
	.size = sizeof(struct relay_bounce_profile),
	JSON_FIELDS(bounce_fields),
};
/* The same without the name. */
const struct json_table relay_bounce_profile_table = {
	.name = "bounce profile",
	.help = "A bounce profile; its key is its name, as the log shows it.",
	.size = sizeof(struct relay_bounce_profile),
	.fields = bounce_fields + 1,
	.field_count = ARRAY_LEN(bounce_fields) - 1,
};

/* RFC 5322, 2.2; the colon is followed by a blank. */
static const struct json_custom header_custom = {
	.name = "header line",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[!-9;-~]{1,200}: [ -~]{0,700}",
	.read = header_read,
};
static const struct json_word invalid_words[] = {
	{ "reject", INVALID_BOUNCE_REJECT },
	{ "header", INVALID_BOUNCE_HEADER },
};

/* clang-format off */
static const struct json_field verification_fields[] = {
	{ "keys", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 255), 1, 100),
	    JSON_AT(struct relay_bounce_verification, keys), JSON_REQUIRED,
	    "The tagging keys, the newest first: it tags, and tags of all of "
	    "them are known." },
	{ "invalid", JF_WORD(invalid_words),
	    JSON_AT(struct relay_bounce_verification, invalid), "reject",
	    "What becomes of a bounce to an address without a valid tag: RCPT "
	    "is refused, or the message gets a line in its header." },
	{ "header", JF_CUSTOM(&header_custom),
	    JSON_AT(struct relay_bounce_verification, header),
	    "X-Invalid-Bounce: yes", "That line." },
};
/* clang-format on */
const struct json_table relay_bounce_verification_table = {
	.name = "bounce verification",
	.help = "Tags in the envelope senders of mail to domains with "
		"bounce_validation, by which bounces are known.",
	.size = sizeof(struct relay_bounce_verification),
	JSON_FIELDS(verification_fields),
};

static bool
is_header_byte(char c, bool in_name)
{
	return in_name ? c > ' ' && c < '\x7f' && c != ':'
		       : c >= ' ' && c < '\x7f';
}

/* As the pattern of header_custom. */
static bool
header_is_valid(struct slice text)
{
	size_t colon = slice_find_byte(text, ':');

	if (colon < 1 || colon > 200 || text.len < colon + 2 ||
	    text.len > colon + 2 + 700 || text.at[colon + 1] != ' ')
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (i != colon && !is_header_byte(text.at[i], i < colon))
			return false;
	return true;
}

static bool
header_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	char quoted[JSON_QUOTE_MAX];

	if (!header_is_valid(text))
		return json_fail(at, err,
		    "%s is no header line; expected one such as "
		    "\"X-Invalid-Bounce: yes\"",
		    json_quote(text, quoted));
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
is_local_byte(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~.-", c) != NULL);
}

static bool
is_domain_byte(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-';
}

/* As the pattern of mailbox_custom. */
static bool
mailbox_is_valid(struct slice text)
{
	size_t sign = slice_find_byte(text, '@');
	size_t domain = text.len - sign;

	if (sign < 1 || sign > 64 || domain < 2 || domain > 256)
		return false;
	for (size_t i = 0; i < sign; i++)
		if (!is_local_byte(text.at[i]))
			return false;
	for (size_t i = sign + 1; i < text.len; i++)
		if (!is_domain_byte(text.at[i]))
			return false;
	return true;
}

static bool
mailbox_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	char quoted[JSON_QUOTE_MAX];

	if (!mailbox_is_valid(text))
		return json_fail(at, err,
		    "%s is no mailbox; expected one such as "
		    "\"postmaster@example.com\"",
		    json_quote(text, quoted));
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

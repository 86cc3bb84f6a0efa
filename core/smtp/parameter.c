/* SPDX-License-Identifier: MIT */
/* The parameters that a server knows; see parameter.h. */
#include "core/smtp/parameter.h"

#include "core/smtp/server.h"
#include "core/smtp/xtext.h"

/* RFC 3461, 4.4 and 4.2. */
#define ENVID_MAX 100
#define ORCPT_MAX 500

/* value.at is NULL when there is no "=". */
struct parameter_rule {
	enum smtp_verb verb;
	struct slice keyword;
	unsigned extension; /* enum smtp_extension */
	bool (*value_is_valid)(struct slice value);
};

static bool size_is_valid(struct slice value);
static bool body_is_valid(struct slice value);
static bool is_absent(struct slice value);
static bool is_present(struct slice value);
static bool ret_is_valid(struct slice value);
static bool envid_is_valid(struct slice value);
static bool notify_is_valid(struct slice value);
static bool orcpt_is_valid(struct slice value);
static const struct parameter_rule *rule_find(
    enum smtp_verb verb, struct slice keyword);

static const struct parameter_rule rules[] = {
	{ SMTP_MAIL, SLICE_INIT("SIZE"), SMTP_EXT_SIZE, size_is_valid },
	{ SMTP_MAIL, SLICE_INIT("BODY"), SMTP_EXT_8BITMIME, body_is_valid },
	{ SMTP_MAIL, SLICE_INIT("SMTPUTF8"), SMTP_EXT_SMTPUTF8, is_absent },
	{ SMTP_MAIL, SLICE_INIT("AUTH"), SMTP_EXT_AUTH, is_present },
	{ SMTP_MAIL, SLICE_INIT("RET"), SMTP_EXT_DSN, ret_is_valid },
	{ SMTP_MAIL, SLICE_INIT("ENVID"), SMTP_EXT_DSN, envid_is_valid },
	{ SMTP_RCPT, SLICE_INIT("NOTIFY"), SMTP_EXT_DSN, notify_is_valid },
	{ SMTP_RCPT, SLICE_INIT("ORCPT"), SMTP_EXT_DSN, orcpt_is_valid },
};

struct smtp_syntax_error
smtp_parameters_check(const struct smtp_command *command, unsigned extensions)
{
	struct smtp_syntax_error error = { 0, NULL };

	for (size_t i = 0; i < command->parameter_count; i++) {
		const struct smtp_parameter *p = &command->parameters[i];
		const struct parameter_rule *rule =
		    rule_find(command->verb, p->keyword);

		if (rule == NULL || (rule->extension & extensions) == 0) {
			error.code = 555;
			error.text = "5.5.4 Unsupported parameter";
			return error;
		}
		if (!rule->value_is_valid(p->value)) {
			error.code = 501;
			error.text = "5.5.4 Bad parameter value";
			return error;
		}
	}
	return error;
}

static const struct parameter_rule *
rule_find(enum smtp_verb verb, struct slice keyword)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].verb == verb &&
		    slice_eq_nocase(rules[i].keyword, keyword))
			return &rules[i];
	return NULL;
}

/* RFC 1870, 4: up to 20 digits. */
static bool
size_is_valid(struct slice value)
{
	uint64_t size_bytes;

	return value.len <= 20 && slice_to_u64(value, UINT64_MAX, &size_bytes);
}

static bool
body_is_valid(struct slice value)
{
	return slice_eq_nocase(value, SLICE("7BIT")) ||
	    slice_eq_nocase(value, SLICE("8BITMIME"));
}

static bool
is_absent(struct slice value)
{
	return value.at == NULL;
}

static bool
is_present(struct slice value)
{
	return value.at != NULL;
}

static bool
ret_is_valid(struct slice value)
{
	return slice_eq_nocase(value, SLICE("FULL")) ||
	    slice_eq_nocase(value, SLICE("HDRS"));
}

/* RFC 3461, 4.1: NEVER, or a list of the others. */
static bool
notify_is_valid(struct slice value)
{
	struct slice rest = value, part;

	if (slice_eq_nocase(value, SLICE("NEVER")))
		return true;
	while (slice_split(&rest, ',', &part))
		if (!slice_eq_nocase(part, SLICE("SUCCESS")) &&
		    !slice_eq_nocase(part, SLICE("FAILURE")) &&
		    !slice_eq_nocase(part, SLICE("DELAY")))
			return false;
	return value.len > 0 && value.at[value.len - 1] != ',';
}

static bool
envid_is_valid(struct slice value)
{
	return value.len <= ENVID_MAX && smtp_xtext_is_valid(value);
}

/* RFC 3461, 4.2, and RFC 6533, 3: type ";" xtext, which for type utf-8 is of a
 * kind of its own. */
static bool
orcpt_is_valid(struct slice value)
{
	size_t semicolon = slice_find_byte(value, ';');
	struct slice type = slice_sub(value, 0, semicolon);
	struct slice address = slice_skip(value, semicolon + 1);

	if (value.len > ORCPT_MAX || type.len == 0)
		return false;
	for (size_t i = 0; i < type.len; i++)
		if (!ascii_is_alpha(type.at[i]) &&
		    !ascii_is_digit(type.at[i]) && type.at[i] != '-')
			return false;
	if (slice_eq_nocase(type, SLICE("utf-8")))
		return smtp_xtext_is_utf8_address(address);
	return smtp_xtext_is_valid(address);
}

/* SPDX-License-Identifier: MIT */
/* Parsing of SMTP command lines; see command.h. */
#include "core/smtp/command.h"

#include "core/smtp/utf8.h"

#define SYNTAX(code, text) ((struct smtp_syntax_error){ (code), (text) })

static enum smtp_verb verb_find(struct slice word);
static struct smtp_syntax_error argument_parse(
    struct smtp_command *command, bool utf8_allowed);
static struct smtp_syntax_error helo_parse(const struct smtp_command *command);
static struct smtp_syntax_error path_command_parse(
    struct smtp_command *command, struct slice word, bool utf8_allowed);
static struct smtp_syntax_error parameters_parse(
    struct smtp_command *command, struct slice text, bool utf8_allowed);
static struct smtp_syntax_error parameter_parse(
    struct smtp_command *command, struct slice part, bool utf8_allowed);
static bool keyword_is_valid(struct slice keyword);
static bool value_is_valid(struct slice value, bool utf8_allowed);
static struct smtp_syntax_error bdat_parse(struct smtp_command *command);
static struct slice word_take(struct slice *rest);

static const struct slice verb_words[] = {
#define X(constant, verb) [constant] = SLICE_INIT(verb),
	SMTP_VERBS(X)
#undef X
};

const char *
smtp_verb_name(enum smtp_verb verb)
{
	assert(verb <= SMTP_UNKNOWN);
	return verb == SMTP_UNKNOWN ? "unknown" : verb_words[verb].at;
}

bool
smtp_command_parse(struct slice line, bool utf8_allowed,
    struct smtp_command *command, struct smtp_syntax_error *error)
{
	struct slice rest = line;

	command->verb = verb_find(word_take(&rest));
	command->line = line;
	command->argument = slice_trim(rest);
	command->path = (struct smtp_address){ 0 };
	command->parameter_count = 0;
	command->bdat_size_bytes = 0;
	command->bdat_last = false;
	*error = argument_parse(command, utf8_allowed);
	return error->code == 0;
}

const struct smtp_parameter *
smtp_command_parameter(const struct smtp_command *command, struct slice keyword)
{
	for (size_t i = 0; i < command->parameter_count; i++)
		if (slice_eq_nocase(command->parameters[i].keyword, keyword))
			return &command->parameters[i];
	return NULL;
}

uint64_t
smtp_command_declared_size(const struct smtp_command *command)
{
	const struct smtp_parameter *size =
	    smtp_command_parameter(command, SLICE("SIZE"));
	uint64_t bytes = 0;

	if (size != NULL)
		slice_to_u64(size->value, UINT64_MAX, &bytes);
	return bytes;
}

static enum smtp_verb
verb_find(struct slice word)
{
	size_t verb = 0;

	while (verb < ARRAY_LEN(verb_words) &&
	    !slice_eq_nocase(word, verb_words[verb]))
		verb++;
	return (enum smtp_verb)verb;
}

static struct smtp_syntax_error
argument_parse(struct smtp_command *command, bool utf8_allowed)
{
	bool is_empty = command->argument.len == 0;

	switch (command->verb) {
	case SMTP_EHLO:
	case SMTP_HELO:
		return helo_parse(command);
	case SMTP_MAIL:
		return path_command_parse(
		    command, SLICE("FROM:"), utf8_allowed);
	case SMTP_RCPT:
		return path_command_parse(command, SLICE("TO:"), utf8_allowed);
	case SMTP_BDAT:
		return bdat_parse(command);
	case SMTP_DATA:
	case SMTP_RSET:
	case SMTP_QUIT:
	case SMTP_STARTTLS:
		if (!is_empty)
			return SYNTAX(501, "5.5.4 No argument is allowed");
		break;
	case SMTP_VRFY:
	case SMTP_EXPN:
	case SMTP_AUTH:
	case SMTP_XCLIENT:
		if (is_empty)
			return SYNTAX(501, "5.5.4 An argument is needed");
		break;
	case SMTP_NOOP:
	case SMTP_HELP:
	case SMTP_UNKNOWN:
		break;
	}
	return SYNTAX(0, NULL);
}

/* One word of printable ASCII or 8-bit text.  What it says is not checked: a
 * server must not refuse mail for that (RFC 5321, 4.1.4). */
static struct smtp_syntax_error
helo_parse(const struct smtp_command *command)
{
	struct slice name = command->argument;

	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] <= ' ' || name.at[i] == 0x7f)
			return SYNTAX(501, "5.5.4 One host name is needed");
	if (name.len == 0)
		return SYNTAX(501, "5.5.4 A host name is needed");
	return SYNTAX(0, NULL);
}

/* "FROM:<path> parameters" or "TO:<path> parameters". */
static struct smtp_syntax_error
path_command_parse(
    struct smtp_command *command, struct slice word, bool utf8_allowed)
{
	bool is_mail = command->verb == SMTP_MAIL;
	struct slice text = command->argument;
	const char *why;
	size_t used;

	if (!slice_starts_with_nocase(text, word))
		return is_mail
		    ? SYNTAX(501, "5.5.4 Syntax: MAIL FROM:<address>")
		    : SYNTAX(501, "5.5.4 Syntax: RCPT TO:<address>");
	text = slice_skip(text, word.len);
	/* RFC 5321, 3.3: no spaces on either side of the colon. */
	if (text.len > 0 && text.at[0] == ' ')
		return SYNTAX(501, "5.5.4 No space is allowed at the colon");
	if (!smtp_path_parse(
		text, is_mail, utf8_allowed, &command->path, &used, &why))
		return is_mail ? SYNTAX(501, "5.1.7 Bad sender address")
			       : SYNTAX(501, "5.1.3 Bad recipient address");
	text = slice_skip(text, used);
	if (text.len > 0 && text.at[0] != ' ')
		return SYNTAX(501, "5.5.4 A space is needed behind the path");
	return parameters_parse(command, text, utf8_allowed);
}

static struct smtp_syntax_error
parameters_parse(
    struct smtp_command *command, struct slice text, bool utf8_allowed)
{
	struct slice part;

	while (slice_split(&text, ' ', &part)) {
		struct smtp_syntax_error error;

		if (part.len == 0)
			continue;
		error = parameter_parse(command, part, utf8_allowed);
		if (error.code != 0)
			return error;
	}
	return SYNTAX(0, NULL);
}

static struct smtp_syntax_error
parameter_parse(
    struct smtp_command *command, struct slice part, bool utf8_allowed)
{
	size_t equals = slice_find_byte(part, '=');
	struct smtp_parameter *parameter;

	if (command->parameter_count == SMTP_PARAMETERS_MAX)
		return SYNTAX(501, "5.5.4 Too many parameters");
	if (smtp_command_parameter(command, slice_sub(part, 0, equals)) != NULL)
		return SYNTAX(501, "5.5.4 A parameter is there twice");
	parameter = &command->parameters[command->parameter_count];
	parameter->keyword = slice_sub(part, 0, equals);
	parameter->value = slice_of(NULL, 0);
	if (!keyword_is_valid(parameter->keyword))
		return SYNTAX(501, "5.5.4 Bad parameter");
	if (equals < part.len) {
		parameter->value = slice_skip(part, equals + 1);
		if (!value_is_valid(parameter->value, utf8_allowed))
			return SYNTAX(501, "5.5.4 Bad parameter value");
	}
	command->parameter_count++;
	return SYNTAX(0, NULL);
}

static bool
keyword_is_valid(struct slice keyword)
{
	if (keyword.len == 0 || keyword.at[0] == '-')
		return false;
	for (size_t i = 0; i < keyword.len; i++)
		if (!ascii_is_alpha(keyword.at[i]) &&
		    !ascii_is_digit(keyword.at[i]) && keyword.at[i] != '-')
			return false;
	return true;
}

/* esmtp-value: visible ASCII without "=" (RFC 5321), or UTF-8 (RFC 6531). */
static bool
value_is_valid(struct slice value, bool utf8_allowed)
{
	size_t i = 0;

	while (i < value.len) {
		char c = value.at[i];
		size_t wide = utf8_allowed ? smtp_utf8_scan(value, i) : 0;

		if (wide == 0 && (c < '!' || c > '~' || c == '='))
			return false;
		i += wide > 0 ? wide : 1;
	}
	return value.len > 0;
}

/* "BDAT 1000" or "BDAT 86 LAST" (RFC 3030, 2). */
static struct smtp_syntax_error
bdat_parse(struct smtp_command *command)
{
	struct slice rest = command->argument;
	struct slice size = word_take(&rest);

	rest = slice_trim(rest);
	command->bdat_last = slice_eq_nocase(rest, SLICE("LAST"));
	if (!slice_to_u64(size, UINT64_MAX, &command->bdat_size_bytes) ||
	    (rest.len > 0 && !command->bdat_last))
		return SYNTAX(501, "5.5.4 Syntax: BDAT size [LAST]");
	return SYNTAX(0, NULL);
}

/* The text before the first space or tab, taken off with it. */
static struct slice
word_take(struct slice *rest)
{
	struct slice word;
	size_t end = 0;

	while (end < rest->len && rest->at[end] != ' ' && rest->at[end] != '\t')
		end++;
	word = slice_sub(*rest, 0, end);
	*rest = slice_skip(*rest, end + 1);
	return word;
}

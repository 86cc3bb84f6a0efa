/* SPDX-License-Identifier: MIT */
/* The options of smtp-sink(1), as rows; see sink.h. */
#include "mockserver/sink.h"

#include "core/smtp/reply.h"

#define NUMBER_MAX  1000000000
#define SECONDS_MAX 1000000
#define TEXT_MAX    400
#define ODDS_MAX    99

enum sink_form {
	FORM_FLAG,     /* bool */
	FORM_PATH,     /* const char *, as it stands */
	FORM_NAME,     /* the same, printable */
	FORM_REPLY,    /* the same, with a code from `least` to `most` */
	FORM_NUMBER,   /* uint64_t, from `least` to `most` */
	FORM_COMMANDS, /* their fate is `least` */
	FORM_DELAY,    /* of a command: NAME:SECONDS[:ODDS] */
	FORM_DATA,     /* the same of DATA, in seconds */
	FORM_ABORT,    /* seconds */
	FORM_REFUSED,  /* `help` says why */
};

struct sink_row {
	char letter;
	enum sink_form form;
	size_t member; /* offset in struct sink_options */
	uint64_t least, most;
	const char *operand; /* for people; NULL: it takes none */
	const char *help;
};

#define AT(member) offsetof(struct sink_options, member)
#define FLAG(letter, member, help)                                             \
	{                                                                      \
		letter, FORM_FLAG, AT(member), 0, 0, NULL, help                \
	}
#define NUMBER(letter, member, least, most, operand, help)                     \
	{                                                                      \
		letter, FORM_NUMBER, AT(member), least, most, operand, help    \
	}
#define FATE(letter, fate, help)                                               \
	{                                                                      \
		letter, FORM_COMMANDS, 0, fate, 0, "COMMANDS", help            \
	}
#define REFUSED(letter, operand, why)                                          \
	{                                                                      \
		letter, FORM_REFUSED, 0, 0, 0, operand, why                    \
	}

static const struct sink_row rows[] = {
	FLAG('4', only_ipv4, "IPv4 only."),
	FLAG('6', only_ipv6, "IPv6 only."),
	FLAG('8', hides_8bitmime, "Do not offer 8BITMIME."),
	FLAG('a', hides_auth, "Do not offer AUTH."),
	{ 'A', FORM_ABORT, 0, 0, SECONDS_MAX, "SECONDS",
	    "So long behind 354 say 550 and leave." },
	{ 'b', FORM_REPLY, AT(soft_reply), 400, 499, "REPLY",
	    "What -r says (450 4.3.0 Error: command failed)." },
	{ 'B', FORM_REPLY, AT(hard_reply), 500, 599, "REPLY",
	    "What -f says (500 5.3.0 Error: command failed)." },
	FLAG('c', shows_counts, "Show running counts on standard output."),
	FLAG('C', hides_xclient, "No XCLIENT."),
	{ 'd', FORM_PATH, AT(single_template), 0, 0, "TEMPLATE",
	    "Write each message to a file of its own." },
	{ 'D', FORM_PATH, AT(shared_template), 0, 0, "TEMPLATE",
	    "Append messages to files." },
	FLAG('e', hides_esmtp, "No EHLO."),
	FLAG('E', hides_status, "Do not offer ENHANCEDSTATUSCODES."),
	FATE('f', SINK_HARD, "Refuse these commands for good; implies -p."),
	FLAG('F', hides_xforward, "No XFORWARD."),
	{ 'h', FORM_NAME, AT(hostname), 0, 0, "NAME",
	    "The name in greetings (smtp-sink)." },
	NUMBER('H', body_seconds, 0, SECONDS_MAX, "SECONDS",
	    "Behind 354 wait so long before reading."),
	REFUSED('L', NULL, "faultpost-mock speaks no LMTP"),
	NUMBER('m', clients, 1, NUMBER_MAX, "N",
	    "Connections at a time (256); others wait."),
	NUMBER('M', messages, 1, NUMBER_MAX, "N", "End behind N messages."),
	NUMBER('n', sessions, 1, NUMBER_MAX, "N",
	    "End behind N sessions that said QUIT."),
	FLAG('N', hides_dsn, "Do not offer DSN."),
	FLAG('p', hides_pipelining, "Do not offer PIPELINING."),
	FLAG('P', is_pix, "Greet like a Cisco PIX; implies -e."),
	FATE('q', SINK_DISCONNECT, "Leave at these commands without a word."),
	FATE('Q', SINK_CLOSE, "Leave at these commands with 421."),
	FATE('r', SINK_SOFT, "Refuse these commands for now; implies -p."),
	{ 'R', FORM_PATH, AT(root), 0, 0, "FOLDER",
	    "Make this the root folder." },
	REFUSED('s', "COMMANDS",
	    "faultpost-mock does not write to syslog; --transcript FILE has "
	    "every command"),
	{ 'S', FORM_PATH, AT(start_text), 0, 0, "TEXT",
	    "What dump files begin with, escapes as in C." },
	NUMBER('t', timeout_seconds, 1, SECONDS_MAX, "SECONDS",
	    "Leave a client that is silent for so long (100)."),
	NUMBER('T', window_bytes, 0, NUMBER_MAX, "BYTES",
	    "The receive buffer, hence the TCP window."),
	{ 'u', FORM_PATH, AT(user), 0, 0, "USER",
	    "Be this user once it listens." },
	FLAG('v', is_verbose, "The transcript goes to standard error."),
	{ 'w', FORM_DATA, 0, 1, SECONDS_MAX, "SECONDS",
	    "Wait so long with the answer to DATA." },
	{ 'W', FORM_DELAY, 0, 1, SECONDS_MAX, "COMMAND:SECONDS[:ODDS]",
	    "Wait so long with the answer, again and again by the odds." },
};

const char sink_letters[] =
    "468aA:b:B:cCd:D:eEf:Fh:H:Lm:M:n:NpPq:Q:r:R:s:S:t:T:u:vw:W:";

static const char *const command_names[] = {
#define X(constant, name, stage) [constant] = name,
	SINK_COMMANDS(X)
#undef X
};

static bool set_reply(struct sink_options *o, const struct sink_row *row,
    const char *value, struct err *err);
static bool set_number(const struct sink_row *row, struct slice value,
    uint64_t *number, struct err *err);
static bool set_fates(struct sink_options *o, const struct sink_row *row,
    const char *value, struct err *err);
static bool set_delay(struct sink_options *o, const struct sink_row *row,
    const char *value, struct err *err);
static bool find_command(
    char letter, struct slice name, size_t *command, struct err *err);
static bool is_printable(const char *text);

static void *
member_of(struct sink_options *o, const struct sink_row *row)
{
	return (char *)o + row->member;
}

bool
sink_set_option(
    struct sink_options *o, int letter, const char *value, struct err *err)
{
	const struct sink_row *row = rows;

	while (row->letter != letter)
		row++;
	switch (row->form) {
	case FORM_FLAG:
		*(bool *)member_of(o, row) = true;
		return true;
	case FORM_NAME:
		if (!is_printable(value))
			return err_set(err,
			    "-%c: expected at most %d printable characters",
			    row->letter, TEXT_MAX);
		*(const char **)member_of(o, row) = value;
		return true;
	case FORM_PATH:
		*(const char **)member_of(o, row) = value;
		return true;
	case FORM_REPLY:
		return set_reply(o, row, value, err);
	case FORM_NUMBER:
		return set_number(
		    row, slice_cstr(value), member_of(o, row), err);
	case FORM_COMMANDS:
		return set_fates(o, row, value, err);
	case FORM_DELAY:
		return set_delay(o, row, value, err);
	case FORM_DATA:
		o->delays[SINK_DATA].odds_percent = 0;
		return set_number(
		    row, slice_cstr(value), &o->delays[SINK_DATA].seconds, err);
	case FORM_ABORT:
		o->has_abort = true;
		return set_number(
		    row, slice_cstr(value), &o->abort_seconds, err);
	case FORM_REFUSED:
		break;
	}
	return err_set(err, "-%c: %s", row->letter, row->help);
}

bool
sink_check(const struct sink_options *o, struct err *err)
{
	if (o->single_template != NULL && o->shared_template != NULL)
		return err_set(err, "expected -d or -D, not both");
	if (o->only_ipv4 && o->only_ipv6)
		return err_set(err, "expected -4 or -6, not both");
	return true;
}

void
sink_format_help(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sink_row *row = &rows[i];

		buf_printf(out, "  -%c %-12s %s\n", row->letter,
		    row->operand != NULL ? row->operand : "",
		    row->form == FORM_REFUSED ? "(Not here.)" : row->help);
	}
}

/* ---- values ---- */

static bool
set_reply(struct sink_options *o, const struct sink_row *row, const char *value,
    struct err *err)
{
	const struct slice text = slice_cstr(value);
	uint64_t code = 0;

	if (!is_printable(value) ||
	    !slice_to_u64(slice_sub(text, 0, 3), row->most, &code) ||
	    code < row->least || (text.len > 3 && text.at[3] != ' '))
		return err_set(err,
		    "-%c %s: expected a reply from %d to %d, with its text",
		    row->letter, value, (int)row->least, (int)row->most);
	*(const char **)member_of(o, row) = value;
	return true;
}

static bool
set_number(const struct sink_row *row, struct slice value, uint64_t *number,
    struct err *err)
{
	if (slice_to_u64(value, row->most, number) && *number >= row->least)
		return true;
	return err_set(err, "-%c %.*s: expected a number from %llu to %llu",
	    row->letter, SLICE_ARG(value), (unsigned long long)row->least,
	    (unsigned long long)row->most);
}

static bool
set_fates(struct sink_options *o, const struct sink_row *row, const char *value,
    struct err *err)
{
	const size_t len = strlen(value);
	size_t from = 0, command;

	for (size_t i = 0; i <= len; i++) {
		const struct slice name = slice_of(value + from, i - from);

		if (i < len && strchr(", \t\r\n", value[i]) == NULL)
			continue;
		from = i + 1;
		if (name.len == 0)
			continue;
		if (!find_command(row->letter, name, &command, err))
			return false;
		o->fates[command] |= 1u << row->least;
	}
	if (row->least == SINK_HARD || row->least == SINK_SOFT)
		o->hides_pipelining = true;
	return true;
}

static bool
set_delay(struct sink_options *o, const struct sink_row *row, const char *value,
    struct err *err)
{
	struct slice rest = slice_cstr(value), name = { 0 }, seconds = { 0 };
	struct sink_row odds = *row;
	struct sink_delay *delay;
	size_t command;

	slice_split(&rest, ':', &name);
	if (!find_command(row->letter, name, &command, err))
		return false;
	delay = &o->delays[command];
	delay->odds_percent = 0;
	slice_split(&rest, ':', &seconds);
	if (!set_number(row, seconds, &delay->seconds, err))
		return false;
	odds.most = ODDS_MAX;
	return rest.len == 0 ||
	    set_number(&odds, rest, &delay->odds_percent, err);
}

static bool
find_command(char letter, struct slice name, size_t *command, struct err *err)
{
	struct buf known = { 0 };

	for (size_t i = 0; i < SINK_COMMAND_COUNT; i++) {
		*command = i;
		if (slice_eq_nocase(name, slice_cstr(command_names[i])))
			return true;
	}
	for (size_t i = 0; i < SINK_COMMAND_COUNT; i++)
		buf_printf(&known, " %s", command_names[i]);
	(void)err_set(err,
	    "-%c: there is no command \"%.*s\"; expected one of%s", letter,
	    SLICE_ARG(name), buf_cstr(&known));
	buf_fini(&known);
	return false;
}

static bool
is_printable(const char *text)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= TEXT_MAX;
}

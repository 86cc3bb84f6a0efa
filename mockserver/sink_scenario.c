/* SPDX-License-Identifier: MIT */
/*
 * The host that the options of smtp-sink(1) describe, as the text of a
 * scenario; see sink.h.  smtp-sink asks no client for order or grammar beyond
 * MAIL, RCPT, DATA; where the mock would object by itself, rules with "wrong"
 * answer instead.
 */
#include "mockserver/sink.h"

/* All that a session finds wrong. */
#define WRONG_ANY "[500, 501, 502, 503, 504, 550, 553, 554, 555]"

#define UNKNOWN_REPLY   "500 5.5.1 Error: unknown command"
#define SOFT_REPLY      "450 4.3.0 Error: command failed"
#define HARD_REPLY      "500 5.3.0 Error: command failed"
#define TIMEOUT_SECONDS 100
#define CLIENTS         256

/* -W: a chance below this is none. */
#define ODDS_LEFT 0.0001

/* X(command, what it is answered, what it is answered out of order or NULL,
 * the codes of that).  Greetings are made. */
#define ANSWERS(X)                                                             \
	X(SINK_CONNECT, NULL, NULL, NULL)                                      \
	X(SINK_HELO, NULL, NULL, NULL)                                         \
	X(SINK_EHLO, NULL, NULL, NULL)                                         \
	X(SINK_XCLIENT, "250 2.0.0 Ok", NULL, NULL)                            \
	X(SINK_XFORWARD, "250 2.0.0 Ok", NULL, NULL)                           \
	X(SINK_AUTH, "250 2.0.0 Ok", NULL, NULL)                               \
	X(SINK_MAIL, "250 2.1.0 Ok", "503 5.5.1 Error: nested MAIL command",   \
	    "503")                                                             \
	X(SINK_RCPT, "250 2.1.5 Ok", "503 5.5.1 Error: need MAIL command",     \
	    "503")                                                             \
	X(SINK_DATA, "354 End data with <CR><LF>.<CR><LF>",                    \
	    "503 5.5.1 Error: need RCPT command", "[503, 554]")                \
	X(SINK_DOT, "250 2.0.0 Ok", NULL, NULL)                                \
	X(SINK_RSET, "250 2.1.0 Ok", NULL, NULL)                               \
	X(SINK_NOOP, "250 2.0.0 Ok", NULL, NULL)                               \
	X(SINK_VRFY, "250 2.0.0 Ok", NULL, NULL)                               \
	X(SINK_QUIT, "221 Bye", NULL, NULL)
static const struct answer {
	const char *well, *misplaced, *misplaced_codes;
} answers[SINK_COMMAND_COUNT] = {
#define X(command, well, misplaced, codes)                                     \
	[command] = { well, misplaced, codes },
	ANSWERS(X)
#undef X
};

static const struct command {
	const char *name, *stage;
} commands[SINK_COMMAND_COUNT] = {
#define X(constant, name, stage) [constant] = { name, stage },
	SINK_COMMANDS(X)
#undef X
};

/* So often a delay is repeated at most. */
#define TURNS_MAX 500

struct writer {
	const struct sink_options *o;
	struct buf *out;
	bool has_rules;
	bool is_dot_alone; /* SINK_DOT is the line behind a DATA refused */
};

static void write_addresses(
    struct writer *w, const struct endpoint *at, size_t count);
static void write_extensions(struct writer *w);
static void write_limits(struct writer *w);
static void write_commands(struct writer *w);
static void write_command(struct writer *w, enum sink_command command);
static const char *reply_of_fate(
    const struct sink_options *o, enum sink_fate fate);
static void write_fate(
    struct writer *w, enum sink_command command, enum sink_fate fate);
static void write_answer(struct writer *w, enum sink_command command,
    const char *wrong, struct buf *reply);
static bool is_by_line(const struct writer *w, enum sink_command command);
static bool may_be_wrong(const struct writer *w, enum sink_command command);
static void write_others(struct writer *w);
static void begin_rule(
    struct writer *w, const char *stage, const char *match, const char *wrong);
static void begin_rule_of(
    struct writer *w, enum sink_command command, const char *wrong);
static void end_rule(struct writer *w);
static void make_reply(
    const struct sink_options *o, enum sink_command command, struct buf *reply);
static void make_ehlo(
    const struct sink_options *o, const char *name, struct buf *reply);
static void append_line(struct buf *reply, const char *text);

void
sink_format_scenario(const struct sink_options *o, const struct endpoint *at,
    size_t count, struct buf *out)
{
	struct writer w = { .o = o, .out = out };

	buf_append_cstr(out,
	    "{\"title\": \"smtp-sink\",\n \"hosts\": "
	    "{\"smtp-sink\": {\n  \"address\": ");
	write_addresses(&w, at, count);
	buf_printf(out, ", \"port\": %u, \"hello\": \"optional\",\n",
	    (unsigned)at[0].port);
	write_extensions(&w);
	write_limits(&w);
	buf_append_cstr(out, "  \"rules\": [");
	write_commands(&w);
	write_others(&w);
	buf_append_cstr(out, "\n  ]}}}\n");
}

/* ---- the host ---- */

static void
write_addresses(struct writer *w, const struct endpoint *at, size_t count)
{
	char text[IP_TEXT_MAX];

	assert(count > 0);
	for (size_t i = 0; i < count; i++)
		buf_printf(w->out, "%s\"%s\"", i == 0 ? "[" : ", ",
		    ip_format(&at[i].ip, text));
	buf_append_byte(w->out, ']');
}

static void
write_limits(struct writer *w)
{
	const struct sink_options *o = w->o;
	const uint64_t timeout =
	    o->timeout_seconds != 0 ? o->timeout_seconds : TIMEOUT_SECONDS;
	const uint64_t clients = o->clients != 0 ? o->clients : CLIENTS;

	buf_printf(w->out,
	    "  \"limits\": {\"size\": 1000000000000, \"recipients\": "
	    "1000000000, \"idle_timeout\": \"%llus\",\n"
	    "    \"accepted\": %llu",
	    (unsigned long long)timeout, (unsigned long long)clients);
	if (o->backlog != 0)
		buf_printf(w->out, ", \"backlog\": %llu",
		    (unsigned long long)o->backlog);
	if (o->window_bytes != 0)
		buf_printf(w->out, ", \"receive_buffer\": %llu",
		    (unsigned long long)o->window_bytes);
	buf_append_cstr(w->out, "},\n");
}

/* Those that change what the session makes of a dialogue; the others are only
 * words of the answer to EHLO. */
static void
write_extensions(struct writer *w)
{
	const struct {
		bool is_hidden;
		const char *keyword;
	} offers[] = {
		{ w->o->hides_pipelining, "PIPELINING" },
		{ w->o->hides_8bitmime, "8BITMIME" },
		{ w->o->hides_status, "ENHANCEDSTATUSCODES" },
		{ w->o->hides_dsn, "DSN" },
	};
	const char *separator = "";

	buf_append_cstr(w->out, "  \"extensions\": [");
	for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
		if (offers[i].is_hidden)
			continue;
		buf_printf(w->out, "%s\"%s\"", separator, offers[i].keyword);
		separator = ", ";
	}
	buf_append_cstr(w->out, "],\n");
}

/* ---- commands ---- */

static void
write_commands(struct writer *w)
{
	const struct sink_options *o = w->o;

	for (size_t i = 0; i < SINK_COMMAND_COUNT; i++) {
		const bool is_hidden = commands[i].stage == NULL ||
		    (i == SINK_XCLIENT && o->hides_xclient) ||
		    (i == SINK_XFORWARD && o->hides_xforward);

		if (!is_hidden)
			write_command(w, (enum sink_command)i);
	}
	w->is_dot_alone = true;
	write_command(w, SINK_DOT);
}

static void
write_command(struct writer *w, enum sink_command command)
{
	const struct answer *a = &answers[command];
	const bool is_unknown =
	    command == SINK_EHLO && (w->o->hides_esmtp || w->o->is_pix);
	struct buf reply = { 0 }, misplaced = { 0 };
	enum sink_fate fate = SINK_DISCONNECT;

	while (fate != SINK_WELL && (w->o->fates[command] & 1u << fate) == 0)
		fate++;
	if (fate != SINK_WELL && !is_unknown) {
		write_fate(w, command, fate);
		return;
	}
	if (a->misplaced != NULL) {
		append_line(&misplaced, a->misplaced);
		write_answer(w, command, a->misplaced_codes, &misplaced);
	}
	if (is_unknown)
		append_line(&reply, UNKNOWN_REPLY);
	else
		make_reply(w->o, command, &reply);
	write_answer(w, command, NULL, &reply);
	if (may_be_wrong(w, command))
		write_answer(w, command, WRONG_ANY, &reply);
	buf_fini(&reply);
	buf_fini(&misplaced);
}

/* Is the command known by its line, at stage unknown? */
static bool
is_by_line(const struct writer *w, enum sink_command command)
{
	return command == SINK_XCLIENT || command == SINK_XFORWARD ||
	    (command == SINK_DOT && w->is_dot_alone);
}

/* Is there something that the session may find wrong with it?  Rules for
 * unknown commands are asked in any case. */
static bool
may_be_wrong(const struct writer *w, enum sink_command command)
{
	return command != SINK_CONNECT && !is_by_line(w, command);
}

/* What is said; NULL: nothing. */
static const char *
reply_of_fate(const struct sink_options *o, enum sink_fate fate)
{
	switch (fate) {
	case SINK_CLOSE:
		return "421 4.0.0 Server closing connection";
	case SINK_HARD:
		return o->hard_reply != NULL ? o->hard_reply : HARD_REPLY;
	case SINK_SOFT:
		return o->soft_reply != NULL ? o->soft_reply : SOFT_REPLY;
	case SINK_DISCONNECT:
	case SINK_WELL:
		break;
	}
	return NULL;
}

static void
write_fate(struct writer *w, enum sink_command command, enum sink_fate fate)
{
	const char *reply = reply_of_fate(w->o, fate);
	const int passes = may_be_wrong(w, command) ? 2 : 1;
	struct buf line = { 0 };

	if (reply != NULL)
		append_line(&line, reply);
	for (int pass = 0; pass < passes; pass++) {
		begin_rule_of(w, command, pass == 0 ? NULL : WRONG_ANY);
		if (reply == NULL)
			buf_append_cstr(w->out, ", \"drop\": true");
		else
			buf_printf(
			    w->out, ", \"reply\": [%s]", buf_cstr(&line));
		if (fate == SINK_CLOSE)
			buf_append_cstr(w->out, ", \"then\": \"close\"");
		/* The dialogue goes on as if the client were welcome. */
		if (command == SINK_CONNECT && fate > SINK_CLOSE)
			buf_append_cstr(w->out, ", \"as\": 220");
		end_rule(w);
	}
	buf_fini(&line);
}

/* The odds are thrown until one fails: one rule for each number of throws, each
 * with the chance that this one is the last. */
static void
write_answer(struct writer *w, enum sink_command command, const char *wrong,
    struct buf *reply)
{
	const struct sink_delay *delay = &w->o->delays[command];
	const double again = (double)delay->odds_percent / 100;
	double left = again;
	uint64_t turns = 1;

	for (; left > ODDS_LEFT && turns < TURNS_MAX; turns++)
		left *= again;
	for (uint64_t i = 1; i <= turns; i++) {
		const uint64_t seconds = i * delay->seconds;

		begin_rule_of(w, command, wrong);
		if (i < turns)
			buf_printf(w->out, ", \"probability\": 0.%02u",
			    (unsigned)(100 - delay->odds_percent));
		if (seconds != 0)
			buf_printf(w->out, ", \"delay\": \"%llus\"",
			    (unsigned long long)seconds);
		buf_printf(w->out, ", \"reply\": [%s]", buf_cstr(reply));
		end_rule(w);
	}
}

/* What no command is, and what happens without one. */
static void
write_others(struct writer *w)
{
	static const char *const stages[] = { "starttls", "bdat" };
	const struct sink_options *o = w->o;

	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		begin_rule(w, stages[i], NULL, WRONG_ANY);
		buf_append_cstr(w->out, ", \"reply\": \"" UNKNOWN_REPLY "\"");
		end_rule(w);
	}
	begin_rule(w, "unknown", "^[ \\\\t]*$", NULL);
	buf_append_cstr(
	    w->out, ", \"reply\": \"500 5.5.2 Error: unknown command\"");
	end_rule(w);
	begin_rule(w, "unknown", NULL, NULL);
	buf_append_cstr(w->out, ", \"reply\": \"" UNKNOWN_REPLY "\"");
	end_rule(w);
	begin_rule(w, "idle", NULL, NULL);
	buf_append_cstr(w->out, ", \"drop\": true");
	end_rule(w);
	if (o->has_abort) {
		begin_rule(w, "body", NULL, NULL);
		if (o->abort_seconds != 0)
			buf_printf(w->out, ", \"delay\": \"%llus\"",
			    (unsigned long long)o->abort_seconds);
		buf_append_cstr(w->out,
		    ", \"reply\": \"550 This violates SMTP\", "
		    "\"then\": \"close\"");
		end_rule(w);
	} else if (o->body_seconds != 0) {
		begin_rule(w, "body", NULL, NULL);
		buf_printf(w->out, ", \"delay\": \"%llus\"",
		    (unsigned long long)o->body_seconds);
		end_rule(w);
	}
}

/* ---- rules ---- */

static void
begin_rule(
    struct writer *w, const char *stage, const char *match, const char *wrong)
{
	buf_append_cstr(w->out, w->has_rules ? ",\n   " : "\n   ");
	w->has_rules = true;
	buf_printf(w->out, "{\"on\": \"%s\"", stage);
	if (match != NULL)
		buf_printf(w->out, ", \"match\": \"%s\"", match);
	if (wrong != NULL)
		buf_printf(w->out, ", \"wrong\": %s", wrong);
}

static void
begin_rule_of(struct writer *w, enum sink_command command, const char *wrong)
{
	const struct command *c = &commands[command];
	char match[40];

	if (!is_by_line(w, command)) {
		begin_rule(w, c->stage, NULL, wrong);
		return;
	}
	/* In brackets, for the dot's sake. */
	(void)snprintf(match, sizeof(match), "^[%c]%s([ \\\\t]|$)", c->name[0],
	    c->name + 1);
	begin_rule(w, "unknown", match, wrong);
}

static void
end_rule(struct writer *w)
{
	buf_append_cstr(w->out, ", \"optional\": true}");
}

/* ---- replies ---- */

/* The lines as strings of JSON, behind each other. */
static void
make_reply(
    const struct sink_options *o, enum sink_command command, struct buf *reply)
{
	const char *name = o->hostname != NULL ? o->hostname : "smtp-sink";
	struct buf line = { 0 };

	if (command == SINK_EHLO) {
		make_ehlo(o, name, reply);
		return;
	}
	if (command == SINK_CONNECT && o->is_pix)
		buf_append_cstr(&line, "220 ********");
	else if (command == SINK_CONNECT || command == SINK_HELO)
		buf_printf(
		    &line, "%s %s", command == SINK_HELO ? "250" : "220", name);
	else
		buf_append_cstr(&line, answers[command].well);
	if (command == SINK_CONNECT && !o->is_pix && !o->hides_esmtp)
		buf_append_cstr(&line, " ESMTP");
	append_line(reply, buf_cstr(&line));
	buf_fini(&line);
}

static void
make_ehlo(const struct sink_options *o, const char *name, struct buf *reply)
{
	const struct {
		bool is_hidden;
		const char *line;
	} lines[] = {
		{ o->hides_pipelining, "250-PIPELINING" },
		{ o->hides_8bitmime, "250-8BITMIME" },
		{ o->hides_auth, "250-AUTH PLAIN LOGIN" },
		{ o->hides_xclient, "250-XCLIENT NAME HELO" },
		{ o->hides_xforward, "250-XFORWARD NAME ADDR PROTO HELO" },
		{ o->hides_status, "250-ENHANCEDSTATUSCODES" },
		{ o->hides_dsn, "250-DSN" },
		{ false, "250 " },
	};
	struct buf first = { 0 };

	buf_printf(&first, "250-%s", name);
	append_line(reply, buf_cstr(&first));
	buf_fini(&first);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!lines[i].is_hidden)
			append_line(reply, lines[i].line);
}

/* A brace begins a template, unless it is there twice. */
static void
append_line(struct buf *reply, const char *text)
{
	buf_append_cstr(reply, buf_len(reply) > 0 ? ", \"" : "\"");
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_append_byte(reply, '\\');
		if (*c == '{')
			buf_append_byte(reply, '{');
		buf_append_byte(reply, *c);
	}
	buf_append_byte(reply, '"');
}

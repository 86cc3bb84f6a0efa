/* SPDX-License-Identifier: MIT */
/* Command lines: what each means, and what a bad one deserves. */
#include "core/smtp/command.h"

#include "tests/unit/kit.h"

/* The name is the line; `want` is the verb, the argument, the path in
 * brackets, the parameters; "!" and the reply when it is refused. */
static struct command_row {
	const char *name, *want;
} rows[] = {
	{ "EHLO relay.example", "EHLO (relay.example)" },
	{ "ehlo relay.example", "EHLO (relay.example)" },
	{ "eHlO relay.example", "EHLO (relay.example)" },
	{ "HELO relay.example ", "HELO (relay.example)" },
	{ "EHLO [10.1.1.1]", "EHLO ([10.1.1.1])" },
	{ "EHLO under_score", "EHLO (under_score)" },
	{ "EHLO", "EHLO ()!501 5.5.4 A host name is needed" },
	{ "EHLO ", "EHLO ()!501 5.5.4 A host name is needed" },
	{ "EHLO a b", "EHLO (a b)!501 5.5.4 One host name is needed" },
	{ "MAIL FROM:<a@b>", "MAIL (FROM:<a@b>) <a@b>" },
	{ "mail from:<a@b>", "MAIL (from:<a@b>) <a@b>" },
	{ "MAIL FROM:<>", "MAIL (FROM:<>) <>" },
	{ "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME SMTPUTF8",
	    "MAIL (FROM:<a@b> SIZE=10 BODY=8BITMIME SMTPUTF8) <a@b> "
	    "SIZE=10 BODY=8BITMIME SMTPUTF8" },
	{ "MAIL FROM:<a@b>  SIZE=10  ",
	    "MAIL (FROM:<a@b>  SIZE=10) <a@b> SIZE=10" },
	{ "MAIL FROM:<a@b> X-1=y", "MAIL (FROM:<a@b> X-1=y) <a@b> X-1=y" },
	{ "MAIL FROM:<a@b> AUTH=<>",
	    "MAIL (FROM:<a@b> AUTH=<>) <a@b> AUTH=<>" },
	{ "MAIL", "MAIL ()!501 5.5.4 Syntax: MAIL FROM:<address>" },
	{ "MAIL <a@b>", "MAIL (<a@b>)!501 5.5.4 Syntax: MAIL FROM:<address>" },
	{ "MAIL FROM <a@b>",
	    "MAIL (FROM <a@b>)!501 5.5.4 Syntax: MAIL FROM:<address>" },
	{ "MAIL FROM: <a@b>",
	    "MAIL (FROM: <a@b>)!501 5.5.4 No space is allowed at the colon" },
	{ "MAIL FROM:a@b", "MAIL (FROM:a@b)!501 5.1.7 Bad sender address" },
	{ "MAIL FROM:<a@b", "MAIL (FROM:<a@b)!501 5.1.7 Bad sender address" },
	{ "MAIL FROM:<a@b>SIZE=1",
	    "MAIL (FROM:<a@b>SIZE=1) "
	    "<a@b>!501 5.5.4 A space is needed behind the path" },
	{ "MAIL FROM:<a@b> =1",
	    "MAIL (FROM:<a@b> =1) <a@b>!501 5.5.4 Bad parameter" },
	{ "MAIL FROM:<a@b> -x=1",
	    "MAIL (FROM:<a@b> -x=1) <a@b>!501 5.5.4 Bad parameter" },
	{ "MAIL FROM:<a@b> x_y",
	    "MAIL (FROM:<a@b> x_y) <a@b>!501 5.5.4 Bad parameter" },
	{ "MAIL FROM:<a@b> SIZE=",
	    "MAIL (FROM:<a@b> SIZE=) <a@b>!501 5.5.4 Bad parameter value" },
	{ "MAIL FROM:<a@b> X=a=b",
	    "MAIL (FROM:<a@b> X=a=b) <a@b>!501 5.5.4 Bad parameter value" },
	{ "MAIL FROM:<a@b> SIZE=1 size=2",
	    "MAIL (FROM:<a@b> SIZE=1 size=2) <a@b> "
	    "SIZE=1!501 5.5.4 A parameter is there twice" },
	{ "MAIL FROM:<a@b> a b c d e f g h i j k l m n o p",
	    "MAIL (FROM:<a@b> a b c d e f g h i j k l m n o p) <a@b> "
	    "a b c d e f g h i j k l m n o p" },
	{ "MAIL FROM:<a@b> a b c d e f g h i j k l m n o p q",
	    "MAIL (FROM:<a@b> a b c d e f g h i j k l m n o p q) <a@b> "
	    "a b c d e f g h i j k l m n o p!501 5.5.4 Too many parameters" },
	{ "RCPT TO:<c@d>", "RCPT (TO:<c@d>) <c@d>" },
	{ "RCPT TO:<postmaster>", "RCPT (TO:<postmaster>) <postmaster>" },
	{ "RCPT TO:<@a,@b:c@d>", "RCPT (TO:<@a,@b:c@d>) <c@d>" },
	{ "RCPT TO:<>", "RCPT (TO:<>)!501 5.1.3 Bad recipient address" },
	{ "RCPT FROM:<c@d>",
	    "RCPT (FROM:<c@d>)!501 5.5.4 Syntax: RCPT TO:<address>" },
	{ "DATA", "DATA ()" },
	{ "data", "DATA ()" },
	{ "DATA ", "DATA ()" },
	{ "DATA x", "DATA (x)!501 5.5.4 No argument is allowed" },
	{ "RSET", "RSET ()" },
	{ "RSET x", "RSET (x)!501 5.5.4 No argument is allowed" },
	{ "QUIT", "QUIT ()" },
	{ "QUIT x", "QUIT (x)!501 5.5.4 No argument is allowed" },
	{ "STARTTLS", "STARTTLS ()" },
	{ "STARTTLS x", "STARTTLS (x)!501 5.5.4 No argument is allowed" },
	{ "NOOP", "NOOP ()" },
	{ "NOOP what ever", "NOOP (what ever)" },
	{ "HELP", "HELP ()" },
	{ "HELP MAIL", "HELP (MAIL)" },
	{ "VRFY a", "VRFY (a)" },
	{ "VRFY", "VRFY ()!501 5.5.4 An argument is needed" },
	{ "EXPN list", "EXPN (list)" },
	{ "EXPN", "EXPN ()!501 5.5.4 An argument is needed" },
	{ "AUTH PLAIN AGEAYg==", "AUTH (PLAIN AGEAYg==)" },
	{ "AUTH", "AUTH ()!501 5.5.4 An argument is needed" },
	{ "XCLIENT NAME=a", "XCLIENT (NAME=a)" },
	{ "BDAT 0", "BDAT (0) 0" },
	{ "BDAT 1000", "BDAT (1000) 1000" },
	{ "BDAT 86 LAST", "BDAT (86 LAST) 86 last" },
	{ "bdat 0  last ", "BDAT (0  last) 0 last" },
	{ "BDAT 18446744073709551615",
	    "BDAT (18446744073709551615) 18446744073709551615" },
	{ "BDAT 18446744073709551616",
	    "BDAT (18446744073709551616)!501 5.5.4 Syntax: BDAT size "
	    "[LAST]" },
	{ "BDAT", "BDAT ()!501 5.5.4 Syntax: BDAT size [LAST]" },
	{ "BDAT x", "BDAT (x)!501 5.5.4 Syntax: BDAT size [LAST]" },
	{ "BDAT -1", "BDAT (-1)!501 5.5.4 Syntax: BDAT size [LAST]" },
	{ "BDAT LAST", "BDAT (LAST)!501 5.5.4 Syntax: BDAT size [LAST]" },
	{ "BDAT 1 FIRST", "BDAT (1 FIRST)!501 5.5.4 Syntax: BDAT size [LAST]" },
	{ "", "unknown ()" },
	{ " QUIT", "unknown (QUIT)" },
	{ "QUITX", "unknown ()" },
	{ "MAILFROM:<a@b>", "unknown ()" },
	{ "TURN", "unknown ()" },
	{ "GET / HTTP/1.1", "unknown (/ HTTP/1.1)" },
	{ "\x16\x03\x01", "unknown ()" },
};

static void
render(struct buf *out, const struct smtp_command *c)
{
	buf_printf(
	    out, "%s (%.*s)", smtp_verb_name(c->verb), SLICE_ARG(c->argument));
	if (c->path.whole.at != NULL)
		buf_printf(out, " <%.*s>", SLICE_ARG(c->path.whole));
	for (size_t i = 0; i < c->parameter_count; i++) {
		const struct smtp_parameter *p = &c->parameters[i];

		buf_printf(out, " %.*s", SLICE_ARG(p->keyword));
		if (p->value.at != NULL)
			buf_printf(out, "=%.*s", SLICE_ARG(p->value));
	}
}

static void
test_row(void **state)
{
	const struct command_row *row = *state;
	struct smtp_syntax_error error;
	struct smtp_command command;
	struct buf got = { 0 };
	bool is_good =
	    smtp_command_parse(slice_cstr(row->name), false, &command, &error);

	assert_int_equal(is_good, error.code == 0);
	assert_slice(command.line, row->name);
	render(&got, &command);
	if (is_good && command.verb == SMTP_MAIL &&
	    command.path.whole.at == NULL)
		buf_append_cstr(&got, " <>");
	if (is_good && command.verb == SMTP_BDAT)
		buf_printf(&got, " %llu%s",
		    (unsigned long long)command.bdat_size_bytes,
		    command.bdat_last ? " last" : "");
	if (!is_good)
		buf_printf(&got, "!%d %s", error.code, error.text);
	assert_slice(buf_slice(&got), row->want);
	buf_fini(&got);
}

static void
test_utf8(void **state)
{
	struct slice line = SLICE("RCPT TO:<j\xc3\xb6rg@b> X=\xc3\xb6");
	struct smtp_syntax_error error;
	struct smtp_command command;

	(void)state;
	assert_false(smtp_command_parse(line, false, &command, &error));
	assert_int_equal(error.code, 501);
	assert_true(smtp_command_parse(line, true, &command, &error));
	assert_true(command.path.is_utf8);
	assert_int_equal(command.parameter_count, 1);
}

static void
test_parameter(void **state)
{
	struct smtp_syntax_error error;
	struct smtp_command command;
	const struct smtp_parameter *p;

	(void)state;
	assert_true(smtp_command_parse(
	    SLICE("MAIL FROM:<> Size=7 SMTPUTF8"), false, &command, &error));
	p = smtp_command_parameter(&command, SLICE("SIZE"));
	assert_non_null(p);
	assert_slice(p->value, "7");
	p = smtp_command_parameter(&command, SLICE("smtputf8"));
	assert_non_null(p);
	assert_null(p->value.at);
	assert_null(smtp_command_parameter(&command, SLICE("SIZ")));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_utf8);
	TEST(&kit, test_parameter);
	return kit_run(&kit, "smtp_command");
}

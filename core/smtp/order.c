/* SPDX-License-Identifier: MIT */
/* The order of commands; see order.h. */
#include "core/smtp/order.h"

#include "core/smtp/parameter.h"

#define NOTHING_WRONG     ((struct smtp_syntax_error){ 0, NULL })
#define WRONG(code, text) ((struct smtp_syntax_error){ (code), (text) })

static struct smtp_syntax_error mail_check(const struct smtp_order *o,
    const struct smtp_command *command, enum smtp_violation *violation);
static struct smtp_syntax_error rcpt_check(const struct smtp_order *o,
    const struct smtp_command *command, enum smtp_violation *violation);
static struct smtp_syntax_error parameters_check(const struct smtp_order *o,
    const struct smtp_command *command, enum smtp_violation *violation);
static struct smtp_syntax_error data_check(
    const struct smtp_order *o, enum smtp_violation *violation);
static struct smtp_syntax_error bdat_check(
    const struct smtp_order *o, enum smtp_violation *violation);
static struct smtp_syntax_error content_check(
    const struct smtp_order *o, enum smtp_violation *violation);
static struct smtp_syntax_error xclient_check(const struct smtp_order *o);
static struct smtp_syntax_error extension_check(
    const struct smtp_order *o, enum smtp_extension extension);
static void note_hello(
    struct smtp_order *o, const struct smtp_command *command, bool accepted);
static void note_mail(
    struct smtp_order *o, const struct smtp_command *command, bool accepted);
static void note_bdat(
    struct smtp_order *o, const struct smtp_command *command, bool accepted);
static void note_starttls(struct smtp_order *o);

enum smtp_stage
smtp_order_stage(const struct smtp_command *command)
{
	switch (command->verb) {
	case SMTP_EHLO:
		return STAGE_EHLO;
	case SMTP_HELO:
		return STAGE_HELO;
	case SMTP_MAIL:
		return STAGE_MAIL;
	case SMTP_RCPT:
		return STAGE_RCPT;
	case SMTP_DATA:
		return STAGE_DATA;
	case SMTP_BDAT:
		return STAGE_BDAT;
	case SMTP_RSET:
		return STAGE_RSET;
	case SMTP_NOOP:
		return STAGE_NOOP;
	case SMTP_VRFY:
	case SMTP_EXPN:
		return STAGE_VRFY;
	case SMTP_QUIT:
		return STAGE_QUIT;
	case SMTP_STARTTLS:
		return STAGE_STARTTLS;
	case SMTP_AUTH:
		return STAGE_AUTH;
	case SMTP_HELP:
	case SMTP_XCLIENT:
	case SMTP_UNKNOWN:
		break;
	}
	return STAGE_UNKNOWN;
}

unsigned
smtp_order_extensions(const struct smtp_order *o)
{
	return o->extended ? o->offered : 0;
}

/* RFC 2920, 3.1 says which those are; RFC 3030, 4.2 adds BDAT to the others. */
bool
smtp_order_is_early(const struct smtp_order *o, enum smtp_stage stage)
{
	static const unsigned pipelined = 1u << STAGE_MAIL | 1u << STAGE_RCPT |
	    1u << STAGE_RSET | 1u << STAGE_EOD | 1u << STAGE_BDAT |
	    1u << STAGE_UNKNOWN;

	if (stage == STAGE_CONNECT || stage == STAGE_BANNER)
		return false; /* SMTP_EARLY_TALK has its own word */
	if ((smtp_order_extensions(o) & SMTP_EXT_PIPELINING) == 0)
		return true;
	return (pipelined & 1u << stage) == 0;
}

struct smtp_syntax_error
smtp_order_check(const struct smtp_order *o, const struct smtp_command *command,
    enum smtp_violation *violation)
{
	*violation = SMTP_VIOLATION_COUNT;
	switch (command->verb) {
	case SMTP_MAIL:
		return mail_check(o, command, violation);
	case SMTP_RCPT:
		return rcpt_check(o, command, violation);
	case SMTP_DATA:
		return data_check(o, violation);
	case SMTP_BDAT:
		return bdat_check(o, violation);
	case SMTP_STARTTLS:
		return extension_check(o, SMTP_EXT_STARTTLS);
	case SMTP_AUTH:
		if (!o->in_transaction)
			return extension_check(o, SMTP_EXT_AUTH);
		*violation = SMTP_OUT_OF_ORDER;
		return WRONG(503, "5.5.1 AUTH within a transaction");
	case SMTP_XCLIENT:
		if (!o->in_transaction)
			return xclient_check(o);
		*violation = SMTP_OUT_OF_ORDER;
		return WRONG(503, "5.5.1 XCLIENT within a transaction");
	case SMTP_UNKNOWN:
		return WRONG(500, "5.5.1 Command not recognized");
	case SMTP_EHLO:
	case SMTP_HELO:
	case SMTP_RSET:
	case SMTP_NOOP:
	case SMTP_VRFY:
	case SMTP_EXPN:
	case SMTP_HELP:
	case SMTP_QUIT:
		break;
	}
	return NOTHING_WRONG;
}

void
smtp_order_note(
    struct smtp_order *o, const struct smtp_command *command, int code)
{
	bool accepted = code / 100 == 2;

	switch (command->verb) {
	case SMTP_EHLO:
	case SMTP_HELO:
		note_hello(o, command, accepted);
		return;
	case SMTP_MAIL:
		note_mail(o, command, accepted);
		return;
	case SMTP_RCPT:
		o->rcpt_tried = true;
		if (accepted && o->in_transaction)
			o->recipient_count++;
		return;
	case SMTP_BDAT:
		note_bdat(o, command, accepted);
		return;
	case SMTP_RSET:
		if (accepted) {
			smtp_order_end_transaction(o);
			o->spoiled = false;
		}
		return;
	case SMTP_STARTTLS:
		if (accepted)
			note_starttls(o);
		return;
	case SMTP_XCLIENT:
		if (accepted)
			*o = (struct smtp_order){ .offered = o->offered,
				.is_hello_optional = o->is_hello_optional };
		return;
	case SMTP_DATA:
	case SMTP_NOOP:
	case SMTP_VRFY:
	case SMTP_EXPN:
	case SMTP_HELP:
	case SMTP_QUIT:
	case SMTP_AUTH:
	case SMTP_UNKNOWN:
		return;
	}
}

void
smtp_order_end_transaction(struct smtp_order *o)
{
	o->in_transaction = o->is_utf8 = o->chunking = false;
	o->mail_tried = o->rcpt_tried = false;
	o->recipient_count = 0;
}

static struct smtp_syntax_error
mail_check(const struct smtp_order *o, const struct smtp_command *command,
    enum smtp_violation *violation)
{
	if (!o->greeted && !o->is_hello_optional) {
		*violation = SMTP_NO_EHLO;
		return WRONG(503, "5.5.1 Send EHLO first");
	}
	if (o->in_transaction || o->spoiled) {
		*violation = SMTP_OUT_OF_ORDER;
		return o->spoiled ? WRONG(503, "5.5.1 Send RSET first")
				  : WRONG(503, "5.5.1 Nested MAIL command");
	}
	if (command->path.is_utf8 &&
	    smtp_command_parameter(command, SLICE("SMTPUTF8")) == NULL)
		return WRONG(550, "5.6.7 SMTPUTF8 is needed for this address");
	return parameters_check(o, command, violation);
}

static struct smtp_syntax_error
rcpt_check(const struct smtp_order *o, const struct smtp_command *command,
    enum smtp_violation *violation)
{
	if (!o->in_transaction) {
		if (!o->mail_tried)
			*violation = SMTP_OUT_OF_ORDER;
		return WRONG(503, "5.5.1 Send MAIL first");
	}
	if (o->chunking) {
		*violation = SMTP_OUT_OF_ORDER;
		return WRONG(503, "5.5.1 RCPT behind BDAT");
	}
	/* RFC 6531, 3.5: the code at RCPT is 553. */
	if (command->path.is_utf8 && !o->is_utf8)
		return WRONG(553, "5.6.7 SMTPUTF8 is needed for this address");
	return parameters_check(o, command, violation);
}

static struct smtp_syntax_error
parameters_check(const struct smtp_order *o, const struct smtp_command *command,
    enum smtp_violation *violation)
{
	struct smtp_syntax_error wrong =
	    smtp_parameters_check(command, smtp_order_extensions(o));

	if (wrong.code == 555)
		*violation = SMTP_PARAMETER_NOT_OFFERED;
	return wrong;
}

static struct smtp_syntax_error
data_check(const struct smtp_order *o, enum smtp_violation *violation)
{
	/* RFC 3030, 2: not both in one transaction. */
	if (o->chunking) {
		*violation = SMTP_OUT_OF_ORDER;
		return WRONG(503, "5.5.1 DATA behind BDAT");
	}
	return content_check(o, violation);
}

static struct smtp_syntax_error
bdat_check(const struct smtp_order *o, enum smtp_violation *violation)
{
	struct smtp_syntax_error wrong = extension_check(o, SMTP_EXT_CHUNKING);

	if (wrong.code != 0)
		return wrong;
	return content_check(o, violation);
}

/* DATA and BDAT need a sender and a recipient.  A client that was refused them,
 * or an earlier chunk, may have sent the command before it knew. */
static struct smtp_syntax_error
content_check(const struct smtp_order *o, enum smtp_violation *violation)
{
	if (o->in_transaction && o->recipient_count > 0)
		return NOTHING_WRONG;
	if (o->spoiled)
		return WRONG(503, "5.5.1 Send RSET first");
	if (o->rcpt_tried)
		return WRONG(554, "5.5.1 No valid recipients");
	*violation = SMTP_OUT_OF_ORDER;
	return o->in_transaction ? WRONG(503, "5.5.1 Send RCPT first")
				 : WRONG(503, "5.5.1 Send MAIL first");
}

/* To those who may not say it there is no such command, EHLO or not. */
static struct smtp_syntax_error
xclient_check(const struct smtp_order *o)
{
	return (o->offered & SMTP_EXT_XCLIENT) != 0
	    ? NOTHING_WRONG
	    : WRONG(502, "5.5.1 Command not implemented");
}

static struct smtp_syntax_error
extension_check(const struct smtp_order *o, enum smtp_extension extension)
{
	if ((smtp_order_extensions(o) & extension) != 0)
		return NOTHING_WRONG;
	if ((o->offered & extension) != 0)
		return WRONG(503, "5.5.1 Send EHLO first");
	return WRONG(502, "5.5.1 Command not implemented");
}

static void
note_hello(
    struct smtp_order *o, const struct smtp_command *command, bool accepted)
{
	if (!accepted)
		return;
	smtp_order_end_transaction(o);
	o->spoiled = false;
	o->greeted = true;
	o->extended = command->verb == SMTP_EHLO;
}

static void
note_mail(
    struct smtp_order *o, const struct smtp_command *command, bool accepted)
{
	/* A refused nested MAIL leaves the open transaction as it was. */
	if (o->in_transaction && !accepted)
		return;
	smtp_order_end_transaction(o);
	o->mail_tried = true;
	o->in_transaction = accepted;
	o->is_utf8 = accepted &&
	    smtp_command_parameter(command, SLICE("SMTPUTF8")) != NULL;
}

static void
note_bdat(
    struct smtp_order *o, const struct smtp_command *command, bool accepted)
{
	bool in_order = o->in_transaction && o->recipient_count > 0;

	/* To a server that has no such command it was none. */
	if (!accepted && (smtp_order_extensions(o) & SMTP_EXT_CHUNKING) == 0)
		return;
	if (in_order && command->bdat_last) {
		smtp_order_end_transaction(o);
		return;
	}
	if (accepted) {
		o->chunking = o->in_transaction;
		return;
	}
	if (in_order) {
		smtp_order_end_transaction(o);
		o->spoiled = true;
	}
}

/* RFC 3207, 4.2: all that was learnt before TLS is forgotten. */
static void
note_starttls(struct smtp_order *o)
{
	*o = (struct smtp_order){
		.offered = o->offered & ~(unsigned)SMTP_EXT_STARTTLS,
		.is_hello_optional = o->is_hello_optional,
	};
}

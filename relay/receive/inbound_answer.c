/* SPDX-License-Identifier: MIT */
/*
 * The receiving policy: what each command of a client is answered.  Who may
 * send where is access.c's; grammar and order are the session's.
 */
#include "relay/receive/inbound_impl.h"
#include "relay/receive/xclient.h"

#define WRONG(code, text) ((struct smtp_syntax_error){ (code), (text) })

void
inbound_answer(struct inbound *in, int code, const char *text)
{
	buf_clear(&in->reply);
	smtp_reply_format(&in->reply, code, slice_cstr(text));
	trace_feed(in->trace, SIDE_SERVER, buf_slice(&in->reply));
	stream_write(in->stream, buf_slice(&in->reply));
	smtp_server_answer(in->server, code);
	if (code == 421)
		in->ending = true;
}

void
inbound_answer_bad(struct inbound *in, int code, const char *text)
{
	if (++in->bad_commands >= in->limits.bad_commands)
		inbound_answer(
		    in, 421, "Exceeded bad SMTP command limit, disconnecting");
	else
		inbound_answer(in, code, text);
}

static void
answer_hello(struct inbound *in, bool extended)
{
	struct buf text = { 0 };

	inbound_abort_message(in, SLICE("Receiving aborted by sender"));
	in->is_data_refused = false;
	buf_append(&text, in->relay->config->hostname);
	if (extended)
		buf_printf(&text,
		    "\nPIPELINING\nSIZE %llu\n8BITMIME\nENHANCEDSTATUSCODES\n"
		    "SMTPUTF8\nCHUNKING\nDSN",
		    (unsigned long long)in->limits.message_bytes);
	if (extended && (inbound_extensions(in) & SMTP_EXT_STARTTLS) != 0)
		buf_append_cstr(&text, "\nSTARTTLS");
	if (extended && inbound_offers_auth(in))
		buf_append_cstr(&text, "\nAUTH " SASL_MECHANISMS);
	if (extended && inbound_has_xclient(in))
		buf_append_cstr(&text, "\nXCLIENT " XCLIENT_ATTRIBUTES);
	inbound_answer(in, 250, buf_cstr(&text));
	buf_fini(&text);
}

/* What MAIL says of the message's size; 0: nothing that counts. */
static uint64_t
announced_bytes(const struct smtp_command *command)
{
	const struct smtp_parameter *size =
	    smtp_command_parameter(command, SLICE("SIZE"));
	uint64_t bytes;

	return size != NULL && slice_to_u64(size->value, UINT64_MAX, &bytes)
	    ? bytes
	    : 0;
}

/* What is wrong with MAIL although its grammar is right; 0: nothing. */
static struct smtp_syntax_error
mail_check(const struct inbound *in, const struct smtp_command *command)
{
	const struct smtp_parameter *size =
	    smtp_command_parameter(command, SLICE("SIZE"));
	uint64_t announced = 0;

	if (size != NULL && !slice_to_u64(size->value, UINT64_MAX, &announced))
		return WRONG(501, "5.5.4 SIZE takes a number of bytes");
	if (announced > in->limits.message_bytes)
		return WRONG(552, "5.3.4 Message size exceeds fixed limit");
	return WRONG(0, NULL);
}

/* A private listener does not know this client, but knows users. */
static bool
lacks_auth(const struct inbound *in)
{
	return in->access == ACCESS_REJECT && in->login == NULL &&
	    inbound_has_users(in);
}

static void
answer_mail(struct inbound *in, const struct smtp_command *command)
{
	struct smtp_syntax_error wrong = mail_check(in, command);

	if (inbound_lacks_tls(in))
		wrong = WRONG(530, "5.7.0 Must issue a STARTTLS command first");
	else if (lacks_auth(in))
		wrong = WRONG(530, "5.7.0 Authentication required");

	if (wrong.code != 0) {
		inbound_answer(in, wrong.code, wrong.text);
		return;
	}
	if (in->limits.messages > 0 && in->messages >= in->limits.messages) {
		inbound_log_failed(in, SLICE("Too Many Messages"));
		inbound_answer(
		    in, 421, "4.7.0 Too many messages for this session");
		return;
	}
	if (!inbound_has_room(in, announced_bytes(command))) {
		inbound_refuse_room(in);
		return;
	}
	inbound_forget_message(in);
	in->is_data_refused = false;
	inbound_expect(in, true);
	in->messages++;
	in->mid = spool_next_mid(in->relay->spool);
	in->sender = slice_dup(command->path.whole);
	notify_add_mail(&in->notify, command);
	in->is_utf8 =
	    smtp_command_parameter(command, SLICE("SMTPUTF8")) != NULL;
	inbound_log_start(in);
	inbound_answer(in, 250, "2.1.0 sender ok");
}

/* Who gets the mail: <postmaster> needs no domain (RFC 5321, 4.5.1). */
static struct slice
recipient_of(const struct inbound *in, const struct smtp_command *command)
{
	return command->path.domain.len > 0 ? command->path.whole
					    : in->relay->config->postmaster;
}

/* Why the recipient is not for this client to name; code 0: it is. */
static struct smtp_syntax_error
access_check(const struct inbound *in, const struct smtp_command *command,
    const char **agent)
{
	struct slice domain = command->path.domain;

	*agent = "Receiving Control";
	if (in->access == ACCESS_REJECT && in->login == NULL)
		return WRONG(550, "5.7.1 Access denied");
	*agent = "RAT";
	if (inbound_may_relay(in) || domain.len == 0)
		return WRONG(0, NULL);
	if (in->listener->config == NULL)
		return WRONG(421, "4.3.2 Service shutting down");
	if (!access_accepts(in->listener->config, domain))
		return WRONG(550, "5.7.1 relaying denied");
	return WRONG(0, NULL);
}

/* The same for how many there are. */
static struct smtp_syntax_error
crowd_check(struct inbound *in, const char **agent)
{
	const struct rate_limit rate = { in->limits.recipients_per_minute,
		in->limits.recipients_per_hour };

	*agent = "Injection Control";
	if (in->recipient_count >= in->limits.recipients)
		return WRONG(452, "4.5.3 too many recipients");
	if (!rate_take(&in->listener->recipient_rate, &in->client, &rate,
		world_now(in->relay->world)))
		return WRONG(452, "4.7.0 Too many recipients received");
	return WRONG(0, NULL);
}

static void
take_recipient(struct inbound *in, const struct smtp_command *command,
    struct slice address)
{
	inbound_log_recipient(in, address, NULL);
	in->recipients = xgrow(in->recipients, &in->recipient_cap,
	    in->recipient_count + 1, sizeof(in->recipients[0]));
	notify_add_rcpt(&in->notify, in->recipient_count, command);
	in->recipients[in->recipient_count++] = slice_dup(address);
	inbound_answer(in, 250, "2.1.5 recipient ok");
}

static void
answer_rcpt(struct inbound *in, const struct smtp_command *command)
{
	struct slice address = recipient_of(in, command);
	struct buf plain = { 0 };
	const char *agent;
	struct smtp_syntax_error wrong = access_check(in, command, &agent);

	if (wrong.code == 0)
		wrong = crowd_check(in, &agent);
	if (wrong.code != 0) {
		inbound_log_recipient(in, address, agent);
		relay_count(in->relay, COUNTER_REJECTED_RECIPIENTS, 1);
		inbound_answer(in, wrong.code, wrong.text);
		return;
	}
	address = inbound_verify_bounce(in, address, &plain);
	if (address.len > 0)
		take_recipient(in, command, address);
	buf_fini(&plain);
}

/* Is the client to blame?  What follows from a refusal that it did not wait
 * for, as pipelining allows, is no mistake of its. */
static bool
is_bad_command(const struct inbound *in, const struct smtp_syntax_error *wrong)
{
	switch (wrong->code) {
	case 500:
	case 501:
	case 502:
	case 555:
		return true;
	case 503:
		return in->is_out_of_order;
	default:
		return false;
	}
}

/* AUTH is known, and has to wait for TLS (RFC 4954, 6). */
static bool
is_early_auth(const struct inbound *in, const struct smtp_server_event *ev)
{
	return ev->stage == STAGE_AUTH && ev->wrong.code == 502 &&
	    inbound_has_users(in);
}

/* DATA is refused with all that it was for, and not because of itself. */
static bool
is_data_refusal(const struct inbound *in, const struct smtp_server_event *ev)
{
	return ev->stage == STAGE_DATA && !in->is_out_of_order;
}

/* Is the client sending content although its DATA is refused?  It is when it
 * did not wait for the answer, or when what comes instead of a command is none.
 * A line of that content may be one. */
static bool
is_content(const struct inbound *in, const struct smtp_server_event *ev)
{
	if (is_data_refusal(in, ev))
		return smtp_server_backlog(in->server) > 0;
	return in->is_data_refused &&
	    (ev->wrong.code == 500 || ev->wrong.code == 501);
}

/* A command that is wrong in itself; too many end the session. */
static void
answer_wrong(struct inbound *in, const struct smtp_server_event *ev)
{
	sasl_fini(&in->sasl);
	if (is_early_auth(in, ev)) {
		inbound_answer(in, 538, "5.7.11 Encryption required");
		return;
	}
	inbound_log_wrong(in, ev);
	if (is_content(in, ev))
		inbound_answer(
		    in, 421, "4.7.0 Content without a 354, disconnecting");
	else if (is_bad_command(in, &ev->wrong))
		inbound_answer_bad(in, ev->wrong.code, ev->wrong.text);
	else
		inbound_answer(in, ev->wrong.code, ev->wrong.text);
	in->is_data_refused |= is_data_refusal(in, ev);
}

/* Commands that are right and have nothing to do with a message. */
static void
answer_other(struct inbound *in, const struct smtp_server_event *ev)
{
	struct smtp_server_event wrong = *ev;

	switch ((int)ev->command->verb) {
	case SMTP_HELP:
		inbound_answer(in, 214, "2.0.0 See RFC 5321");
		return;
	case SMTP_XCLIENT:
		inbound_xclient(in, ev->command);
		return;
	case SMTP_STARTTLS:
		inbound_starttls(in);
		return;
	case SMTP_AUTH:
		inbound_auth(in, ev->command);
		return;
	default:
		wrong.wrong = WRONG(502, "5.5.1 command not implemented");
		answer_wrong(in, &wrong);
	}
}

void
inbound_ask(struct inbound *in, const struct smtp_server_event *ev)
{
	if (ev->wrong.code != 0) {
		answer_wrong(in, ev);
		in->is_out_of_order = false;
		return;
	}
	switch (ev->stage) {
	case STAGE_CONNECT:
		smtp_server_answer(in->server, 220);
		return;
	case STAGE_BANNER:
		inbound_greet(in);
		return;
	case STAGE_EHLO:
	case STAGE_HELO:
		answer_hello(in, ev->stage == STAGE_EHLO);
		return;
	case STAGE_MAIL:
		answer_mail(in, ev->command);
		return;
	case STAGE_RCPT:
		answer_rcpt(in, ev->command);
		return;
	case STAGE_DATA:
		in->is_data_refused = false;
		inbound_answer(in, 354, "go ahead");
		return;
	case STAGE_EOD:
		inbound_accept_message(in);
		return;
	case STAGE_BDAT:
		inbound_end_chunk(in);
		return;
	case STAGE_RSET:
		inbound_abort_message(in, SLICE("Receiving aborted by sender"));
		in->is_data_refused = false;
		inbound_answer(in, 250, "2.0.0 reset");
		return;
	case STAGE_NOOP:
		inbound_answer(in, 250, "2.0.0 ok");
		return;
	case STAGE_VRFY:
		inbound_answer(
		    in, 252, "2.5.2 send some mail, I'll try my best");
		return;
	case STAGE_QUIT:
		in->ending = true;
		inbound_answer(in, 221, in->relay->config->hostname.at);
		return;
	case STAGE_STARTTLS:
	case STAGE_AUTH:
	case STAGE_TLS:
	case STAGE_UNKNOWN:
	case STAGE_COMMAND:
	case STAGE_BODY:
	case STAGE_IDLE:
	case STAGE_COUNT:
		answer_other(in, ev);
		return;
	}
}

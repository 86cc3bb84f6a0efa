/* SPDX-License-Identifier: MIT */
/*
 * The receiving policy: what each command of a client is answered.  Who may
 * send where is access.c's; grammar and order are the session's.
 */
#include "relay/access.h"
#include "relay/inbound_impl.h"

void
inbound_answer(struct inbound *in, int code, const char *text)
{
	buf_clear(&in->reply);
	smtp_reply_format(&in->reply, code, slice_cstr(text));
	stream_write(in->stream, buf_slice(&in->reply));
	smtp_server_answer(in->server, code);
	if (code == 421)
		in->ending = true;
}

static void
answer_banner(struct inbound *in)
{
	const struct relay *r = in->relay;
	struct buf text = { 0 };

	if (r->session_count > r->config->limits.connections) {
		inbound_answer(
		    in, 421, "4.7.0 Too many connections, try again later");
	} else {
		buf_printf(&text, "%.*s ESMTP", SLICE_ARG(r->config->hostname));
		inbound_answer(in, 220, buf_cstr(&text));
		buf_fini(&text);
	}
}

static void
answer_hello(struct inbound *in, bool extended)
{
	const struct relay_config *config = in->relay->config;
	struct buf text = { 0 };

	inbound_abort_message(in, SLICE("Receiving aborted by sender"));
	buf_append(&text, config->hostname);
	if (extended)
		buf_printf(&text,
		    "\nPIPELINING\nSIZE %llu\n8BITMIME\nENHANCEDSTATUSCODES\n"
		    "SMTPUTF8\nCHUNKING",
		    (unsigned long long)config->limits.message_bytes);
	inbound_answer(in, 250, buf_cstr(&text));
	buf_fini(&text);
}

static void
answer_mail(struct inbound *in, const struct smtp_command *command)
{
	struct relay *r = in->relay;
	const struct smtp_parameter *size =
	    smtp_command_parameter(command, SLICE("SIZE"));
	struct buf from = { 0 };
	struct maillog_event start = { .form = MAILLOG_START_MID };
	struct maillog_event ev = { .form = MAILLOG_MID_FROM };
	uint64_t announced = 0;

	if (size != NULL &&
	    !slice_to_u64(size->value, UINT64_MAX, &announced)) {
		inbound_answer(in, 501, "5.5.4 SIZE takes a number of bytes");
		return;
	}
	if (announced > r->config->limits.message_bytes) {
		inbound_answer(
		    in, 552, "5.3.4 Message size exceeds fixed limit");
		return;
	}
	inbound_forget_message(in);
	in->mid = start.mid = ev.mid = spool_next_mid(r->spool);
	start.icid = ev.icid = in->icid;
	in->sender = slice_dup(command->path.whole);
	in->is_utf8 =
	    smtp_command_parameter(command, SLICE("SMTPUTF8")) != NULL;
	buf_printf(&from, "<%s>", in->sender);
	ev.from = buf_slice(&from);
	log_event(&r->log, &start);
	log_event(&r->log, &ev);
	buf_fini(&from);
	inbound_answer(in, 250, "2.1.0 sender ok");
}

static void
log_recipient(struct inbound *in, struct slice address, bool accepted)
{
	struct buf to = { 0 };
	struct maillog_event ev = {
		.form = accepted ? MAILLOG_MID_TO : MAILLOG_MID_TO_REJECTED,
		.mid = in->mid,
		.icid = in->icid,
		.rid = in->recipient_count,
		.agent = SLICE("RAT"),
	};

	buf_printf(&to, "<%.*s>", SLICE_ARG(address));
	ev.to = buf_slice(&to);
	log_event(&in->relay->log, &ev);
	buf_fini(&to);
}

static void
answer_rcpt(struct inbound *in, const struct smtp_command *command)
{
	const struct relay_config *config = in->relay->config;
	struct slice address = command->path.whole;

	if (command->path.domain.len == 0 ||
	    (!in->may_relay && !access_accepts(config, command->path.domain))) {
		log_recipient(in, address, false);
		relay_count(in->relay, COUNTER_REJECTED_RECIPIENTS, 1);
		inbound_answer(in, 550, "5.7.1 relaying denied");
		return;
	}
	if (in->recipient_count >= config->limits.recipients) {
		inbound_answer(in, 452, "4.5.3 too many recipients");
		return;
	}
	log_recipient(in, address, true);
	in->recipients = xgrow(in->recipients, &in->recipient_cap,
	    in->recipient_count + 1, sizeof(in->recipients[0]));
	in->recipients[in->recipient_count++] = slice_dup(address);
	inbound_answer(in, 250, "2.1.5 recipient ok");
}

/* A command that is wrong in itself; too many end the session. */
static void
answer_wrong(struct inbound *in, const struct smtp_syntax_error *wrong)
{
	if (++in->bad_commands >= in->relay->config->limits.bad_commands)
		inbound_answer(
		    in, 421, "Exceeded bad SMTP command limit, disconnecting");
	else
		inbound_answer(in, wrong->code, wrong->text);
}

void
inbound_ask(struct inbound *in, const struct smtp_server_event *ev)
{
	if (ev->wrong.code != 0) {
		answer_wrong(in, &ev->wrong);
		return;
	}
	switch (ev->stage) {
	case STAGE_CONNECT:
		smtp_server_answer(in->server, 220);
		return;
	case STAGE_BANNER:
		answer_banner(in);
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
		inbound_answer(in, 354, "go ahead");
		return;
	case STAGE_EOD:
		inbound_accept_message(in);
		return;
	case STAGE_BDAT:
		inbound_answer(in, 250, "2.0.0 chunk ok");
		return;
	case STAGE_RSET:
		inbound_abort_message(in, SLICE("Receiving aborted by sender"));
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
	case STAGE_TLS:
	case STAGE_AUTH:
	case STAGE_UNKNOWN:
	case STAGE_BODY:
	case STAGE_IDLE:
	case STAGE_COUNT:
		answer_wrong(in,
		    &(const struct smtp_syntax_error){
			502, "5.5.1 command not implemented" });
		return;
	}
}

/* SPDX-License-Identifier: MIT */
/* What the mail log says of a receiving session. */
#include "relay/receive/inbound_impl.h"

/* Of a wrong command: so much is told. */
#define TOLD_BYTES 200

void
inbound_log_icid(struct inbound *in, enum maillog_form form)
{
	struct maillog_event ev = { .form = form, .icid = in->icid };

	log_event(&in->relay->log, &ev);
}

/* The sender group of the client, and what puts it there. */
static void
log_group(struct inbound *in, const struct ip_network *match)
{
	char network[IP_NETWORK_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_ICID_ACCEPT,
		.icid = in->icid,
		.group = SLICE("UNKNOWNLIST"),
		.match = SLICE("ALL"),
		.score = SLICE("not enabled"),
	};

	if (in->access == ACCESS_RELAY) {
		ev.form = MAILLOG_ICID_RELAY;
		ev.group = SLICE("RELAYLIST");
		ev.match = slice_cstr(ip_network_format(match, network));
	} else if (in->access == ACCESS_REJECT) {
		ev.form = MAILLOG_ICID_REJECT;
		ev.group = SLICE("None");
	}
	log_event(&in->relay->log, &ev);
}

void
inbound_log_new(struct inbound *in, const struct ip_network *match)
{
	const struct relay_listener_config *config = in->listener->config;
	char interface[IP_TEXT_MAX], address[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_ICID_NEW,
		.icid = in->icid,
		.interface = config != NULL ? config->name : SLICE("none"),
		.interface_ip = slice_cstr(
		    ip_format(&stream_local(in->stream)->ip, interface)),
		.address = slice_cstr(ip_format(&in->client, address)),
		.host = in->client_host != NULL ? slice_cstr(in->client_host)
						: SLICE("unknown"),
		.verified =
		    in->client_host != NULL ? SLICE("yes") : SLICE("no"),
	};

	log_event(&in->relay->log, &ev);
	log_group(in, match);
	if (in->is_delayed_reject) {
		ev.form = MAILLOG_ICID_DELAYED_REJECT;
		log_event(&in->relay->log, &ev);
	}
}

void
inbound_log_timeout(struct inbound *in, enum maillog_form form)
{
	char address[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = form,
		.icid = in->icid,
		.address = slice_cstr(ip_format(&in->client, address)),
	};

	log_event(&in->relay->log, &ev);
}

void
inbound_log_failed(struct inbound *in, struct slice reason)
{
	struct maillog_event ev = {
		.form = MAILLOG_ICID_RECEIVING_FAILED,
		.icid = in->icid,
		.error = reason,
	};

	log_event(&in->relay->log, &ev);
}

/* The path as written, from its bracket on. */
static struct slice
path_text(const struct smtp_command *command)
{
	struct slice text = command->argument;
	size_t colon = slice_find_byte(text, ':');

	return slice_sub(
	    slice_trim(slice_skip(text, colon + 1)), 0, TOLD_BYTES);
}

static bool
is_address_error(const struct smtp_syntax_error *wrong)
{
	return slice_starts_with(slice_cstr(wrong->text), SLICE("5.1."));
}

/* The line as written; of one that has to do with AUTH, whose rest may be a
 * secret, no more than that. */
static struct slice
line_text(const struct smtp_command *command)
{
	static const struct slice auth = SLICE_INIT("AUTH");

	if (command->verb == SMTP_AUTH ||
	    slice_starts_with_nocase(slice_trim(command->line), auth))
		return auth;
	return slice_sub(command->line, 0, TOLD_BYTES);
}

void
inbound_log_wrong(struct inbound *in, const struct smtp_server_event *asked)
{
	const struct smtp_command *command = asked->command;
	struct maillog_event ev = { .icid = in->icid };

	if (command == NULL ||
	    (asked->wrong.code != 500 && asked->wrong.code != 501))
		return;
	ev.text = line_text(command);
	if (asked->wrong.code == 501 && is_address_error(&asked->wrong)) {
		ev.form = MAILLOG_ICID_INVALID_ADDRESS;
		ev.mid = in->mid;
		ev.role = command->verb == SMTP_MAIL ? SLICE("sender")
						     : SLICE("recipient");
		ev.error = SLICE("Syntax error");
		ev.part = path_text(command);
	} else if (asked->wrong.code == 501) {
		ev.form = MAILLOG_ICID_BAD_SYNTAX;
	} else {
		ev.form = MAILLOG_ICID_UNKNOWN_COMMAND;
	}
	log_event(&in->relay->log, &ev);
}

/* The address as the log has it: "<user@example.com>". */
static struct slice
put_path(struct buf *path, struct slice address)
{
	buf_append_byte(path, '<');
	buf_append(path, address);
	buf_append_byte(path, '>');
	return buf_slice(path);
}

void
inbound_log_start(struct inbound *in)
{
	struct buf from = { 0 };
	struct maillog_event start = {
		.form = MAILLOG_START_MID,
		.mid = in->mid,
		.icid = in->icid,
	};
	struct maillog_event ev = {
		.form = MAILLOG_MID_FROM,
		.mid = in->mid,
		.icid = in->icid,
	};

	ev.from = put_path(&from, slice_cstr(in->sender));
	log_event(&in->relay->log, &start);
	log_event(&in->relay->log, &ev);
	buf_fini(&from);
}

void
inbound_log_recipient(
    struct inbound *in, struct slice address, const char *agent)
{
	struct buf to = { 0 };
	struct maillog_event ev = {
		.form =
		    agent == NULL ? MAILLOG_MID_TO : MAILLOG_MID_TO_REJECTED,
		.mid = in->mid,
		.icid = in->icid,
		.rid = in->recipient_count,
		.agent = slice_cstr(agent),
	};

	ev.to = put_path(&to, address);
	log_event(&in->relay->log, &ev);
	buf_fini(&to);
}

void
inbound_log_invalid_bounce(struct inbound *in, struct slice address)
{
	struct buf to = { 0 };
	struct maillog_event ev = {
		.form = MAILLOG_MID_INVALID_BOUNCE,
		.mid = in->mid,
		.icid = in->icid,
	};

	buf_printf(&to, "<%.*s>", SLICE_ARG(address));
	ev.to = buf_slice(&to);
	log_event(&in->relay->log, &ev);
	buf_fini(&to);
}

void
inbound_log_accepted(struct inbound *in, const struct message *m)
{
	struct log *log = &in->relay->log;
	struct buf from = { 0 };
	struct maillog_event id = {
		.form = MAILLOG_MID_MESSAGE_ID,
		.mid = m->mid,
		.message_id = header_scan_message_id(&in->headers),
	};
	struct maillog_event subject = {
		.form = MAILLOG_MID_SUBJECT,
		.mid = m->mid,
		.subject = header_scan_subject(&in->headers),
	};
	struct maillog_event ready = {
		.form = MAILLOG_MID_READY,
		.mid = m->mid,
		.bytes = m->size_bytes,
	};
	struct maillog_event queued = {
		.form = MAILLOG_MID_QUEUED,
		.mid = m->mid,
	};

	if (id.message_id.len > 0)
		log_event(log, &id);
	if (subject.subject.len > 0)
		log_event(log, &subject);
	ready.from = put_path(&from, slice_cstr(m->sender));
	log_event(log, &ready);
	log_event(log, &queued);
	buf_fini(&from);
}

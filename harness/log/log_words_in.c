/* SPDX-License-Identifier: MIT */
/* Records of messages that come in, in words; see log_telling.h. */
#include "harness/log/log_words_impl.h"

#include "harness/report/printable.h"

#include <inttypes.h>

static void
client_words(const struct maillog_event *ev, struct buf *out)
{
	buf_append_cstr(out, "a client at ");
	printable_format(ev->address, out);
	buf_append_cstr(out, " connected to ");
	log_words_text(ev->interface, out);
	buf_printf(out, " (ICID %" PRIu64 ")", ev->icid);
}

/* "sender group X accepts it: sbrs[-1.0:10.0], SBRS 3.5" */
static void
group_words(const char *does, const struct maillog_event *ev, struct buf *out)
{
	buf_append_cstr(out, "sender group ");
	log_words_text(ev->group, out);
	buf_printf(out, " %s it: ", does);
	log_words_text(ev->match, out);
	buf_append_cstr(out, ", SBRS ");
	log_words_text(ev->score, out);
}

static void
client_failure_words(const char *what, struct slice why, struct buf *out)
{
	buf_append_cstr(out, what);
	if (why.len > 0)
		buf_append_cstr(out, ": ");
	log_words_text(why, out);
}

static bool
client_event_words(const struct maillog_event *ev, struct buf *out)
{
	switch ((int)ev->form) {
	case MAILLOG_ICID_NEW:
		client_words(ev, out);
		return true;
	case MAILLOG_ICID_ACCEPT:
		group_words("accepts", ev, out);
		return true;
	case MAILLOG_ICID_RELAY:
		group_words("relays for", ev, out);
		return true;
	case MAILLOG_ICID_REJECT:
		group_words("rejects", ev, out);
		return true;
	case MAILLOG_ICID_TCPREFUSE:
		group_words("refuses the connection of", ev, out);
		return true;
	case MAILLOG_ICID_TLS_SUCCESS:
		buf_append_cstr(out, "the client spoke TLS");
		return true;
	case MAILLOG_ICID_TLS_FAILED:
		client_failure_words(
		    "the client failed at TLS", ev->error, out);
		return true;
	case MAILLOG_ICID_RECEIVING_FAILED:
		client_failure_words("receiving failed", ev->error, out);
		return true;
	case MAILLOG_ICID_LOST:
		buf_append_cstr(out, "the client's connection was lost");
		return true;
	case MAILLOG_ICID_CLOSE:
		buf_append_cstr(out, "the client's connection is closed");
		return true;
	default:
		return false;
	}
}

static void
start_words(const struct maillog_event *ev, struct buf *out)
{
	if (ev->icid == 0)
		buf_append_cstr(out, "the appliance made the message itself");
	else
		buf_printf(out,
		    "the client began the message (ICID %" PRIu64 ")",
		    ev->icid);
}

/* "rewritten as MID 7 by add-footer, filter 'x'" */
static void
agent_words(const struct maillog_event *ev, struct buf *out)
{
	buf_append_cstr(out, " by ");
	log_words_text(ev->agent, out);
	if (ev->filter.len > 0) {
		buf_append_cstr(out, ", filter '");
		log_words_text(ev->filter, out);
		buf_append_byte(out, '\'');
	}
}

static bool
processing_words(const struct maillog_event *ev, struct buf *out)
{
	switch ((int)ev->form) {
	case MAILLOG_MID_MESSAGE_ID:
		buf_append_cstr(out, "Message-ID ");
		log_words_text(ev->message_id, out);
		return true;
	case MAILLOG_MID_POLICY:
		buf_append_cstr(out, "policy ");
		log_words_text(ev->policy, out);
		buf_append_cstr(out, " of the ");
		log_words_text(ev->table, out);
		buf_append_cstr(out, " table is for all recipients");
		return true;
	case MAILLOG_MID_SPLIT:
		buf_printf(out,
		    "MID %" PRIu64 " is split off MID %" PRIu64 ", for policy ",
		    ev->other_mid, ev->mid);
		log_words_text(ev->policy, out);
		return true;
	case MAILLOG_MID_REWRITTEN:
		buf_printf(out, "rewritten as MID %" PRIu64, ev->other_mid);
		agent_words(ev, out);
		return true;
	case MAILLOG_MESSAGE_GENERATED:
		buf_printf(out, "made of MID %" PRIu64, ev->other_mid);
		agent_words(ev, out);
		return true;
	default:
		return false;
	}
}

static bool
message_words(const struct maillog_event *ev, struct buf *out)
{
	switch ((int)ev->form) {
	case MAILLOG_START_MID:
		start_words(ev, out);
		return true;
	case MAILLOG_MID_FROM:
		buf_append_cstr(out, "from ");
		log_words_text(ev->from, out);
		return true;
	case MAILLOG_MID_TO:
		buf_printf(out, "RID %" PRIu64 " is ", ev->rid);
		log_words_text(ev->to, out);
		return true;
	case MAILLOG_MID_TO_REJECTED:
		buf_append_cstr(out, "refused to take it for ");
		log_words_text(ev->to, out);
		buf_append_cstr(out, ", by ");
		log_words_text(ev->agent, out);
		return true;
	case MAILLOG_MID_SUBJECT:
		buf_append_cstr(out, "subject '");
		log_words_text(ev->subject, out);
		buf_append_byte(out, '\'');
		return true;
	case MAILLOG_MID_READY:
		buf_printf(out, "%" PRIu64 " bytes received", ev->bytes);
		return true;
	case MAILLOG_MID_QUEUED:
		buf_append_cstr(out, "queued for delivery");
		return true;
	case MAILLOG_MESSAGE_ABORTED:
		buf_append_cstr(out, "aborted: ");
		log_words_text(ev->reason, out);
		return true;
	default:
		return false;
	}
}

bool
log_words_incoming(const struct maillog_event *ev, struct buf *out)
{
	return client_event_words(ev, out) || message_words(ev, out) ||
	    processing_words(ev, out);
}

/* SPDX-License-Identifier: MIT */
/* Records in words; see log_telling.h. */
#include "harness/log/log_words_impl.h"

#include "harness/report/printable.h"

#include <inttypes.h>

void
log_words_text(struct slice escaped, struct buf *out)
{
	struct buf plain = { 0 };

	maillog_unescape(&plain, escaped);
	printable_line_format(buf_slice(&plain), out);
	buf_fini(&plain);
}

/* "10.1.1.11 port 25 (DCID 299)" */
static void
host_format(
    const struct log_facts *f, const struct maillog_event *ev, struct buf *out)
{
	const char *host = log_facts_host(f, ev->dcid);

	if (host != NULL)
		buf_printf(out, "%s (DCID %" PRIu64 ")", host, ev->dcid);
	else
		buf_printf(out, "DCID %" PRIu64, ev->dcid);
}

/* "RID 0", "RIDs 0, 1" */
static void
rids_format(const struct maillog_event *ev, struct buf *out)
{
	uint64_t count = maillog_rids_count(ev->rids);

	buf_append_cstr(out, count == 1 ? "RID " : "RIDs ");
	printable_format(ev->rids, out);
}

static void
reply_format(const struct maillog_event *ev, struct buf *out)
{
	struct slice rest = ev->lines, line;

	if (ev->code != 0)
		buf_printf(out, "%" PRIu64 " ", ev->code);
	buf_append_byte(out, '\'');
	for (bool is_first = true; maillog_line_next(&rest, &line);
	     is_first = false) {
		if (!is_first)
			buf_append_cstr(out, " / ");
		log_words_text(line, out);
	}
	buf_append_byte(out, '\'');
}

/* ---- going out ---- */

static void
failure_words(
    const struct log_facts *f, const struct maillog_event *ev, struct buf *out)
{
	struct log_failure failure = log_failure_of(ev);

	host_format(f, ev, out);
	buf_append_byte(out, ' ');
	log_failure_format(&failure, out);
}

static void
recipient_words(
    const struct log_facts *f, const struct maillog_event *ev, struct buf *out)
{
	bool is_delay = ev->form == MAILLOG_DELAYED;

	if (ev->dcid == 0) {
		buf_printf(out,
		    "RID %" PRIu64 " %s without a connection: ", ev->rid,
		    is_delay ? "is put off" : "bounced");
	} else {
		host_format(f, ev, out);
		buf_printf(out, " %s RID %" PRIu64 ": ",
		    is_delay ? "put off" : "refused", ev->rid);
	}
	reply_format(ev, out);
	buf_append_cstr(out, " (");
	log_words_text(ev->enhanced, out);
	buf_append_cstr(out, " - ");
	log_words_text(ev->text, out);
	buf_append_byte(out, ')');
}

static void
pending_words(const struct maillog_event *ev, struct buf *out)
{
	char till[UTIME_TEXT_MAX], span[UTIME_TEXT_MAX];

	rids_format(ev, out);
	buf_printf(out, maillog_rids_count(ev->rids) == 1 ? " waits" : " wait");
	buf_printf(out, " until %.19s, for %s",
	    utime_format_rfc3339(ev->till, till),
	    utime_format_span(ev->till - ev->time, span));
	buf_truncate(out, buf_len(out) - 4); /* whole seconds */
	if (ev->profile.len > 0) {
		buf_append_cstr(out, " (bounce profile ");
		log_words_text(ev->profile, out);
		buf_append_byte(out, ')');
	}
}

static void
tls_words(
    const struct log_facts *f, const struct maillog_event *ev, struct buf *out)
{
	host_format(f, ev, out);
	switch ((int)ev->form) {
	case MAILLOG_DCID_TLS_SUCCESS:
		buf_append_cstr(out, " spoke TLS");
		break;
	case MAILLOG_DCID_STARTTLS_UNSUPPORTED:
		buf_append_cstr(out, " does not offer STARTTLS");
		break;
	case MAILLOG_DCID_TLS_REQUIRED:
		buf_append_cstr(out, " gets no mail, as TLS is required");
		break;
	default:
		buf_append_cstr(out, " failed at TLS: ");
		log_words_text(ev->error, out);
		break;
	}
}

static void
sending_words(
    const struct log_facts *f, const struct maillog_event *ev, struct buf *out)
{
	if (ev->form == MAILLOG_MID_RESPONSE) {
		buf_append_cstr(out, "its answer for ");
		rids_format(ev, out);
		buf_append_cstr(out, ": '");
		log_words_text(ev->response, out);
		buf_append_byte(out, '\'');
		return;
	}
	host_format(f, ev, out);
	buf_append_cstr(out,
	    ev->form == MAILLOG_DELIVERY_START ? " is given "
		: ev->form == MAILLOG_MESSAGE_DONE
		? " took "
		: " said nothing to the end, which counts as delivery of ");
	rids_format(ev, out);
}

static bool
delivery_words(
    const struct log_facts *f, const struct maillog_event *ev, struct buf *out)
{
	switch ((int)ev->form) {
	case MAILLOG_DCID_NEW:
		host_format(f, ev, out);
		buf_append_cstr(out, " is connected");
		return true;
	case MAILLOG_DCID_TLS_SUCCESS:
	case MAILLOG_DCID_TLS_FAILED:
	case MAILLOG_DCID_TLS_REQUIRED:
	case MAILLOG_DCID_TLS_ERROR:
	case MAILLOG_DCID_TLS_DEFERRING:
	case MAILLOG_DCID_STARTTLS_UNSUPPORTED:
		tls_words(f, ev, out);
		return true;
	case MAILLOG_CONNECTION_ERROR:
		failure_words(f, ev, out);
		return true;
	case MAILLOG_DELIVERY_START:
	case MAILLOG_MESSAGE_DONE:
	case MAILLOG_MID_RESPONSE:
	case MAILLOG_POSSIBLE_DELIVERY:
		sending_words(f, ev, out);
		return true;
	case MAILLOG_DELAYED:
	case MAILLOG_BOUNCED:
		recipient_words(f, ev, out);
		return true;
	case MAILLOG_PENDING:
		pending_words(ev, out);
		return true;
	case MAILLOG_DCID_CLOSE:
		host_format(f, ev, out);
		buf_append_cstr(out, " is closed");
		return true;
	case MAILLOG_CLIENT_EXITED:
		host_format(f, ev, out);
		buf_append_cstr(out, " is closed, as there are too many");
		return true;
	case MAILLOG_CONNECTION_KILLED:
		host_format(f, ev, out);
		buf_append_cstr(out, " is cut by the appliance");
		return true;
	default:
		return false;
	}
}

/* ---- the rest ---- */

void
log_words_format(const struct log_facts *facts, const struct maillog_event *ev,
    struct buf *out)
{
	if (log_words_incoming(ev, out) || delivery_words(facts, ev, out))
		return;
	switch ((int)ev->form) {
	case MAILLOG_DOUBLE_BOUNCE:
		buf_printf(out,
		    "RID %" PRIu64 " bounced, and nobody is told, as the "
		    "sender is the null path: ",
		    ev->rid);
		log_words_text(ev->text, out);
		break;
	case MAILLOG_DELETED:
		rids_format(ev, out);
		buf_append_cstr(out, " deleted");
		break;
	case MAILLOG_BOUNCE_GENERATED:
		buf_printf(
		    out, "a bounce message of MID %" PRIu64, ev->other_mid);
		break;
	case MAILLOG_MESSAGE_FINISHED:
		if (facts->now != 0 && facts->now != ev->mid)
			buf_printf(
			    out, "MID %" PRIu64 " ends with that", ev->mid);
		else
			buf_append_cstr(out, "finished");
		break;
	case MAILLOG_UNKNOWN:
		log_words_text(ev->text, out);
		break;
	default:
		/* What has no words of its own is told by its name. */
		buf_append_cstr(out, maillog_form_name(ev->form));
		break;
	}
}

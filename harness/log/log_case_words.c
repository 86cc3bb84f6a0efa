/* SPDX-License-Identifier: MIT */
/* Events of a case in words; see log_case.h. */
#include "harness/log/log_case.h"
#include "harness/report/printable.h"

#include <inttypes.h>

static void
host_words(const struct log_case *c, size_t host, struct buf *out)
{
	char ip[IP_TEXT_MAX];

	if (host == LOG_CASE_NONE) {
		buf_append_cstr(out, "a host");
		return;
	}
	buf_printf(out, "%s port %u", ip_format(&c->hosts[host].at.ip, ip),
	    (unsigned)c->hosts[host].at.port);
}

static void
message_words(const struct log_case *c, size_t message, struct buf *out)
{
	const struct log_case_message *m = &c->messages[message];

	if (m->is_assumed)
		buf_append_cstr(out, "the message that is assumed");
	else
		buf_printf(out, "MID %" PRIu64, m->mid);
}

static void
reply_words(const struct log_case_event *event, struct buf *out)
{
	struct slice rest = slice_cstr(event->reply), line;

	if (event->code != 0)
		buf_printf(out, "%u ", event->code);
	buf_append_byte(out, '\'');
	for (bool is_first = true; slice_split(&rest, '\n', &line);
	     is_first = false) {
		if (!is_first)
			buf_append_cstr(out, " / ");
		printable_format(line, out);
	}
	buf_append_byte(out, '\'');
}

static void
failure_words(const struct log_case *c, const struct log_case_event *event,
    struct buf *out)
{
	struct log_failure failure = { event->failure, event->code,
		SLICE_INIT("") };

	host_words(c, event->host, out);
	buf_append_byte(out, ' ');
	if (event->code == 0) {
		failure.text = slice_cstr(event->reply);
		log_failure_format(&failure, out);
		return;
	}
	buf_append_cstr(out, "answered ");
	reply_words(event, out);
}

static void
about_message(const struct log_case *c, const struct log_case_event *event,
    struct buf *out)
{
	message_words(c, event->message, out);
	if (event->rids[0] != '\0')
		buf_printf(out, " RID %s", event->rids);
}

void
log_case_words(const struct log_case *c, const struct log_case_event *event,
    struct buf *out)
{
	char span[UTIME_TEXT_MAX];

	switch ((int)event->form) {
	case MAILLOG_DCID_NEW:
		buf_append_cstr(out, "connection to ");
		host_words(c, event->host, out);
		break;
	case MAILLOG_CONNECTION_ERROR:
		failure_words(c, event, out);
		break;
	case MAILLOG_DELIVERY_START:
		host_words(c, event->host, out);
		buf_append_cstr(out, " is given ");
		about_message(c, event, out);
		break;
	case MAILLOG_MESSAGE_DONE:
		host_words(c, event->host, out);
		buf_append_cstr(out, " took ");
		about_message(c, event, out);
		break;
	case MAILLOG_DELAYED:
	case MAILLOG_BOUNCED:
		host_words(c, event->host, out);
		buf_append_cstr(out,
		    event->form == MAILLOG_DELAYED ? " put off " : " refused ");
		about_message(c, event, out);
		buf_append_cstr(out, ": ");
		reply_words(event, out);
		break;
	case MAILLOG_PENDING:
		about_message(c, event, out);
		utime_format_span(event->span, span);
		buf_printf(out, " waits %.*s", (int)strlen(span) - 4, span);
		break;
	case MAILLOG_DNS_TEMPORARY_FAILURE:
		buf_printf(out, "DNS did not answer for %s: ",
		    event->domain != LOG_CASE_NONE ? c->domains[event->domain]
						   : "a domain");
		printable_format(slice_cstr(event->reply), out);
		break;
	default:
		message_words(c, event->message, out);
		buf_append_cstr(out, " is finished");
		break;
	}
}

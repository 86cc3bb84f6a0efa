/* SPDX-License-Identifier: MIT */
/* The relay's mail-log lines; see log.h. */
#include "relay/log.h"

/* A reply of more lines is logged without those that follow. */
#define LOG_REPLY_LINES_MAX 64

void
log_fini(struct log *log)
{
	buf_fini(&log->line);
	buf_fini(&log->list);
}

void
log_event(struct log *log, struct maillog_event *ev)
{
	ev->time = world_now(log->world);
	buf_clear(&log->line);
	maillog_format(&log->line, ev);
	log->on_line(log->owner, buf_slice(&log->line));
}

struct slice
log_rids(struct log *log, const uint32_t *rids, uint32_t count)
{
	buf_clear(&log->list);
	for (uint32_t i = 0; i < count; i++)
		maillog_rids_add(&log->list, rids[i]);
	return buf_slice(&log->list);
}

static size_t
split_lines(struct slice text, struct slice lines[LOG_REPLY_LINES_MAX])
{
	size_t count = 0;

	while (count < LOG_REPLY_LINES_MAX &&
	    slice_split(&text, '\n', &lines[count]))
		count++;
	return count;
}

void
log_set_cause(
    struct log *log, struct maillog_event *ev, const struct log_cause *cause)
{
	struct slice lines[LOG_REPLY_LINES_MAX];
	size_t count = split_lines(cause->text, lines);
	struct maillog_status status =
	    maillog_status_for(cause->code, cause->phase);

	ev->code = cause->code;
	ev->enhanced = status.enhanced;
	ev->text = status.text;
	buf_clear(&log->list);
	maillog_reply_list(&log->list, lines, count);
	ev->lines = buf_slice(&log->list);
}

void
log_refused(struct log *log, enum maillog_form form, uint64_t dcid,
    uint64_t mid, uint32_t rid, const struct log_cause *cause)
{
	struct maillog_event ev = {
		.form = form,
		.dcid = dcid,
		.mid = mid,
		.rid = rid,
	};

	log_set_cause(log, &ev, cause);
	log_event(log, &ev);
}

void
log_double_bounce(
    struct log *log, uint64_t mid, uint32_t rid, const struct log_cause *cause)
{
	struct maillog_status status =
	    maillog_status_for(cause->code, cause->phase);
	struct maillog_event ev = {
		.form = MAILLOG_DOUBLE_BOUNCE,
		.mid = mid,
		.rid = rid,
		.code = cause->code,
		.enhanced = status.enhanced,
		.text = status.text,
		.response = cause->text,
	};

	log_event(log, &ev);
}

void
log_reason(struct buf *out, const struct log_cause *cause)
{
	struct slice lines[LOG_REPLY_LINES_MAX];
	struct maillog_status status;

	if (cause->code == 0 || cause->code >= 400) {
		status = maillog_status_for(cause->code, cause->phase);
		buf_printf(out, "%.*s - %.*s ", SLICE_ARG(status.enhanced),
		    SLICE_ARG(status.text));
	}
	if (cause->text.len > 0 || cause->code > 0)
		maillog_reply_details(
		    out, cause->code, lines, split_lines(cause->text, lines));
}

void
log_connection_error(struct log *log, const struct log_host_failure *f)
{
	struct slice lines[LOG_REPLY_LINES_MAX];
	char address[IP_TEXT_MAX], interface[IP_TEXT_MAX];
	struct maillog_event ev = {
		.form = MAILLOG_CONNECTION_ERROR,
		.dcid = f->dcid,
		.domain = f->domain,
		.address = slice_cstr(ip_format(&f->at->ip, address)),
		.port = f->at->port,
		.interface = slice_cstr(ip_format(f->interface, interface)),
		.reason = f->is_smtp ? SLICE("unexpected SMTP response")
				     : SLICE("network error"),
	};

	buf_clear(&log->list);
	if (f->is_smtp)
		maillog_reply_details(
		    &log->list, f->code, lines, split_lines(f->text, lines));
	else
		buf_append(&log->list, f->text);
	ev.details = buf_slice(&log->list);
	log_event(log, &ev);
}

void
log_pending(struct log *log, const struct group *g,
    const struct relay_bounce_profile *profile)
{
	struct maillog_event ev = {
		.form = MAILLOG_PENDING,
		.mid = g->message->mid,
		.rids = log_rids(log, g->rids, g->count),
		/* The second in which the wait is over. */
		.till = (group_due(g) + UTIME_S - 1) / UTIME_S * UTIME_S,
		.profile = profile->name,
	};

	log_event(log, &ev);
}

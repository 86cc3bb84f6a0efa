/* SPDX-License-Identifier: MIT */
/* Details of a Connection Error; see log_failure.h.  The numbers of errors are
 * those of FreeBSD, which the appliance is. */
#include "harness/log/log_failure.h"

#include "harness/report/printable.h"

static const struct detail {
	struct slice begins;
	enum log_failure_kind kind;
} details[] = {
	{ SLICE_INIT("[Errno 61]"), LOG_FAILURE_REFUSED },
	{ SLICE_INIT("[Errno 60]"), LOG_FAILURE_SILENT },
	{ SLICE_INIT("timeout"), LOG_FAILURE_SILENT },
	{ SLICE_INIT("connection timed out"), LOG_FAILURE_SILENT },
	{ SLICE_INIT("[Errno 64]"), LOG_FAILURE_UNREACHABLE },
	{ SLICE_INIT("[Errno 65]"), LOG_FAILURE_UNREACHABLE },
	{ SLICE_INIT("[Errno 51]"), LOG_FAILURE_UNREACHABLE },
	{ SLICE_INIT("[Errno 54]"), LOG_FAILURE_RESET },
	{ SLICE_INIT("EOF"), LOG_FAILURE_CLOSED },
	{ SLICE_INIT("[Errno 0]"), LOG_FAILURE_HANDSHAKE },
};

static enum log_failure_kind
kind_of(struct slice text)
{
	for (size_t i = 0; i < ARRAY_LEN(details); i++)
		if (slice_starts_with_nocase(text, details[i].begins))
			return details[i].kind;
	return LOG_FAILURE_OTHER;
}

struct log_failure
log_failure_of(const struct maillog_event *ev)
{
	struct log_failure failure = { LOG_FAILURE_OTHER, 0, ev->details };

	if (maillog_details_reply(ev->details, &failure.code, &failure.text)) {
		failure.kind = LOG_FAILURE_ANSWER;
		return failure;
	}
	failure.code = 0;
	failure.text = ev->details;
	failure.kind = kind_of(ev->details);
	if (failure.kind == LOG_FAILURE_OTHER)
		failure.kind = kind_of(ev->reason);
	return failure;
}

const char *
log_failure_name(enum log_failure_kind kind)
{
	static const char *const names[] = {
#define X(constant, name, words) name,
		LOG_FAILURES(X)
#undef X
	};

	assert(kind < LOG_FAILURE_KINDS);
	return names[kind];
}

void
log_failure_format(const struct log_failure *failure, struct buf *out)
{
	static const char *const words[] = {
#define X(constant, name, words) words,
		LOG_FAILURES(X)
#undef X
	};

	assert(failure->kind < LOG_FAILURE_KINDS);
	buf_append_cstr(out, words[failure->kind]);
	if (failure->kind == LOG_FAILURE_ANSWER)
		buf_printf(out, " %u", failure->code);
	if (failure->text.len == 0 ||
	    (failure->kind != LOG_FAILURE_ANSWER &&
		failure->kind != LOG_FAILURE_OTHER))
		return;
	buf_append_cstr(out, " '");
	printable_line_format(failure->text, out);
	buf_append_byte(out, '\'');
}

bool
log_failure_is_down(const struct log_failure *failure)
{
	return failure->kind == LOG_FAILURE_REFUSED ||
	    failure->kind == LOG_FAILURE_SILENT ||
	    failure->kind == LOG_FAILURE_UNREACHABLE;
}

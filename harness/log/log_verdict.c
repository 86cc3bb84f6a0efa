/* SPDX-License-Identifier: MIT */
/* What a story came to, in sentences; see log_telling.h. */
#include "harness/log/log_telling.h"

#include <inttypes.h>

static const char *
span_text(utime span, char *text)
{
	utime_format_span(span, text);
	text[strlen(text) - 4] = '\0'; /* a log has whole seconds */
	return text;
}

static void
count_format(
    uint64_t count, const char *one, const char *several, struct buf *out)
{
	buf_printf(out, "%" PRIu64 " %s", count, count == 1 ? one : several);
}

/* ---- recipients ---- */

/* They all went to that host. */
static bool
is_only_host(const struct log_facts *f, const char *host)
{
	for (size_t i = 0; i < f->to_count; i++)
		if (f->to[i].fate == LOG_FATE_DELIVERED &&
		    (f->to[i].host == NULL || strcmp(f->to[i].host, host) != 0))
			return false;
	return true;
}

static void
delivered_format(const struct log_facts *f, size_t count, struct buf *out)
{
	const struct log_addressee *last = NULL;
	char span[UTIME_TEXT_MAX];

	for (size_t i = 0; i < f->to_count; i++)
		if (f->to[i].fate == LOG_FATE_DELIVERED &&
		    (last == NULL || f->to[i].when >= last->when))
			last = &f->to[i];
	if (last == NULL)
		return;
	if (f->to_count == 1)
		buf_append_cstr(out, "delivered");
	else
		buf_printf(
		    out, "%zu of %zu recipients delivered", count, f->to_count);
	if (last->host != NULL)
		buf_printf(out, "%s to %s",
		    is_only_host(f, last->host) ? "" : ", the last",
		    last->host);
	if (f->received != 0 && last->when > f->received)
		buf_printf(out, " after %s",
		    span_text(last->when - f->received, span));
	else if (f->received != 0)
		buf_append_cstr(out, " within a second");
	buf_append_cstr(out, ". ");
}

static void
bounced_format(const struct log_facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->to_count; i++) {
		const struct log_addressee *to = &f->to[i];

		if (to->fate != LOG_FATE_BOUNCED)
			continue;
		buf_printf(out, "RID %" PRIu64, to->rid);
		if (to->to != NULL)
			buf_printf(out, " <%s>", to->to);
		buf_printf(out, " bounced: %s - %s", to->enhanced, to->text);
		if (to->code != 0)
			buf_printf(
			    out, ", %" PRIu64 " '%s'", to->code, to->reply);
		else if (to->reply[0] != '\0')
			buf_printf(out, ", '%s'", to->reply);
		if (to->host != NULL && to->code != 0)
			buf_printf(out, " from %s", to->host);
		buf_append_cstr(out, ". ");
		/* The others are in the story. */
		return;
	}
}

static void
open_format(const struct log_facts *f, struct buf *out)
{
	char till[UTIME_TEXT_MAX];

	for (size_t i = 0; i < f->to_count; i++) {
		const struct log_addressee *to = &f->to[i];

		if (to->fate != LOG_FATE_OPEN)
			continue;
		buf_printf(out, "RID %" PRIu64, to->rid);
		if (to->to != NULL)
			buf_printf(out, " <%s>", to->to);
		if (f->is_finished)
			buf_printf(out, "%s. ",
			    f->parts > 0
				? " went on with what was split off, or nothing"
				  " is said of its end"
				: " ended in a way that the log does not tell");
		else if (to->till != 0)
			buf_printf(out, " waits until %.19s",
			    utime_format_rfc3339(to->till, till));
		else
			buf_append_cstr(out,
			    to->is_active ? " was being sent"
					  : " was in the queue");
		if (!f->is_finished)
			buf_append_cstr(out, " when the log ends. ");
		return;
	}
}

/* ---- hosts ---- */

static uint64_t
failed_connections(const struct log_facts *f)
{
	uint64_t count = 0;

	for (size_t i = 0; i < LOG_FAILURE_KINDS; i++)
		count += f->saw.failed[i];
	return count;
}

/* By whom, and in which words, at last. */
static void
delayed_format(const struct log_facts *f, uint64_t count, struct buf *out)
{
	if (count > 1)
		buf_append_cstr(out, ", at last");
	buf_printf(out, " by %s",
	    f->delayed_host != NULL ? f->delayed_host : "a host");
	if (f->delayed_code != 0)
		buf_printf(out, ": %" PRIu64 " '%s'", f->delayed_code,
		    f->delayed_reply);
	else if (f->delayed_reply[0] != '\0')
		buf_printf(out, ": %s", f->delayed_reply);
}

static void
troubles_format(const struct log_facts *f, struct buf *out)
{
	uint64_t failed = failed_connections(f);
	uint64_t delayed = f->saw.delayed_4xx + f->saw.delayed_lost;

	if (failed > 0) {
		count_format(failed, "connection", "connections", out);
		buf_append_cstr(out, " failed");
		if (f->failed_host != NULL)
			buf_printf(out, ", %s%s %s",
			    failed > 1 ? "the last as " : "", f->failed_host,
			    f->failed_how);
		buf_append_cstr(out, ". ");
	}
	if (delayed > 0) {
		buf_append_cstr(out, "Put off ");
		count_format(delayed, "time", "times", out);
		delayed_format(f, delayed, out);
		buf_append_cstr(out, ". ");
	}
	if (f->saw.pending > 0) {
		count_format(f->saw.pending, "round", "rounds", out);
		buf_append_cstr(out, " ended in waiting. ");
	}
}

static void
connection_format(
    const struct log_facts *f, const struct log_story *story, struct buf *out)
{
	const char *host = log_facts_host(f, story->number);

	buf_printf(out, "%s ",
	    host != NULL ? host : "the log does not say which host");
	if (f->failed_how != NULL)
		buf_append_cstr(out, f->failed_how);
	else
		buf_append_cstr(out, "was connected");
	if (f->domain != NULL)
		buf_printf(out, ", for mail to %s", f->domain);
	buf_append_cstr(out, ". ");
	count_format(f->saw.starts, "message was", "messages were", out);
	buf_append_cstr(out, " sent on it. ");
}

void
log_verdict_format(const struct log_facts *facts, const struct log_story *story,
    struct buf *out)
{
	size_t delivered = log_facts_count(facts, LOG_FATE_DELIVERED);
	size_t bounced = log_facts_count(facts, LOG_FATE_BOUNCED);
	size_t deleted = log_facts_count(facts, LOG_FATE_DELETED);
	size_t open = log_facts_count(facts, LOG_FATE_OPEN);

	if (!story->is_message) {
		connection_format(facts, story, out);
	} else if (facts->is_aborted) {
		buf_printf(out, "not accepted: %s. ",
		    facts->abort != NULL ? facts->abort
					 : "the log does not say why");
	} else {
		delivered_format(facts, delivered, out);
		bounced_format(facts, out);
		if (bounced > 1)
			buf_printf(out, "In all %zu bounced. ", bounced);
		if (deleted > 0)
			buf_printf(out, "%zu deleted. ", deleted);
		open_format(facts, out);
		if (open > 1)
			buf_printf(out, "In all %zu were %s. ", open,
			    facts->is_finished ? "such" : "open");
		if (facts->to_count == 0)
			buf_append_cstr(
			    out, "the log shows none of its recipients. ");
		troubles_format(facts, out);
	}
	buf_truncate(out, buf_len(out) - 1);
}

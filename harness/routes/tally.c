/* SPDX-License-Identifier: MIT */
/* Counting what a log says of mail; see tally.h. */
#include "harness/routes/tally.h"

enum {
	DCID_MAX = 1 << 20 /* no trial opens as many connections */
};

void
tally_init(struct tally *t, const struct trial *trial, utime start)
{
	*t = (struct tally){ .trial = trial };
	maillog_parser_init(&t->parser, start);
}

void
tally_fini(struct tally *t)
{
	maillog_parser_fini(&t->parser);
	free(t->messages);
	free(t->hosts);
}

enum tally_fate
tally_fate(const struct tally_counts *counts)
{
	if (counts->bounced > 0)
		return TALLY_BOUNCES;
	if (counts->delivered < counts->messages)
		return TALLY_WAITS;
	return counts->has_waited ? TALLY_LATE : TALLY_FLOWS;
}

const char *
tally_fate_name(enum tally_fate fate)
{
	static const char *const names[] = { "flows", "late", "waits",
		"bounces" };

	return names[fate];
}

char
tally_fate_mark(enum tally_fate fate)
{
	return "+~-!"[fate];
}

/* ---- the log ---- */

static bool
is_ours(const struct tally *t, struct slice to)
{
	struct slice domain = slice_skip(to, slice_find_byte(to, '@') + 1);

	if (domain.len > 0 && domain.at[domain.len - 1] == '>')
		domain.len--;
	return slice_eq_nocase(domain, t->trial->domain);
}

static void
message_add(struct tally *t, const struct maillog_event *ev)
{
	if (!is_ours(t, ev->to))
		return;
	t->messages =
	    xgrow(t->messages, &t->cap, t->count + 1, sizeof(t->messages[0]));
	t->messages[t->count++] =
	    (struct tally_message){ .mid = ev->mid, .came = ev->time };
	t->counts.messages++;
}

static struct tally_message *
message_of(struct tally *t, uint64_t mid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->messages[i].mid == mid)
			return &t->messages[i];
	return NULL;
}

static void
connection_add(struct tally *t, const struct maillog_event *ev)
{
	struct ip_address ip;
	size_t before = t->host_cap;

	if (ev->dcid >= DCID_MAX || ev->port > UINT16_MAX ||
	    !ip_parse(ev->address, &ip))
		return;
	t->hosts =
	    xgrow(t->hosts, &t->host_cap, ev->dcid + 1, sizeof(t->hosts[0]));
	for (size_t i = before; i < t->host_cap; i++)
		t->hosts[i] = SIZE_MAX;
	t->hosts[ev->dcid] = trial_host_at(t->trial, &ip, (uint16_t)ev->port);
}

static void
message_done(
    struct tally *t, struct tally_message *m, const struct maillog_event *ev)
{
	size_t host = ev->dcid < t->host_cap ? t->hosts[ev->dcid] : SIZE_MAX;

	t->counts.delivered += !m->is_over;
	m->is_over = true;
	if (ev->time - m->came > t->counts.slowest)
		t->counts.slowest = ev->time - m->came;
	if (host != SIZE_MAX)
		t->done[host]++;
}

void
tally_line(struct tally *t, struct slice line)
{
	struct tally_message *m;
	struct maillog_event ev;

	if (!maillog_parse(&t->parser, line, &ev))
		return;
	if (ev.form == MAILLOG_MID_TO)
		message_add(t, &ev);
	else if (ev.form == MAILLOG_DCID_NEW)
		connection_add(t, &ev);
	if (ev.form != MAILLOG_MESSAGE_DONE && ev.form != MAILLOG_BOUNCED &&
	    ev.form != MAILLOG_PENDING)
		return;
	m = message_of(t, ev.mid);
	if (m == NULL)
		return;
	if (ev.form == MAILLOG_MESSAGE_DONE) {
		message_done(t, m, &ev);
	} else if (ev.form == MAILLOG_BOUNCED) {
		t->counts.bounced += !m->is_over;
		m->is_over = true;
	} else {
		t->counts.has_waited = true;
	}
}

/* SPDX-License-Identifier: MIT */
/* Rows of time and spells of failure; see log_timeline.h. */
#include "harness/log/log_timeline.h"

#include "harness/report/text_json.h"

#include <inttypes.h>
#include <uthash.h>

/* Without padding. */
struct host_key {
	uint64_t high, low, port;
};

struct host {
	struct host_key key;
	size_t spell; /* that goes on; SIZE_MAX: none */
	UT_hash_handle hh;
};

struct open_key {
	uint64_t dcid, appliance;
};

/* A connection that stands: it counts when it has ended, or carried mail. */
struct open {
	struct open_key key;
	struct host *host; /* borrowed */
	UT_hash_handle hh;
};

struct log_timeline {
	utime begin, span; /* of the rows */
	utime last;
	struct log_timeline_row rows[LOG_TIMELINE_ROWS_MAX];
	struct log_spell *spells; /* owned */
	size_t spell_count, spell_cap;
	uint64_t more_spells;
	struct host *hosts;
	size_t host_count;
	struct open *open;
	size_t open_count;
};

struct log_timeline *
log_timeline_new(void)
{
	struct log_timeline *t = xcalloc(1, sizeof(*t));

	t->span = UTIME_S;
	return t;
}

void
log_timeline_destroy(struct log_timeline **tp)
{
	struct log_timeline *t = *tp;
	struct host *host, *next_host;
	struct open *open, *next_open;

	*tp = NULL;
	if (t == NULL)
		return;
	HASH_ITER(hh, t->open, open, next_open)
	{
		HASH_DEL(t->open, open);
		free(open);
	}
	HASH_ITER(hh, t->hosts, host, next_host)
	{
		HASH_DEL(t->hosts, host);
		free(host);
	}
	free(t->spells);
	free(t);
}

/* ---- rows ---- */

static void
row_add_all(struct log_timeline_row *row, const struct log_timeline_row *other)
{
	row->received += other->received;
	row->connections += other->connections;
	row->failed += other->failed;
	row->delivered += other->delivered;
	row->delayed += other->delayed;
	row->bounced += other->bounced;
	row->retries += other->retries;
}

/* Spans that people think in; each is a multiple of the one before. */
static utime
next_span(utime span)
{
	static const utime spans[] = { UTIME_S, 5 * UTIME_S, 10 * UTIME_S,
		30 * UTIME_S, UTIME_MINUTE, 5 * UTIME_MINUTE, 10 * UTIME_MINUTE,
		30 * UTIME_MINUTE, UTIME_HOUR, 3 * UTIME_HOUR, 6 * UTIME_HOUR,
		12 * UTIME_HOUR, UTIME_DAY };

	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		if (spans[i] > span)
			return spans[i];
	return 2 * span;
}

/* Several rows become one, which begins at a multiple of its span. */
static void
widen(struct log_timeline *t)
{
	utime span = next_span(t->span), begin = t->begin - t->begin % span;
	struct log_timeline_row rows[LOG_TIMELINE_ROWS_MAX] = { 0 };

	for (size_t i = 0; i < LOG_TIMELINE_ROWS_MAX; i++) {
		utime at = t->begin + (utime)i * t->span;

		row_add_all(&rows[(at - begin) / span], &t->rows[i]);
	}
	memcpy(t->rows, rows, sizeof(rows));
	t->span = span;
	t->begin = begin;
}

/* The row of a moment; one before the first is in the first. */
static struct log_timeline_row *
row_of(struct log_timeline *t, utime at)
{
	if (t->begin == 0)
		t->begin = at;
	if (at > t->last)
		t->last = at;
	if (at < t->begin)
		return &t->rows[0];
	while ((at - t->begin) / t->span >= LOG_TIMELINE_ROWS_MAX)
		widen(t);
	return &t->rows[(at - t->begin) / t->span];
}

/* ---- hosts ---- */

static struct host *
host_get(struct log_timeline *t, const struct endpoint *at)
{
	struct host_key key = { 0, 0, at->port };
	struct host *host;

	memcpy(&key.high, at->ip.bytes, sizeof(key.high));
	memcpy(&key.low, at->ip.bytes + 8, sizeof(key.low));
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, t->hosts, &key, sizeof(key), host);
	if (host != NULL || t->host_count == LOG_TIMELINE_HOSTS_MAX)
		return host;
	host = xcalloc(1, sizeof(*host));
	host->key = key;
	host->spell = SIZE_MAX;
	HASH_ADD(hh, t->hosts, key, sizeof(host->key), host);
	t->host_count++;
	return host;
}

static struct host *
host_of(
    struct log_timeline *t, const struct maillog_event *ev, struct endpoint *at)
{
	*at = (struct endpoint){ .port = 25 };
	if (maillog_has(ev, MAILLOG_FIELD_port))
		at->port = (uint16_t)ev->port;
	return ip_parse(ev->address, &at->ip) ? host_get(t, at) : NULL;
}

static void
host_fails(struct log_timeline *t, struct host *host, const struct endpoint *at,
    const struct maillog_event *ev)
{
	struct log_failure failure = log_failure_of(ev);

	if (host->spell == SIZE_MAX) {
		if (t->spell_count == LOG_TIMELINE_SPELLS_MAX) {
			t->more_spells++;
			return;
		}
		t->spells = xgrow(t->spells, &t->spell_cap, t->spell_count + 1,
		    sizeof(t->spells[0]));
		host->spell = t->spell_count++;
		t->spells[host->spell] = (struct log_spell){ .host = *at,
			.from = ev->time,
			.kind = failure.kind,
			.code = failure.code };
	}
	t->spells[host->spell].failures++;
	t->spells[host->spell].last = ev->time;
}

static void
host_works(struct log_timeline *t, struct host *host, utime at)
{
	if (host->spell == SIZE_MAX)
		return;
	t->spells[host->spell].until = at;
	host->spell = SIZE_MAX;
}

static struct open *
open_find(const struct log_timeline *t, const struct log_record *record)
{
	struct open_key key = { record->event->dcid, record->appliance };
	struct open *open;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, t->open, &key, sizeof(key), open);
	return open;
}

static void
open_forget(struct log_timeline *t, struct open *open)
{
	if (open == NULL)
		return;
	HASH_DEL(t->open, open);
	free(open);
	t->open_count--;
}

static void
take_opened(struct log_timeline *t, const struct log_record *record)
{
	struct endpoint at;
	struct host *host = host_of(t, record->event, &at);
	struct open *open = open_find(t, record);

	if (open == NULL && host != NULL &&
	    t->open_count < LOG_TIMELINE_HOSTS_MAX) {
		open = xcalloc(1, sizeof(*open));
		open->key.dcid = record->event->dcid;
		open->key.appliance = record->appliance;
		HASH_ADD(hh, t->open, key, sizeof(open->key), open);
		t->open_count++;
	}
	if (open != NULL && host != NULL)
		open->host = host;
}

static void
take_failure(struct log_timeline *t, const struct log_record *record,
    struct log_timeline_row *row)
{
	struct open *open = open_find(t, record);
	struct endpoint at;
	struct host *host = host_of(t, record->event, &at);

	row->failed++;
	row->connections += open == NULL;
	open_forget(t, open);
	if (host != NULL)
		host_fails(t, host, &at, record->event);
}

static void
take_start(struct log_timeline *t, const struct log_record *record)
{
	struct open *open = open_find(t, record);

	if (open != NULL)
		host_works(t, open->host, record->event->time);
}

void
log_timeline_take(struct log_timeline *t, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_timeline_row *row = row_of(t, ev->time);

	switch ((int)ev->form) {
	case MAILLOG_MID_QUEUED:
		row->received++;
		break;
	case MAILLOG_DCID_NEW:
		row->connections++;
		take_opened(t, record);
		break;
	case MAILLOG_CONNECTION_ERROR:
		take_failure(t, record, row);
		break;
	case MAILLOG_DELIVERY_START:
		take_start(t, record);
		break;
	case MAILLOG_MESSAGE_DONE:
		row->delivered += maillog_rids_count(ev->rids);
		break;
	case MAILLOG_DELAYED:
		row->delayed++;
		break;
	case MAILLOG_BOUNCED:
	case MAILLOG_DOUBLE_BOUNCE:
		row->bounced++;
		break;
	case MAILLOG_PENDING:
		row->retries++;
		break;
	case MAILLOG_DCID_CLOSE:
		open_forget(t, open_find(t, record));
		break;
	default:
		break;
	}
}

/* ---- a page ---- */

static size_t
rows_used(const struct log_timeline *t)
{
	return t->begin == 0 ? 0 : (size_t)((t->last - t->begin) / t->span) + 1;
}

static void
spell_format(const struct log_spell *spell, struct buf *out)
{
	struct log_failure failure = { spell->kind, spell->code,
		SLICE_INIT("") };
	char from[UTIME_TEXT_MAX], until[UTIME_TEXT_MAX];
	char host[ENDPOINT_TEXT_MAX];

	buf_printf(out, "  %.19s  ", utime_format_rfc3339(spell->from, from));
	if (spell->until != 0)
		buf_printf(
		    out, "%.19s", utime_format_rfc3339(spell->until, until));
	else
		buf_printf(out, "%-19s", "to the end");
	buf_printf(out, "  %-21s  ", endpoint_format(&spell->host, host));
	log_failure_format(&failure, out);
	buf_printf(out, ", %" PRIu64 " %s\n", spell->failures,
	    spell->failures == 1 ? "time" : "times");
}

void
log_timeline_format(const struct log_timeline *t, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	if (rows_used(t) == 0) {
		buf_append_cstr(out, "no record\n");
		return;
	}
	buf_printf(
	    out, "each row is %s\n\n", utime_format_duration(t->span, text));
	buf_printf(out, "  %-19s %8s %8s %7s %9s %8s %8s %8s\n", "from",
	    "received", "connect.", "failed", "delivered", "delayed", "retries",
	    "bounced");
	for (size_t i = 0; i < rows_used(t); i++) {
		const struct log_timeline_row *row = &t->rows[i];
		utime at = t->begin + (utime)i * t->span;

		buf_printf(out,
		    "  %.19s %8" PRIu64 " %8" PRIu64 " %7" PRIu64 " %9" PRIu64
		    " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n",
		    utime_format_rfc3339(at, text), row->received,
		    row->connections, row->failed, row->delivered, row->delayed,
		    row->retries, row->bounced);
	}
	if (t->spell_count == 0)
		return;
	buf_printf(out, "\n  %-19s  %-19s  %-21s  what\n", "failing from",
	    "until it took mail", "host");
	for (size_t i = 0; i < t->spell_count; i++)
		spell_format(&t->spells[i], out);
	if (t->more_spells > 0)
		buf_printf(out, "  and %" PRIu64 " more\n", t->more_spells);
}

/* ---- JSON ---- */

static void
set_count(json_t *object, const char *key, uint64_t count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

static void
set_moment(json_t *object, const char *key, utime at)
{
	char text[UTIME_TEXT_MAX];

	text_json_set(object, key, utime_format_rfc3339(at, text));
}

static json_t *
row_json(const struct log_timeline_row *row, utime at)
{
	json_t *object = json_object();

	set_moment(object, "from", at);
	set_count(object, "received", row->received);
	set_count(object, "connections", row->connections);
	set_count(object, "failed", row->failed);
	set_count(object, "delivered", row->delivered);
	set_count(object, "delayed", row->delayed);
	set_count(object, "retries", row->retries);
	set_count(object, "bounced", row->bounced);
	return object;
}

static json_t *
spell_json(const struct log_spell *spell)
{
	json_t *object = json_object();
	char host[ENDPOINT_TEXT_MAX];

	text_json_set(object, "host", endpoint_format(&spell->host, host));
	set_moment(object, "from", spell->from);
	set_moment(object, "last", spell->last);
	if (spell->until != 0)
		set_moment(object, "until", spell->until);
	text_json_set(object, "failure", log_failure_name(spell->kind));
	if (spell->code != 0)
		set_count(object, "code", spell->code);
	set_count(object, "failures", spell->failures);
	return object;
}

void
log_timeline_json(const struct log_timeline *t, struct buf *out)
{
	json_t *object = json_object(), *rows = json_array();
	json_t *spells = json_array();

	set_count(object, "seconds", (uint64_t)(t->span / UTIME_S));
	for (size_t i = 0; i < rows_used(t); i++)
		json_array_append_new(
		    rows, row_json(&t->rows[i], t->begin + (utime)i * t->span));
	for (size_t i = 0; i < t->spell_count; i++)
		json_array_append_new(spells, spell_json(&t->spells[i]));
	json_object_set_new(object, "rows", rows);
	json_object_set_new(object, "failing", spells);
	set_count(object, "more_failing", t->more_spells);
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
}

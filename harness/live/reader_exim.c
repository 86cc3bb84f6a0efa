/* SPDX-License-Identifier: MIT */
/*
 * Exim's log, told again; see reader.h.  It is two in one file: the main log,
 * for what becomes of messages, and the debugging output of each process, for
 * its retry data; exim_transport.c has its dialogues.
 */
#include "harness/live/exim_transport.h"
#include "harness/live/reader_words.h"

/* When a host or an address may be tried again. */
struct exim_record {
	char *key; /* owned */
	utime till;
	UT_hash_handle hh;
};

struct exim {
	struct exim_process *processes; /* owned */
	struct exim_record *records;    /* owned */
	struct buf key;                 /* scratch */
};

/* ---- memory ---- */

static void *
exim_create(void)
{
	return xcalloc(1, sizeof(struct exim));
}

static void
record_forget(struct exim *e, struct exim_record *record)
{
	HASH_DEL(e->records, record);
	free(record->key);
	free(record);
}

static void
exim_destroy(void *memory)
{
	struct exim *e = memory;
	struct exim_process *p, *next;
	struct exim_record *record, *other;

	if (e == NULL)
		return;
	HASH_ITER(hh, e->processes, p, next)
	{
		exim_process_destroy(&e->processes, p);
	}
	HASH_ITER(hh, e->records, record, other)
	{
		record_forget(e, record);
	}
	buf_fini(&e->key);
	free(e);
}

/* ---- retry data ---- */

static struct exim_record *
record_find(const struct exim *e, struct slice key)
{
	struct exim_record *record;

	HASH_FIND(hh, e->records, key.at, key.len, record);
	return record;
}

static utime
record_till(const struct exim *e, struct slice key)
{
	const struct exim_record *record = record_find(e, key);

	return record != NULL ? record->till : 0;
}

static uint64_t
number_behind(struct slice text, struct slice mark)
{
	struct slice number =
	    slice_skip(text, slice_find(text, mark) + mark.len);
	uint64_t value = 0;

	(void)slice_to_u64(slice_sub(number, 0, slice_find_byte(number, ' ')),
	    UINT32_MAX, &value);
	return value;
}

/* "  first failed=1 last try=2 next try=62 expired=0" */
static void
on_record(
    struct exim *e, struct reader *r, struct exim_process *p, struct slice text)
{
	const uint64_t last = number_behind(text, SLICE("last try=")),
		       next = number_behind(text, SLICE("next try="));
	struct exim_record *record = record_find(e, slice_cstr(p->record));

	if (record == NULL) {
		record = xcalloc(1, sizeof(*record));
		record->key = slice_dup(slice_cstr(p->record));
		HASH_ADD_KEYPTR(
		    hh, e->records, record->key, strlen(record->key), record);
	}
	record->till =
	    r->now + (next > last ? (utime)(next - last) * UTIME_S : 0);
	free(p->record);
	p->record = NULL;
}

static void
on_deleted(struct exim *e, struct slice key)
{
	struct exim_record *record = record_find(e, key);

	if (record != NULL)
		record_forget(e, record);
}

/* When the first of the hosts may be tried with that message: neither it nor
 * the two of them together have to wait. */
static utime
hosts_till(struct exim *e, const struct exim_process *p)
{
	utime first = UTIME_NEVER;

	for (size_t i = 0; i < p->host_count; i++) {
		utime till = record_till(e, slice_cstr(p->hosts[i])), both;

		buf_clear(&e->key);
		buf_printf(&e->key, "%s:%s", p->hosts[i], p->message);
		both = record_till(e, buf_slice(&e->key));
		till = both > till ? both : till;
		first = till < first ? till : first;
	}
	return first == UTIME_NEVER ? 0 : first;
}

/* When the address may be tried: neither it, nor it and the sender together,
 * nor its domain has to wait. */
static utime
address_till(
    struct exim *e, const struct reader_message *m, const char *address)
{
	const char *at = strrchr(address, '@');
	utime till, other;

	buf_clear(&e->key);
	buf_printf(&e->key, "R:%s", at != NULL ? at + 1 : address);
	till = record_till(e, buf_slice(&e->key));
	buf_clear(&e->key);
	buf_printf(&e->key, "R:%s", address);
	other = record_till(e, buf_slice(&e->key));
	till = other > till ? other : till;
	buf_printf(&e->key, ":<%s>", m->sender);
	other = record_till(e, buf_slice(&e->key));
	return other > till ? other : till;
}

/* It has been tried, or found to have to wait. */
static void
on_end(struct exim *e, struct reader *r, struct exim_process *p)
{
	struct reader_message *m =
	    reader_message_find(r, slice_cstr(p->message));
	utime hosts, till = UTIME_NEVER;

	if (m == NULL || m->open == 0)
		return;
	hosts = hosts_till(e, p);
	for (size_t i = 0; i < m->count; i++) {
		utime at;

		if (m->recipients[i].has_ended)
			continue;
		at = address_till(e, m, m->recipients[i].address);
		at = hosts > at ? hosts : at;
		till = at < till ? at : till;
	}
	reader_message_waits(r, m, till > r->now ? till : r->now);
}

/* ---- debugging output ---- */

static void
set_receiving(struct reader *r, struct exim_process *p, bool is_receiving)
{
	if (is_receiving && !p->is_receiving)
		r->arriving++;
	else if (!is_receiving && p->is_receiving)
		r->arriving--;
	p->is_receiving = is_receiving;
}

static void
on_started(struct reader *r, const struct exim_process *p)
{
	struct reader_message *m = p->message != NULL
	    ? reader_message_find(r, slice_cstr(p->message))
	    : NULL;

	if (m != NULL)
		reader_message_active(m);
}

static void
on_process_line(
    struct exim *e, struct reader *r, struct exim_process *p, struct slice text)
{
	static const struct slice writing =
				      SLICE_INIT("Writing retry data for "),
				  deleted = SLICE_INIT(
				      "deleted retry information for "),
				  ended =
				      SLICE_INIT("remote delivery process ");

	if (slice_starts_with(text, writing)) {
		reader_set(&p->record, slice_skip(text, writing.len));
	} else if (p->record != NULL &&
	    slice_find(text, SLICE("next try=")) < text.len) {
		on_record(e, r, p, text);
	} else if (slice_starts_with(text, deleted)) {
		on_deleted(e, slice_skip(text, deleted.len));
	} else if (slice_starts_with(text, ended)) {
		struct slice key = slice_skip(text, ended.len);

		key.len = slice_find_byte(key, ' ');
		exim_process_join(p, exim_process_get(&e->processes, key));
	} else if (slice_starts_with(text, SLICE("end delivery of ")) &&
	    p->message != NULL) {
		on_end(e, r, p);
	} else if (slice_starts_with(text, SLICE("SMTP<< MAIL "))) {
		set_receiving(r, p, true);
	} else if (slice_find(text, SLICE(" terminating with rc=")) <
	    text.len) {
		set_receiving(r, p, false);
		exim_process_end(r, &e->processes, p);
	} else {
		exim_transport_line(r, p, text);
		if (slice_starts_with(text, SLICE("delivering ")))
			on_started(r, p);
	}
}

/* ---- the main log ---- */

/* "<= a@b H=... P=esmtp S=163 for c@d e@f"; one that it has made itself, "<= <>
 * R=ID ...". */
static void
on_arrival(struct reader *r, struct slice id, struct slice text)
{
	struct slice sender = slice_sub(text, 0, slice_find_byte(text, ' '));
	struct slice other = reader_between(text, SLICE(" R="), SLICE(" "));
	size_t at = slice_find(text, SLICE(" for "));
	struct slice rest = slice_skip(text, at + strlen(" for ")), address;
	const struct reader_message *cause =
	    other.len > 0 ? reader_message_find(r, other) : NULL;
	const uint64_t cause_mid = cause != NULL ? cause->mid : 0;
	struct reader_message *m;

	if (slice_eq(sender, SLICE("<>")))
		sender = SLICE("");
	m = reader_message_new(r, id, sender);
	while (slice_split(&rest, ' ', &address))
		reader_message_to(r, m, address);
	if (m->count > 0 && other.len > 0)
		reader_message_made(r, m, cause_mid);
	else if (m->count > 0)
		reader_message_queued(r, m, number_behind(text, SLICE(" S=")));
}

/* The code and text of the reply in what is told of a failure. */
static struct slice
reply_of(struct slice text, struct reader_verdict *v)
{
	static const struct slice mark =
	    SLICE_INIT("SMTP error from remote mail server after ");
	struct slice rest = text, part, stage;
	uint64_t code;

	if (!reader_take(&rest, mark, &part) ||
	    !reader_take(&rest, SLICE(": "), &stage) ||
	    !slice_to_u64(slice_sub(rest, 0, 3), 599, &code) || code < 400)
		return text;
	v->code = (unsigned)code;
	v->phase = MAILLOG_PHASE_ENVELOPE;
	if (slice_find(stage, SLICE("DATA")) < stage.len ||
	    slice_find(stage, SLICE("end of data")) < stage.len)
		v->phase = MAILLOG_PHASE_CONTENT;
	return slice_skip(rest, 4);
}

static bool
is_expiry(struct slice text)
{
	static const struct slice says[] = {
		SLICE_INIT("retry timeout exceeded"),
		SLICE_INIT("retry time not reached"),
		SLICE_INIT("failing for a long time"),
	};

	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		if (slice_find(text, says[i]) < text.len)
			return true;
	return false;
}

/* "** a@b R=route T=smtp ...: why" and "** a@b: why" */
static void
on_failure(struct reader *r, struct reader_message *m, struct slice text)
{
	struct slice address = slice_sub(text, 0, slice_find_byte(text, ' '));
	struct slice why = slice_skip(text, address.len);
	struct reader_verdict v = { .phase = reader_phase_unanswered(why) };

	if (address.len > 0 && address.at[address.len - 1] == ':')
		address.len--;
	if (is_expiry(why)) {
		v.phase = MAILLOG_PHASE_EXPIRED;
		v.text = SLICE("timeout");
	} else {
		v.text = slice_trim(reply_of(why, &v));
	}
	reader_recipient_bounced(r, m, address, &v);
}

static void
on_message_line(struct reader *r, struct slice id, struct slice text)
{
	struct reader_message *m = reader_message_find(r, id);

	if (slice_starts_with(text, SLICE("<= "))) {
		on_arrival(r, id, slice_skip(text, 3));
	} else if (m == NULL) {
		return;
	} else if (slice_starts_with(text, SLICE("** "))) {
		on_failure(r, m, slice_skip(text, 3));
	} else if (slice_starts_with(text, SLICE("=> :blackhole:"))) {
		reader_recipient_dropped(
		    r, m, reader_between(text, SLICE("<"), SLICE(">")));
	} else if (slice_starts_with(text, SLICE("Completed")) ||
	    slice_starts_with(text, SLICE("Frozen"))) {
		reader_message_gone(r, m);
	}
}

/* ---- lines ---- */

/* It begins with one: what came meanwhile would be tried by that, too. */
static void
on_queue_run(struct reader *r, struct slice text)
{
	if (slice_starts_with(text, SLICE("Start queue run"))) {
		r->looks++;
	} else if (slice_starts_with(text, SLICE("End queue run"))) {
		r->looks -= r->looks > 0;
		r->is_ready = true;
	}
}

/* "2026-11-27 11:08:47 [26] 1xWtot-00000Q-3D <= ..." of the main log, or
 * "   26 text" of a process. */
static void
exim_line(void *memory, struct reader *r, struct slice line)
{
	struct exim *e = memory;
	struct slice rest = line, head, key, id;

	r->ends_refused = r->goes_by_first = true;
	if (line.len > 10 && line.at[4] == '-' && line.at[7] == '-') {
		if (!reader_take(&rest, SLICE(" ["), &head) ||
		    !reader_take(&rest, SLICE("] "), &key))
			return;
		on_queue_run(r, rest);
		id = slice_sub(rest, 0, slice_find_byte(rest, ' '));
		rest = slice_skip(rest, id.len + 1);
		if (slice_starts_with(rest, SLICE("<= ")))
			set_receiving(
			    r, exim_process_get(&e->processes, key), false);
		on_message_line(r, id, rest);
		return;
	}
	while (rest.len > 0 && rest.at[0] == ' ')
		rest = slice_skip(rest, 1);
	key = slice_sub(rest, 0, slice_find_byte(rest, ' '));
	for (size_t i = 0; i < key.len; i++)
		if (!ascii_is_digit(key.at[i]))
			return;
	if (key.len > 0 && key.len < rest.len)
		on_process_line(e, r, exim_process_get(&e->processes, key),
		    slice_skip(rest, key.len + 1));
}

const struct reader_dialect reader_exim = {
	.create = exim_create,
	.destroy = exim_destroy,
	.line = exim_line,
};

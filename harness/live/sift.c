/* SPDX-License-Identifier: MIT */
/* Whose a record is; see sift.h. */
#include "harness/live/sift_impl.h"

/* What is known of a number. */
struct sift_number {
	uint64_t number;
	bool is_ours, is_open;
	bool is_doomed;   /* a message with an envelope of others */
	bool is_injected; /* one that came from a client */
	UT_hash_handle hh;
};

struct sift_record {
	struct slice text; /* of the arena */
	utime time, came;
	enum maillog_form form;
	uint64_t icid, mid, dcid; /* 0: none */
	const struct endpoint *opened;
};

/* ---- numbers ---- */

static struct sift_number *
number_find(struct sift_number *table, uint64_t number)
{
	struct sift_number *n = NULL;

	HASH_FIND(hh, table, &number, sizeof(number), n);
	return n;
}

static struct sift_number *
number_add(struct sift_number **table, uint64_t number)
{
	struct sift_number *n = number_find(*table, number);

	if (n != NULL)
		return n;
	n = xcalloc(1, sizeof(*n));
	n->number = number;
	HASH_ADD(hh, *table, number, sizeof(n->number), n);
	return n;
}

static void
numbers_fini(struct sift_number **table)
{
	struct sift_number *n, *next;

	HASH_ITER(hh, *table, n, next)
	{
		HASH_DEL(*table, n);
		free(n);
	}
}

/* ---- envelopes ---- */

static void
address_add(struct sift *s, struct map *m, struct slice address)
{
	if (map_find(m, address) == NULL)
		map_add(m, arena_slice(&s->arena, address), s);
}

static void
domain_add(struct sift *s, struct slice address)
{
	const size_t at = slice_find_byte(address, '@');

	if (at < address.len)
		address_add(s, &s->domains, slice_skip(address, at + 1));
}

static void
told_add(struct sift *s, struct slice address)
{
	if (address.len == 0)
		return;
	address_add(s, &s->told, address);
	domain_add(s, address);
}

void
sift_init(struct sift *s, const struct plan *plan)
{
	struct buf text = { 0 };

	told_add(s, plan->relay.bounce.recipient);
	for (size_t i = 0; i < plan->relay.bounce_profiles.count; i++)
		told_add(s, plan->relay.bounce_profiles.at[i].recipient);
	for (size_t i = 0; i < plan->inject_count; i++) {
		const struct plan_inject *said = &plan->injects[i];

		for (uint64_t k = 1; k <= said->count; k++) {
			plan_address_expand(said->from, k, &text);
			address_add(s, &s->senders, buf_slice(&text));
			told_add(s, buf_slice(&text));
			for (size_t r = 0; r < said->to.count; r++) {
				plan_address_expand(said->to.at[r], k, &text);
				address_add(
				    s, &s->recipients, buf_slice(&text));
				domain_add(s, buf_slice(&text));
			}
		}
	}
	buf_fini(&text);
}

void
sift_fini(struct sift *s)
{
	numbers_fini(&s->icids);
	numbers_fini(&s->mids);
	numbers_fini(&s->dcids);
	map_fini(&s->senders);
	map_fini(&s->recipients);
	map_fini(&s->domains);
	map_fini(&s->told);
	arena_fini(&s->arena);
	free(s->records);
	*s = (struct sift){ 0 };
}

static struct slice
bare(struct slice address)
{
	if (address.len >= 2 && address.at[0] == '<' &&
	    address.at[address.len - 1] == '>')
		return slice_sub(address, 1, address.len - 2);
	return address;
}

bool
sift_knows(const struct sift *s, struct slice sender,
    const struct slice *recipients, size_t count)
{
	const bool is_said = map_find(&s->senders, sender) != NULL;

	for (size_t i = 0; i < count; i++)
		if ((!is_said ||
			map_find(&s->recipients, recipients[i]) == NULL) &&
		    (sender.len > 0 ||
			map_find(&s->told, recipients[i]) == NULL))
			return false;
	return is_said || sender.len == 0;
}

/* ---- what a record tells ---- */

static void
message_doom(struct sift *s, struct sift_number *m)
{
	if (m->is_ours && m->is_open)
		s->open--;
	m->is_ours = m->is_open = false;
	m->is_doomed = true;
}

static void
message_own(struct sift *s, struct sift_number *m)
{
	if (m->is_ours || m->is_doomed)
		return;
	m->is_ours = m->is_open = true;
	s->open++;
}

/* A message that comes from our client, or that the relay makes itself, may
 * turn out to be ours. */
static void
note_start(struct sift *s, const struct maillog_event *ev)
{
	if (ev->icid == 0 || number_find(s->icids, ev->icid) != NULL)
		(void)number_add(&s->mids, ev->mid);
}

static void
note_from(struct sift *s, const struct maillog_event *ev)
{
	struct sift_number *m = number_find(s->mids, ev->mid);

	if (m == NULL || ev->icid == 0 || m->is_ours)
		return;
	m->is_injected = true;
	if (map_find(&s->senders, bare(ev->from)) != NULL)
		message_own(s, m);
	else
		message_doom(s, m);
}

static void
note_to(struct sift *s, const struct maillog_event *ev)
{
	struct sift_number *m = number_find(s->mids, ev->mid);

	if (m != NULL && ev->icid != 0 &&
	    map_find(&s->recipients, bare(ev->to)) == NULL)
		message_doom(s, m);
}

/* One has been made of the other. */
static void
note_made(struct sift *s, const struct maillog_event *ev)
{
	const struct sift_number *a = number_find(s->mids, ev->mid);
	const struct sift_number *b = number_find(s->mids, ev->other_mid);

	if (a != NULL && a->is_ours)
		message_own(s, number_add(&s->mids, ev->other_mid));
	else if (b != NULL && b->is_ours)
		message_own(s, number_add(&s->mids, ev->mid));
}

static void
note_end(struct sift *s, const struct maillog_event *ev)
{
	struct sift_number *m = number_find(s->mids, ev->mid);

	if (m == NULL || !m->is_ours || !m->is_open)
		return;
	m->is_open = false;
	s->open--;
}

static void
note_ready(struct sift *s, const struct maillog_event *ev)
{
	const struct sift_number *m = number_find(s->mids, ev->mid);

	s->accepted += m != NULL && m->is_ours && m->is_injected;
}

/* An older spelling has no port: then the address is enough. */
static const struct endpoint *
host_at(const struct sift *s, const struct maillog_event *ev)
{
	const bool has_port = maillog_has(ev, MAILLOG_FIELD_port);
	struct endpoint at = { .port = (uint16_t)ev->port };

	if (!ip_parse(ev->address, &at.ip))
		return NULL;
	for (size_t i = 0; i < s->places->count; i++) {
		const struct placed *p = &s->places->at[i];

		if (has_port ? endpoint_equal(&p->real, &at)
			     : ip_equal(&p->real.ip, &at.ip))
			return &p->said;
	}
	return NULL;
}

static void
note_opened(struct sift *s, const struct maillog_event *ev)
{
	struct sift_number *c = number_add(&s->dcids, ev->dcid);

	if (host_at(s, ev) == NULL || c->is_open)
		return;
	c->is_ours = c->is_open = true;
	s->connections++;
}

/* Mail of the run, for which there is no host of its own at that end. */
static void
note_delivery(struct sift *s, const struct maillog_event *ev)
{
	const struct sift_number *m = number_find(s->mids, ev->mid);

	if (m != NULL && m->is_ours)
		number_add(&s->dcids, ev->dcid)->is_ours = true;
}

static void
note_closed(struct sift *s, const struct maillog_event *ev)
{
	struct sift_number *c = number_find(s->dcids, ev->dcid);

	if (c == NULL || !c->is_open)
		return;
	c->is_open = false;
	s->connections--;
}

static void
note_failed(struct sift *s, const struct maillog_event *ev)
{
	if (host_at(s, ev) != NULL || map_find(&s->domains, ev->domain) != NULL)
		number_add(&s->dcids, ev->dcid)->is_ours = true;
	note_closed(s, ev);
}

static void
note_client(struct sift *s, const struct maillog_event *ev)
{
	struct ip_address from;

	if (ip_parse(ev->address, &from) && ip_equal(&from, &s->client))
		(void)number_add(&s->icids, ev->icid);
}

static void
note(struct sift *s, const struct maillog_event *ev)
{
	static void (*const rows[])(
	    struct sift * s, const struct maillog_event *ev) = {
		[MAILLOG_ICID_NEW] = note_client,
		[MAILLOG_START_MID] = note_start,
		[MAILLOG_MID_FROM] = note_from,
		[MAILLOG_MID_TO] = note_to,
		[MAILLOG_MID_SPLIT] = note_made,
		[MAILLOG_MID_REWRITTEN] = note_made,
		[MAILLOG_BOUNCE_GENERATED] = note_made,
		[MAILLOG_MESSAGE_GENERATED] = note_made,
		[MAILLOG_MID_READY] = note_ready,
		[MAILLOG_MESSAGE_FINISHED] = note_end,
		[MAILLOG_MESSAGE_ABORTED] = note_end,
		[MAILLOG_DCID_NEW] = note_opened,
		[MAILLOG_DELIVERY_START] = note_delivery,
		[MAILLOG_CONNECTION_ERROR] = note_failed,
		[MAILLOG_DCID_CLOSE] = note_closed,
		[MAILLOG_CLIENT_EXITED] = note_closed,
		[MAILLOG_CONNECTION_KILLED] = note_closed,
	};

	if ((size_t)ev->form < ARRAY_LEN(rows) && rows[ev->form] != NULL)
		rows[ev->form](s, ev);
}

/* ---- records ---- */

/* The message, or the connection, that the record is of; or NULL. */
static const struct sift_number *
number_of(const struct sift *s, const struct sift_record *r)
{
	return r->mid != 0 ? number_find(s->mids, r->mid)
	    : r->dcid != 0 ? number_find(s->dcids, r->dcid)
			   : NULL;
}

/* A number that is known, or that may come to be. */
static bool
may_be_ours(const struct sift *s, const struct sift_record *r)
{
	if (r->mid != 0)
		return number_find(s->mids, r->mid) != NULL;
	if (r->dcid != 0)
		return number_find(s->dcids, r->dcid) != NULL;
	return r->icid != 0 && number_find(s->icids, r->icid) != NULL;
}

static void
count_other(struct sift *s, enum maillog_form form)
{
	s->other_records++;
	s->other_messages += form == MAILLOG_START_MID;
	s->other_connections += form == MAILLOG_DCID_NEW;
}

static void
keep(struct sift *s, struct sift_record *r, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	const struct endpoint *said = NULL;
	struct buf text = { 0 };

	if (ev->form == MAILLOG_DCID_NEW ||
	    ev->form == MAILLOG_CONNECTION_ERROR)
		said = host_at(s, ev);
	sift_translate(s, record, said, &text);
	r->text = arena_slice(&s->arena, buf_slice(&text));
	r->opened = ev->form == MAILLOG_DCID_NEW ? said : NULL;
	s->bytes += r->text.len;
	s->records =
	    xgrow(s->records, &s->cap, s->count + 1, sizeof(s->records[0]));
	s->records[s->count++] = *r;
	buf_fini(&text);
}

/* Of several appliances in one log it is the one to which our client came. */
static bool
is_of_another(struct sift *s, const struct log_record *record)
{
	if (s->appliance == 0 && record->event->form == MAILLOG_ICID_NEW) {
		note_client(s, record->event);
		if (s->icids != NULL)
			s->appliance = record->appliance;
	}
	return record->appliance != s->appliance;
}

bool
sift_take(struct sift *s, const struct log_record *record, utime now)
{
	const struct maillog_event *ev = record->event;
	struct sift_record r = {
		.time = ev->time,
		.came = now,
		.form = ev->form,
		.icid = ev->icid,
		.mid = ev->mid,
		.dcid = ev->dcid,
	};
	const struct sift_number *n;

	if (!is_of_another(s, record))
		note(s, ev);
	else
		r.mid = r.dcid = r.icid = 0;
	s->is_full |= s->bytes > SIFT_BYTES_MAX;
	if (s->is_full || !may_be_ours(s, &r)) {
		count_other(s, ev->form);
		return false;
	}
	keep(s, &r, record);
	n = number_of(s, &r);
	return n != NULL && n->is_ours;
}

/* ---- the end ---- */

static bool
is_ours(const struct sift *s, const struct sift_record *r)
{
	const struct sift_number *n = number_of(s, r);

	if (r->mid == 0 && r->dcid == 0)
		return true;
	return n != NULL && n->is_ours;
}

void
sift_each(struct sift *s,
    void (*found)(void *owner, const struct sift_line *line), void *owner)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct sift_record *r = &s->records[i];
		const struct sift_line line = { r->text, r->time, r->came,
			r->opened };

		if (is_ours(s, r))
			found(owner, &line);
		else
			count_other(s, r->form);
	}
}

/* SPDX-License-Identifier: MIT */
/* Counting who had what; see fairness.h. */
#include "harness/judge/fairness.h"

/* Domains of which is known that a connection failed and none followed yet. */
struct failing {
	const struct ledger_domain *domain; /* borrowed; the key */
	struct fairness_row *row;
	size_t share;
	UT_hash_handle hh;
};

/* What tells rows apart: the route, or the domain that has none. */
struct row_key {
	const void *route;
	uint64_t priority;
};
struct row_entry {
	struct row_key key;
	struct fairness_row row;
	UT_hash_handle hh;
};

struct fairness {
	const struct plan *plan;  /* borrowed */
	struct row_entry *rows;   /* owned */
	struct row_entry **order; /* owned: the array, not what it points to */
	size_t count, cap;
	struct failing *failing; /* owned; by domain */
};

struct fairness *
fairness_new(const struct plan *plan)
{
	struct fairness *f = xcalloc(1, sizeof(*f));

	f->plan = plan;
	return f;
}

static void
row_fini(struct fairness_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		free(row->shares[i].moves);
	free(row->shares);
	free(row->route);
}

void
fairness_destroy(struct fairness **fp)
{
	struct fairness *f = *fp;
	struct row_entry *entry, *next;
	struct failing *failing, *failing_next;

	*fp = NULL;
	if (f == NULL)
		return;
	HASH_ITER(hh, f->rows, entry, next)
	{
		HASH_DEL(f->rows, entry);
		row_fini(&entry->row);
		free(entry);
	}
	HASH_ITER(hh, f->failing, failing, failing_next)
	{
		HASH_DEL(f->failing, failing);
		free(failing);
	}
	free(f->order);
	free(f);
}

/* ---- rows ---- */

static struct fairness_share *
share_add(struct fairness_row *row, const struct ledger_address *a)
{
	row->shares = xgrow(
	    row->shares, &row->cap, row->count + 1, sizeof(row->shares[0]));
	row->shares[row->count] = (struct fairness_share){ .address = a };
	return &row->shares[row->count++];
}

/* The index of the address among the row's shares; added when it is none. */
static size_t
share_of(struct fairness_row *row, const struct ledger_address *a)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->shares[i].address == a)
			return i;
	(void)share_add(row, a);
	return row->count - 1;
}

/* A row with all the candidates of its priority. */
static struct fairness_row *
row_add(struct fairness *f, const struct row_key *key,
    const struct ledger_domain *d, bool is_known)
{
	struct row_entry *entry = xcalloc(1, sizeof(*entry));
	const struct route *route = key->route != d ? key->route : NULL;

	entry->key = *key;
	entry->row.route =
	    route != NULL ? slice_dup(route->domain) : xstrdup(d->name);
	entry->row.priority = key->priority;
	entry->row.is_known = is_known;
	for (size_t by = 0; by < FAIR_BYS; by++)
		entry->row.run[by].last = SIZE_MAX;
	for (size_t i = 0; is_known && i < d->routing.count; i++)
		if (d->routing.candidates[i].priority == key->priority)
			(void)share_of(&entry->row, d->seats[i].address);
	HASH_ADD(hh, f->rows, key, sizeof(entry->key), entry);
	f->order = xgrow(f->order, &f->cap, f->count + 1, sizeof(f->order[0]));
	f->order[f->count++] = entry;
	return &entry->row;
}

/* The row of a connection of that domain to that address; NULL: it is nobody's
 * business, or one too many. */
static struct fairness_row *
row_of(struct fairness *f, const struct ledger_domain *d,
    const struct ledger_address *a)
{
	size_t seat = routing_index(&d->routing, &a->at);
	const struct route *route = f->plan->relay.routes != NULL
	    ? routes_match(f->plan->relay.routes, slice_cstr(d->name))
	    : NULL;
	struct row_key key;
	struct row_entry *entry;

	if (a->host == f->plan->sender_host && a->host != PLAN_NO_HOST)
		return NULL;
	memset(&key, 0, sizeof(key));
	key.route = d;
	if (route != NULL && route->kind == ROUTE_HOSTS)
		key.route = route;
	if (seat != SIZE_MAX)
		key.priority = d->routing.candidates[seat].priority;
	else
		key.priority = UINT64_MAX;
	HASH_FIND(hh, f->rows, &key, sizeof(key), entry);
	if (entry != NULL)
		return &entry->row;
	return f->count < FAIRNESS_ROWS_MAX
	    ? row_add(f, &key, d, seat != SIZE_MAX)
	    : NULL;
}

/* ---- counting ---- */

static void
share_count(struct fairness_row *row, size_t share, enum plan_fair_by by)
{
	struct fairness_run *run = &row->run[by];

	row->shares[share].count[by]++;
	run->now = run->last == share ? run->now + 1 : 1;
	run->last = share;
	if (run->now > run->longest) {
		run->longest = run->now;
		run->share = share;
	}
}

static void
move_count(struct fairness_share *from, const struct ledger_address *to,
    enum plan_fair_by by)
{
	size_t i = 0;

	while (i < from->move_count && from->moves[i].to != to)
		i++;
	if (i == from->move_count) {
		from->moves = xgrow(from->moves, &from->move_cap,
		    from->move_count + 1, sizeof(from->moves[0]));
		from->moves[from->move_count++] =
		    (struct fairness_move){ .to = to };
	}
	from->moves[i].count[by]++;
}

static struct failing *
failing_find(struct fairness *f, const struct ledger_domain *d)
{
	struct failing *failing;

	HASH_FIND_PTR(f->failing, &d, failing);
	return failing;
}

static void
failing_forget(struct fairness *f, const struct ledger_domain *d)
{
	struct failing *failing = failing_find(f, d);

	if (failing == NULL)
		return;
	HASH_DEL(f->failing, failing);
	free(failing);
}

static void
entry_assigned(struct fairness *f, const struct ledger_connection *c)
{
	struct fairness_row *row = row_of(f, c->domain, c->address);
	struct failing *failing = failing_find(f, c->domain);

	if (failing != NULL)
		move_count(&failing->row->shares[failing->share], c->address,
		    FAIR_BY_CONNECTIONS);
	failing_forget(f, c->domain);
	if (row != NULL)
		share_count(
		    row, share_of(row, c->address), FAIR_BY_CONNECTIONS);
}

static void
entry_failed(struct fairness *f, const struct ledger_connection *c)
{
	struct fairness_row *row;
	struct failing *failing;

	if (c->domain == NULL ||
	    (row = row_of(f, c->domain, c->address)) == NULL)
		return;
	failing_forget(f, c->domain);
	failing = xcalloc(1, sizeof(*failing));
	failing->domain = c->domain;
	failing->row = row;
	failing->share = share_of(row, c->address);
	row->shares[failing->share].failed++;
	HASH_ADD_PTR(f->failing, domain, failing);
}

static void
entry_done(struct fairness *f, const struct ledger_connection *c)
{
	struct fairness_row *row;

	if (c == NULL || c->domain == NULL ||
	    (row = row_of(f, c->domain, c->address)) == NULL)
		return;
	share_count(row, share_of(row, c->address), FAIR_BY_MESSAGES);
}

static void
entry_failed_over(struct fairness *f, const struct ledger_entry *entry)
{
	const struct ledger_address *from = entry->trail->from;
	struct fairness_row *row = row_of(f, entry->group->domain, from);

	size_t share;

	if (row == NULL)
		return;
	/* First, as it may move the shares. */
	share = share_of(row, from);
	move_count(
	    &row->shares[share], entry->connection->address, FAIR_BY_MESSAGES);
}

void
fairness_entry(struct fairness *f, const struct ledger_entry *entry)
{
	if (entry->kind == LEDGER_ASSIGNED)
		entry_assigned(f, entry->connection);
	else if (entry->kind == LEDGER_FAILED)
		entry_failed(f, entry->connection);
	else if (entry->kind == LEDGER_DONE)
		entry_done(f, entry->connection);
	else if (entry->kind == LEDGER_FAILED_OVER)
		entry_failed_over(f, entry);
	else if (entry->kind == LEDGER_PENDING ||
	    (entry->kind == LEDGER_ROUND &&
		entry->group->domain->ready_count == 0))
		/* What comes next is another round's. */
		failing_forget(f, entry->group->domain);
}

/* ---- what came of it ---- */

const struct plan *
fairness_plan(const struct fairness *f)
{
	return f->plan;
}

size_t
fairness_count(const struct fairness *f)
{
	return f->count;
}

const struct fairness_row *
fairness_row(const struct fairness *f, size_t i)
{
	assert(i < f->count);
	return &f->order[i]->row;
}

bool
fairness_is_shared(const struct fairness_row *row)
{
	bool is_shared = row->count > 1;

	for (size_t i = 0; i < row->count; i++)
		is_shared = is_shared || row->shares[i].move_count > 0;
	return is_shared;
}

uint64_t
fairness_total(const struct fairness_row *row, enum plan_fair_by by)
{
	uint64_t total = 0;

	for (size_t i = 0; i < row->count; i++)
		total += row->shares[i].count[by];
	return total;
}

double
jain_index(const uint64_t *shares, size_t count)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		double share = (double)shares[i];

		sum += share;
		squares += share * share;
	}
	return squares > 0 ? sum * sum / ((double)count * squares) : 1;
}

double
fairness_jain(const struct fairness_row *row, enum plan_fair_by by)
{
	uint64_t *shares = xcalloc(row->count + 1, sizeof(*shares));
	double index;

	for (size_t i = 0; i < row->count; i++)
		shares[i] = row->shares[i].count[by];
	index = jain_index(shares, row->count);
	free(shares);
	return index;
}

void
fairness_name(
    const struct fairness *f, const struct ledger_address *a, struct buf *out)
{
	char at[ENDPOINT_TEXT_MAX];
	const struct mock_host *host =
	    a->host != PLAN_NO_HOST ? &f->plan->hosts.at[a->host] : NULL;

	if (host != NULL)
		buf_append_cstr(out, host->name);
	if (host == NULL || host->addresses.count > 1)
		buf_printf(out, "%s%s", host != NULL ? " " : "",
		    endpoint_format(&a->at, at));
}

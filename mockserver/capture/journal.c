/* SPDX-License-Identifier: MIT */
/* Connections in the order of their opening; see journal.h. */
#include "mockserver/capture/journal.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>

/* A connection by its number. */
struct journal_slot {
	struct journal_connection connection;
	UT_hash_handle hh;
};

struct journal {
	struct journal_slot *slots; /* owned */
	struct list connections;    /* the oldest first */
	size_t count, bytes;
	uint64_t evicted;
};

struct journal *
journal_new(void)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	list_init(&j->connections);
	return j;
}

static struct journal_connection *
connection_of(struct list *node)
{
	return CONTAINER_OF(node, struct journal_connection, node);
}

static void
cut_lines(struct journal *j, struct journal_connection *c)
{
	j->bytes -= buf_len(&c->lines);
	buf_fini(&c->lines);
	c->lines = (struct buf){ 0 };
}

static void
forget(struct journal *j, struct journal_connection *c)
{
	struct journal_slot *slot = c->slot;

	assert(j->slots != NULL);
	cut_lines(j, c);
	list_remove(&c->node);
	HASH_DEL(j->slots, slot);
	free(c->host);
	free(slot);
	j->count--;
}

void
journal_destroy(struct journal **jp)
{
	struct journal *j = *jp;

	*jp = NULL;
	if (j == NULL)
		return;
	LIST_FOREACH_SAFE(node, &j->connections)
		forget(j, connection_of(node));
	free(j);
}

/* The oldest that has ended; when all are open, the oldest. */
static struct journal_connection *
dispensable(struct journal *j)
{
	LIST_FOREACH(node, &j->connections)
		if (connection_of(node)->closed != UTIME_NEVER)
			return connection_of(node);
	return connection_of(j->connections.next);
}

static void
make_room(struct journal *j)
{
	while (j->count > JOURNAL_CONNECTIONS_MAX ||
	    (j->bytes > JOURNAL_BYTES_MAX && j->count > 1)) {
		forget(j, dispensable(j));
		j->evicted++;
	}
}

static struct journal_connection *
find(const struct journal *j, uint64_t number)
{
	struct journal_slot *slot;

	HASH_FIND(hh, j->slots, &number, sizeof(number), slot);
	return slot != NULL ? &slot->connection : NULL;
}

static struct journal_connection *
open_connection(struct journal *j, const struct transcript_event *ev)
{
	struct journal_slot *slot = xcalloc(1, sizeof(*slot));
	struct journal_connection *c = &slot->connection;

	c->slot = slot;
	c->number = ev->connection;
	c->host = xstrdup(ev->host);
	c->server = ev->server;
	c->client = ev->client;
	c->opened = ev->time;
	c->closed = UTIME_NEVER;
	HASH_ADD(hh, j->slots, connection.number, sizeof(c->number), slot);
	list_append(&j->connections, &c->node);
	j->count++;
	return c;
}

static void
count_event(struct journal_connection *c, const struct transcript_event *ev)
{
	switch (ev->kind) {
	case TRANSCRIPT_IN:
		c->bytes_in += ev->bytes.len + ev->cut;
		break;
	case TRANSCRIPT_OUT:
		c->bytes_out += ev->bytes.len;
		break;
	case TRANSCRIPT_MESSAGE:
		c->messages++;
		break;
	case TRANSCRIPT_VIOLATION:
		c->violations++;
		break;
	case TRANSCRIPT_TLS:
		c->is_secured = true;
		break;
	case TRANSCRIPT_LOST:
	case TRANSCRIPT_CLOSE:
	case TRANSCRIPT_RESET:
	case TRANSCRIPT_GONE:
		c->closed = ev->time;
		c->how = ev->kind;
		break;
	case TRANSCRIPT_OPEN:
	case TRANSCRIPT_RULE:
	case TRANSCRIPT_EOF:
	case TRANSCRIPT_HALF:
		break;
	}
}

void
journal_add(
    struct journal *j, const struct transcript_event *ev, struct slice line)
{
	struct journal_connection *c = ev->kind == TRANSCRIPT_OPEN
	    ? open_connection(j, ev)
	    : find(j, ev->connection);

	if (c == NULL)
		return;
	count_event(c, ev);
	if (c->cut > 0 || buf_len(&c->lines) + line.len > JOURNAL_LINES_MAX) {
		c->cut++;
	} else {
		buf_append(&c->lines, line);
		j->bytes += line.len;
	}
	make_room(j);
}

const struct journal_connection *
journal_find(const struct journal *j, uint64_t number)
{
	return find(j, number);
}

const struct journal_connection *
journal_next(const struct journal *j, const struct journal_connection *after)
{
	struct list *next =
	    after != NULL ? after->node.prev : j->connections.prev;

	return next != &j->connections ? connection_of(next) : NULL;
}

size_t
journal_clear(struct journal *j)
{
	size_t forgotten = 0;

	LIST_FOREACH_SAFE(node, &j->connections) {
		struct journal_connection *c = connection_of(node);

		if (c->closed == UTIME_NEVER) {
			cut_lines(j, c);
			continue;
		}
		forget(j, c);
		forgotten++;
	}
	return forgotten;
}

uint64_t
journal_evicted(const struct journal *j)
{
	return j->evicted;
}

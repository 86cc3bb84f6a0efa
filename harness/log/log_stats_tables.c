/* SPDX-License-Identifier: MIT */
/* Hosts, domains, messages and connections by their names and numbers; see
 * log_stats.h. */
#include "harness/log/log_stats_impl.h"

#include "harness/report/printable.h"

void
log_stats_message_forget(struct log_stats *s, struct log_stats_message *m)
{
	HASH_DEL(s->messages, m);
	list_remove(&m->node);
	free(m->recipients);
	free(m);
	s->message_count--;
}

void
log_stats_connection_forget(struct log_stats *s, struct log_stats_connection *c)
{
	HASH_DEL(s->connections, c);
	list_remove(&c->node);
	free(c);
	s->connection_count--;
}

void
log_stats_names_fini(struct log_stats_name **names)
{
	struct log_stats_name *row, *next;

	HASH_ITER(hh, *names, row, next)
	{
		HASH_DEL(*names, row);
		free(row);
	}
}

/* ---- names ---- */

/* The row of a name, in lower case; *is_new: it was not there. */
static struct log_stats_name *
name_get(struct log_stats_name **names, struct slice name, bool *is_new)
{
	char lower[256];
	size_t len = name.len < sizeof(lower) ? name.len : sizeof(lower) - 1;
	struct log_stats_name *row;

	for (size_t i = 0; i < len; i++)
		lower[i] = ascii_lower(name.at[i]);
	HASH_FIND(hh, *names, lower, len, row);
	*is_new = row == NULL;
	if (row != NULL)
		return row;
	row = xcalloc(1, sizeof(*row) + len + 1);
	memcpy(row->name, lower, len);
	HASH_ADD(hh, *names, name, len, row);
	return row;
}

static size_t
host_add(struct log_stats *s, struct slice name, const struct endpoint *at)
{
	s->hosts = xgrow(
	    s->hosts, &s->host_cap, s->host_count + 1, sizeof(s->hosts[0]));
	s->hosts[s->host_count] = (struct log_host){ .at = *at };
	s->hosts[s->host_count].name = slice_dup(name);
	return s->host_count++;
}

size_t
log_stats_host_get(struct log_stats *s, const struct maillog_event *ev)
{
	uint16_t port = maillog_has(ev, MAILLOG_FIELD_port) && ev->port < 65536
	    ? (uint16_t)ev->port
	    : 25;
	struct endpoint at = { .port = port };
	char text[ENDPOINT_TEXT_MAX];
	struct buf name = { 0 };
	struct log_stats_name *row;
	bool is_new;

	if (ip_parse(ev->address, &at.ip))
		buf_append_cstr(&name, endpoint_format(&at, text));
	else
		printable_format(slice_sub(ev->address, 0, 200), &name);
	row = name_get(&s->host_names, buf_slice(&name), &is_new);
	if (is_new && s->host_count == LOG_STATS_HOSTS_MAX)
		row->index = LOG_STATS_HOSTS_MAX - 1;
	else if (is_new && s->host_count + 1 == LOG_STATS_HOSTS_MAX)
		row->index =
		    host_add(s, SLICE("others"), &(struct endpoint){ 0 });
	else if (is_new)
		row->index = host_add(s, buf_slice(&name), &at);
	buf_fini(&name);
	return row->index;
}

size_t
log_stats_domain_get(struct log_stats *s, struct slice name)
{
	struct buf shown = { 0 };
	bool is_new;
	struct log_stats_name *row;

	name = slice_sub(name, 0, 255);
	row = name_get(&s->domain_names, name, &is_new);
	if (!is_new)
		return row->index;
	if (s->domain_count == LOG_STATS_DOMAINS_MAX) {
		row->index = LOG_STATS_DOMAINS_MAX - 1;
		return row->index;
	}
	if (s->domain_count + 1 == LOG_STATS_DOMAINS_MAX)
		buf_append_cstr(&shown, "others");
	else
		printable_format(name, &shown);
	s->domains = xgrow(s->domains, &s->domain_cap, s->domain_count + 1,
	    sizeof(s->domains[0]));
	s->domains[s->domain_count] =
	    (struct log_domain){ .name = slice_dup(buf_slice(&shown)) };
	buf_fini(&shown);
	row->index = s->domain_count++;
	return row->index;
}

struct log_share *
log_stats_share_get(struct log_domain *d, size_t host)
{
	for (size_t i = 0; i < d->share_count; i++)
		if (d->shares[i].host == host)
			return &d->shares[i];
	d->shares = xgrow(
	    d->shares, &d->share_cap, d->share_count + 1, sizeof(d->shares[0]));
	d->shares[d->share_count] = (struct log_share){ .host = host };
	return &d->shares[d->share_count++];
}

/* ---- messages and connections ---- */

struct log_stats_message *
log_stats_message_find(
    const struct log_stats *s, const struct log_record *record)
{
	struct log_stats_key key = { record->named.message, record->appliance };
	struct log_stats_message *m;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, s->messages, &key, sizeof(key), m);
	return m;
}

struct log_stats_message *
log_stats_message_get(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_message *m = log_stats_message_find(s, record);

	if (m != NULL)
		return m;
	if (s->message_count == LOG_STATS_MESSAGES_MAX) {
		log_stats_message_forget(s,
		    CONTAINER_OF(
			s->message_order.next, struct log_stats_message, node));
		s->forgotten++;
	}
	m = xcalloc(1, sizeof(*m));
	m->key =
	    (struct log_stats_key){ record->named.message, record->appliance };
	list_init(&m->node);
	list_append(&s->message_order, &m->node);
	HASH_ADD(hh, s->messages, key, sizeof(m->key), m);
	s->message_count++;
	return m;
}

struct log_stats_recipient *
log_stats_recipient_find(struct log_stats_message *m, uint64_t rid)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (m->recipients[i].rid == rid)
			return &m->recipients[i];
	return NULL;
}

struct log_stats_connection *
log_stats_connection_find(
    const struct log_stats *s, const struct log_record *record)
{
	struct log_stats_key key = { record->event->dcid, record->appliance };
	struct log_stats_connection *c;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, s->connections, &key, sizeof(key), c);
	return c;
}

struct log_stats_connection *
log_stats_connection_open(struct log_stats *s, const struct log_record *record)
{
	struct log_stats_connection *c = log_stats_connection_find(s, record);

	if (c != NULL)
		log_stats_connection_forget(s, c);
	if (s->connection_count == LOG_STATS_MESSAGES_MAX)
		log_stats_connection_forget(s,
		    CONTAINER_OF(s->connection_order.next,
			struct log_stats_connection, node));
	c = xcalloc(1, sizeof(*c));
	c->key =
	    (struct log_stats_key){ record->event->dcid, record->appliance };
	c->host = log_stats_host_get(s, record->event);
	c->opened = record->event->time;
	s->hosts[c->host].attempts++;
	list_init(&c->node);
	list_append(&s->connection_order, &c->node);
	HASH_ADD(hh, s->connections, key, sizeof(c->key), c);
	s->connection_count++;
	return c;
}

/* SPDX-License-Identifier: MIT */
/* Records to a case; see log_case.h. */
#include "harness/log/log_case_impl.h"

#include "harness/log/log_want.h"

/* Who follows a failure so soon goes on with it. */
#define FAILOVER_SPAN (2 * UTIME_S)

void
log_case_fini(struct log_case *c)
{
	struct log_case_connection *connection, *next;

	HASH_ITER(hh, c->connections, connection, next)
	{
		HASH_DEL(c->connections, connection);
		free(connection);
	}
	for (size_t i = 0; i < c->message_count; i++)
		free(c->messages[i].to);
	free(c->messages);
	free(c->hosts);
	free(c->events);
	free(c->domains);
	free(c->marks);
	map_fini(&c->domain_names);
	arena_fini(&c->arena);
}

const char *
log_case_keep(struct log_case *c, struct slice escaped)
{
	struct buf plain = { 0 };
	const char *kept;

	maillog_unescape(&plain, escaped);
	kept = arena_strdup(&c->arena, buf_slice(&plain));
	buf_fini(&plain);
	return kept;
}

/* ---- names ---- */

static size_t
domain_get(struct log_case *c, struct slice name)
{
	size_t *found = map_find(&c->domain_names, name);

	if (!log_domain_is_plain(name))
		return LOG_CASE_NONE;
	if (found != NULL)
		return *found;
	c->domains = xgrow(c->domains, &c->domain_cap, c->domain_count + 1,
	    sizeof(c->domains[0]));
	name = arena_slice(&c->arena, name);
	c->domains[c->domain_count] = name.at;
	found = arena_alloc(&c->arena, sizeof(*found));
	*found = c->domain_count;
	map_add(&c->domain_names, name, found);
	return c->domain_count++;
}

/* Those of the injector, of the senders' host and of the relay. */
static bool
is_of_the_cast(const struct ip_address *ip)
{
	static const uint8_t last[] = { 1, 2, 5 };

	for (size_t i = 0; i < ARRAY_LEN(last); i++) {
		struct ip_address of = ip_v4(10, 0, 0, last[i]);

		if (ip_equal(ip, &of))
			return true;
	}
	return false;
}

static size_t
host_get(struct log_case *c, const struct maillog_event *ev)
{
	struct endpoint at = { .port = 25 };

	if (!ip_parse(ev->address, &at.ip))
		return LOG_CASE_NONE;
	if (maillog_has(ev, MAILLOG_FIELD_port) && ev->port > 0 &&
	    ev->port < 65536)
		at.port = (uint16_t)ev->port;
	if (c->is_customers && is_of_the_cast(&at.ip)) {
		at.ip = ip_v4(198, 18, 255, at.ip.bytes[3]);
		c->moved++;
	}
	for (size_t i = 0; i < c->host_count; i++)
		if (endpoint_equal(&c->hosts[i].at, &at))
			return i;
	c->hosts = xgrow(
	    c->hosts, &c->host_cap, c->host_count + 1, sizeof(c->hosts[0]));
	c->hosts[c->host_count] = (struct log_case_host){ at };
	return c->host_count++;
}

size_t
log_case_message(const struct log_case *c, uint64_t mid, uint32_t appliance)
{
	for (size_t i = c->message_count; i > 0; i--) {
		const struct log_case_message *m = &c->messages[i - 1];

		if (m->mid == mid && m->appliance == appliance &&
		    !m->is_assumed)
			return i - 1;
	}
	return LOG_CASE_NONE;
}

size_t
log_case_message_add(struct log_case *c, const struct log_case_message *message)
{
	if (c->message_count == LOG_CASE_MESSAGES_MAX) {
		c->left_out++;
		return LOG_CASE_NONE;
	}
	c->messages = xgrow(c->messages, &c->message_cap, c->message_count + 1,
	    sizeof(c->messages[0]));
	c->messages[c->message_count] = *message;
	return c->message_count++;
}

static size_t
message_get(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	uint64_t mid = record->named.message;
	size_t found = log_case_message(c, mid, record->appliance);
	struct log_case_message made = { .mid = mid,
		.appliance = record->appliance,
		.at = ev->time,
		.host = LOG_CASE_NONE,
		.has_start = ev->form == MAILLOG_START_MID,
		.is_generated =
		    ev->form == MAILLOG_START_MID && ev->icid == 0 };

	if (found != LOG_CASE_NONE && ev->form != MAILLOG_START_MID)
		return found;
	return log_case_message_add(c, &made);
}

struct log_case_recipient *
log_case_recipient_get(struct log_case_message *m, uint64_t rid)
{
	for (size_t i = 0; i < m->to_count; i++)
		if (m->to[i].rid == rid)
			return &m->to[i];
	m->to = xgrow(m->to, &m->to_cap, m->to_count + 1, sizeof(m->to[0]));
	m->to[m->to_count] =
	    (struct log_case_recipient){ .rid = rid, .domain = LOG_CASE_NONE };
	return &m->to[m->to_count++];
}

/* ---- connections ---- */

struct log_case_connection *
log_case_connection_find(
    const struct log_case *c, const struct log_record *record)
{
	struct log_case_connection *found, wanted;

	memset(&wanted, 0, sizeof(wanted));
	wanted.key.dcid = record->event->dcid;
	wanted.key.appliance = record->appliance;
	HASH_FIND(hh, c->connections, &wanted.key, sizeof(wanted.key), found);
	return found;
}

static struct log_case_connection *
connection_open(struct log_case *c, const struct log_record *record)
{
	struct log_case_connection *connection =
	    log_case_connection_find(c, record);

	if (connection == NULL) {
		connection = xcalloc(1, sizeof(*connection));
		connection->key.dcid = record->event->dcid;
		connection->key.appliance = record->appliance;
		HASH_ADD(hh, c->connections, key, sizeof(connection->key),
		    connection);
	} else if (connection->opened != LOG_CASE_NONE) {
		/* The numbers begin anew: the relay was started again. */
		c->events[connection->opened].until = c->event_count;
	}
	connection->opened = LOG_CASE_NONE;
	connection->host = host_get(c, record->event);
	return connection;
}

static void
connection_close(struct log_case *c, struct log_case_connection *connection)
{
	if (connection == NULL)
		return;
	if (connection->opened != LOG_CASE_NONE)
		c->events[connection->opened].until = c->event_count;
	HASH_DEL(c->connections, connection);
	free(connection);
}

/* ---- events ---- */

static struct log_case_event *
event_add(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;

	if (c->event_count == LOG_CASE_EVENTS_MAX) {
		c->left_out++;
		return NULL;
	}
	c->events = xgrow(
	    c->events, &c->event_cap, c->event_count + 1, sizeof(c->events[0]));
	c->events[c->event_count] = (struct log_case_event){
		.form = ev->form,
		.at = ev->time,
		.place = record->place,
		.dcid = ev->dcid,
		.message = LOG_CASE_NONE,
		.host = LOG_CASE_NONE,
		.domain = LOG_CASE_NONE,
		.until = LOG_CASE_NONE,
		.rids = "",
		.reply = "",
	};
	return &c->events[c->event_count++];
}

static void
take_opened(struct log_case *c, const struct log_record *record)
{
	struct log_case_connection *connection = connection_open(c, record);
	struct log_case_event *event = event_add(c, record);

	if (event == NULL)
		return;
	event->host = connection->host;
	connection->opened = c->event_count - 1;
}

static void
take_failure(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_failure failure = log_failure_of(ev);
	struct log_case_connection *connection =
	    log_case_connection_find(c, record);
	struct log_case_event *event = event_add(c, record);

	if (connection == NULL)
		connection = connection_open(c, record);
	if (event != NULL) {
		event->host = connection->host;
		event->domain = domain_get(c, ev->domain);
		event->failure = failure.kind;
		event->code = failure.code;
		event->reply = log_case_keep(c, failure.text);
		if (connection->opened != LOG_CASE_NONE)
			c->events[connection->opened].domain = event->domain;
	}
	connection_close(c, connection);
}

/* The lines of a reply, each with an LF. */
static const char *
reply_of(struct log_case *c, const struct maillog_event *ev)
{
	struct slice rest = ev->lines, line;
	struct buf all = { 0 };
	const char *kept;

	while (maillog_line_next(&rest, &line)) {
		if (buf_len(&all) > 0)
			buf_append_byte(&all, '\n');
		maillog_unescape(&all, line);
	}
	kept = arena_strdup(&c->arena, buf_slice(&all));
	buf_fini(&all);
	return kept;
}

static void
take_start(struct log_case *c, const struct log_record *record,
    struct log_case_connection *connection)
{
	const struct log_case_message *m;
	size_t message = message_get(c, record);
	struct slice rest = record->event->rids;
	uint64_t rid;

	if (connection == NULL || message == LOG_CASE_NONE)
		return;
	connection->started = record->event->time;
	c->messages[message].host = connection->host;
	m = &c->messages[message];
	if (connection->opened == LOG_CASE_NONE)
		return;
	c->events[connection->opened].messages++;
	if (!maillog_rid_next(&rest, &rid))
		return;
	for (size_t i = 0; i < m->to_count; i++)
		if (m->to[i].rid == rid)
			c->events[connection->opened].domain = m->to[i].domain;
}

static void
take_message_event(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	size_t message = message_get(c, record);
	struct log_case_connection *connection =
	    maillog_has(ev, MAILLOG_FIELD_dcid) && ev->dcid != 0
	    ? log_case_connection_find(c, record)
	    : NULL;
	struct log_case_event *event;
	char rid[24];

	if (message == LOG_CASE_NONE || (event = event_add(c, record)) == NULL)
		return;
	c->messages[message].is_queued = true;
	event->message = message;
	event->host = connection != NULL ? connection->host : LOG_CASE_NONE;
	if (ev->form == MAILLOG_DOUBLE_BOUNCE) {
		event->form = MAILLOG_BOUNCED;
		event->host = c->messages[message].host;
	}
	event->is_expired = slice_eq(ev->enhanced, SLICE("5.4.7"));
	if (maillog_has(ev, MAILLOG_FIELD_rids)) {
		event->rids = log_case_keep(c, ev->rids);
	} else if (maillog_has(ev, MAILLOG_FIELD_rid)) {
		(void)snprintf(
		    rid, sizeof(rid), "%llu", (unsigned long long)ev->rid);
		event->rids = arena_strdup(&c->arena, slice_cstr(rid));
		(void)log_case_recipient_get(&c->messages[message], ev->rid);
	}
	event->code = (unsigned)ev->code;
	event->reply = maillog_has(ev, MAILLOG_FIELD_response)
	    ? log_case_keep(c, ev->response)
	    : reply_of(c, ev);
	if (ev->form == MAILLOG_PENDING)
		event->span = ev->till - ev->time;
	else if (connection != NULL && connection->started != 0 &&
	    ev->time > connection->started)
		event->span = ev->time - connection->started;
	if (ev->form == MAILLOG_DELIVERY_START)
		take_start(c, record, connection);
}

/* ---- messages ---- */

static void
take_coming(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	size_t message = message_get(c, record);
	struct log_case_message *m;
	struct log_case_recipient *to;

	if (message == LOG_CASE_NONE)
		return;
	m = &c->messages[message];
	if (ev->form == MAILLOG_MID_FROM &&
	    (log_mailbox(ev->from).len == 0 ||
		log_mailbox_is_plain(log_mailbox(ev->from))))
		m->from = log_case_keep(c, log_mailbox(ev->from));
	if (ev->form == MAILLOG_MID_READY)
		m->bytes = ev->bytes;
	if (ev->form == MAILLOG_MID_QUEUED) {
		m->is_queued = true;
		m->is_over = false;
	}
	if (ev->form == MAILLOG_MESSAGE_ABORTED)
		m->is_over = true;
	if (ev->form == MAILLOG_MID_TO &&
	    log_mailbox_is_plain(log_mailbox(ev->to))) {
		to = log_case_recipient_get(m, ev->rid);
		to->to = log_case_keep(c, log_mailbox(ev->to));
		to->domain =
		    domain_get(c, log_mailbox_domain(slice_cstr(to->to)));
	}
}

static void
take_dns(struct log_case *c, const struct log_record *record)
{
	struct log_case_event *event;

	/* One of a host of a route, or the log has no mail at all. */
	if (c->message_count > 0 &&
	    map_find(&c->domain_names, record->event->domain) == NULL) {
		log_case_mark_add(c, LOG_CASE_LOOKUP, record, LOG_CASE_NONE);
		return;
	}
	event = event_add(c, record);
	if (event == NULL)
		return;
	event->domain = domain_get(c, record->event->domain);
	event->reply = log_case_keep(c, record->event->error);
}

void
log_case_take(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;

	if (c->left_out > 0) {
		c->left_out++;
		return;
	}
	if (record->named.is_handed_on)
		return;
	if (c->first == 0)
		c->first = ev->time;
	log_case_take_mark(c, record);
	if (ev->time > c->last)
		c->last = ev->time;
	log_case_take_tls(c, record);
	switch ((int)ev->form) {
	case MAILLOG_START_MID:
	case MAILLOG_MID_FROM:
	case MAILLOG_MID_TO:
	case MAILLOG_MID_READY:
	case MAILLOG_MID_QUEUED:
	case MAILLOG_MESSAGE_ABORTED:
		take_coming(c, record);
		break;
	case MAILLOG_DCID_NEW:
		take_opened(c, record);
		break;
	case MAILLOG_CONNECTION_ERROR:
		take_failure(c, record);
		break;
	case MAILLOG_DELIVERY_START:
	case MAILLOG_MESSAGE_DONE:
	case MAILLOG_DELAYED:
	case MAILLOG_BOUNCED:
	case MAILLOG_DOUBLE_BOUNCE:
	case MAILLOG_PENDING:
	case MAILLOG_MESSAGE_FINISHED:
		take_message_event(c, record);
		break;
	case MAILLOG_DNS_TEMPORARY_FAILURE:
		take_dns(c, record);
		break;
	case MAILLOG_DCID_CLOSE:
		connection_close(c, log_case_connection_find(c, record));
		break;
	default:
		break;
	}
}

/* ---- what must have been ---- */

/* A connection of which nothing more is said goes on with the failure just
 * before it, or else is for the only domain that there is. */
static void
find_domains(struct log_case *c)
{
	const struct log_case_event *failure = NULL;

	for (size_t i = 0; i < c->event_count; i++) {
		struct log_case_event *event = &c->events[i];

		if (event->form == MAILLOG_CONNECTION_ERROR)
			failure = event;
		if (event->form != MAILLOG_DCID_NEW ||
		    event->domain != LOG_CASE_NONE)
			continue;
		if (failure != NULL && event->at - failure->at <= FAILOVER_SPAN)
			event->domain = failure->domain;
		else if (c->domain_count == 1)
			event->domain = 0;
	}
}

void
log_case_finish(struct log_case *c)
{
	if (c->is_customers && c->domain_count == 0 && c->host_count > 0)
		(void)domain_get(c, SLICE("unknown.example"));
	find_domains(c);
	if (c->is_customers)
		log_case_assume(c);
}

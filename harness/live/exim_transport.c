/* SPDX-License-Identifier: MIT */
/* What Exim's smtp transport says of its dialogue; see exim_transport.h. */
#include "harness/live/exim_transport.h"

#include "harness/live/reader_words.h"

#define LISTED_MAX 10000 /* recipients or hosts of a process */

/* ---- processes ---- */

struct exim_process *
exim_process_get(struct exim_process **all, struct slice key)
{
	struct exim_process *p;

	HASH_FIND(hh, *all, key.at, key.len, p);
	if (p != NULL)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->key = slice_dup(key);
	HASH_ADD_KEYPTR(hh, *all, p->key, key.len, p);
	return p;
}

static void
list_clear(char **list, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free(list[i]);
	*count = 0;
}

static void
list_add(char ***list, size_t *count, size_t *cap, struct slice value)
{
	if (*count == LISTED_MAX)
		return;
	*list = xgrow(*list, cap, *count + 1, sizeof((*list)[0]));
	(*list)[(*count)++] = slice_dup(value);
}

void
exim_process_destroy(struct exim_process **all, struct exim_process *p)
{
	HASH_DEL(*all, p);
	list_clear(p->recipients, &p->recipient_count);
	list_clear(p->hosts, &p->host_count);
	free(p->recipients);
	free(p->hosts);
	free(p->message);
	free(p->record);
	free(p->heir);
	free(p->broke);
	free(p->key);
	free(p);
}

void
exim_process_join(struct exim_process *to, struct exim_process *from)
{
	for (size_t i = 0; i < from->host_count; i++)
		list_add(&to->hosts, &to->host_count, &to->host_cap,
		    slice_cstr(from->hosts[i]));
}

/* ---- a delivery ---- */

/* "smtp transport entered" is followed by its recipients, each a line. */
static void
on_entered(struct exim_process *p)
{
	list_clear(p->recipients, &p->recipient_count);
	p->lists = true;
}

/* "name [10.1.1.1]:25/10.0.0.5 retry-status = usable", of which the retry
 * record has the key "T:name:10.1.1.1:25/10.0.0.5". */
static void
on_status(struct exim_process *p, struct slice text)
{
	struct slice name, ip;
	struct buf key = { 0 };

	if (!reader_take(&text, SLICE(" ["), &name) ||
	    !reader_take(&text, SLICE("]"), &ip))
		return;
	buf_printf(&key, "T:%.*s:%.*s%.*s", SLICE_ARG(name), SLICE_ARG(ip),
	    SLICE_ARG(slice_sub(text, 0, slice_find_byte(text, ' '))));
	list_add(&p->hosts, &p->host_count, &p->host_cap, buf_slice(&key));
	buf_fini(&key);
}

static void
set_domain(struct reader *r, const struct exim_process *p)
{
	struct slice address =
	    slice_cstr(p->recipient_count > 0 ? p->recipients[0] : "");

	r->domain = slice_skip(address, slice_find_byte(address, '@') + 1);
}

static void
connection_end(struct reader *r, struct exim_process *p)
{
	struct reader_connection *c =
	    reader_connection_find(r, slice_cstr(p->key));

	set_domain(r, p);
	/* It leaves without a word when what it hears is no SMTP. */
	if (c != NULL && p->broke == NULL && !c->has_started && c->code == 0)
		reader_set(&p->broke, SLICE("EOF"));
	if (c != NULL)
		reader_connection_end(
		    r, c, slice_cstr(p->broke != NULL ? p->broke : ""));
	free(p->broke);
	p->broke = NULL;
}

static void
on_connected(struct reader *r, struct exim_process *p)
{
	p->is_trying = false;
	(void)reader_connection_new(r, slice_cstr(p->key), &p->at);
}

static void
on_failed(struct reader *r, struct exim_process *p, struct slice text)
{
	set_domain(r, p);
	if (p->is_trying)
		reader_connection_failed(r, &p->at, reader_failure(text));
	p->is_trying = false;
}

/* "name [10.1.1.1]:25 from 10.0.0.5 ... ", and perhaps what came of it. */
static void
on_connecting(struct reader *r, struct exim_process *p, struct slice text)
{
	struct slice ip = reader_between(text, SLICE("["), SLICE("]:"));
	struct slice port = reader_between(text, SLICE("]:"), SLICE(" "));
	uint64_t number;

	connection_end(r, p);
	p->is_trying =
	    ip_parse(ip, &p->at.ip) && slice_to_u64(port, UINT16_MAX, &number);
	if (!p->is_trying)
		return;
	p->at.port = (uint16_t)number;
	if (slice_find(text, SLICE(" failed: ")) < text.len)
		on_failed(r, p, text);
	else if (slice_find(text, SLICE(" connected")) < text.len)
		on_connected(r, p);
}

/* ---- its dialogue ---- */

/* The recipient that has not ended of which the transport says so; of an alias
 * of its domain Exim has made the name behind it (spec 17). */
static size_t
rid_of(const struct reader_message *m, struct slice address)
{
	size_t k = reader_message_rid(m, address);

	for (size_t i = 0; k == SIZE_MAX && i < m->count; i++)
		if (!m->recipients[i].has_ended &&
		    reader_is_namesake(
			address, slice_cstr(m->recipients[i].address)))
			k = i;
	return k;
}

/* Of those of the transport, who has not ended. */
static void
begin_transaction(
    struct reader *r, struct exim_process *p, struct reader_connection *c)
{
	struct reader_message *m = p->message != NULL
	    ? reader_message_find(r, slice_cstr(p->message))
	    : NULL;
	size_t *rids, count = 0;

	if (m == NULL)
		return;
	rids = xcalloc(m->count + 1, sizeof(rids[0]));
	for (size_t i = 0; i < p->recipient_count; i++) {
		size_t k = rid_of(m, slice_cstr(p->recipients[i]));

		if (k != SIZE_MAX && count < m->count)
			rids[count++] = k;
	}
	if (count > 0)
		reader_transaction(c, m, rids, count);
	free(rids);
}

static void
on_said(struct reader *r, struct exim_process *p, struct slice line)
{
	struct reader_connection *c =
	    reader_connection_find(r, slice_cstr(p->key));

	/* What it writes of the content is told by its last dot. */
	if (c == NULL || slice_starts_with(line, SLICE("(")))
		return;
	if (slice_starts_with_nocase(line, SLICE("MAIL ")))
		begin_transaction(r, p, c);
	reader_said(r, c, line);
}

static void
on_heard(struct reader *r, struct exim_process *p, struct slice line)
{
	struct reader_connection *c =
	    reader_connection_find(r, slice_cstr(p->key));

	p->replies = line.len > 3 && line.at[3] == '-';
	if (c != NULL)
		reader_heard(r, c, line);
}

/* "SMTP>> EHLO x", "SMTP|> RCPT ...", "SMTP<< 250 ok", "SMTP(closed)<<". */
static void
on_dialogue(struct reader *r, struct exim_process *p, struct slice text)
{
	static const struct slice said[] = { SLICE_INIT("SMTP>> "),
		SLICE_INIT("SMTP|> "), SLICE_INIT("SMTP+> ") };
	static const struct slice heard = SLICE_INIT("SMTP<< ");
	struct slice how = reader_between(text, SLICE("SMTP("), SLICE(")"));

	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		if (slice_starts_with(text, said[i]))
			on_said(r, p, slice_skip(text, said[i].len));
	if (slice_starts_with(text, heard))
		on_heard(r, p, slice_skip(text, heard.len));
	if (slice_eq(how, SLICE("close")))
		connection_end(r, p);
	else if (slice_find(text, SLICE(")<<")) < text.len)
		reader_set(&p->broke, reader_failure(how));
}

/* ---- one connection for several messages ---- */

/* Until the process of that message says that it delivers it, this is whose it
 * is (spec 30.1). */
static struct slice
name_of_passed(const char *message, struct buf *name)
{
	buf_clear(name);
	buf_printf(name, "for %s", message);
	return buf_slice(name);
}

static void
on_spool_file(struct exim_process *p, struct slice id)
{
	/* Its header file: "ID-H". */
	reader_set(&p->heir, slice_sub(id, 0, id.len < 2 ? 0 : id.len - 2));
}

static void
on_passing(struct reader *r, struct exim_process *p)
{
	struct reader_connection *c =
	    reader_connection_find(r, slice_cstr(p->key));
	struct buf name = { 0 };

	if (c != NULL && p->heir != NULL)
		reader_connection_rename(r, c, name_of_passed(p->heir, &name));
	buf_fini(&name);
}

/* What was passed on for its message. */
static struct reader_connection *
passed_find(struct reader *r, const struct exim_process *p)
{
	struct buf name = { 0 };
	struct reader_connection *c = p->message == NULL
	    ? NULL
	    : reader_connection_find(r, name_of_passed(p->message, &name));

	buf_fini(&name);
	return c;
}

void
exim_process_end(
    struct reader *r, struct exim_process **all, struct exim_process *p)
{
	struct reader_connection *c = passed_find(r, p);

	if (c != NULL)
		reader_connection_end(r, c, SLICE(""));
	exim_process_destroy(all, p);
}

/* ---- lines ---- */

/* "ID", of a message, or "ID to host [ip] (a@b)", of a transport. */
static void
on_delivering(struct reader *r, struct exim_process *p, struct slice text)
{
	struct slice id = slice_sub(text, 0, slice_find_byte(text, ' '));
	struct reader_connection *c;

	reader_set(&p->message, id);
	c = passed_find(r, p);
	if (c != NULL &&
	    slice_starts_with(slice_skip(text, id.len), SLICE(" to ")))
		reader_connection_rename(r, c, slice_cstr(p->key));
}

void
exim_transport_line(struct reader *r, struct exim_process *p, struct slice text)
{
	static const struct slice connecting = SLICE_INIT("Connecting to "),
				  delivering = SLICE_INIT("delivering "),
				  spool_file =
				      SLICE_INIT("reading spool file ");
	const struct slice trimmed = slice_trim(text);
	const bool is_indented = slice_starts_with(text, SLICE("  "));

	if (slice_eq(text, SLICE("smtp transport entered")))
		on_entered(p);
	else if (slice_eq(text, SLICE("hostlist:")))
		p->lists = false;
	else if (p->lists && is_indented)
		list_add(&p->recipients, &p->recipient_count, &p->recipient_cap,
		    trimmed);
	else if (slice_starts_with(text, SLICE("  SMTP")))
		on_dialogue(r, p, trimmed);
	else if (p->replies && is_indented)
		on_heard(r, p, trimmed);
	else if (slice_find(text, SLICE(" retry-status = ")) < text.len)
		on_status(p, text);
	else if (slice_starts_with(text, connecting))
		on_connecting(r, p, slice_skip(text, connecting.len));
	else if (slice_starts_with(text, SLICE(" failed: ")))
		on_failed(r, p, text);
	else if (slice_eq(text, SLICE(" connected")) && p->is_trying)
		on_connected(r, p);
	else if (slice_starts_with(text, delivering))
		on_delivering(r, p, slice_skip(text, delivering.len));
	else if (slice_starts_with(trimmed, spool_file))
		on_spool_file(p, slice_skip(trimmed, spool_file.len));
	else if (slice_eq(text, SLICE("transport_pass_socket entered")))
		on_passing(r, p);
}

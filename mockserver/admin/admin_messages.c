/* SPDX-License-Identifier: MIT */
/* Messages in the admin API; see admin_impl.h. */
#include "mockserver/admin/admin_impl.h"

#include "core/tls/digest.h"

#define HEADERS_MAX 1000 /* that are shown of one message */

/* ---- showing ---- */

static json_t *
describe_digest(const uint8_t digest[INTAKE_DIGEST_BYTES])
{
	char text[DIGEST_CHARS + 1];

	digest_format(digest, text);
	return json_string(text);
}

static json_t *
describe_recipients(const struct capture_message *m, bool *is_latin1)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->recipient_count; i++)
		json_array_append_new(
		    list, admin_text(m->recipients[i], is_latin1));
	return list;
}

static json_t *
describe_tls(const struct capture_message *m, bool *is_latin1)
{
	if (m->tls_protocol == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:o}", "protocol", m->tls_protocol,
	    "cipher", m->tls_cipher, "client_name",
	    admin_text(slice_cstr(m->tls_name), is_latin1));
}

/* Takes a line off *rest, without its end. */
static bool
next_line(struct slice *rest, struct slice *line)
{
	if (!slice_split(rest, '\n', line))
		return false;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool
is_folded(struct slice rest)
{
	return rest.len > 0 && (rest.at[0] == ' ' || rest.at[0] == '\t');
}

/* A header with the lines that continue it, its name and its value apart; a
 * line that is none has the name "". */
static json_t *
next_header(struct slice *rest, bool *is_latin1)
{
	struct buf text = { 0 };
	struct slice line, name, value;
	size_t colon;
	json_t *header;

	if (!next_line(rest, &line))
		return NULL;
	buf_append(&text, line);
	while (is_folded(*rest) && next_line(rest, &line))
		buf_append(&text, line);
	value = buf_slice(&text);
	colon = slice_find_byte(value, ':');
	name = slice_sub(value, 0, colon < value.len ? colon : 0);
	if (colon < value.len)
		value = slice_skip(value, colon + 1);
	header = json_pack("[o, o]", admin_text(slice_trim(name), is_latin1),
	    admin_text(slice_trim(value), is_latin1));
	buf_fini(&text);
	return header;
}

static json_t *
describe_headers(const struct capture_message *m, bool *is_latin1)
{
	struct slice rest = slice_sub(m->content, 0, m->header_bytes);
	json_t *list = json_array(), *header;

	while (json_array_size(list) < HEADERS_MAX && rest.len > 0 &&
	    rest.at[0] != '\r' && rest.at[0] != '\n' &&
	    (header = next_header(&rest, is_latin1)) != NULL)
		json_array_append_new(list, header);
	return list;
}

static json_t *
describe_message(const struct capture_message *m)
{
	bool is_latin1 = false;
	json_t *value = json_pack(
	    "{s:I, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}",
	    "number", (json_int_t)m->number, "time", admin_time(m->time),
	    "host", m->host, "connection", (json_int_t)m->connection, "server",
	    admin_endpoint(&m->server), "client", admin_endpoint(&m->client),
	    "tls", describe_tls(m, &is_latin1), "from",
	    admin_text(m->sender, &is_latin1), "to",
	    describe_recipients(m, &is_latin1), "size",
	    (json_int_t)m->size_bytes, "kept", (json_int_t)m->content.len,
	    "sha256", describe_digest(m->digest), "body_sha256",
	    describe_digest(m->body_digest));

	json_object_set_new(value, "headers", describe_headers(m, &is_latin1));
	if (is_latin1)
		json_object_set_new(value, "encoding", json_string("latin1"));
	return value;
}

/* ---- many ---- */

static bool
is_of(const struct capture_message *m, const char *host)
{
	return host == NULL || strcmp(m->host, host) == 0;
}

void
admin_get_messages(struct admin_call *call)
{
	const struct capture *capture = call->admin->options.capture;
	const char *host = http_query(call->request, "host");
	const struct capture_message *m = NULL;
	json_t *list;
	uint64_t after, limit;

	if (!admin_query_number(call, "after", UINT64_MAX, 0, &after) ||
	    !admin_query_number(
		call, "limit", ADMIN_LIST_MAX, ADMIN_LIST_COUNT, &limit))
		return;
	list = json_array();
	while ((m = capture_next(capture, m)) != NULL &&
	    json_array_size(list) < limit)
		if (m->number > after && is_of(m, host))
			json_array_append_new(list, describe_message(m));
	admin_answer(call, 200,
	    json_pack("{s:o, s:b, s:I}", "messages", list, "more", m != NULL,
		"evicted", (json_int_t)capture_totals(capture).evicted));
}

void
admin_delete_messages(struct admin_call *call)
{
	struct capture *capture = call->admin->options.capture;
	const char *host = http_query(call->request, "host");
	const struct capture_message *m = capture_next(capture, NULL), *next;
	json_t *list = json_array();

	for (; m != NULL; m = next) {
		next = capture_next(capture, m);
		if (!is_of(m, host))
			continue;
		json_array_append_new(list, describe_message(m));
		capture_remove(capture, m->number);
	}
	admin_answer(call, 200, json_pack("{s:o}", "messages", list));
}

/* ---- one ---- */

static const struct capture_message *
find_message(struct admin_call *call)
{
	const struct capture_message *m = NULL;
	uint64_t number;

	if (slice_to_u64(call->argument, UINT64_MAX, &number))
		m = capture_find(call->admin->options.capture, number);
	if (m == NULL)
		admin_fail(call, 404, "there is no message %.*s",
		    SLICE_ARG(call->argument));
	return m;
}

void
admin_get_message(struct admin_call *call)
{
	const struct capture_message *m = find_message(call);

	if (m != NULL)
		admin_answer(call, 200, describe_message(m));
}

void
admin_delete_message(struct admin_call *call)
{
	const struct capture_message *m = find_message(call);
	json_t *removed;

	if (m == NULL)
		return;
	removed = describe_message(m);
	capture_remove(call->admin->options.capture, m->number);
	admin_answer(call, 200, removed);
}

void
admin_get_content(struct admin_call *call)
{
	const struct capture_message *m = find_message(call);

	if (m != NULL)
		admin_answer_file(call, "message/rfc822", m->content);
}

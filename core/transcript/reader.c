/* SPDX-License-Identifier: MIT */
/* Lines of JSON as events; see reader.h. */
#include "core/transcript/reader.h"

#include "core/base/arena.h"
#include "core/smtp/utf8.h"
#include "core/transcript/content.h"

#include <jansson.h>
#include <uthash.h>

/* Who stands at the two ends of a connection. */
struct ends {
	uint64_t connection;
	struct endpoint server, client;
	struct transcript_content content;
	UT_hash_handle hh;
};

struct transcript_reader {
	json_t *root;       /* owned; the last line */
	struct arena arena; /* of the last event's texts */
	bool is_latin1;     /* the last line's, in part */
	struct ends *ends;  /* owned; of connections that stand */
	bool wants_content;
};

static bool read_kind(
    const json_t *root, struct transcript_event *ev, struct err *err);
static bool read_members(
    struct transcript_reader *r, struct transcript_event *ev, struct err *err);
static bool read_ends(
    struct transcript_reader *r, struct transcript_event *ev, struct err *err);

struct transcript_reader *
transcript_reader_new(bool wants_content)
{
	struct transcript_reader *r = xcalloc(1, sizeof(*r));

	r->wants_content = wants_content;
	return r;
}

static void
ends_forget(struct transcript_reader *r, struct ends *ends)
{
	HASH_DEL(r->ends, ends);
	transcript_content_fini(&ends->content);
	free(ends);
}

void
transcript_reader_destroy(struct transcript_reader **rp)
{
	struct transcript_reader *r = *rp;
	struct ends *ends, *next;

	*rp = NULL;
	if (r == NULL)
		return;
	HASH_ITER(hh, r->ends, ends, next)
	ends_forget(r, ends);
	json_decref(r->root);
	arena_fini(&r->arena);
	free(r);
}

bool
transcript_read(struct transcript_reader *r, struct slice line,
    struct transcript_event *ev, struct err *err)
{
	json_error_t error;

	*ev = (struct transcript_event){ 0 };
	json_decref(r->root);
	arena_fini(&r->arena);
	r->root = json_loadb(line.at, line.len, JSON_ALLOW_NUL, &error);
	if (!json_is_object(r->root))
		return err_set(err, "no JSON object");
	return read_kind(r->root, ev, err) && read_members(r, ev, err) &&
	    read_ends(r, ev, err);
}

/* ---- members ---- */

/* The member's text; empty when it has none. */
static struct slice
text_of(const json_t *value)
{
	if (!json_is_string(value))
		return SLICE("");
	return slice_of(json_string_value(value), json_string_length(value));
}

static struct slice
member(const json_t *root, const char *key)
{
	return text_of(json_object_get(root, key));
}

static bool
read_kind(const json_t *root, struct transcript_event *ev, struct err *err)
{
	static const char *const names[] = {
#define X(constant, name) [constant] = name,
		TRANSCRIPT_KINDS(X)
#undef X
	};
	struct slice name = member(root, "event");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!slice_eq(name, slice_cstr(names[i])))
			continue;
		ev->kind = (enum transcript_kind)i;
		return true;
	}
	return err_set(err, "\"event\": \"%.*s\" is no event of a transcript",
	    SLICE_ARG(name));
}

/* The bytes whose numbers the characters are; false: some are none. */
static bool
latin1_bytes(struct slice text, char *out, size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c >= 0x80) {
			if (c > 0xc3 || i + 1 == text.len)
				return false;
			c = (unsigned char)(c << 6 |
			    ((unsigned char)text.at[++i] & 0x3f));
		}
		out[(*len)++] = (char)c;
	}
	return true;
}

static bool
is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		size_t len =
		    (unsigned char)s.at[i] < 0x80 ? 1 : smtp_utf8_scan(s, i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

/* The bytes that the text stands for.  A line says only that some of its texts
 * are bytes; such are never UTF-8, or they would stand as they are. */
static struct slice
plain(struct transcript_reader *r, struct slice text)
{
	char *bytes;
	size_t len;

	if (!r->is_latin1 || slice_is_7bit(text))
		return text;
	bytes = arena_alloc(&r->arena, text.len);
	if (!latin1_bytes(text, bytes, &len) || is_utf8(slice_of(bytes, len)))
		return text;
	return slice_of(bytes, len);
}

static const char *
text_or_null(struct transcript_reader *r, const char *key)
{
	if (!json_is_string(json_object_get(r->root, key)))
		return NULL;
	return arena_strdup(&r->arena, plain(r, member(r->root, key)));
}

static void
read_recipients(struct transcript_reader *r, struct transcript_event *ev)
{
	const json_t *list = json_object_get(r->root, "to");
	size_t count = json_array_size(list);
	struct slice *to = arena_alloc(&r->arena, (count + 1) * sizeof(*to));

	for (size_t i = 0; i < count; i++)
		to[i] = plain(r, text_of(json_array_get(list, i)));
	ev->recipients = to;
	ev->recipient_count = count;
}

static bool
read_number(
    const json_t *root, const char *key, uint64_t *number, struct err *err)
{
	const json_t *value = json_object_get(root, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return err_set(err, "\"%s\" is no number", key);
	*number = (uint64_t)json_integer_value(value);
	return true;
}

static bool
read_members(
    struct transcript_reader *r, struct transcript_event *ev, struct err *err)
{
	struct slice time = member(r->root, "time");

	r->is_latin1 = slice_eq(member(r->root, "encoding"), SLICE("latin1"));
	if (!utime_parse_rfc3339(time, &ev->time))
		return err_set(
		    err, "\"time\": \"%.*s\" is no time", SLICE_ARG(time));
	if (!read_number(r->root, "connection", &ev->connection, err))
		return false;
	ev->host = arena_strdup(&r->arena, member(r->root, "host"));
	ev->bytes = plain(r, member(r->root, "bytes"));
	if (json_object_get(r->root, "cut") != NULL &&
	    !read_number(r->root, "cut", &ev->cut, err))
		return false;
	ev->rule = text_or_null(r, "rule");
	ev->note = text_or_null(r, "note");
	if (ev->kind != TRANSCRIPT_MESSAGE)
		return true;
	ev->sender = plain(r, member(r->root, "from"));
	ev->body_sha256 = member(r->root, "body_sha256");
	read_recipients(r, ev);
	return read_number(r->root, "size", &ev->size_bytes, err);
}

/* ---- the ends of connections ---- */

static bool
read_open(
    struct transcript_reader *r, struct transcript_event *ev, struct err *err)
{
	struct slice server = member(r->root, "server");
	struct slice client = member(r->root, "client");
	struct ends *ends;

	if (!endpoint_parse(server, -1, &ev->server) ||
	    !endpoint_parse(client, -1, &ev->client))
		return err_set(err,
		    "\"server\" and \"client\" are no addresses with ports");
	ends = xcalloc(1, sizeof(*ends));
	ends->connection = ev->connection;
	ends->server = ev->server;
	ends->client = ev->client;
	HASH_ADD(hh, r->ends, connection, sizeof(ends->connection), ends);
	return true;
}

static bool
read_ends(
    struct transcript_reader *r, struct transcript_event *ev, struct err *err)
{
	struct ends *ends;

	HASH_FIND(hh, r->ends, &ev->connection, sizeof(ev->connection), ends);
	/* Numbers begin anew where another transcript follows. */
	if (ev->kind == TRANSCRIPT_OPEN) {
		if (ends != NULL)
			ends_forget(r, ends);
		return read_open(r, ev, err);
	}
	if (ends == NULL)
		return true;
	ev->server = ends->server;
	ev->client = ends->client;
	if (r->wants_content)
		transcript_content_note(&ends->content, ev);
	if (ev->kind == TRANSCRIPT_LOST || ev->kind == TRANSCRIPT_CLOSE ||
	    ev->kind == TRANSCRIPT_RESET || ev->kind == TRANSCRIPT_GONE)
		ends_forget(r, ends);
	return true;
}

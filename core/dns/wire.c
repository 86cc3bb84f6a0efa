/* SPDX-License-Identifier: MIT */
/* DNS messages as bytes; see wire.h. */
#include "core/dns/wire.h"

/* Bits of the header's third and fourth byte (RFC 1035, 4.1.1; RFC 4035). */
enum {
	FLAG_RESPONSE = 0x8000,
	FLAG_AUTHORITATIVE = 0x0400,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSION_DESIRED = 0x0100,
	FLAG_RECURSION_AVAILABLE = 0x0080,
	FLAG_CHECKING_DISABLED = 0x0010,
	OPCODE_SHIFT = 11,
	OPCODE_MASK = 0xf,
	CODE_MASK = 0xf,
};

enum {
	FLAGS_AT = 2,
	COUNTS_AT = 4,
	QUESTION_FIXED = 4, /* behind its name: type and class */
	RECORD_FIXED = 10,  /* behind its name: type, class, TTL, length */
	POINTER = 0xc0,     /* RFC 1035, 4.1.4 */
	POINTER_MAX = 0x3fff,
	LENGTH_BYTES = 2,
};

/* ---- reading ---- */

struct cursor {
	const unsigned char *at;
	size_t left;
};

static unsigned
u16_at(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void
advance(struct cursor *c, size_t n)
{
	c->at += n;
	c->left -= n;
}

static char
name_byte(unsigned char byte)
{
	char c = (char)byte;

	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_'
	    ? c
	    : ' ';
}

/* The name of the question, which nothing stands before that it could point
 * at. */
static bool
question_name(struct cursor *c, struct dns_request *r)
{
	size_t used = 0;

	while (c->left > 0 && c->at[0] != 0) {
		size_t len = c->at[0];

		used += len + 1;
		if (len > DNS_LABEL_MAX || len >= c->left ||
		    used >= DNS_WIRE_NAME_MAX)
			return false;
		if (r->name_len > 0)
			r->name[r->name_len++] = '.';
		for (size_t i = 1; i <= len; i++)
			r->name[r->name_len++] = name_byte(c->at[i]);
		advance(c, len + 1);
	}
	if (c->left == 0)
		return false;
	advance(c, 1);
	return true;
}

static bool
question_read(struct cursor *c, struct dns_request *r)
{
	const unsigned char *start = c->at;

	if (!question_name(c, r) || c->left < QUESTION_FIXED)
		return false;
	r->type = (uint16_t)u16_at(c->at);
	r->class = (uint16_t)u16_at(c->at + 2);
	advance(c, QUESTION_FIXED);
	r->question = slice_of((const char *)start, (size_t)(c->at - start));
	r->has_question = true;
	return true;
}

/* Any name, which may point; *is_root: it is the empty one. */
static bool
name_skip(struct cursor *c, bool *is_root)
{
	*is_root = c->left > 0 && c->at[0] == 0;
	while (c->left > 0) {
		size_t len = c->at[0];

		if (len == 0) {
			advance(c, 1);
			return true;
		}
		if ((len & POINTER) == POINTER) {
			if (c->left < 2)
				return false;
			advance(c, 2);
			return true;
		}
		if (len > DNS_LABEL_MAX || len >= c->left)
			return false;
		advance(c, len + 1);
	}
	return false;
}

/* A record behind the question: of these only OPT means something. */
static bool
record_read(struct cursor *c, struct dns_request *r)
{
	unsigned type, data_len;
	bool is_root;

	if (!name_skip(c, &is_root) || c->left < RECORD_FIXED)
		return false;
	type = u16_at(c->at);
	data_len = u16_at(c->at + 8);
	if (type == DNS_NUMBER_OPT) {
		if (!is_root || r->has_edns)
			return false;
		r->has_edns = true;
		r->edns_bytes = (uint16_t)u16_at(c->at + 2);
		r->edns_version = c->at[5];
	}
	advance(c, RECORD_FIXED);
	if (data_len > c->left)
		return false;
	advance(c, data_len);
	return true;
}

static bool
body_read(struct cursor *c, struct dns_request *r, const unsigned *counts)
{
	unsigned records = counts[1] + counts[2] + counts[3];

	if (counts[0] != 1 || !question_read(c, r))
		return false;
	while (records-- > 0)
		if (!record_read(c, r))
			return false;
	return c->left == 0;
}

bool
dns_request_read(struct dns_request *r, struct slice query, enum dns_code *code)
{
	struct cursor c = { (const unsigned char *)query.at, query.len };
	unsigned flags, counts[4];

	*r = (struct dns_request){ 0 };
	*code = DNS_CODE_FORMERR;
	if (c.left < DNS_HEADER_BYTES || c.left > DNS_MESSAGE_MAX)
		return false;
	flags = u16_at(c.at + FLAGS_AT);
	if ((flags & FLAG_RESPONSE) != 0)
		return false;
	r->id = (uint16_t)u16_at(c.at);
	r->opcode = flags >> OPCODE_SHIFT & OPCODE_MASK;
	r->wants_recursion = (flags & FLAG_RECURSION_DESIRED) != 0;
	r->has_checking_disabled = (flags & FLAG_CHECKING_DISABLED) != 0;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		counts[i] = u16_at(c.at + COUNTS_AT + 2 * i);
	advance(&c, DNS_HEADER_BYTES);
	if (r->opcode != 0 || body_read(&c, r, counts))
		*code = DNS_CODE_NOERROR;
	return true;
}

/* ---- writing ---- */

static unsigned char *
message(const struct dns_writer *w)
{
	return (unsigned char *)w->out->mem + w->out->head + w->start;
}

size_t
dns_write_position(const struct dns_writer *w)
{
	return buf_len(w->out) - w->start;
}

static void
u16_put(struct dns_writer *w, size_t at, unsigned value)
{
	message(w)[at] = (unsigned char)(value >> 8);
	message(w)[at + 1] = (unsigned char)value;
}

void
dns_write_u16(struct dns_writer *w, unsigned value)
{
	buf_append_byte(w->out, (char)(value >> 8));
	buf_append_byte(w->out, (char)value);
}

void
dns_write_u32(struct dns_writer *w, uint32_t value)
{
	dns_write_u16(w, value >> 16);
	dns_write_u16(w, value & 0xffff);
}

void
dns_write_bytes(struct dns_writer *w, struct slice bytes)
{
	buf_append(w->out, bytes);
}

void
dns_write_begin(
    struct dns_writer *w, const struct dns_request *r, struct buf *out)
{
	unsigned flags = FLAG_RESPONSE | FLAG_AUTHORITATIVE |
	    FLAG_RECURSION_AVAILABLE | r->opcode << OPCODE_SHIFT;

	*w = (struct dns_writer){ .out = out, .start = buf_len(out) };
	if (r->wants_recursion)
		flags |= FLAG_RECURSION_DESIRED;
	if (r->has_checking_disabled)
		flags |= FLAG_CHECKING_DISABLED;
	dns_write_u16(w, r->id);
	dns_write_u16(w, flags);
	dns_write_u16(w, r->has_question);
	for (int i = 0; i < 3; i++)
		dns_write_u16(w, 0);
	for (size_t at = 0; at < r->question.len && r->question.at[at] != '\0';
	     at += (unsigned char)r->question.at[at] + 1)
		w->names[w->name_count++] = (uint16_t)(DNS_HEADER_BYTES + at);
	dns_write_bytes(w, r->question);
}

void
dns_write_empty(struct dns_writer *w, const struct dns_request *r)
{
	struct buf *out = w->out;

	buf_truncate(out, w->start);
	dns_write_begin(w, r, out);
}

/* Whether the name that stands at `at`, all of it, is this one. */
static bool
stands_at(const struct dns_writer *w, size_t at, struct slice name)
{
	const unsigned char *m = message(w);
	struct slice label;

	for (;;) {
		size_t len = m[at];

		if ((len & POINTER) == POINTER) {
			at = u16_at(m + at) & POINTER_MAX;
			continue;
		}
		if (len == 0 || name.len == 0)
			return len == 0 && name.len == 0;
		(void)slice_split(&name, '.', &label);
		if (!slice_eq_nocase(
			label, slice_of((const char *)m + at + 1, len)))
			return false;
		at += len + 1;
	}
}

/* Where the name stands already; 0: nowhere. */
static size_t
name_find(const struct dns_writer *w, struct slice name)
{
	for (size_t i = 0; i < w->name_count; i++)
		if (stands_at(w, w->names[i], name))
			return w->names[i];
	return 0;
}

void
dns_write_name(struct dns_writer *w, struct slice name)
{
	struct slice label;

	while (name.len > 0) {
		size_t at = dns_write_position(w), before = name_find(w, name);

		if (before != 0) {
			dns_write_u16(w, POINTER << 8 | (unsigned)before);
			return;
		}
		if (at <= POINTER_MAX && w->name_count < ARRAY_LEN(w->names))
			w->names[w->name_count++] = (uint16_t)at;
		(void)slice_split(&name, '.', &label);
		buf_append_byte(w->out, (char)label.len);
		buf_append(w->out, label);
	}
	buf_append_byte(w->out, '\0');
}

void
dns_write_record(struct dns_writer *w, enum dns_section section,
    struct slice owner, uint16_t type, uint32_t ttl_s)
{
	size_t count_at = COUNTS_AT + 2 * (1 + (size_t)section);

	dns_write_name(w, owner);
	dns_write_u16(w, type);
	dns_write_u16(w, DNS_CLASS_IN);
	dns_write_u32(w, ttl_s);
	dns_write_u16(w, 0);
	u16_put(w, count_at, u16_at(message(w) + count_at) + 1);
}

void
dns_write_record_end(struct dns_writer *w, size_t data_at)
{
	u16_put(w, data_at - LENGTH_BYTES,
	    (unsigned)(dns_write_position(w) - data_at));
}

void
dns_write_edns(struct dns_writer *w, uint16_t bytes, enum dns_code code)
{
	static const struct slice root;

	dns_write_record(
	    w, DNS_ADDITIONAL, root, DNS_NUMBER_OPT, (uint32_t)code >> 4 << 24);
	u16_put(w, dns_write_position(w) - LENGTH_BYTES - 6, bytes);
}

void
dns_write_finish(struct dns_writer *w, enum dns_code code, bool is_truncated)
{
	unsigned flags = u16_at(message(w) + FLAGS_AT);

	flags |= (unsigned)code & CODE_MASK;
	if (is_truncated)
		flags |= FLAG_TRUNCATED;
	u16_put(w, FLAGS_AT, flags);
}

/* SPDX-License-Identifier: MIT */
/*
 * Spelling log lines and both sides of a dialogue in one notation: "->" is what
 * the host sent, "<-" what the client sent, and the ends of lines are seen.
 */
#include "harness/judge/evidence_impl.h"

#include "core/smtp/utf8.h"

#define BYTES_SHOWN 160 /* of a row */
#define ROWS_SHOWN  4   /* of an event; of more: */
#define ROWS_FIRST  2

static void
spell_byte(unsigned char c, struct buf *out)
{
	if (c == '\r')
		buf_append_cstr(out, "\\r");
	else if (c == '\n')
		buf_append_cstr(out, "\\n");
	else if (c == '\t')
		buf_append_cstr(out, "\\t");
	else if (c == '\\')
		buf_append_cstr(out, "\\\\");
	else if (c < ' ' || c >= 0x7f)
		buf_printf(out, "\\x%02x", c);
	else
		buf_append_byte(out, (char)c);
}

static void
spell(struct slice bytes, struct buf *out)
{
	size_t i = 0, len;

	while (i < bytes.len && i < BYTES_SHOWN) {
		unsigned char c = (unsigned char)bytes.at[i];

		len = c < 0x80 ? 0 : smtp_utf8_scan(bytes, i);
		if (len > 0)
			buf_append(out, slice_sub(bytes, i, len));
		else
			spell_byte(c, out);
		i += len > 0 ? len : 1;
	}
	if (i == bytes.len)
		return;
	buf_printf(out, " ... %zu bytes", bytes.len - i);
	if (bytes.at[bytes.len - 1] == '\n')
		buf_append_cstr(out, " ...\\n");
}

void
evidence_spell_log(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		size_t len = c < 0x80 ? 0 : smtp_utf8_scan(text, i);

		if (len > 0)
			buf_append(out, slice_sub(text, i, len));
		else if (c < ' ' || c >= 0x7f)
			spell_byte(c, out);
		else
			buf_append_byte(out, (char)c);
		i += len > 0 ? len - 1 : 0;
	}
}

static size_t
count_lines(struct slice bytes)
{
	struct slice line;
	size_t count = 0;

	while (slice_split(&bytes, '\n', &line))
		count++;
	return count;
}

struct talk {
	const struct transcript_event *ev;
	void (*each)(void *owner, struct slice row);
	void *owner;
	struct buf row;
	bool rule_is_told;
};

/* Hands over the row, the rule behind the first one of an event. */
static void
talk_row(struct talk *t)
{
	if (t->ev->rule != NULL && !t->rule_is_told)
		buf_printf(&t->row, "   rule %s", t->ev->rule);
	t->rule_is_told = true;
	t->each(t->owner, buf_slice(&t->row));
	buf_clear(&t->row);
}

static void
talk_bytes(struct talk *t, const char *arrow)
{
	struct slice rest = t->ev->bytes, line;
	size_t count = count_lines(rest), number = 0, hidden = 0;

	for (const char *at = rest.at; slice_split(&rest, '\n', &line);) {
		struct slice whole = slice_of(at, (size_t)(rest.at - at));

		at = rest.at;
		number++;
		if (count > ROWS_SHOWN && number > ROWS_FIRST &&
		    number < count) {
			hidden += whole.len;
			continue;
		}
		if (hidden > 0) {
			buf_printf(&t->row, "%s %s ... %zu lines, %zu bytes",
			    t->ev->host, arrow, count - ROWS_FIRST - 1, hidden);
			talk_row(t);
		}
		hidden = 0;
		buf_printf(&t->row, "%s %s ", t->ev->host, arrow);
		spell(whole, &t->row);
		talk_row(t);
	}
}

static void
talk_words(struct talk *t)
{
	const struct transcript_event *ev = t->ev;
	const char *note = ev->note != NULL ? ev->note : "";

	switch (ev->kind) {
	case TRANSCRIPT_IN:
		talk_bytes(t, "<-");
		if (ev->cut == 0)
			return;
		buf_printf(&t->row, "%s <- ... %llu bytes that are not here",
		    ev->host, (unsigned long long)ev->cut);
		break;
	case TRANSCRIPT_OUT:
		talk_bytes(t, "->");
		return;
	case TRANSCRIPT_OPEN:
		buf_printf(&t->row, "%s open", ev->host);
		break;
	case TRANSCRIPT_RULE:
		buf_printf(&t->row, "%s does: %s", ev->host, note);
		break;
	case TRANSCRIPT_TLS:
		buf_printf(&t->row, "%s TLS: %s", ev->host, note);
		break;
	case TRANSCRIPT_MESSAGE:
		buf_printf(&t->row,
		    "%s takes the message: recipients: %zu, bytes: %llu",
		    ev->host, ev->recipient_count,
		    (unsigned long long)ev->size_bytes);
		break;
	case TRANSCRIPT_VIOLATION:
		buf_printf(&t->row, "%s violation: %s", ev->host, note);
		break;
	case TRANSCRIPT_EOF:
		buf_printf(&t->row, "%s <- close", ev->host);
		break;
	case TRANSCRIPT_LOST:
		buf_printf(&t->row, "%s <- reset", ev->host);
		break;
	case TRANSCRIPT_CLOSE:
		buf_printf(&t->row, "%s -> close", ev->host);
		break;
	case TRANSCRIPT_RESET:
		buf_printf(&t->row, "%s -> reset", ev->host);
		break;
	case TRANSCRIPT_GONE:
		buf_printf(&t->row, "%s is gone without a word", ev->host);
		break;
	case TRANSCRIPT_HALF:
		buf_printf(&t->row, "%s -> close, and reads on", ev->host);
		break;
	}
	talk_row(t);
}

void
evidence_spell_event(const struct transcript_event *ev,
    void (*each)(void *owner, struct slice row), void *owner)
{
	struct talk talk = { .ev = ev, .each = each, .owner = owner };

	talk_words(&talk);
	buf_fini(&talk.row);
}

/* ---- folding ---- */

/* How much of the text fits: up to the last blank that lets it, or the three
 * that stand before a rule. */
static size_t
fold_at(struct slice text, size_t width)
{
	size_t end = width;

	if (text.len <= width)
		return text.len;
	for (size_t i = width; i > 0; i--)
		if (slice_starts_with(slice_skip(text, i), SLICE("   ")))
			return i;
	while (end > width / 2 && text.at[end] != ' ')
		end--;
	if (end > width / 2)
		return end;
	end = width;
	while (end > 1 && ((unsigned char)text.at[end] & 0xc0) == 0x80)
		end--;
	return end;
}

void
evidence_fold(struct slice head, struct slice text, struct buf *out)
{
	const size_t indent = head.len + 2; /* of what is folded */
	size_t width = EVIDENCE_COLUMNS - head.len;

	assert(head.len < EVIDENCE_COLUMNS / 2);
	buf_append(out, head);
	for (;;) {
		size_t len = fold_at(text, width);

		buf_append(out, slice_sub(text, 0, len));
		buf_append_byte(out, '\n');
		text = slice_skip(text, len);
		while (text.len > 0 && text.at[0] == ' ')
			text = slice_skip(text, 1);
		if (text.len == 0)
			return;
		width = EVIDENCE_COLUMNS - indent;
		buf_printf(out, "%*s", (int)indent, "");
	}
}

/* SPDX-License-Identifier: MIT */
/* What messages held, from both sides of a dialogue, whole and byte by byte. */
#include "core/transcript/content.h"
#include "tests/unit/kit.h"

#define STEPS_MAX 12

/* "<" from the client, ">" to it, "X" so many bytes from the client that are
 * not shown, "T" a handshake, "M" a message. */
struct step {
	char kind;
	const char *bytes;
	uint64_t size;
	const char *content; /* of M; NULL: not known */
};

static struct row {
	const char *name;
	struct step steps[STEPS_MAX];
} rows[] = {
	{ "by lines",
	    { { '>', "220 mx\r\n", 0, 0 }, { '<', "MAIL FROM:<a@b>\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { '<', "DATA\r\n", 0, 0 },
		{ '>', "354 go\r\n", 0, 0 },
		{ '<', "Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 20, "Subject: x\r\n\r\n.dot\r\n" } } },
	{ "two of them, sent ahead",
	    { { '<', "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\ndata\r\n", 0, 0 },
		{ '>', "250 ok\r\n250 ok\r\n354 go\r\n", 0, 0 },
		{ '<', "one\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 5, "one\r\n" },
		{ '>', "250 ok\r\n250 ok\r\n", 0, 0 },
		{ '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', "two!\r\n.\r\n", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 6, "two!\r\n" } } },
	{ "by chunks",
	    { { '<', "MAIL FROM:<>\r\nBDAT 4\r\nDATABDAT 3 LAST\r\n\r\n.", 0,
		  0 },
		{ '>', "250 ok\r\n250 ok\r\n250 ok\r\n", 0, 0 },
		{ 'M', "", 7, "DATA\r\n." } } },
	{ "by chunks, the last one empty",
	    { { '<', "BDAT 1\r\nxbdat 0 last\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 1, "x" } } },
	{ "a chunk that a RSET makes void",
	    { { '<', "BDAT 1\r\nxRSET\r\nBDAT 1 LAST\r\ny", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 1, "y" } } },
	{ "DATA refused, then taken",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "451 no\r\n", 0, 0 },
		{ '<', "RSET\r\nDATA\r\n", 0, 0 },
		{ '>', "250 ok\r\n354-go\r\n354 go\r\n", 0, 0 },
		{ '<', "x\r\n.\r\n", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 3, "x\r\n" } } },
	{ "one refused at its end, another taken",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', "x\r\n.\r\n", 0, 0 }, { '>', "452 full\r\n", 0, 0 },
		{ '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', "y\r\n.\r\n", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 3, "y\r\n" } } },
	{ "behind a handshake",
	    { { '<', "STARTTLS\r\n", 0, 0 }, { '>', "220 go\r\n", 0, 0 },
		{ '<', "\x16\x03", 0, 0 }, { 'T', "", 0, 0 },
		{ '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', ".\r\n", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 0, "" } } },
	{ "another size",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', "x\r\n.\r\n", 0, 0 }, { 'M', "", 4, NULL } } },
	{ "content that was not asked for",
	    { { '<', "DATA\r\nx\r\n.\r\n", 0, 0 },
		{ '>', "354 go\r\n250 ok\r\n", 0, 0 }, { 'M', "", 3, NULL } } },
	{ "which of two it is",
	    { { '<', "BDAT 1 LAST\r\nxBDAT 1 LAST\r\ny", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 1, NULL } } },
	{ "a chunk without a size",
	    { { '<', "BDAT LAST\r\nBDAT 1 LAST\r\ny", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 1, "y" } } },
	{ "by lines, cut",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', "Sub", 0, 0 }, { 'X', "", 100, 0 }, { 'X', "", 7, 0 },
		{ '<', ".\r\nMAIL FROM:<>\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 110, "Sub" },
		{ '<', "BDAT 1 LAST\r\ny", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 1, "y" } } },
	{ "by lines, cut, the end in two",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ 'X', "", 100, 0 }, { '<', "\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 97, "" } } },
	{ "by lines, cut and refused, then another",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ 'X', "", 100, 0 }, { '<', ".\r\n", 0, 0 },
		{ '>', "452 no\r\n", 0, 0 }, { '<', "DATA\r\n", 0, 0 },
		{ '>', "354 go\r\n", 0, 0 }, { '<', "x\r\n.\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 3, "x\r\n" } } },
	{ "by chunks, cut",
	    { { '<', "MAIL FROM:<>\r\nBDAT 10\r\nDA", 0, 0 }, { 'X', "", 8, 0 },
		{ '>', "250 ok\r\n250 ok\r\n", 0, 0 },
		{ '<', "BDAT 9 LAST\r\n", 0, 0 }, { 'X', "", 9, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 19, "DA" } } },
	{ "cut where there is no content",
	    { { 'X', "", 8, 0 }, { '<', "BDAT 1 LAST\r\ny", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 1, NULL } } },
	{ "whole, then by chunks behind a MAIL that was sent ahead",
	    { { '<', "DATA\r\n", 0, 0 }, { '>', "354 go\r\n", 0, 0 },
		{ '<', "x\r\n.\r\nMAIL FROM:<>\r\n", 0, 0 },
		{ '>', "250 ok\r\n", 0, 0 }, { 'M', "", 3, "x\r\n" },
		{ '<', "BDAT 1 LAST\r\ny", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 1, "y" } } },
	{ "told twice",
	    { { '<', "BDAT 1 LAST\r\ny", 0, 0 }, { '>', "250 ok\r\n", 0, 0 },
		{ 'M', "", 1, "y" }, { 'M', "", 1, NULL } } },
};

static enum transcript_kind
kind_of(char kind)
{
	return kind == '<' || kind == 'X' ? TRANSCRIPT_IN
	    : kind == '>'                 ? TRANSCRIPT_OUT
	    : kind == 'T'                 ? TRANSCRIPT_TLS
					  : TRANSCRIPT_MESSAGE;
}

static void
note_step(struct transcript_content *c, const struct step *step, size_t portion)
{
	struct slice rest = slice_cstr(step->bytes);
	struct transcript_event ev = { .kind = kind_of(step->kind) };

	for (; rest.len > 0; rest = slice_skip(rest, portion)) {
		ev.bytes = slice_sub(rest, 0, portion);
		transcript_content_note(c, &ev);
	}
	if (step->kind == '<' || step->kind == '>')
		return;
	ev.cut = step->kind == 'X' ? step->size : 0;
	ev.size_bytes = step->size;
	transcript_content_note(c, &ev);
	if (step->kind != 'M')
		return;
	if (step->content == NULL)
		assert_null(ev.content.at);
	else
		assert_slice(ev.content, step->content);
	assert_int_equal(ev.content.at == NULL, step->content == NULL);
}

static void
test_row(void **state)
{
	const struct row *row = *state;

	for (size_t portion = 1; portion < 80; portion += 13) {
		struct transcript_content c = { 0 };

		for (size_t i = 0; i < STEPS_MAX && row->steps[i].kind; i++)
			note_step(&c, &row->steps[i], portion);
		transcript_content_fini(&c);
	}
}

/* Of a large message the beginning is kept, and of a long line. */
static void
test_bounds(void **state)
{
	struct transcript_content c = { 0 };
	const struct step ask = { '<', "DATA\r\n", 0, 0 };
	const struct step answer = { '>', "354 go\r\n", 0, 0 };
	const struct step text = { '<', "0123456789012345678901234567890\r\n",
		0, 0 };
	const struct step end = { '<', ".\r\n", 0, 0 };
	struct transcript_event ev = { .kind = TRANSCRIPT_MESSAGE,
		.size_bytes = UINT64_C(33) * 10000 };

	(void)state;
	for (size_t i = 0; i < 100; i++)
		note_step(&c, &(struct step){ '<', "NOOP ", 0, 0 }, 80);
	assert_true(buf_len(&c.line) <= TRANSCRIPT_COMMAND_MAX);
	note_step(&c, &(struct step){ '<', "\r\n", 0, 0 }, 80);
	note_step(&c, &ask, 80);
	note_step(&c, &answer, 80);
	for (size_t i = 0; i < 10000; i++)
		note_step(&c, &text, 80);
	note_step(&c, &end, 80);
	transcript_content_note(&c, &ev);
	assert_int_equal(ev.content.len, TRANSCRIPT_CONTENT_MAX);
	transcript_content_fini(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_bounds);
	return kit_run(&kit, "content");
}

/* SPDX-License-Identifier: MIT */
/* Sender and recipients in one buffer; see envelope.h. */
#include "mockserver/play/envelope.h"

static void append_argument(struct envelope *e, struct slice argument);

void
envelope_fini(struct envelope *e)
{
	buf_fini(&e->text);
	buf_fini(&e->arguments);
	free(e->lengths);
	free(e->recipients);
	*e = (struct envelope){ 0 };
}

void
envelope_clear(struct envelope *e)
{
	buf_clear(&e->text);
	buf_clear(&e->arguments);
	e->sender_len = e->count = 0;
}

void
envelope_begin(struct envelope *e, struct slice sender, struct slice argument)
{
	envelope_clear(e);
	buf_append(&e->text, sender);
	e->sender_len = sender.len;
	append_argument(e, argument);
}

static void
append_argument(struct envelope *e, struct slice argument)
{
	buf_append(&e->arguments, argument);
	buf_append_byte(&e->arguments, '\n');
}

void
envelope_add(struct envelope *e, struct slice recipient, struct slice argument)
{
	append_argument(e, argument);
	e->lengths =
	    xgrow(e->lengths, &e->cap, e->count + 1, sizeof(*e->lengths));
	e->lengths[e->count++] = recipient.len;
	buf_append(&e->text, recipient);
}

void
envelope_drop_last(struct envelope *e)
{
	assert(e->count > 0);
	e->count--;
	buf_truncate(&e->text, buf_len(&e->text) - e->lengths[e->count]);
	do
		buf_truncate(&e->arguments, buf_len(&e->arguments) - 1);
	while (!slice_ends_with_nocase(buf_slice(&e->arguments), SLICE("\n")));
}

struct slice
envelope_sender(const struct envelope *e)
{
	return slice_sub(buf_slice(&e->text), 0, e->sender_len);
}

/* The slices are made when they are asked for, because the buffer moves while
 * it grows. */
const struct slice *
envelope_recipients(struct envelope *e)
{
	struct slice rest = slice_skip(buf_slice(&e->text), e->sender_len);

	e->recipients = xgrow(
	    e->recipients, &e->slice_cap, e->count, sizeof(*e->recipients));
	for (size_t i = 0; i < e->count; i++) {
		e->recipients[i] = slice_sub(rest, 0, e->lengths[i]);
		rest = slice_skip(rest, e->lengths[i]);
	}
	return e->recipients;
}

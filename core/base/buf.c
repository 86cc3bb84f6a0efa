/* SPDX-License-Identifier: MIT */
/* Growing byte buffer; see buf.h. */
#include "core/base/buf.h"

#include <stdio.h>
#include <stdlib.h>

/* Room for a short text. */
#define PRINTF_ROOM 64

void
buf_fini(struct buf *b)
{
	free(b->mem);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	b->head = b->tail = 0;
}

/* By moving the bytes to the front when that frees at least half of the memory,
 * else by growing. */
void
buf_reserve(struct buf *b, size_t more)
{
	size_t len = buf_len(b);

	if (b->cap - b->tail >= more)
		return;
	if (b->head >= b->cap / 2 && b->cap - len >= more) {
		memmove(b->mem, b->mem + b->head, len);
		b->head = 0;
		b->tail = len;
		return;
	}
	assert(more < SIZE_MAX / 4 && b->tail < SIZE_MAX / 4);
	b->mem = xgrow(b->mem, &b->cap, b->tail + more, 1);
}

void
buf_append_u64(struct buf *b, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_append(b, slice_of(digits + n, sizeof(digits) - n));
}

/* Most texts fit into the room there is: these are made once. */
void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int need;

	buf_reserve(b, PRINTF_ROOM);
	room = b->cap - b->tail;
	va_copy(again, ap);
	need = vsnprintf(b->mem + b->tail, room, fmt, ap);
	assert(need >= 0);
	if ((size_t)need >= room) {
		buf_reserve(b, (size_t)need + 1);
		(void)vsnprintf(b->mem + b->tail, (size_t)need + 1, fmt, again);
	}
	va_end(again);
	b->tail += (size_t)need;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}

void
buf_truncate(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->tail = b->head + n;
}

void
buf_shrink(struct buf *b, size_t most)
{
	if (buf_len(b) == 0 && b->cap > most)
		buf_fini(b);
}

const char *
buf_cstr(struct buf *b)
{
	buf_reserve(b, 1);
	b->mem[b->tail] = '\0';
	return b->mem + b->head;
}

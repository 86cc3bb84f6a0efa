/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer that is appended at its end and consumed at its front:
 * text being built, output waiting to be written, input waiting to be parsed.
 * A zeroed struct is an empty buffer.
 */
#ifndef FAULTPOST_BUF_H
#define FAULTPOST_BUF_H

#include "core/base/slice.h"

#include <stdarg.h>

struct buf {
	char *mem; /* owned */
	size_t head, tail, cap;
};

void buf_fini(struct buf *b);
/* Forgets the bytes, keeps the memory. */
void buf_clear(struct buf *b);
/* Room for `more` bytes behind the tail. */
void buf_reserve(struct buf *b, size_t more);
void buf_append_u64(struct buf *b, uint64_t number);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Drops the first `n` bytes (n <= length). */
void buf_consume(struct buf *b, size_t n);
/* Keeps only the first `n` bytes (n <= length). */
void buf_truncate(struct buf *b, size_t n);
/* Gives the memory of an empty buffer back when it is over `most` bytes. */
#define BUF_IDLE_MAX ((size_t)4096) /* of one that waits for its next use */
void buf_shrink(struct buf *b, size_t most);
/* The text with a terminating NUL that does not count; valid until the next
 * change. */
const char *buf_cstr(struct buf *b);

static inline size_t
buf_len(const struct buf *b)
{
	return b->tail - b->head;
}

/* The appending ones are here so that a literal's length is known where it is
 * appended, and copying it is a store or two. */
static inline void
buf_append(struct buf *b, struct slice bytes)
{
	if (bytes.len == 0)
		return;
	if (b->cap - b->tail < bytes.len)
		buf_reserve(b, bytes.len);
	assert(b->mem != NULL && bytes.at != NULL);
	memcpy(b->mem + b->tail, bytes.at, bytes.len);
	b->tail += bytes.len;
}

static inline void
buf_append_byte(struct buf *b, char byte)
{
	if (b->cap == b->tail)
		buf_reserve(b, 1);
	b->mem[b->tail++] = byte;
}

static inline void
buf_append_cstr(struct buf *b, const char *text)
{
	buf_append(b, slice_cstr(text));
}

/* Valid until the next change of the buffer. */
static inline struct slice
buf_slice(const struct buf *b)
{
	return slice_of(b->mem != NULL ? b->mem + b->head : "", buf_len(b));
}

#endif

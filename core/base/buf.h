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
void buf_append(struct buf *b, struct slice bytes);
void buf_append_byte(struct buf *b, char byte);
void buf_append_cstr(struct buf *b, const char *text);
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

/* Valid until the next change of the buffer. */
static inline struct slice
buf_slice(const struct buf *b)
{
	return slice_of(b->mem != NULL ? b->mem + b->head : "", buf_len(b));
}

#endif

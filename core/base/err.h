/* SPDX-License-Identifier: MIT */
/*
 * An operating error: what was wrong, where, and what would be right.  Fixed
 * size and no allocation, hence no question of ownership.  Functions that can
 * fail return bool and take a `struct err *` last; `return err_set(...)`.
 */
#ifndef FAULTPOST_ERR_H
#define FAULTPOST_ERR_H

#include "core/base/base.h"

#define ERR_FILE_MAX 256
#define ERR_MSG_MAX  480
#define ERR_LIST_MAX 100 /* kept of a table's; the others are counted */

struct err {
	char file[ERR_FILE_MAX]; /* "" when there is none */
	int line, col;           /* 1-based; 0 when unknown */
	char msg[ERR_MSG_MAX];
};

/* Messages and names of files quote what others wrote, and are shown on
 * terminals: a byte of a control character in one becomes '?'. */

/* Sets the message and forgets the place; always false. */
bool err_set(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets place and message; file may be NULL, line and col 0; always false. */
bool err_at(struct err *err, const char *file, int line, int col,
    const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Puts text before the message: where we were, outermost first; false. */
bool err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Writes "FILE:LINE:COLUMN: message" (what is known of it) into `out`, cut to
 * out_bytes - 1; returns `out`. */
char *err_format(const struct err *err, char *out, size_t out_bytes);

/* All that is wrong with a table, in the order of its text.  A zeroed struct
 * is empty. */
struct err_list {
	struct err *list; /* owned */
	size_t count;     /* in the list, at most ERR_LIST_MAX */
	size_t total;
	size_t cap;
};
void err_list_fini(struct err_list *errors);
/* Counts one more; the place for it, or NULL when the list is full. */
struct err *err_list_next(struct err_list *errors);

#endif

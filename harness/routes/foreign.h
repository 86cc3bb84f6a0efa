/* SPDX-License-Identifier: MIT */
/*
 * Routes tables of others: read into a table of the ESA's, and written from
 * one.  What cannot be said on the other side is noted, with its line, and
 * nothing is left out in silence: a table that is written without a note reads
 * back as the same table.  Pure.
 */
#ifndef FAULTPOST_ROUTES_FOREIGN_H
#define FAULTPOST_ROUTES_FOREIGN_H

#include "core/routes/routes.h"

/* X(constant, name on the command line, reader, writer) */
#define FOREIGN_FORMS(X)                                                       \
	X(FOREIGN_POSTFIX, "postfix", postfix_read, postfix_write)             \
	X(FOREIGN_POSTFIX_RELAY, "postfix-relay", postfix_relay_read,          \
	    postfix_relay_write)                                               \
	X(FOREIGN_EXIM, "exim", exim_read, exim_write)                         \
	X(FOREIGN_SENDMAIL, "sendmail", sendmail_read, sendmail_write)         \
	X(FOREIGN_EXCHANGE, "exchange", exchange_read, exchange_write)         \
	X(FOREIGN_JSON, "json", foreign_json_read, foreign_json_write)
enum foreign_form {
#define X(constant, name, read, write) constant,
	FOREIGN_FORMS(X)
#undef X
};
/* False with *err set, which names those there are. */
bool foreign_form_parse(
    struct slice name, enum foreign_form *form, struct err *err);

/* What could not be said.  A zeroed struct is empty. */
struct foreign_note {
	int line;   /* 0: it is about all of it */
	char *text; /* owned */
};
struct foreign_notes {
	struct foreign_note *list; /* owned */
	size_t count, cap;
};
void foreign_notes_fini(struct foreign_notes *notes);
void foreign_note(struct foreign_notes *notes, int line, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Reads a file in another's form.  NULL when something in it is wrong, and then
 * all of that has been added to *errors. */
struct routes *foreign_read(enum foreign_form form, struct slice text,
    const char *file, struct foreign_notes *notes, struct err_list *errors);
/* Appends the table in another's form. */
void foreign_write(enum foreign_form form, const struct routes *routes,
    struct foreign_notes *notes, struct buf *out);

#endif

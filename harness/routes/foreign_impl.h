/* SPDX-License-Identifier: MIT */
/*
 * What the forms of foreign.h share: lines being gathered into a table, and a
 * line's hosts by their priorities.
 */
#ifndef FAULTPOST_ROUTES_FOREIGN_IMPL_H
#define FAULTPOST_ROUTES_FOREIGN_IMPL_H

#include "core/base/arena.h"
#include "core/base/map.h"
#include "harness/routes/foreign.h"

/* The step between priorities that an order is read as. */
#define FOREIGN_STEP 10

/* A line of the table to be. */
struct foreign_entry {
	const char *domain;
	struct buf hosts; /* as the table writes them; "" until one is added */
	size_t count;     /* of hosts */
	bool has_word;    /* USEDNS or /dev/null, for a host */
	int line;
};

struct foreign_reader {
	struct slice text;
	const char *file;
	struct foreign_notes *notes; /* borrowed */
	struct err_list *errors;     /* borrowed */
	struct arena arena;
	struct map map;                 /* domain -> entry */
	struct foreign_entry **entries; /* owned */
	size_t count, cap;
	bool first_wins; /* of lines for one domain; else they are wrong */
};

/* Reports what is wrong at a line. */
void foreign_fail(struct foreign_reader *r, int line, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same of a word, `"WORD" is no host; expected ...` say: it is cut where it
 * is so long that what was expected would have no room. */
void foreign_refuse(
    struct foreign_reader *r, int line, struct slice word, const char *what);
/* The entry of a domain, made if it is not there; NULL when it came from
 * another line already and may not (then that is reported). */
struct foreign_entry *foreign_entry_get(
    struct foreign_reader *r, struct slice domain, int line, bool may_grow);
/* Adds a host, or one of the words that stand alone; what cannot be beside what
 * is there is noted and left out. */
void foreign_host_add(struct foreign_reader *r, struct foreign_entry *e,
    struct slice host, bool is_bracketed, uint32_t port, uint32_t priority);
void foreign_auth_set(
    struct foreign_reader *r, struct foreign_entry *e, struct slice profile);
void foreign_word_set(
    struct foreign_reader *r, struct foreign_entry *e, const char *word);

/* Takes the next logical line: comments and blank lines are left out, and a
 * line that begins with a blank goes on with the one before.  *number is its
 * first, *read the last that has been read, 0 before the first. */
bool foreign_line_take(
    struct slice *rest, struct buf *line, int *number, int *read);

/* Takes "host", "host:port" (a number, or a name of a mail service), "[host]"
 * or "[host]:port" (an address of IPv6 with "IPv6:" before it or not); false:
 * it is none of these. */
bool foreign_host_parse(
    struct slice text, struct slice *host, bool *is_bracketed, uint32_t *port);
/* Takes the next word; blanks end it. */
bool foreign_word_take(struct slice *rest, struct slice *word);
/* Takes the next of a list; none of the separators within brackets counts. */
bool foreign_item_take(
    struct slice *rest, const char *separators, struct slice *item);

/* Appends "host", "[host]" or "[address]", with ":port" if one is written; an
 * address of IPv6 with `v6` before it. */
void foreign_dest_format(
    const struct route_dest *dest, const char *v6, struct buf *out);
/* The hosts best priority first, in the order of the line within one; the
 * caller has room for ROUTES_DESTS_MAX. */
void foreign_sort(const struct route *route, struct route_dest *dests);
/* Notes what an order alone does not say: equal hosts, priorities that are not
 * 0, 10, 20, ..., and a login. */
void foreign_note_order(const struct route *route,
    const struct route_dest *dests, const char *whose,
    struct foreign_notes *notes);
void foreign_note_auth(const struct route *route, struct foreign_notes *notes);

#define X(constant, name, read, write)                                         \
	void read(struct foreign_reader *r);                                   \
	void write(const struct routes *routes, struct foreign_notes *notes,   \
	    struct buf *out);
/* The forms, each in a file of its own. */
FOREIGN_FORMS(X)
#undef X

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The SMTP routes table of the ESA: which hosts take the mail of a domain.
 * Text in, a table that is const from then on, and the best match for a domain
 * out.  docs/routes.md has the grammar; in short, a line is
 *
 *	domain[:] destination[, destination]... [auth=PROFILE]    # comment
 *	destination = host[:port][/pri=N]
 *	host        = name | [name] | IPv4 | [IPv4] | IPv6 | [IPv6]
 *
 * where a domain is a name, ".partial.name" or ALL, a port follows an IPv6
 * address only behind brackets, and USEDNS or /dev/null stand alone for all
 * destinations.  Letters match without case.  Columns count characters from 1.
 */
#ifndef FAULTPOST_ROUTES_H
#define FAULTPOST_ROUTES_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/utime.h"

#define ROUTES_MAX        40000 /* the default route always counts as one */
#define ROUTES_DESTS_MAX  100   /* of one route */
#define ROUTES_LINE_MAX   32768 /* bytes */
#define ROUTES_AUTH_MAX   64    /* bytes of a profile's name */
#define SMTP_PORT_DEFAULT 25

enum route_match {
	ROUTE_EXACT,   /* example.com */
	ROUTE_PARTIAL, /* .example.com: every name that ends with it */
	ROUTE_ALL,     /* the default route */
};

enum route_kind {
	ROUTE_HOSTS,
	ROUTE_USEDNS,  /* the MX records of the recipient's domain */
	ROUTE_DISCARD, /* /dev/null */
};

enum route_dest_kind {
	ROUTE_DEST_NAME,    /* look up its MX, then the addresses */
	ROUTE_DEST_BRACKET, /* [name]: look up its addresses only */
	ROUTE_DEST_ADDRESS, /* no look-up */
};

struct route_dest {
	enum route_dest_kind kind;
	struct slice host;    /* lower case, no brackets, addresses canonical */
	struct ip_address ip; /* ROUTE_DEST_ADDRESS; otherwise none */
	uint16_t port;        /* 0: not written, SMTP_PORT_DEFAULT holds unless
	                       * the relay is told another */
	uint16_t priority;    /* the lowest number is tried first */
	int col;              /* where it stands in its line */
};

/* Owned by its table. */
struct route {
	struct slice domain; /* lower case, with its dot if partial; "ALL" */
	enum route_match match;
	enum route_kind kind;
	const struct route_dest *dests; /* as written; none unless HOSTS */
	size_t dest_count;
	/* The SMTP AUTH profile with which these hosts are used; empty: none.
	 */
	struct slice auth;
	int line, col; /* where the domain stands; 0 when not known */
};

struct routes;

/* Where a line stands: its file (NULL when it has none), its number (0 when not
 * known) and the column of its first byte. */
struct routes_place {
	const char *file;
	int line;
	int col;
};

/* Reads a whole file: lines end in LF or CRLF, a byte order mark is skipped.
 * NULL when there are errors, and then all of them have been added to *errors;
 * there is no such thing as half a table. */
struct routes *routes_parse(
    struct slice text, const char *file, struct err_list *errors);

/* The same by hand, for tables that come line by line: an empty table, and the
 * line (without its end) added to it.  Blank lines and comments add nothing.
 * False, with the errors added to *errors, leaves the table as it was. */
struct routes *routes_new(void);
bool routes_add_line(struct routes *r, struct slice line,
    const struct routes_place *place, struct err_list *errors);
void routes_destroy(struct routes **rp);

/* The entry for mail to `domain`: the same name, else the longest partial name
 * that it ends with, else ALL, else NULL, which means its MX records.  The
 * order of the lines does not matter.  A dot at the end is dropped. */
const struct route *routes_match(const struct routes *r, struct slice domain);

/* How many look-ups in the table that takes: one for the name, and one for each
 * of its labels but the first, where a partial name may be as long. */
size_t routes_match_cost(const struct routes *r, struct slice domain);

/* The entries in the order of the text. */
size_t routes_count(const struct routes *r);
const struct route *routes_at(const struct routes *r, size_t index);

/* Appends the table, an entry a line.  Reading it gives an equal table. */
void routes_format(const struct routes *r, struct buf *out);
/* The same as a file that the appliance exports, with its first line. */
void routes_export(const struct routes *r, utime now, struct buf *out);
/* One entry, without the end of line; likewise one destination. */
void route_format(const struct route *route, struct buf *out);
void route_dest_format(const struct route_dest *dest, struct buf *out);

/* Whether both mean the same, places aside. */
bool route_equal(const struct route *a, const struct route *b);

#endif

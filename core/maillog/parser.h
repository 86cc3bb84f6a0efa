/* SPDX-License-Identifier: MIT */
/*
 * Reads mail logs, ours and a real appliance's: syslog prefixes, stamps without
 * a year, missing levels, extra spaces, older spellings, folded lines.  A
 * record of no known form is an event too (MAILLOG_UNKNOWN), never an error.
 *
 * Two ways: maillog_parse() for a log whose records are lines, as ours are, and
 * maillog_parser_feed() for a log whose lines may be folded.
 */
#ifndef FAULTPOST_MAILLOG_PARSER_H
#define FAULTPOST_MAILLOG_PARSER_H

#include "core/maillog/maillog.h"
#include "core/maillog/stamp.h"

/* A longer record is cut. */
#define MAILLOG_RECORD_MAX 65536

/* A record in more lines than one and so many is never joined within words. */
#define MAILLOG_BREAKS_MAX 4

#define MAILLOG_INDEX_BUCKETS 256
#define MAILLOG_ROWS_MAX      255

struct maillog_parser {
	/* The last record's time: it gives stamps without a year theirs. */
	utime clock;
	uint64_t records; /* events given, unknown ones included */
	uint64_t unknown; /* of these, events of no known form */
	uint64_t folded;  /* lines that were joined to the one before */
	uint64_t stray;   /* lines that belong to no record, left out */
	uint64_t cut;     /* records longer than MAILLOG_RECORD_MAX */
	uint64_t welded;  /* records, unknown now, in which another begins */
	uint64_t lines;   /* that were fed */
	uint64_t line;    /* from 1, in which the last event fed began */

	/* Private from here. */
	uint8_t bucket[MAILLOG_INDEX_BUCKETS]; /* first row + 1 */
	uint8_t next[MAILLOG_ROWS_MAX + 1];    /* row + 1 -> next row + 1 */
	struct buf record;                     /* the record being gathered */
	struct buf given;                      /* what the last event borrows */
	struct buf tight;                      /* another way to join it */
	size_t given_len;                      /* of it, the record's own */
	struct maillog_stamp given_stamp;
	struct maillog_stamp stamp; /* of `record` */
	uint64_t begun;             /* the line in which the record began */
	size_t first_len;           /* the length of the record's first line */
	/* Where its lines were joined: the spaces. */
	size_t breaks[MAILLOG_BREAKS_MAX];
	uint64_t joined; /* lines joined to it */
	/* Up to the first blank line; 0: there was none. */
	size_t sure_len;
	uint64_t sure_joined;
	bool is_open, is_full; /* there is a record; it takes no more lines */
	bool is_cut;
};

/* `clock` is a moment near the log's first record, for stamps without a year;
 * 0 when there is nothing better. */
void maillog_parser_init(struct maillog_parser *p, utime clock);
void maillog_parser_fini(struct maillog_parser *p);

/* Reads one record; a line end is allowed.  False when the line has no stamp,
 * hence is no record; true otherwise, also with form MAILLOG_UNKNOWN, `text`
 * then being the whole text.  The event borrows from `line`. */
bool maillog_parse(
    struct maillog_parser *p, struct slice line, struct maillog_event *ev);

/* Takes the next line of a log that may be folded.  True when the line begins
 * a record and so ends the one before it, which *ev then is; it borrows from
 * the parser until the next call.  A line that is a record but for its stamp is
 * never joined to another; one behind a blank line is where only that makes the
 * record one of a known form; and a record within which another begins, outside
 * of quotes, is of no known form. */
bool maillog_parser_feed(
    struct maillog_parser *p, struct slice line, struct maillog_event *ev);
/* The record in progress, at the end of the log; false when there is none. */
bool maillog_parser_flush(struct maillog_parser *p, struct maillog_event *ev);
/* Whether a record of no known form begins as one, and so is damaged. */
bool maillog_parser_is_damaged(const struct maillog_event *ev);
/* Which appliance wrote the record that feed or flush gave last, as a syslog
 * server says; empty when nobody does. */
struct slice maillog_parser_host(const struct maillog_parser *p);
/* The text of the record that feed or flush gave last, its lines joined. */
struct slice maillog_parser_text(const struct maillog_parser *p);

#endif

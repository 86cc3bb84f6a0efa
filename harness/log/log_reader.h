/* SPDX-License-Identifier: MIT */
/*
 * Mail logs as records: one file after the other, each of any quality.  Nothing
 * in a log is an error; what could not be used is counted, with the place where
 * each kind was seen first.  Pure.
 */
#ifndef FAULTPOST_LOG_READER_H
#define FAULTPOST_LOG_READER_H

#include "core/base/arena.h"
#include "core/base/map.h"
#include "core/maillog/parser.h"
#include "harness/log/log_renames.h"

/* Appliances that are told apart by the names that a syslog server gives them;
 * further ones have the number of the last. */
#define LOG_APPLIANCES_MAX 1000

struct log_place {
	const char *file; /* borrowed: as long as the reader */
	uint64_t line;    /* from 1 */
};

/* What the owner is given; valid during the call. */
struct log_record {
	const struct maillog_event *event;
	struct slice text;  /* its lines joined, with its stamp */
	uint32_t appliance; /* 0: nobody says which */
	/* Its message, by all its names; of a damaged record none. */
	struct log_named named;
	struct log_place place;
};

/* X(member, one, several): what was not as it should be, or could not be used.
 */
#define LOG_FLAWS(X)                                                           \
	X(stray, "line is no record", "lines are no records")                  \
	X(half, "record is damaged", "records are damaged")                    \
	X(welded, "record has another one in it",                              \
	    "records have another one in them")                                \
	X(unknown, "record is of no known form",                               \
	    "records are of no known form")                                    \
	X(cut, "record is too long and was cut",                               \
	    "records are too long and were cut")                               \
	X(folded, "line was joined to the one before it",                      \
	    "lines were joined to those before them")                          \
	X(back, "record is older than the one before it",                      \
	    "records are older than those before them")                        \
	X(others, "record is of another appliance",                            \
	    "records are of other appliances")                                 \
	X(ends, "file could not be read to its end",                           \
	    "files could not be read to their end")

enum log_skipped {
	LOG_SKIPPED_BLANK,
	LOG_SKIPPED_STRAY,
};

struct log_flaw {
	uint64_t count;
	struct log_place first;
};

struct log_flaws {
#define X(member, one, several) struct log_flaw member;
	LOG_FLAWS(X)
#undef X
};

struct log_reader {
	void *owner;
	void (*on_record)(void *owner, const struct log_record *record);
	/* Or NULL: a line was skipped; is_behind_open: behind a record that is
	 * still to be given. */
	void (*on_skipped)(
	    void *owner, enum log_skipped kind, bool is_behind_open);
	const char *only; /* borrowed: the appliance that is asked for; or NULL
	                   */
	uint64_t records;
	struct log_flaws flaws;

	/* Private from here. */
	struct maillog_parser parser;
	const char *file;
	utime last; /* the time of the record before; 0: there is none */
	struct log_renames renames;
	struct arena arena;
	struct map appliances; /* name -> struct log_appliance */
	const char *names[LOG_APPLIANCES_MAX + 1];
	uint32_t appliance_count;
};

void log_reader_init(struct log_reader *r, void *owner,
    void (*on_record)(void *owner, const struct log_record *record));
void log_reader_fini(struct log_reader *r);
/* Another file begins.  `near` is a moment near its first record, for stamps
 * without a year; `file` is borrowed. */
void log_reader_begin(struct log_reader *r, const char *file, utime near);
void log_reader_line(struct log_reader *r, struct slice line);
/* All that was read so far is given: at the end of a file, or of what there is
 * of it yet. */
void log_reader_rest(struct log_reader *r);
/* The file ends here, although there should be more of it. */
void log_reader_broke(struct log_reader *r);
/* The name of an appliance; "" for 0. */
const char *log_reader_appliance(const struct log_reader *r, uint32_t number);
/* Whether there is anything to tell of what was read. */
bool log_reader_has_flaws(const struct log_reader *r);
/* Appends what was seen, a line each behind two spaces. */
void log_reader_flaws_format(const struct log_reader *r, struct buf *out);

/* When the first record in `line` was written; false: it begins none. */
bool log_reader_peek(struct slice line, utime near, utime *at);

#endif

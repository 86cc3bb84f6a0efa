/* SPDX-License-Identifier: MIT */
/*
 * How much of a log is a log: what is no record, where the clock went back,
 * where numbers begin anew, and where lines must be missing, since the numbers
 * that a relay gives one by one jump.  Says nothing of what the relay did.
 * Pure.
 */
#ifndef FAULTPOST_SURVEY_H
#define FAULTPOST_SURVEY_H

#include "core/maillog/parser.h"

/* So many of a kind, and the line of the first. */
struct survey_count {
	uint64_t count, first;
};

/* X(constant, why, in words) */
#define SURVEY_REASONS(X)                                                      \
	X(SURVEY_MISSING, "lines are missing, as numbers jump")                \
	X(SURVEY_BROKEN, "a line is no record, or half of one")                \
	X(SURVEY_BACK, "the clock went back")                                  \
	X(SURVEY_ANEW, "numbers begin anew")                                   \
	X(SURVEY_REMADE, "a filter or policy makes a message of another")
enum survey_reason {
#define X(constant, text) constant,
	SURVEY_REASONS(X)
#undef X
};
const char *survey_reason_text(enum survey_reason reason);

/* What was known before line `from` + 1 is not known any more at line `to`;
 * what stands between them cannot be judged. */
struct survey_gap {
	uint64_t from, to;
	enum survey_reason reason;
};

/* More of them are counted only. */
#define SURVEY_GAPS_MAX    4096
#define SURVEY_NUMBERS_MAX 512

/* A number that was passed over, and may still come. */
struct survey_number {
	uint64_t number;
	struct survey_gap gap; /* if it never does */
	utime since;
};

/* Numbers that are given one by one. */
struct survey_sequence {
	uint64_t last, line; /* line 0: none yet */
	uint64_t mentioned; /* the greatest that was used before it was given */
	struct survey_number awaited[SURVEY_NUMBERS_MAX];
	size_t awaited_count;
};

/* The last message that the relay has begun by itself, and what the log tells
 * of it. */
struct survey_made {
	uint64_t mid; /* 0: none */
	bool has_sender, has_recipients;
};

struct survey {
	uint64_t records;
	struct survey_count stray;   /* lines that are no records */
	struct survey_count broken;  /* records that are damaged */
	struct survey_count unknown; /* records of no known form, whole */
	struct survey_count empty;   /* lines with nothing among records */
	struct survey_count back, anew;
	/* Messages that are rewritten or split, and cannot be followed. */
	struct survey_count remade;
	/* Filled in by whoever judges: lines of other appliances, of which the
	 * first's name is in `other`; silences while mail was due; records that
	 * were not judged, as they stand where lines are missing; lines of the
	 * transcript that are no events. */
	struct survey_count others, silences, muted, transcript;
	char other[64];
	uint64_t lines, folded, cut;   /* as of the parser */
	struct survey_count gaps_seen; /* those of `gaps`, and more */
	struct survey_gap *gaps;       /* owned; by `to` */
	size_t gap_count, gap_cap;
	bool has_ports;    /* its connections say to which port */
	bool starts_again; /* by the scenario: a relay's new start is no gap */
	bool is_mixed;     /* of several appliances, by their numbers */

	/* Private from here. */
	utime clock;
	uint64_t line; /* of the last record */
	uint64_t stray_line;
	uint64_t empty_first, empty_last; /* that no record has followed yet */
	uint64_t *behind_empty; /* owned; records that stand behind such */
	size_t behind_empty_count, behind_empty_cap;
	struct survey_made made;
	struct survey_sequence icid, mid, dcid;
};

/* A zeroed survey is empty. */
void survey_fini(struct survey *s);
/* A line that is no record and no part of one. */
void survey_stray(struct survey *s, uint64_t line);
/* A line with nothing in it: in a log of few such, a record that is gone. */
void survey_empty(struct survey *s, uint64_t line);
/* A record, which began on that line; `is_broken`: it is damaged. */
void survey_record(struct survey *s, const struct maillog_event *ev,
    uint64_t line, bool is_broken);
/* Nothing more comes. */
void survey_finish(struct survey *s);
/* Counts one more of a kind. */
void survey_count_add(struct survey_count *c, uint64_t line);
/* Whether anything in it was seen that may mislead a judge. */
bool survey_has_gaps(const struct survey *s);
/* Appends what was seen, a line each behind two spaces; nothing when all was
 * well. */
void survey_format(const struct survey *s, struct buf *out);

#endif

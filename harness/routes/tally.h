/* SPDX-License-Identifier: MIT */
/*
 * How the mail of a trial fared, from the relay's log: how much was delivered
 * and to whom, what waited or bounced, and how long the slowest took.  Pure.
 */
#ifndef FAULTPOST_ROUTES_TALLY_H
#define FAULTPOST_ROUTES_TALLY_H

#include "core/maillog/parser.h"
#include "harness/routes/trial.h"

/* From best to worst. */
enum tally_fate {
	TALLY_FLOWS,   /* all was delivered in its first round */
	TALLY_LATE,    /* all was delivered, and some had to wait */
	TALLY_WAITS,   /* some is still waiting */
	TALLY_BOUNCES, /* some came back */
};

struct tally_counts {
	uint32_t messages, delivered, bounced;
	bool has_waited;
	utime slowest; /* of those that were delivered; whole seconds */
};
enum tally_fate tally_fate(const struct tally_counts *counts);
/* "flows", "late", "waits" or "bounces", and the mark of a matrix. */
const char *tally_fate_name(enum tally_fate fate);
char tally_fate_mark(enum tally_fate fate);

struct tally {
	const struct trial *trial; /* borrowed */
	struct maillog_parser parser;
	struct tally_message {
		uint64_t mid;
		utime came;
		bool is_over;
	} * messages; /* owned; those of the trial's domain */
	size_t count, cap;
	size_t *hosts; /* owned; by DCID */
	size_t host_cap;
	struct tally_counts counts;
	uint32_t done[TRIAL_HOSTS_MAX]; /* messages, by host of the trial */
};
void tally_init(struct tally *t, const struct trial *trial, utime start);
void tally_fini(struct tally *t);
/* A line of the relay's log. */
void tally_line(struct tally *t, struct slice line);

#endif

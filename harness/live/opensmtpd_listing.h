/* SPDX-License-Identifier: MIT */
/*
 * The queue as OpenSMTPD's scheduler lists it at each of its steps: message by
 * message, and of each envelope what it waits for.  For reader_opensmtpd.c.
 */
#ifndef FAULTPOST_OPENSMTPD_LISTING_H
#define FAULTPOST_OPENSMTPD_LISTING_H

#include "harness/live/reader.h"

struct opensmtpd_listing {
	struct reader_message *message; /* borrowed; NULL: none */
	utime till;     /* the first of its envelopes waits until then */
	bool is_active; /* one does not wait */
};

/* Behind "| msg:": the one before it is complete. */
void opensmtpd_listing_message(
    struct opensmtpd_listing *l, struct reader *r, struct slice message);
/* Behind "|   evp:": "b361ac8a23353f0c [mta,expire=2d23h59m40s,pending=6m20s]"
 */
void opensmtpd_listing_envelope(
    struct opensmtpd_listing *l, struct reader *r, struct slice text);
/* The list ends: what it has said of the last message holds. */
void opensmtpd_listing_end(struct opensmtpd_listing *l, struct reader *r);

#endif

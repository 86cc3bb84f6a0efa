/* SPDX-License-Identifier: MIT */
/*
 * Bounce messages and their kin: the text of a message that tells a sender what
 * has become of one recipient, as the appliance writes it (RFC 3461 to 3464 and
 * 6522, RFC 6533 for UTF-8).  Whether one is written, and where it goes, is
 * bounce.c's.  Pure.
 */
#ifndef FAULTPOST_RELAY_DSN_H
#define FAULTPOST_RELAY_DSN_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/utime.h"

enum dsn_action {
	DSN_FAILED,
	DSN_DELAYED,
	DSN_RELAYED, /* to a host that sends no reports itself */
};

/* One recipient's report; all slices are borrowed. */
struct dsn_report {
	enum dsn_action action;
	bool is_plain;          /* no delivery-status part */
	bool is_utf8;           /* the original needed SMTPUTF8 (RFC 6533) */
	struct slice host;      /* who says it */
	struct slice to;        /* who is told */
	struct slice recipient; /* whom it is about */
	struct slice reason;    /* "5.1.0 - Unknown address error 550-'..'" */
	struct slice status;    /* "5.1.1" for Status:; empty: the class's */
	uint32_t attempts;      /* unsuccessful ones before this */
	const struct ip_address *remote; /* who answered; NULL: nobody */
	struct slice envelope_id, original_recipient; /* decoded; or empty */
	utime at;
	uint64_t mid;          /* the report's own */
	struct slice original; /* what dsn_copy() gave */
	bool is_headers_only;  /* of that */
};

/* Appends the whole message.  No line of it is longer than 998 bytes, unless
 * one of the original is. */
void dsn_format(struct buf *out, const struct dsn_report *r);

/* What of a message of `size_bytes` is returned with a report: all of it, or
 * (*is_headers_only) its header when it is larger than `copy_max` or no more
 * is asked for; a header that is larger is cut behind its last whole line.
 * `head` is its beginning, at least min(size_bytes, copy_max) bytes. */
struct slice dsn_copy(struct slice head, uint64_t size_bytes, uint64_t copy_max,
    bool *is_headers_only);

#endif

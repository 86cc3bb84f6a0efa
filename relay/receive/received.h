/* SPDX-License-Identifier: MIT */
/*
 * What the relay reads and writes in a message's header: the Received: line it
 * adds (RFC 5321, 4.4), and the two fields that the mail log tells.  Pure.
 */
#ifndef FAULTPOST_RELAY_RECEIVED_H
#define FAULTPOST_RELAY_RECEIVED_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/utime.h"

/* How a message came. */
struct received_protocol {
	bool is_extended; /* EHLO */
	bool is_tls, is_authenticated;
	bool is_utf8; /* SMTPUTF8 */
};
/* Its name: "ESMTPS" and so on (RFC 3848, RFC 6531, 4.3); static. */
const char *received_protocol(const struct received_protocol *p);

struct received_line {
	struct slice from; /* what the client called itself; made harmless */
	const struct ip_address *client; /* family 0: unknown */
	struct slice by;
	const char *with;
	uint64_t mid;
	utime at;
};
/* Appends the line, folded, with its end. */
void received_format(struct buf *out, const struct received_line *line);

/* A field longer than this is cut. */
#define HEADER_FIELD_MAX 998

/* Looks for Message-ID: and Subject:, and counts Received: lines, while content
 * passes by, in pieces of any size.  A zeroed struct is ready. */
struct header_scan {
	bool is_over;    /* the empty line was seen */
	uint32_t hops;   /* Received: lines so far */
	struct buf line; /* the unfinished line */
	struct buf message_id, subject;
	struct buf *open; /* the field a folded line would continue */
};
void header_scan_feed(struct header_scan *h, struct slice content);
/* Empty when there is none; valid until the next change. */
struct slice header_scan_message_id(const struct header_scan *h);
struct slice header_scan_subject(const struct header_scan *h);
void header_scan_reset(struct header_scan *h);
void header_scan_fini(struct header_scan *h);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The content of a message as it comes in: its beginning is kept, and all of it
 * is measured and digested.  Where headers end is the first empty line, by
 * CRLF or LF; content without one is all headers.  Pure.
 */
#ifndef FAULTPOST_MOCK_INTAKE_H
#define FAULTPOST_MOCK_INTAKE_H

#include "core/base/buf.h"

#define INTAKE_DIGEST_BYTES 32 /* SHA-256 */

struct intake;

/* Keeps at most `keep_max` bytes of a message. */
struct intake *intake_new(size_t keep_max);
void intake_destroy(struct intake **ip);
/* Forgets what came: the next message. */
void intake_begin(struct intake *in);
void intake_add(struct intake *in, struct slice content);

/* What is known once all has come. */
struct intake_result {
	struct slice kept;   /* the beginning; borrowed until intake_begin() */
	uint64_t size_bytes; /* of all */
	uint64_t header_bytes;                    /* the empty line included */
	uint8_t digest[INTAKE_DIGEST_BYTES];      /* of all */
	uint8_t body_digest[INTAKE_DIGEST_BYTES]; /* of what follows the
	                                           * headers */
};
/* Ends the message; intake_begin() comes next. */
void intake_end(struct intake *in, struct intake_result *result);

#endif

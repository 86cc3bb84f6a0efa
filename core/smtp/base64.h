/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, 4), in which AUTH speaks (RFC 4954, 4). */
#ifndef FAULTPOST_SMTP_BASE64_H
#define FAULTPOST_SMTP_BASE64_H

#include "core/base/buf.h"

/* Appends the bytes in base64. */
void smtp_base64_encode(struct slice bytes, struct buf *out);
/* Appends what the text stands for.  False when it is not base64 to the letter:
 * whole groups of four, padded, nothing else in it; `out` then has what was
 * read so far. */
bool smtp_base64_decode(struct slice text, struct buf *out);

#endif

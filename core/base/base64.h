/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, 4): bytes as text in which no line ends. */
#ifndef FAULTPOST_BASE64_H
#define FAULTPOST_BASE64_H

#include "core/base/buf.h"

void base64_encode(struct buf *out, struct slice bytes);
/* Appends the bytes that the text stands for; false, and nothing appended, when
 * it is none: padding must be there, and nothing else may be. */
bool base64_decode(struct buf *out, struct slice text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text that is short when they are small: the base64 VLQ of source
 * maps.  The sign is the lowest bit, then come five bits a character, the
 * lowest first; a sixth says that more follow.  -15 to 15 take one character.
 * Pure.
 */
#ifndef FAULTPOST_VLQ_H
#define FAULTPOST_VLQ_H

#include "core/base/buf.h"

/* Appends a number; its magnitude is below 2^53, which is what a reader in
 * JavaScript can hold. */
#define VLQ_LIMIT (INT64_C(1) << 53)
void vlq_append(struct buf *out, int64_t number);

#endif

/* SPDX-License-Identifier: MIT */
/* SHA-256 digests as text, by which contents are told apart.  Pure. */
#ifndef FAULTPOST_HARNESS_DIGEST_H
#define FAULTPOST_HARNESS_DIGEST_H

#include "core/base/slice.h"

#define DIGEST_CHARS 64 /* hexadecimal, in lower case; a NUL follows */

/* Writes the digest of the bytes. */
void digest_text(struct slice bytes, char text[DIGEST_CHARS + 1]);

#endif

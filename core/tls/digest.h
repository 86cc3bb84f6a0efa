/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 digests: as text, those by which contents are told apart and those by
 * which a page's policy (CSP) names its own script and style; as bytes, that of
 * a text under a key.  Pure.
 */
#ifndef FAULTPOST_DIGEST_H
#define FAULTPOST_DIGEST_H

#include "core/base/buf.h"

#define DIGEST_CHARS 64 /* hexadecimal, in lower case; a NUL follows */

#define DIGEST_BYTES 32
/* Writes a digest as text. */
void digest_format(
    const unsigned char digest[DIGEST_BYTES], char text[DIGEST_CHARS + 1]);
/* Writes the digest of the bytes. */
void digest_text(struct slice bytes, char text[DIGEST_CHARS + 1]);
/* Appends 'sha256-...', quotes included, the source expression of the text
 * between the tags of a script or a style. */
void digest_append_source(struct buf *out, struct slice text);

#define DIGEST_HMAC_BYTES 32
/* The text's code under the key (HMAC, RFC 2104). */
void digest_hmac(
    struct slice key, struct slice text, unsigned char mac[DIGEST_HMAC_BYTES]);

#endif

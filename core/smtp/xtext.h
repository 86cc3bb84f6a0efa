/* SPDX-License-Identifier: MIT */
/*
 * xtext, in which ENVID and ORCPT write what a parameter's value cannot hold
 * (RFC 3461, 4), and its cousin for addresses in UTF-8 (RFC 6533, 3).
 */
#ifndef FAULTPOST_SMTP_XTEXT_H
#define FAULTPOST_SMTP_XTEXT_H

#include "core/base/buf.h"

/* Is it xtext, and does it stand for printable ASCII only?  So RFC 3461, 4.2
 * and 4.4, want it, and nothing else can end a line of a report. */
bool smtp_xtext_is_valid(struct slice text);
/* Is it an address of type utf-8, in xtext of that kind or as it is? */
bool smtp_xtext_is_utf8_address(struct slice text);
/* Appends what the text stands for.  False when it is no xtext; then `out` has
 * what was read so far. */
bool smtp_xtext_decode(struct slice text, struct buf *out);

#endif

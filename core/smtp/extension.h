/* SPDX-License-Identifier: MIT */
/*
 * What a server offers in its EHLO reply (RFC 5321, 4.1.1.1).  Internal to
 * core/smtp.
 */
#ifndef FAULTPOST_SMTP_EXTENSION_H
#define FAULTPOST_SMTP_EXTENSION_H

#include "core/base/slice.h"

/* Reads the text of an EHLO reply (lines joined by '\n').  The first line is
 * the greeting and offers nothing, whatever it says.  Gives enum smtp_extension
 * bits, and what SIZE names (0: no limit, or no number). */
void smtp_extensions_read(
    struct slice text, unsigned *extensions, uint64_t *size_max);

/* Of such a text: the ways of AUTH among those offered that we know, as enum
 * smtp_auth_mechanism bits; "AUTH=", which came before the RFC, counts, too. */
unsigned smtp_mechanisms_read(struct slice text);

#endif

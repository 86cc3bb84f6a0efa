/* SPDX-License-Identifier: MIT */
/*
 * The server's side of AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616), sans
 * I/O: what the client says in, a challenge or a user and a password out.
 * Whether these are right is the owner's to know.  Pure.
 */
#ifndef FAULTPOST_RELAY_SASL_H
#define FAULTPOST_RELAY_SASL_H

#include "core/base/buf.h"

#define SASL_MECHANISMS "PLAIN LOGIN"

enum sasl_result {
	SASL_MORE,      /* s->challenge is the text of a 334 */
	SASL_DONE,      /* s->user and s->password are there */
	SASL_CANCELLED, /* "*" */
	SASL_MALFORMED, /* no base64, or not what the mechanism says */
	SASL_UNKNOWN,   /* no mechanism of ours */
};

/* Zeroed before sasl_begin(). */
struct sasl {
	bool is_login;
	const char *challenge; /* static */
	bool has_user;
	struct buf user, password;
};

/* The argument of AUTH: a mechanism, and perhaps what the client says first. */
enum sasl_result sasl_begin(struct sasl *s, struct slice argument);
/* The line behind a 334. */
enum sasl_result sasl_continue(struct sasl *s, struct slice line);
/* Forgets the password thoroughly; the struct is zeroed. */
void sasl_fini(struct sasl *s);

#endif

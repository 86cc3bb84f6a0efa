/* SPDX-License-Identifier: MIT */
/*
 * The argument of XCLIENT, by which a listed client says for tests who it is
 * (Postfix's XCLIENT_README).  Pure.
 */
#ifndef FAULTPOST_RELAY_XCLIENT_H
#define FAULTPOST_RELAY_XCLIENT_H

#include "core/base/address.h"
#include "core/base/buf.h"

/* The attributes that the EHLO reply names. */
#define XCLIENT_ATTRIBUTES "NAME ADDR PORT PROTO HELO LOGIN"

/* What is not named stays as it was; what is [UNAVAILABLE] is empty. */
struct xclient {
	bool has_name, has_address, has_proto, has_helo, has_login;
	struct buf name, helo, login;
	struct ip_address address;
	bool is_extended; /* PROTO=ESMTP */
};

/* Reads "NAME=... ADDR=..." into a zeroed struct.  False when it breaks the
 * grammar, *why (static) says how; xclient_fini() either way. */
bool xclient_parse(struct slice argument, struct xclient *x, const char **why);
void xclient_fini(struct xclient *x);

#endif

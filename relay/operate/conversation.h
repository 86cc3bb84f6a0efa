/* SPDX-License-Identifier: MIT */
/*
 * An SMTP conversation as lines for a log that somebody has asked for: what the
 * client said and what the server answered, without the content of messages and
 * without secrets (AUTH).  Pure; bytes in pieces of any size in, lines out.
 */
#ifndef FAULTPOST_RELAY_CONVERSATION_H
#define FAULTPOST_RELAY_CONVERSATION_H

#include "core/base/buf.h"

/* A longer line is cut. */
#define CONVERSATION_LINE_MAX 2048

enum conversation_side {
	SIDE_CLIENT,
	SIDE_SERVER,
	SIDE_COUNT,
};

struct conversation {
	void *owner;
	/* A line without its end; borrowed. */
	void (*on_line)(
	    void *owner, enum conversation_side side, struct slice line);
	/* The rest is zeroed before first use. */
	struct buf partial[SIDE_COUNT];
	uint64_t chunk_left; /* bytes of a BDAT chunk still to come */
	bool awaits_354;     /* DATA was said last */
	bool in_content;     /* until the line of a single dot */
	bool in_auth;        /* what the client says is a secret */
};

/* What one side says. */
void conversation_feed(
    struct conversation *c, enum conversation_side side, struct slice bytes);
void conversation_fini(struct conversation *c);

/* Appends the line as the appliance's debug logs quote it: between quotes,
 * control and 8-bit characters as \015. */
void conversation_quote(struct slice line, struct buf *out);

#endif

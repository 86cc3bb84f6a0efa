/* SPDX-License-Identifier: MIT */
/*
 * Content cleaned of bare CR and bare LF: each becomes CR LF, as a listener of
 * the ESA does unless told otherwise.  The next server may take one for the end
 * of a line, and then LF . CR LF for the end of the message and what follows
 * for commands; with CR LF there the dot is stuffed when it is sent.  Pure.
 */
#ifndef FAULTPOST_RELAY_NEWLINE_H
#define FAULTPOST_RELAY_NEWLINE_H

#include "core/base/buf.h"

/* A zeroed struct stands at the beginning of a message. */
struct newline_cleaner {
	bool cr; /* seen, and what comes next decides */
};
/* Appends the content, which may come in pieces of any size. */
void newline_clean(
    struct newline_cleaner *n, struct slice content, struct buf *out);
/* Appends what the last piece left open; the cleaner then stands at the
 * beginning of the next message. */
void newline_clean_end(struct newline_cleaner *n, struct buf *out);

#endif

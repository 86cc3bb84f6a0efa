/* SPDX-License-Identifier: MIT */
/*
 * What the words of records share; see log_telling.h.  For log_words*.c.
 */
#ifndef FAULTPOST_LOG_WORDS_IMPL_H
#define FAULTPOST_LOG_WORDS_IMPL_H

#include "harness/log/log_telling.h"

/* Appends a text of a record as people read it. */
void log_words_text(struct slice escaped, struct buf *out);
/* Appends the words of a record of the client's connection, or of the message
 * up to the queue; false: it is none. */
bool log_words_incoming(const struct maillog_event *ev, struct buf *out);

#endif

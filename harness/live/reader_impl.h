/* SPDX-License-Identifier: MIT */
/* The inside of a reader: reader.c has the messages, reader_dialogue.c the
 * connections.  For these two only. */
#ifndef FAULTPOST_READER_IMPL_H
#define FAULTPOST_READER_IMPL_H

#include "core/maillog/maillog.h"
#include "core/maillog/status.h"
#include "harness/live/reader.h"

/* Adds the line, at the reader's moment. */
void reader_tell(struct reader *r, struct maillog_event *ev);
/* "<address>"; valid until the next call. */
struct slice reader_mailbox(struct reader *r, const char *address);
/* It is finished, and perhaps its message with it. */
void reader_recipient_ends(
    struct reader *r, struct reader_message *m, size_t recipient);

/* One that has not ended has come to that. */
void reader_bounced(struct reader *r, struct reader_message *m, size_t rid,
    const struct reader_verdict *v);

/* ---- reader_dialogue.c ---- */

void reader_connection_free(struct reader *r, struct reader_connection *c);
/* The message is about to be gone. */
void reader_transactions_forget(
    struct reader *r, const struct reader_message *m);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The envelope of the transaction that is open on a connection: who sends, to
 * whom.  Keeps its memory from message to message.  A zeroed struct is empty.
 * Pure.
 */
#ifndef FAULTPOST_MOCK_ENVELOPE_H
#define FAULTPOST_MOCK_ENVELOPE_H

#include "core/base/buf.h"

struct envelope {
	struct buf text;      /* the sender, then the recipients, end to end */
	struct buf arguments; /* of MAIL and RCPT as they were written, a line
	                       * each */
	size_t sender_len;
	size_t *lengths; /* owned; of the recipients */
	struct slice *recipients;
	size_t count, cap, slice_cap;
};

void envelope_fini(struct envelope *e);
void envelope_clear(struct envelope *e);
/* Starts anew with this sender; `argument` is what stood behind "FROM:". */
void envelope_begin(
    struct envelope *e, struct slice sender, struct slice argument);
void envelope_add(
    struct envelope *e, struct slice recipient, struct slice argument);
/* Takes the last recipient off again. */
void envelope_drop_last(struct envelope *e);
/* Both borrowed until the envelope changes. */
struct slice envelope_sender(const struct envelope *e);
const struct slice *envelope_recipients(struct envelope *e);

#endif

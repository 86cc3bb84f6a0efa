/* SPDX-License-Identifier: MIT */
/*
 * What a client may still say when the server has said 421: what was under way,
 * and QUIT, but no new message.  Internal to core/smtp.
 */
#ifndef FAULTPOST_SMTP_FAREWELL_H
#define FAULTPOST_SMTP_FAREWELL_H

#include "core/base/buf.h"

/* Zeroed: nothing is excused. */
struct smtp_farewell {
	bool may_quit;  /* QUIT is excused */
	bool is_ahead;  /* and commands that were sent without waiting */
	bool is_all_in; /* and whatever comes: a chunk was among them */
};

/* Drops what is excused off the front of `in`; a line that is not whole yet
 * stays.  False when there is something that is not excused. */
bool smtp_farewell_take(struct smtp_farewell *f, struct buf *in);

#endif

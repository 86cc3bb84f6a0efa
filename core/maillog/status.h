/* SPDX-License-Identifier: MIT */
/*
 * The enhanced code and the text that the ESA writes for a failed recipient.
 * They follow from the SMTP code and the phase, not from the enhanced code that
 * the peer sent.
 */
#ifndef FAULTPOST_MAILLOG_STATUS_H
#define FAULTPOST_MAILLOG_STATUS_H

#include "core/base/slice.h"

/* What failed: a reply to the envelope (MAIL, RCPT) or to the content (DATA,
 * the final dot), or something that is no reply and has code 0. */
enum maillog_phase {
	MAILLOG_PHASE_ENVELOPE,
	MAILLOG_PHASE_CONTENT,
	MAILLOG_PHASE_NETWORK,
	MAILLOG_PHASE_EXPIRED,
	MAILLOG_PHASE_DNS,
	MAILLOG_PHASE_NULL_MX,
	MAILLOG_PHASE_ADMINISTRATOR,
};

struct maillog_status {
	struct slice enhanced; /* "4.3.1"; static */
	struct slice text;     /* "Mail system full"; static */
};

/* `code` is the reply's code, 400 to 599, or 0 where the phase has none. */
struct maillog_status maillog_status_for(
    unsigned code, enum maillog_phase phase);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Pairs seen in real logs: 421, 451, 452, 501, 550 and 554 to the envelope,
 * 550 to the content, and those without a reply.  The rest follows the class
 * of the code; see status.h.
 */
#include "core/maillog/status.h"

static const struct status_row {
	enum maillog_phase phase;
	unsigned low, high; /* codes, both included */
	struct maillog_status status;
} status_rows[] = {
#define ROW(phase, low, high, enhanced, text)                                  \
	{                                                                      \
		MAILLOG_PHASE_##phase, low, high,                              \
		{                                                              \
			SLICE_INIT(enhanced), SLICE_INIT(text)                 \
		}                                                              \
	}
	ROW(ENVELOPE, 421, 421, "4.3.2", "Not accepting messages at this time"),
	ROW(ENVELOPE, 452, 452, "4.3.1", "Mail system full"),
	ROW(ENVELOPE, 300, 399, "5.1.0", "Unknown address error"),
	ROW(ENVELOPE, 0, 499, "4.1.0", "Unknown address error"),
	ROW(ENVELOPE, 500, 999, "5.1.0", "Unknown address error"),
	ROW(CONTENT, 421, 421, "4.3.2", "Not accepting messages at this time"),
	ROW(CONTENT, 452, 452, "4.3.1", "Mail system full"),
	ROW(CONTENT, 200, 399, "5.3.0", "Other mail system problem"),
	ROW(CONTENT, 0, 499, "4.3.0", "Other mail system problem"),
	ROW(CONTENT, 500, 999, "5.3.0", "Other mail system problem"),
	ROW(NETWORK, 0, 999, "4.4.0", "Other network problem"),
	ROW(EXPIRED, 0, 999, "5.4.7", "Delivery expired (message too old)"),
	ROW(DNS, 0, 999, "5.1.2", "Bad destination host"),
	ROW(NULL_MX, 0, 999, "5.1.10", "Recipient address has null MX"),
	ROW(ADMINISTRATOR, 0, 999, "5.x.0", "Message bounced by administrator"),
#undef ROW
};

struct maillog_status
maillog_status_for(unsigned code, enum maillog_phase phase)
{
	size_t i = 0;

	assert(code <= 999);
	while (status_rows[i].phase != phase || code < status_rows[i].low ||
	    code > status_rows[i].high) {
		i++;
		assert(i < ARRAY_LEN(status_rows));
	}
	return status_rows[i].status;
}

/* SPDX-License-Identifier: MIT */
/* What a client can do against RFC 5321, as text; see server.h. */
#include "core/smtp/server.h"

const char *
smtp_violation_text(enum smtp_violation v)
{
	static const char *const texts[SMTP_VIOLATION_COUNT] = {
#define X(constant, text) [constant] = text,
		SMTP_VIOLATIONS(X)
#undef X
	};

	assert(v < SMTP_VIOLATION_COUNT);
	return texts[v];
}

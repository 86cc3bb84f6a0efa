/* SPDX-License-Identifier: MIT */
/* Writing VLQ; the page's script reads it. */
#include "harness/report/vlq.h"

#define VLQ_BITS 5
#define VLQ_MORE (1U << VLQ_BITS)

void
vlq_append(struct buf *out, int64_t number)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789+/";
	uint64_t rest;

	assert(number > -VLQ_LIMIT && number < VLQ_LIMIT);
	rest = number < 0 ? (uint64_t)-number << 1 | 1 : (uint64_t)number << 1;
	do {
		unsigned digit = (unsigned)(rest & (VLQ_MORE - 1));

		rest >>= VLQ_BITS;
		buf_append_byte(
		    out, digits[rest > 0 ? digit | VLQ_MORE : digit]);
	} while (rest > 0);
}

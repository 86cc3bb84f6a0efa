/* SPDX-License-Identifier: MIT */
/* What OpenSMTPD's scheduler says of its queue; see opensmtpd_listing.h. */
#include "harness/live/opensmtpd_listing.h"

#include "harness/live/reader_words.h"

#define ROUNDING   (2 * UTIME_S)
#define SPAN_UNITS "dhms"

/* "2d23h59m40s" */
static bool
read_span(struct slice text, utime *span)
{
	static const utime units[] = { 24L * 3600 * UTIME_S, 3600L * UTIME_S,
		60L * UTIME_S, UTIME_S };
	size_t digits = 0;

	*span = 0;
	for (size_t i = 0; i < text.len; i++) {
		const char *unit = strchr(SPAN_UNITS, text.at[i]);
		uint64_t number;

		if (ascii_is_digit(text.at[i])) {
			digits++;
			continue;
		}
		if (unit == NULL || *unit == '\0' ||
		    !slice_to_u64(
			slice_sub(text, i - digits, digits), 100000, &number))
			return false;
		*span += (utime)number * units[unit - SPAN_UNITS];
		digits = 0;
	}
	return text.len > 0 && digits == 0;
}

void
opensmtpd_listing_end(struct opensmtpd_listing *l, struct reader *r)
{
	struct reader_message *m = l->message;
	utime apart;

	l->message = NULL;
	if (m == NULL)
		return;
	if (l->is_active || l->till == UTIME_NEVER) {
		reader_message_active(m);
		return;
	}
	apart = m->till > l->till ? m->till - l->till : l->till - m->till;
	if (m->till == UTIME_NEVER || apart > ROUNDING)
		reader_message_waits(r, m, l->till);
}

void
opensmtpd_listing_message(
    struct opensmtpd_listing *l, struct reader *r, struct slice message)
{
	opensmtpd_listing_end(l, r);
	l->message = reader_message_find(r, message);
	l->till = UTIME_NEVER;
	l->is_active = false;
}

void
opensmtpd_listing_envelope(
    struct opensmtpd_listing *l, struct reader *r, struct slice text)
{
	struct slice pending =
	    reader_between(text, SLICE(",pending="), SLICE("]"));
	/* It looks at it then, too, and gives it up. */
	struct slice expire =
	    reader_between(text, SLICE(",expire="), SLICE(","));
	const utime now = r->now - r->now % UTIME_S;
	utime span, left;

	if (slice_find(text, SLICE(" [mta,")) == text.len ||
	    !read_span(pending, &span) || span == 0) {
		l->is_active = true;
		return;
	}
	if (read_span(expire, &left) && left < span)
		span = left;
	if (l->till == UTIME_NEVER || now + span < l->till)
		l->till = now + span;
}

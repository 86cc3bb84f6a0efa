/* SPDX-License-Identifier: MIT */
/* Spans in buckets: seconds up to SMALL, then eight buckets for each doubling;
 * see log_stats.h. */
#include "harness/log/log_stats.h"

#define SMALL 16

static unsigned
bucket_of(uint64_t seconds)
{
	unsigned bits = 0, bucket;

	if (seconds < SMALL)
		return (unsigned)seconds;
	for (uint64_t rest = seconds / SMALL; rest > 1; rest /= 2)
		bits++;
	bucket =
	    SMALL + bits * 8 + (unsigned)((seconds >> (bits + 1)) - SMALL / 2);
	return bucket < LOG_SPAN_BUCKETS ? bucket : LOG_SPAN_BUCKETS - 1;
}

/* The greatest span of a bucket. */
static uint64_t
bucket_end(unsigned bucket)
{
	unsigned bits;

	if (bucket < SMALL)
		return bucket;
	bits = (bucket - SMALL) / 8;
	return ((uint64_t)((bucket - SMALL) % 8 + SMALL / 2 + 1)
		   << (bits + 1)) -
	    1;
}

void
log_spans_add(struct log_spans *s, utime span)
{
	if (span < 0)
		return;
	s->count++;
	s->buckets[bucket_of((uint64_t)(span / UTIME_S))]++;
	if (span > s->longest)
		s->longest = span;
}

uint64_t
log_spans_percentile(const struct log_spans *s, unsigned percent)
{
	uint64_t wanted = (s->count * percent + 99) / 100, seen = 0;
	uint64_t longest = (uint64_t)(s->longest / UTIME_S);

	for (unsigned i = 0; i < LOG_SPAN_BUCKETS; i++) {
		seen += s->buckets[i];
		if (seen >= wanted && seen > 0)
			return bucket_end(i) < longest ? bucket_end(i)
						       : longest;
	}
	return 0;
}

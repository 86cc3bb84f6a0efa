/* SPDX-License-Identifier: MIT */
/* The load, in percent; see utilization.h. */
#include "relay/operate/utilization.h"

#define PERIOD_MIN UTIME_S

/* Rounded; a clock that was set back gives nothing. */
static unsigned
percent(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return 0;
	return part >= whole ? 100
			     : (unsigned)((part * 100 + whole / 2) / whole);
}

static unsigned
percent_of_time(utime before, utime after, utime period)
{
	return after > before
	    ? percent((uint64_t)(after - before), (uint64_t)period)
	    : 0;
}

void
utilization_read(struct utilization *l, const struct utilization_reading *now)
{
	utime period = now->at - l->last.at;

	l->memory = percent(now->memory, now->memory_total);
	if (period >= 0 && period < PERIOD_MIN)
		return;
	l->cpu = l->disk = 0;
	if (period > 0) {
		l->cpu = percent_of_time(l->last.cpu, now->cpu, period);
		l->disk = percent_of_time(l->last.disk, now->disk, period);
	}
	l->last = *now;
}

/* SPDX-License-Identifier: MIT */
/* Counters, rates and the columns of `status`; see counters.h. */
#include "relay/operate/counters.h"

const struct counter_row *
counter_row(enum counter which)
{
	static const struct counter_row rows[] = {
#define X(constant, key, words, heading, depth, sum)                           \
	[constant] = { (key), (words), (heading), (depth), (sum) },
		COUNTERS(X)
#undef X
	};

	assert(which < COUNTER_COUNT);
	return &rows[which];
}

void
counters_add(struct counters *c, enum counter which, uint64_t n)
{
	for (; which != COUNTER_NONE; which = counter_row(which)->sum)
		c->at[which] += n;
}

/* ---- rates ---- */

static struct counters *
slot_of(struct rates *r, int64_t slot)
{
	return &r->slots[slot % RATES_SLOTS];
}

void
rates_add(struct rates *r, enum counter which, uint64_t n, utime now)
{
	int64_t slot = now / RATES_SLOT, stale = r->slot;

	/* Those that have passed meanwhile, each once. */
	if (slot - stale > RATES_SLOTS)
		stale = slot - RATES_SLOTS;
	while (stale < slot)
		*slot_of(r, ++stale) = (struct counters){ 0 };
	r->slot = slot;
	counters_add(slot_of(r, slot), which, n);
}

uint64_t
rates_per_hour(const struct rates *r, enum counter which, utime span, utime now)
{
	int64_t newest = now / RATES_SLOT, count = span / RATES_SLOT;
	uint64_t events = 0;

	assert(count >= 1 && count <= RATES_SLOTS);
	for (int64_t slot = newest - count + 1; slot <= newest; slot++)
		if (slot <= r->slot && slot > r->slot - RATES_SLOTS)
			events += r->slots[slot % RATES_SLOTS].at[which];
	return events * (uint64_t)(UTIME_HOUR / span);
}

/* ---- the columns of `status` ---- */

void
columns_add(
    struct counter_columns *c, enum counter which, uint64_t n, utime now)
{
	counters_add(&c->uptime, which, n);
	counters_add(&c->lifetime, which, n);
	rates_add(&c->rates, which, n, now);
}

void
columns_reset(struct counter_columns *c, utime now)
{
	c->at_reset = c->lifetime;
	c->reset = now;
}

uint64_t
columns_since_reset(const struct counter_columns *c, enum counter which)
{
	return c->lifetime.at[which] - c->at_reset.at[which];
}

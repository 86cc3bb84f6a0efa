/* SPDX-License-Identifier: MIT */
/*
 * The seeded generator that all randomness of a run comes from: small, fast,
 * the same on every machine.  Not for secrets.
 */
#ifndef FAULTPOST_RNG_H
#define FAULTPOST_RNG_H

#include "core/base/base.h"

struct rng {
	uint64_t state;
};

static inline void
rng_init(struct rng *r, uint64_t seed)
{
	r->state = seed;
}

/* SplitMix64 (Steele, Lea, Flood 2014): each seed starts its own sequence. */
static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 .. bound - 1 (bound > 0); the bias is under 2^-32 for bounds in use. */
static inline uint64_t
rng_below(struct rng *r, uint64_t bound)
{
	assert(bound > 0);
	return rng_next(r) % bound;
}

/* 0 <= x < 1. */
static inline double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}

#endif

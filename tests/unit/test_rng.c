/* SPDX-License-Identifier: MIT */
/* The generator: its published sequence, its bounds, its seeds. */
#include "core/base/rng.h"

#include "tests/unit/kit.h"

/* What SplitMix64 gives for seed 1234567, by its authors' reference. */
static void
test_published_sequence(void **state)
{
	static const uint64_t want[] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821) };
	struct rng rng;

	(void)state;
	rng_init(&rng, 1234567);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_true(rng_next(&rng) == want[i]);
}

static void
test_seeds_differ(void **state)
{
	struct rng a, b;

	(void)state;
	rng_init(&a, 0);
	rng_init(&b, 1);
	assert_true(rng_next(&a) != rng_next(&b));
	rng_init(&b, 0);
	(void)rng_next(&b);
	assert_true(rng_next(&a) == rng_next(&b));
}

static void
test_below(void **state)
{
	size_t seen[7] = { 0 };
	struct rng rng;

	(void)state;
	rng_init(&rng, 1);
	for (int i = 0; i < 70000; i++) {
		uint64_t n = rng_below(&rng, 7);

		assert_in_range(n, 0, 6);
		seen[n]++;
		assert_int_equal(rng_below(&rng, 1), 0);
	}
	for (size_t i = 0; i < 7; i++)
		assert_in_range(seen[i], 9500, 10500);
}

static void
test_unit(void **state)
{
	struct rng rng;
	double sum = 0;

	(void)state;
	rng_init(&rng, 1);
	for (int i = 0; i < 100000; i++) {
		double x = rng_unit(&rng);

		assert_true(x >= 0 && x < 1);
		sum += x;
	}
	assert_true(sum > 49000 && sum < 51000);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_published_sequence);
	TEST(&kit, test_seeds_differ);
	TEST(&kit, test_below);
	TEST(&kit, test_unit);
	return kit_run(&kit, "rng");
}

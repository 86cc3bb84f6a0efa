/* SPDX-License-Identifier: MIT */
/*
 * What of a scenario is about the appliance alone, so that no other program can
 * be given it: by the keys that it has.  Pure.
 */
#ifndef FAULTPOST_BEYOND_H
#define FAULTPOST_BEYOND_H

#include <jansson.h>

/* What a program can be given all the same: keys of the relay's "delivery" and
 * "bounce", each list ended by NULL. */
struct beyond_keys {
	const char *const *delivery, *const *bounce;
};

/* Why it cannot be given the scenario, in words; NULL: it can, as far as keys
 * tell. */
const char *beyond_find(const json_t *scenario, const struct beyond_keys *keys);

#endif

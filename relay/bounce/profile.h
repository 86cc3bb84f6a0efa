/* SPDX-License-Identifier: MIT */
/*
 * Bounce profiles by their names: the default one and the further ones of a
 * configuration, and who names them.  Pure.
 */
#ifndef FAULTPOST_RELAY_PROFILE_H
#define FAULTPOST_RELAY_PROFILE_H

#include "relay/config.h"

/* The profile of that name, NULL when there is none; no name names none. */
const struct relay_bounce_profile *relay_profile_named(
    const struct relay_config *config, struct slice name);

/* Whether names are unique, and those that listeners and destination controls
 * name are there;
 * else *err says which is not, without a place. */
bool relay_profiles_check(const struct relay_config *config, struct err *err);

#endif

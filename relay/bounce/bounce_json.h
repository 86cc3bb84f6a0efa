/* SPDX-License-Identifier: MIT */
/*
 * Bounce profiles as JSON: the default one, which has a row for its name, and
 * others, which have their names as keys; and bounce verification.  Scenarios
 * use the same rows.  Pure.
 */
#ifndef FAULTPOST_RELAY_BOUNCE_JSON_H
#define FAULTPOST_RELAY_BOUNCE_JSON_H

#include "core/json/table.h"
#include "relay/config.h"

#define RELAY_BOUNCE_PROFILES_MAX 1000

/* For a struct relay_bounce_profile: the default one, and one of the others. */
extern const struct json_table relay_bounce_table;
extern const struct json_table relay_bounce_profile_table;

/* For a struct relay_bounce_verification. */
extern const struct json_table relay_bounce_verification_table;

/* The form of {"NAME": {...}}, for an array of these structs. */
#define RELAY_BOUNCE_PROFILES_FORM                                             \
	JF_MAP_OF(struct relay_bounce_profile, name, JF_STRING(1, 64),         \
	    JF_OBJECT(&relay_bounce_profile_table), 0,                         \
	    RELAY_BOUNCE_PROFILES_MAX)

#endif

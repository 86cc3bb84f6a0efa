/* SPDX-License-Identifier: MIT */
/*
 * SMTP AUTH profiles: the names and passwords that routes refer to by the
 * profile's name.  Pure.
 */
#ifndef FAULTPOST_RELAY_AUTH_H
#define FAULTPOST_RELAY_AUTH_H

#include "relay/config.h"

#define AUTH_PROFILES_MAX 10000

/* The form of "smtp_auth_profiles", for a member that is a JSON_ARRAY_OF(struct
 * relay_auth_profile). */
extern const struct json_table relay_auth_table;
#define RELAY_AUTH_FORM                                                        \
	JF_MAP_OF(struct relay_auth_profile, name,                             \
	    JF_STRING(1, ROUTES_AUTH_MAX), JF_OBJECT(&relay_auth_table), 0,    \
	    AUTH_PROFILES_MAX)

/* The profile of that name, or NULL. */
const struct relay_auth_profile *relay_auth_find(
    const struct relay_config *config, struct slice name);
/* Completes the profiles whose passwords are in files, which `load` reads as
 * for relay_config_parse(); what is made is in the arena.  False with *err set
 * when a file cannot be read or begins with an empty line. */
bool relay_auth_load(struct relay_config *config, struct arena *arena,
    char *(*load)(const char *path, size_t *len, struct err *err),
    struct err *err);
/* Whether each profile that the routes name is there; otherwise false, with an
 * error for each route whose profile is not, at its place in `file`. */
bool relay_auth_check(const struct relay_config *config,
    const struct routes *routes, const char *file, struct err_list *errors);

#endif

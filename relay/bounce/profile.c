/* SPDX-License-Identifier: MIT */
/* Bounce profiles by their names; see profile.h. */
#include "relay/bounce/profile.h"

#include "relay/deliver/destination.h"

const struct relay_bounce_profile *
relay_profile_named(const struct relay_config *config, struct slice name)
{
	if (name.len == 0)
		return NULL;
	if (slice_eq(name, config->bounce.name))
		return &config->bounce;
	for (size_t i = 0; i < config->bounce_profiles.count; i++)
		if (slice_eq(name, config->bounce_profiles.at[i].name))
			return &config->bounce_profiles.at[i];
	return NULL;
}

bool
relay_profiles_check(const struct relay_config *config, struct err *err)
{
	const struct relay_destinations *controls = config->destinations;
	size_t count =
	    controls != NULL ? relay_destinations_count(controls) : 0;

	for (size_t i = 0; i < config->bounce_profiles.count; i++)
		if (slice_eq(config->bounce_profiles.at[i].name,
			config->bounce.name))
			return err_set(err,
			    "two bounce profiles are called \"%.*s\", which is "
			    "the default one's name; expected each name once",
			    SLICE_ARG(config->bounce.name));
	for (size_t i = 0; i < config->listeners.count; i++) {
		struct slice name = config->listeners.at[i].bounce_profile;

		if (name.len > 0 && relay_profile_named(config, name) == NULL)
			return err_set(err,
			    "listener \"%.*s\" names the bounce profile "
			    "\"%.*s\"; expected one of \"bounce_profiles\"",
			    SLICE_ARG(config->listeners.at[i].name),
			    SLICE_ARG(name));
	}
	for (size_t i = 0; i < count; i++) {
		const struct relay_destination *d =
		    relay_destinations_at(controls, i);

		if (d->bounce_profile.len > 0 &&
		    relay_profile_named(config, d->bounce_profile) == NULL)
			return err_set(err,
			    "[%.*s] of the destination controls names the "
			    "bounce profile \"%.*s\"; expected one of "
			    "\"bounce_profiles\"",
			    SLICE_ARG(d->domain), SLICE_ARG(d->bounce_profile));
	}
	return true;
}

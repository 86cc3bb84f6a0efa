/* SPDX-License-Identifier: MIT */
/* SMTP AUTH profiles; see auth.h. */
#include "relay/receive/auth.h"

#include "core/base/suggest.h"

/* clang-format off */
static const struct json_field auth_fields[] = {
	{ "user", JF_STRING(1, 512), JSON_AT(struct relay_auth_profile, user),
	    JSON_REQUIRED, "The user's name." },
	{ "password", JF_STRING(1, 512),
	    JSON_AT(struct relay_auth_profile, password), JSON_OPTIONAL,
	    "The password itself." },
	{ "password_file", JF_STRING(1, 4096),
	    JSON_AT(struct relay_auth_profile, password_file), JSON_OPTIONAL,
	    "The file whose first line it is." },
};
/* clang-format on */
static const struct json_group auth_groups[] = {
	{ JSON_EXACTLY_ONE, "password password_file" },
};
const struct json_table relay_auth_table = {
	.name = "smtp auth profile",
	.help = "Who the relay is to the hosts of routes that name it.",
	.size = sizeof(struct relay_auth_profile),
	JSON_FIELDS(auth_fields),
	JSON_GROUPS(auth_groups),
};

const struct relay_auth_profile *
relay_auth_find(const struct relay_config *config, struct slice name)
{
	for (size_t i = 0; i < config->smtp_auth_profiles.count; i++)
		if (slice_eq(config->smtp_auth_profiles.at[i].name, name))
			return &config->smtp_auth_profiles.at[i];
	return NULL;
}

bool
relay_auth_load(struct relay_config *config, struct arena *arena,
    char *(*load)(const char *path, size_t *len, struct err *err),
    struct err *err)
{
	size_t count = config->smtp_auth_profiles.count;
	struct relay_auth_profile *list =
	    arena_alloc(arena, count * sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		struct slice rest, line;
		size_t len;
		char *text;

		list[i] = config->smtp_auth_profiles.at[i];
		if (list[i].password_file.len == 0)
			continue;
		text = load(list[i].password_file.at, &len, err);
		if (text == NULL)
			return false;
		rest = slice_of(text, len);
		(void)slice_split(&rest, '\n', &line);
		list[i].password = arena_slice(arena, slice_trim(line));
		free(text);
		if (list[i].password.len == 0)
			return err_at(err, list[i].password_file.at, 1, 1,
			    "an empty line; expected a password");
	}
	config->smtp_auth_profiles.at = list;
	return true;
}

static bool
route_fail(const struct relay_config *config, const struct route *route,
    const char *file, struct err_list *errors)
{
	struct suggest nearest = { .word = route->auth };
	const char *best;
	struct err *err;

	for (size_t i = 0; i < config->smtp_auth_profiles.count; i++)
		suggest_offer(
		    &nearest, config->smtp_auth_profiles.at[i].name.at);
	best = suggest_result(&nearest);
	err = err_list_next(errors);
	if (err == NULL)
		return false;
	return err_at(err, file, route->line, route->col,
	    "the route of %.*s has the profile \"%.*s\", which is not among "
	    "smtp_auth_profiles%s%s%s",
	    SLICE_ARG(route->domain), SLICE_ARG(route->auth),
	    best != NULL ? " (did you mean \"" : "", best != NULL ? best : "",
	    best != NULL ? "\"?)" : "");
}

bool
relay_auth_check(const struct relay_config *config, const struct routes *routes,
    const char *file, struct err_list *errors)
{
	bool good = true;

	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		if (route->auth.len > 0 &&
		    relay_auth_find(config, route->auth) == NULL)
			good = route_fail(config, route, file, errors);
	}
	return good;
}

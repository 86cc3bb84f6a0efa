/* SPDX-License-Identifier: MIT */
/* The value of a host's "profile"; see profile_use.h. */
#include "mockserver/rule/profile_use.h"

static bool read_name(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

const struct json_custom profile_name = {
	.name = "profile name",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?",
	.read = read_name,
};

static const struct json_field pick_fields[] = {
	{ "name", JF_CUSTOM(&profile_name), JSON_AT(struct profile_pick, name),
	    JSON_REQUIRED, "The profile." },
	{ "reply", JF_CUSTOM(&profile_name),
	    JSON_AT(struct profile_pick, reply), JSON_OPTIONAL,
	    "The one of its replies that always comes, and no other." },
	{ "weights", JF_BOOLEAN, JSON_AT(struct profile_pick, weights), "true",
	    "Whether replies come by chance, too; false: by trigger only." },
};
static const struct json_table pick_table = {
	.name = "profile pick",
	.help = "What a host takes of a profile.",
	.size = sizeof(struct profile_pick),
	JSON_FIELDS(pick_fields),
};
static const struct json_choice use_ways[] = {
	{ JF_CUSTOM(&profile_name), JSON_AT(struct profile_use, name),
	    PROFILE_NAMED },
	{ JF_OBJECT(&pick_table), JSON_AT(struct profile_use, pick),
	    PROFILE_PICKED },
};

const struct json_form profile_use_form = {
	.kind = JSON_KIND_CHOICE,
	.choices = use_ways,
	.choice_count = ARRAY_LEN(use_ways),
	.tag_offset = offsetof(struct profile_use, way),
	.tag_size = sizeof(((struct profile_use *)0)->way),
};

static bool
read_name(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	const struct slice name = json_at_text(at);
	bool is_good = name.len >= 1 && name.len <= 64;
	char quoted[JSON_QUOTE_MAX];

	for (size_t i = 0; i < name.len; i++) {
		const char c = name.at[i];
		const bool is_edge = i == 0 || i == name.len - 1;

		if (c == '-' ? is_edge
			     : !ascii_is_digit(c) && (c < 'a' || c > 'z'))
			is_good = false;
	}
	*(const char **)to = arena_strdup(arena, name);
	if (is_good)
		return true;
	return json_fail(at, err,
	    "%s is no name of a profile or a reply; expected small letters, "
	    "digits and hyphens between them",
	    json_quote(name, quoted));
}

/* SPDX-License-Identifier: MIT */
/* What must hold between keys, as a JSON Schema says it; see form.h. */
#include "core/json/form.h"

static void
push(json_t *array, json_t *value)
{
	int rc = json_array_append_new(array, value);

	assert(rc == 0);
}

static json_t *
made(json_t *value)
{
	assert(value != NULL);
	return value;
}

/* {"required": [key]} for each key of the list. */
static json_t *
each_required(struct slice keys)
{
	json_t *list = json_array();
	struct slice key;

	while (json_group_key(&keys, &key))
		push(list, json_pack("{s[s%]}", "required", key.at, key.len));
	return list;
}

/* The same for each pair of keys. */
static json_t *
pairs_required(struct slice keys)
{
	json_t *list = json_array();
	struct slice key, other, rest;

	while (json_group_key(&keys, &key)) {
		rest = keys;
		while (json_group_key(&rest, &other))
			push(list,
			    json_pack("{s[s%s%]}", "required", key.at, key.len,
				other.at, other.len));
	}
	return list;
}

json_t *
json_group_schema(const struct json_group *group)
{
	struct slice keys = slice_cstr(group->keys);
	struct slice key;
	json_t *all;

	switch (group->rule) {
	case JSON_EXACTLY_ONE:
		return made(json_pack("{so}", "oneOf", each_required(keys)));
	case JSON_AT_LEAST_ONE:
		return made(json_pack("{so}", "anyOf", each_required(keys)));
	case JSON_AT_MOST_ONE:
		return made(
		    json_pack("{s{so}}", "not", "anyOf", pairs_required(keys)));
	case JSON_NEEDS_ONE:
	case JSON_NEEDS_ALL:
		(void)json_group_key(&keys, &key);
		all = json_object();
		if (json_object_setn_new(all, key.at, key.len,
			json_pack("{so}",
			    group->rule == JSON_NEEDS_ONE ? "anyOf" : "allOf",
			    each_required(keys))) != 0)
			abort();
		return made(json_pack("{so}", "dependencies", all));
	}
	assert(false);
	return NULL;
}

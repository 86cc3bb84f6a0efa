/* SPDX-License-Identifier: MIT */
/* What of a scenario file concerns the mock; see scenario.h. */
#include "mockserver/scenario.h"

#include "core/dns/zone_json.h"
#include "core/json/matrix.h"

/* What the table fills in. */
struct scenario_file {
	utime start;
	uint64_t seed;
	struct zone_json dns;
	struct mock_hosts hosts;
};

#define OF_THE_HARNESS(key)                                                    \
	{                                                                      \
		key, JF_ANY, JSON_NOWHERE, JSON_OPTIONAL,                      \
		    "The harness reads this."                                  \
	}

static const struct json_field scenario_fields[] = {
	{ "hosts", MOCK_HOSTS_FORM, JSON_AT(struct scenario_file, hosts),
	    JSON_REQUIRED, "The mock hosts." },
	{ "dns", JF_ZONE, JSON_AT(struct scenario_file, dns), JSON_OPTIONAL,
	    "What DNS says." },
	{ "start", JF_MOMENT, JSON_AT(struct scenario_file, start),
	    "2014-07-02T09:15:07Z", "What the clock shows at the start." },
	{ "seed", JF_INTEGER(0, INT64_MAX), JSON_AT(struct scenario_file, seed),
	    "1", "Where all randomness comes from." },
	OF_THE_HARNESS("$schema"),
	OF_THE_HARNESS("title"),
	OF_THE_HARNESS(JSON_MATRIX_KEY),
	OF_THE_HARNESS("case"),
	OF_THE_HARNESS("routes"),
	OF_THE_HARNESS("relay"),
	OF_THE_HARNESS("network"),
	OF_THE_HARNESS("inject"),
	OF_THE_HARNESS("timeline"),
	OF_THE_HARNESS("until"),
	OF_THE_HARNESS("limits"),
	OF_THE_HARNESS("waive"),
	OF_THE_HARNESS("expect"),
};

static const struct json_table scenario_table = {
	.name = "mock scenario",
	.help = "Hosts that fail as they are told.",
	.size = sizeof(struct scenario_file),
	JSON_FIELDS(scenario_fields),
};

bool
mock_scenario_parse(struct mock_scenario *s, const char *file,
    struct slice text, struct err *err)
{
	return mock_scenario_parse_with(s, file, text, NULL, err);
}

bool
mock_scenario_parse_with(struct mock_scenario *s, const char *file,
    struct slice text, const struct profile_source *profiles, struct err *err)
{
	struct scenario_file f;
	struct json_at root, hosts, dns;
	struct slice path, label;
	char *name;
	bool good;

	*s = (struct mock_scenario){ 0 };
	json_variant_split(slice_cstr(file), &path, &label);
	name = slice_dup(path);
	good = json_doc_parse_variant(&s->doc, name, text, label, err);
	free(name);
	if (!good)
		return false;
	root = json_at_root(&s->doc);
	if (!json_table_read(&scenario_table, &root, &f, &s->arena, err))
		return false;
	hosts = json_at_key(&root, "hosts");
	if (!mock_hosts_check(&f.hosts, &hosts, err) ||
	    !profiles_apply(&f.hosts, &hosts, profiles, &s->arena, err))
		return false;
	dns = json_at_key(&root, "dns");
	s->zone = zone_json_build(&f.dns, &dns, err);
	if (s->zone == NULL)
		return false;
	s->start = f.start;
	s->seed = f.seed;
	s->hosts = f.hosts;
	return true;
}

void
mock_scenario_fini(struct mock_scenario *s)
{
	zone_destroy(&s->zone);
	json_doc_fini(&s->doc);
	arena_fini(&s->arena);
	*s = (struct mock_scenario){ 0 };
}

/* SPDX-License-Identifier: MIT */
/*
 * A scenario file as the mock daemon sees it: hosts, DNS, seed, start.  The
 * keys that only the harness understands are known and not looked into.  Pure.
 */
#ifndef FAULTPOST_MOCK_SCENARIO_H
#define FAULTPOST_MOCK_SCENARIO_H

#include "core/dns/zone.h"
#include "mockserver/rule/profile.h"

struct mock_scenario {
	struct arena arena; /* holds everything below */
	struct json_doc doc;
	struct zone *zone; /* owned */
	utime start;
	uint64_t seed;
	struct mock_hosts hosts;
};

/* Reads the text of `file` (its name is for messages and places), or of
 * "FILE[LABEL]" the variant that is called so.  On failure *err is set;
 * mock_scenario_fini() is allowed. */
bool mock_scenario_parse(struct mock_scenario *s, const char *file,
    struct slice text, struct err *err);
/* The same, with profiles for its hosts. */
bool mock_scenario_parse_with(struct mock_scenario *s, const char *file,
    struct slice text, const struct profile_source *profiles, struct err *err);
/* A zeroed struct is an empty scenario. */
void mock_scenario_fini(struct mock_scenario *s);

#endif

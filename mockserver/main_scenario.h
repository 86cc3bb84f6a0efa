/* SPDX-License-Identifier: MIT */
/* faultpost-mock's scenario: read from files, and told about when it is over.
 * For the main only. */
#ifndef FAULTPOST_MOCK_MAIN_SCENARIO_H
#define FAULTPOST_MOCK_MAIN_SCENARIO_H

#include "mockserver/mock.h"
#include "mockserver/scenario.h"

/* Reads the file `path` with the profiles that its hosts name, which are in
 * the folder `profiles` (NULL: none), beside the scenario, or installed.
 * *digest is the same when these are the same. */
bool main_scenario_read(struct mock_scenario *s, const char *path,
    const char *profiles, uint64_t *digest, struct err *err);
/* Tells, on standard error, which rules never acted and why, and which hosts
 * met more than they remember.  True when every rule acted that is not
 * optional. */
bool main_scenario_tell(const struct mock_scenario *s, const struct mock *mock);

#endif

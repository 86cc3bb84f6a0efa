/* SPDX-License-Identifier: MIT */
/* Addresses as rules ask for them: user@example.com, *@example.com, @domain.
 * Pure. */
#ifndef FAULTPOST_MOCK_RULE_GLOB_H
#define FAULTPOST_MOCK_RULE_GLOB_H

#include "core/base/slice.h"

/* Whether one of the texts is what one of the globs asks for: without case,
 * `*` for any text, `?` for any byte, `@domain` for every address there. */
bool rule_globs_match(const struct slice *globs, size_t glob_count,
    const struct slice *texts, size_t text_count);
/* How far the nearest of them is from it; 0 says nothing. */
size_t rule_globs_distance(const struct slice *globs, size_t glob_count,
    const struct slice *texts, size_t text_count);

#endif

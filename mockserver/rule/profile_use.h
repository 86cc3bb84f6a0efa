/* SPDX-License-Identifier: MIT */
/* What a host says about profiles: their names, or which of their replies. */
#ifndef FAULTPOST_MOCK_PROFILE_USE_H
#define FAULTPOST_MOCK_PROFILE_USE_H

#include "core/json/table.h"

struct profile_pick {
	const char *name, *reply; /* reply NULL: all, by weight and trigger */
	bool weights;             /* else triggers alone */
};
enum profile_way {
	PROFILE_ABSENT,
	PROFILE_NAMED,
	PROFILE_PICKED,
};
struct profile_use {
	int64_t way; /* enum profile_way */
	const char *name;
	struct profile_pick pick;
};
/* Member: struct profile_use. */
extern const struct json_form profile_use_form;
/* The name of a profile or of a reply.  Member: const char *. */
extern const struct json_custom profile_name;

#endif

/* SPDX-License-Identifier: MIT */
/* Names of stages; see stage.h. */
#include "core/smtp/stage.h"

const char *
smtp_stage_name(enum smtp_stage stage)
{
	static const char *const names[STAGE_COUNT] = {
#define X(constant, name) [constant] = name,
		SMTP_STAGES(X)
#undef X
	};

	assert(stage < STAGE_COUNT);
	return names[stage];
}

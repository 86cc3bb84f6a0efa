/* SPDX-License-Identifier: MIT */
/* What a scenario says that real processes on a real machine cannot be made to
 * do.  Pure. */
#ifndef FAULTPOST_UNABLE_H
#define FAULTPOST_UNABLE_H

#include "harness/plan/plan.h"

/* Why the scenario cannot be run live, in words; NULL: it can. */
const char *live_unable(const struct plan *plan);

#endif

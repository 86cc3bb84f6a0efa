/* SPDX-License-Identifier: MIT */
/* What a scenario says that real processes on a real machine cannot be made to
 * do.  Pure. */
#ifndef FAULTPOST_UNABLE_H
#define FAULTPOST_UNABLE_H

#include "harness/live/adapter.h"

/* Why the scenario cannot be run live with that relay, in words; NULL: it can.
 */
const char *live_unable(const struct plan *plan, const struct adapter *adapter,
    const json_t *scenario);

#endif

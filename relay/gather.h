/* SPDX-License-Identifier: MIT */
/*
 * When a commit is due for which messages wait.  A flush costs the same for
 * one message as for a hundred, and while it lasts nobody is served; so when
 * more messages are on their way in, the first ones may wait for those as long
 * as a flush takes.
 */
#ifndef FAULTPOST_RELAY_GATHER_H
#define FAULTPOST_RELAY_GATHER_H

#include "core/base/utime.h"

/* However long flushes take. */
#define GATHER_SPAN_MAX (5 * UTIME_MS)

/* `first`: when the first of the `waiting` (1 or more) came; `expected`: how
 * many are on their way; `flush`: how long a flush takes. */
utime gather_until(utime first, size_t waiting, size_t expected, utime flush);
/* The span to reckon with behind a flush of `last`, the one so far being
 * `span`. */
utime gather_span(utime span, utime last);

#endif

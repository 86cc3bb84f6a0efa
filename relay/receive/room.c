/* SPDX-License-Identifier: MIT */
/* Room for another message; see room.h. */
#include "relay/receive/room.h"

/* Whether `used` and `more` are over the limit (0: there is none), or over nine
 * tenths of it when they were. */
static bool
is_over(uint64_t used, uint64_t more, uint64_t limit, bool was)
{
	uint64_t most = was ? limit - limit / 10 : limit;

	return limit > 0 && (used > most || more > most - used);
}

static bool
is_short(uint64_t free_bytes, uint64_t least, bool was)
{
	return free_bytes < (was ? least + least / 10 : least);
}

enum room_lack
room_find(const struct relay_limits *limits, const struct room_use *use,
    uint64_t more, enum room_lack was)
{
	bool was_full = was == ROOM_QUEUE_FULL;

	if (!use->is_disk_taking_writes)
		return ROOM_DISK_REFUSES;
	if (is_short(use->disk_free, limits->disk_free, was == ROOM_DISK_FULL))
		return ROOM_DISK_FULL;
	if (is_over(use->messages, 1, limits->queue_messages, was_full) ||
	    is_over(use->bytes, more, limits->queue_bytes, was_full))
		return ROOM_QUEUE_FULL;
	return ROOM_ENOUGH;
}

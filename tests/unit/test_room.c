/* SPDX-License-Identifier: MIT */
/* Room for a message, and the margins between full and not full any more. */
#include "relay/receive/room.h"
#include "tests/unit/kit.h"

#define FREE UINT64_MAX

static struct room_row {
	const char *name;
	uint64_t messages, bytes, more, disk_free;
	enum room_lack was, want;
} rows[] = {
	{ "empty", 0, 0, 0, FREE, ROOM_ENOUGH, ROOM_ENOUGH },
	{ "the last message", 99, 0, 0, FREE, ROOM_ENOUGH, ROOM_ENOUGH },
	{ "one too many", 100, 0, 0, FREE, ROOM_ENOUGH, ROOM_QUEUE_FULL },
	{ "one has left", 99, 0, 0, FREE, ROOM_QUEUE_FULL, ROOM_QUEUE_FULL },
	{ "a tenth has left", 89, 0, 0, FREE, ROOM_QUEUE_FULL, ROOM_ENOUGH },
	{ "nearly", 90, 0, 0, FREE, ROOM_QUEUE_FULL, ROOM_QUEUE_FULL },
	{ "the last bytes", 1, 9000, 1000, FREE, ROOM_ENOUGH, ROOM_ENOUGH },
	{ "a byte too many", 1, 9000, 1001, FREE, ROOM_ENOUGH,
	    ROOM_QUEUE_FULL },
	{ "larger than all", 1, 20000, 0, FREE, ROOM_ENOUGH, ROOM_QUEUE_FULL },
	{ "bytes again", 1, 8000, 1000, FREE, ROOM_QUEUE_FULL, ROOM_ENOUGH },
	{ "bytes not yet", 1, 8001, 1000, FREE, ROOM_QUEUE_FULL,
	    ROOM_QUEUE_FULL },
	{ "disk", 1, 0, 0, 4999, ROOM_ENOUGH, ROOM_DISK_FULL },
	{ "disk just enough", 1, 0, 0, 5000, ROOM_ENOUGH, ROOM_ENOUGH },
	{ "disk not yet", 1, 0, 0, 5499, ROOM_DISK_FULL, ROOM_DISK_FULL },
	{ "disk again", 1, 0, 0, 5500, ROOM_DISK_FULL, ROOM_ENOUGH },
	{ "disk and queue", 200, 0, 0, 1, ROOM_ENOUGH, ROOM_DISK_FULL },
	{ "another lack", 95, 0, 0, FREE, ROOM_DISK_FULL, ROOM_ENOUGH },
};

static void
test_row(void **state)
{
	const struct room_row *row = *state;
	const struct relay_limits limits = {
		.queue_messages = 100,
		.queue_bytes = 10000,
		.disk_free = 5000,
	};
	struct room_use use = { row->messages, row->bytes, row->disk_free,
		true };

	assert_int_equal(
	    room_find(&limits, &use, row->more, row->was), row->want);
	use.is_disk_taking_writes = false;
	assert_int_equal(
	    room_find(&limits, &use, row->more, row->was), ROOM_DISK_REFUSES);
}

static void
test_no_limits(void **state)
{
	static const struct relay_limits limits;
	const struct room_use use = { UINT64_MAX, UINT64_MAX, 0, true };

	(void)state;
	assert_int_equal(
	    room_find(&limits, &use, UINT64_MAX, ROOM_ENOUGH), ROOM_ENOUGH);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_no_limits);
	return kit_run(&kit, "room");
}

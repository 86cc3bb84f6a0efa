/* SPDX-License-Identifier: MIT */
/*
 * Whether there is room for another message: limits of the queue and of the
 * disk, each with a margin between ceasing to accept and beginning again, so
 * that a queue at its limit does not accept one message for each that leaves.
 */
#ifndef FAULTPOST_RELAY_ROOM_H
#define FAULTPOST_RELAY_ROOM_H

#include "relay/config.h"

/* How it stands. */
struct room_use {
	uint64_t messages, bytes;   /* in the queue */
	uint64_t disk_free;         /* UINT64_MAX: not known */
	bool is_disk_taking_writes; /* as far as is known */
};

/* What there is no room in; the first that applies. */
enum room_lack {
	ROOM_ENOUGH,
	ROOM_DISK_REFUSES,
	ROOM_DISK_FULL,
	ROOM_QUEUE_FULL,
};

/* What there is no room in for a message of `more` bytes.  `was` is the last
 * answer: one that was full has room again when no more than nine tenths of
 * the limit are used, or a tenth more than the limit of the disk is free. */
enum room_lack room_find(const struct relay_limits *limits,
    const struct room_use *use, uint64_t more, enum room_lack was);

#endif

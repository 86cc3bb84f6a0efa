/* SPDX-License-Identifier: MIT */
/*
 * Bounce verification: an envelope sender leaves with a tag that nobody else
 * can make, prvs=LOCAL=TAG@DOMAIN, so that a bounce to an address without one
 * is known to answer no mail of ours.  TAG is three digits, the day, and seven
 * letters that a key makes of the day and the address.  Pure.
 */
#ifndef FAULTPOST_RELAY_TAG_H
#define FAULTPOST_RELAY_TAG_H

#include "core/base/buf.h"
#include "core/base/utime.h"

/* How long bounces may answer a tag. */
#define BOUNCE_TAG_DAYS 7

enum bounce_tag {
	BOUNCE_TAG_NONE,    /* the address has none */
	BOUNCE_TAG_VALID,   /* it is ours */
	BOUNCE_TAG_EXPIRED, /* it was ours, more than seven days ago */
	BOUNCE_TAG_FOREIGN, /* no key of ours made it */
};

/* Appends the address with a tag.  False, and nothing is appended, when it is
 * to stay as it is: the null path, one that has a tag of anybody's, a quoted
 * local part, and one that would become longer than a local part may be. */
bool bounce_tag_add(
    struct buf *out, struct slice address, struct slice key, utime now);

/* What the address's tag is by these keys.  Unless there is none, the address
 * without it is appended to `plain`. */
enum bounce_tag bounce_tag_read(struct buf *plain, struct slice address,
    const struct slice *keys, size_t count, utime now);

#endif

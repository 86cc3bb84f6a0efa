/* SPDX-License-Identifier: MIT */
/* So many bytes in each span of time; see pace.h. */
#include "core/world/pace.h"

void
pace_set(struct pace *p, size_t bytes, utime every)
{
	assert(bytes == 0 || every > 0);
	*p = (struct pace){
		.is_set = true,
		.bytes = bytes,
		.every = every,
		.left = bytes,
	};
}

size_t
pace_room(struct pace *p, utime now)
{
	if (!p->is_set)
		return SIZE_MAX;
	if (now >= p->renews_at)
		p->left = p->bytes;
	return p->left;
}

void
pace_take(struct pace *p, size_t bytes, utime now)
{
	if (!p->is_set || bytes == 0)
		return;
	assert(bytes <= p->left);
	if (p->left == p->bytes)
		p->renews_at = utime_add(now, p->every);
	p->left -= bytes;
}

utime
pace_due(const struct pace *p)
{
	return p->bytes > 0 ? p->renews_at : UTIME_NEVER;
}

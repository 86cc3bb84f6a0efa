/* SPDX-License-Identifier: MIT */
/* Counting failures, the first in words; see judge_charge.h. */
#include "harness/judge/judge_charge.h"

void
charge_fini(struct charge *c)
{
	buf_fini(&c->wanted);
	buf_fini(&c->found);
	buf_fini(&c->nearest);
}

bool
charge_count(struct charge *c, utime at)
{
	if (c->failures++ > 0)
		return false;
	c->at = at;
	return true;
}

void
charge_add(
    struct charge *c, utime at, const char *wanted, const char *found_fmt, ...)
{
	va_list ap;

	if (!charge_count(c, at))
		return;
	buf_append_cstr(&c->wanted, wanted);
	va_start(ap, found_fmt);
	buf_vprintf(&c->found, found_fmt, ap);
	va_end(ap);
}

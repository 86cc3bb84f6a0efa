/* SPDX-License-Identifier: MIT */
/* The manner of a connection's replies that a rule has set: bare codes, odd
 * line ends.  Pure. */
#ifndef FAULTPOST_MOCK_MANNER_H
#define FAULTPOST_MOCK_MANNER_H

#include "mockserver/rule/rule.h"

/* Rewrites the reply, lines that end with CR LF, which begins at byte `from` of
 * `out`. */
void manner_apply(
    const struct rule_throughout *manner, size_t from, struct buf *out);

#endif

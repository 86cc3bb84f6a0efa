/* SPDX-License-Identifier: MIT */
/*
 * What a configuration means, in words, for `faultpost-relay -t`: also what
 * follows from what was left out, and what is likely not meant.  Pure.
 */
#ifndef FAULTPOST_RELAY_EXPLAIN_H
#define FAULTPOST_RELAY_EXPLAIN_H

#include "core/base/buf.h"
#include "relay/config.h"

/* Appends the page. */
void relay_explain(const struct relay_config *config, struct buf *out);

#endif

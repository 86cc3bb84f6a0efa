/* SPDX-License-Identifier: MIT */
/*
 * A scenario in plain sentences, for whoever reviews it: where mail goes, how
 * hosts fail and when, what is sent, what must be true and why.  What has no
 * sentence of its own is told as it is written, so that nothing is left out.
 * Pure.
 */
#ifndef FAULTPOST_EXPLAIN_H
#define FAULTPOST_EXPLAIN_H

#include "core/base/buf.h"

#include <jansson.h>

/* Appends the page.  `scenario` is a scenario that can be read, or one with
 * its matrix still in it. */
void explain_format(const json_t *scenario, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What `status` says as metrics for Prometheus, in its text format 0.0.4.  No
 * label takes its values from mail: the series are as many for a day as for a
 * year.  Pure.
 */
#ifndef FAULTPOST_RELAY_METRICS_H
#define FAULTPOST_RELAY_METRICS_H

#include "relay/operate/status.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the page.  Counters are those since the start, as a scraper expects;
 * hosts_down are destination addresses. */
void metrics_format(const struct system_status *s, uint64_t hosts_down,
    bool is_suspended, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A scenario's JSON object, and the parts of it that are tables of their own.
 */
#ifndef FAULTPOST_REPORT_JSON_IMPL_H
#define FAULTPOST_REPORT_JSON_IMPL_H

#include "harness/judge/fairness.h"
#include "harness/judge/schedule.h"
#include "harness/report/report.h"

#include <jansson.h>

/* A new reference: an array, an object a route and priority. */
json_t *fairness_json(const struct fairness *f);
/* Appends the object of one scenario. */
void report_json_entry(const struct report_entry *entry, struct buf *out);
/* An array, an object a message that was requeued and domain. */
json_t *schedule_json(const struct schedule *s);

#endif

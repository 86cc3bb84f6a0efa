/* SPDX-License-Identifier: MIT */
/*
 * The parts of a scenario's JSON object that are tables of their own; each
 * function returns a new reference.
 */
#ifndef FAULTPOST_REPORT_JSON_IMPL_H
#define FAULTPOST_REPORT_JSON_IMPL_H

#include "harness/judge/fairness.h"

#include <jansson.h>

/* An array, an object a route and priority. */
json_t *fairness_json(const struct fairness *f);

#endif

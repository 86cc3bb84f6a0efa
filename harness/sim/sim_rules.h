/* SPDX-License-Identifier: MIT */
/* The rules that a run has left without an occasion.  Only sim.c includes
 * this. */
#ifndef FAULTPOST_SIM_RULES_H
#define FAULTPOST_SIM_RULES_H

#include "harness/report/result.h"
#include "mockserver/mock.h"

/* Adds an ending for each rule that never acted and is not optional, with the
 * moment at which it came nearest to it. */
void sim_check_rules(const struct mock *mock, struct result *result);

#endif

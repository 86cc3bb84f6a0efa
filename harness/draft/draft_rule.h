/* SPDX-License-Identifier: MIT */
/* A fault of a host as the keys of a scenario's host. */
#ifndef FAULTPOST_DRAFT_RULE_H
#define FAULTPOST_DRAFT_RULE_H

#include "harness/draft/draft.h"

#include <jansson.h>

/* The rule of a fault that is none of the network's (DRAFT_CUT, DRAFT_CODE);
 * one that is not certain to act is optional. */
json_t *draft_rule_json(const struct draft_fault *fault, bool is_certain);
/* Appends the fault in words: "answers 452 at rcpt", "refuses connections". */
void draft_fault_format(const struct draft_fault *fault, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. */
#ifndef FAULTPOST_ROUTES_LINT_SARIF_H
#define FAULTPOST_ROUTES_LINT_SARIF_H

#include "harness/routes/lint.h"

/* Appends one log file; findings that are suppressed are in it, and say so. */
void lint_sarif_format(const struct lint *l, struct buf *out);

#endif

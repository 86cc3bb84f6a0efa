/* SPDX-License-Identifier: MIT */
/*
 * A scenario made of routes and of what is to fail: its hosts, their rules, its
 * mail, and what must then be true, each with its reason.  Pure.
 */
#ifndef FAULTPOST_DRAFT_H
#define FAULTPOST_DRAFT_H

#include "core/base/buf.h"
#include "core/routes/routes.h"
#include "core/smtp/stage.h"

enum draft_fault_kind {
	DRAFT_STATE, /* the network's view of the host */
	DRAFT_CUT,   /* a rule without a reply */
	DRAFT_CODE,  /* a reply */
};

/* "HOST=FAULT": refuse, silent or unreachable; drop, reset or stall, or a code,
 * of 421 to 599, each perhaps with "@STAGE". */
struct draft_fault {
	char *host; /* owned */
	enum draft_fault_kind kind;
	const char *word; /* STATE, CUT */
	int code;
	enum smtp_stage stage;
	bool is_used;
};
bool draft_fault_parse(
    const char *text, struct draft_fault *fault, struct err *err);
void draft_fault_fini(struct draft_fault *fault);

/* Appends the scenario.  Of routes those with hosts are taken, and with faults
 * only those that have one of the hosts that fail.  False with *err set: no
 * route is left, a fault's host is in none, or there are too many. */
bool draft_format(const struct routes *routes, struct draft_fault *faults,
    size_t fault_count, struct buf *out, struct err *err);

#endif

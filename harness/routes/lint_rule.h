/* SPDX-License-Identifier: MIT */
/*
 * The rules by which a routes table is checked.  A rule's number, its place in
 * the list, never changes and is not given again; texts may get better.
 */
#ifndef FAULTPOST_ROUTES_LINT_RULE_H
#define FAULTPOST_ROUTES_LINT_RULE_H

#include "core/base/buf.h"
#include "core/base/err.h"

enum lint_severity {
	LINT_NOTE,    /* worth knowing, and often meant so */
	LINT_WARNING, /* mail will go otherwise than one reads it */
	LINT_ERROR,   /* the table is refused, or mail is lost or bounces */
};
/* "note", "warning" or "error". */
const char *lint_severity_name(enum lint_severity severity);

/* R001 is LINT_SYNTAX, and so on. */
enum lint_rule_id {
	LINT_SYNTAX = 1,
	LINT_DUPLICATE_ROUTE,
	LINT_DUPLICATE_HOST,
	LINT_SHADOWED,
	LINT_REDUNDANT,
	LINT_NEVER_REACHED,
	LINT_SINGLE_HOST,
	LINT_SAME_ADDRESS,
	LINT_UNRESOLVED,
	LINT_NO_ANSWER,
	LINT_ANOTHER_ROUTE,
	LINT_USEDNS_FOR_ALL,
	LINT_USEDNS_PAST_ALL,
	LINT_USEDNS_IDLE,
	LINT_SELF,
	LINT_PRIORITY_LIKE_PORT,
	LINT_PORT_LIKE_PRIORITY,
	LINT_PRIVATE_ADDRESS,
	LINT_NO_HOST_ADDRESS,
	LINT_PARTIAL_ALONE,
	LINT_DISCARDS_ALL,
	LINT_CONTROLS_OF_HOST,
	LINT_FAMILY_LEFT_OUT,
	LINT_VERIFY_ADDRESS,
	LINT_LIMIT_BELOW_HOSTS,
	LINT_AUTH_IN_CLEAR,
	LINT_SUPPRESSION_UNKNOWN,
	LINT_SUPPRESSION_IDLE,
	LINT_RULE_END
};

struct lint_rule {
	const char *name; /* "duplicate-route" */
	enum lint_severity severity;
	const char *summary; /* a line */
	const char *why;     /* what follows from it, in sentences */
	const char *advice;  /* what to do */
};
const struct lint_rule *lint_rule_get(enum lint_rule_id id);
/* By "R012", "r12" or "usedns-for-all"; 0: there is none. */
enum lint_rule_id lint_rule_find(struct slice word);
/* Appends what `faultpost routes rule R012` prints. */
void lint_rule_explain(enum lint_rule_id id, struct buf *out);
/* Appends all of them: a line each, or a table in Markdown. */
void lint_rules_format(bool as_markdown, struct buf *out);
/* "R012" in `out`, which it returns. */
#define LINT_ID_MAX 8
char *lint_rule_id(enum lint_rule_id id, char out[LINT_ID_MAX]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a host made of one occasion after the other, as rules that make the same
 * of them: for scenarios that are made of a log.  Pure.
 */
#ifndef FAULTPOST_LOG_OCCASIONS_H
#define FAULTPOST_LOG_OCCASIONS_H

#include "core/base/utime.h"

#include <jansson.h>

enum log_outcome_kind {
	LOG_OUTCOME_WELL,
	LOG_OUTCOME_REPLY,
	LOG_OUTCOME_DROP,
	LOG_OUTCOME_RESET,
	LOG_OUTCOME_STALL,
	LOG_OUTCOME_DELAY,
	LOG_OUTCOME_NONSENSE, /* `reply`: in quotes, no reply */
	LOG_OUTCOME_TLS,      /* `reply`: the fault of the handshake */
};

/* What a host made of one occasion. */
struct log_outcome {
	enum log_outcome_kind kind;
	unsigned code;
	const char *reply; /* borrowed */
	utime delay;
};

/* The occasions of a stage, for one recipient or for all. */
struct log_occasions {
	const char *on, *to;    /* to: NULL: all */
	struct log_outcome *at; /* owned */
	size_t count, cap;
};

/* Notes the next occasion. */
void log_occasions_add(
    struct log_occasions *o, const struct log_outcome *outcome);
/* Appends a rule for each different outcome.  An occasion on which a rule
 * before it acts does not count for the next one. */
void log_occasions_rules(const struct log_occasions *o, json_t *rules);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * How a case gets its messages; see log_case.h.  For log_case*.c.
 */
#ifndef FAULTPOST_LOG_CASE_IMPL_H
#define FAULTPOST_LOG_CASE_IMPL_H

#include "harness/log/log_case.h"

/* Adds a message, and gives its index; NONE: there are too many. */
size_t log_case_message_add(
    struct log_case *c, const struct log_case_message *message);
/* The recipient of that RID, made if it is not there. */
struct log_case_recipient *log_case_recipient_get(
    struct log_case_message *m, uint64_t rid);
/* Adds the messages that the log does not show and that must have been. */
void log_case_assume(struct log_case *c);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * How a case gets its messages; see log_case.h.  For log_case*.c.
 */
#ifndef FAULTPOST_LOG_CASE_IMPL_H
#define FAULTPOST_LOG_CASE_IMPL_H

#include "harness/log/log_case.h"

#include <uthash.h>

/* A connection that is open. */
struct log_case_connection {
	struct {
		uint64_t dcid, appliance;
	} key;
	size_t opened; /* its event; NONE: the log has none */
	size_t host;   /* or NONE */
	utime started; /* the last message on it */
	UT_hash_handle hh;
};

/* The open connection of the record's DCID, or NULL. */
struct log_case_connection *log_case_connection_find(
    const struct log_case *c, const struct log_record *record);
/* A copy in the case's arena, without the log's escapes. */
const char *log_case_keep(struct log_case *c, struct slice escaped);
/* Takes a record that tells of TLS on a connection, if it is one. */
void log_case_take_tls(struct log_case *c, const struct log_record *record);

/* Takes a record that is one of log_case_mark_kind, if it is. */
void log_case_take_mark(struct log_case *c, const struct log_record *record);
/* Adds such a mark. */
void log_case_mark_add(struct log_case *c, enum log_case_mark_kind kind,
    const struct log_record *record, size_t message);

/* Adds a message, and gives its index; NONE: there are too many. */
size_t log_case_message_add(
    struct log_case *c, const struct log_case_message *message);
/* The recipient of that RID, made if it is not there. */
struct log_case_recipient *log_case_recipient_get(
    struct log_case_message *m, uint64_t rid);
/* Adds the messages that the log does not show and that must have been. */
void log_case_assume(struct log_case *c);

#endif

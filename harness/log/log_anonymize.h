/* SPDX-License-Identifier: MIT */
/*
 * Records without names: mailboxes, domains, hosts, public addresses, subjects
 * and what else people wrote have pseudonyms; numbers, moments, codes, and
 * which name is which stay, so that the log parses and is judged as before.
 * Pure.
 */
#ifndef FAULTPOST_LOG_ANONYMIZE_H
#define FAULTPOST_LOG_ANONYMIZE_H

#include "harness/log/log_reader.h"
#include "harness/log/pseudonym.h"

struct log_anonymizer {
	struct pseudonyms names;
	struct buf fields[MAILLOG_FIELD_COUNT];
	struct maillog_event event;
};

/* A zeroed anonymizer is ready. */
void log_anonymizer_fini(struct log_anonymizer *a);
/* The record with pseudonyms; valid until the next call. */
const struct maillog_event *log_anonymize_event(
    struct log_anonymizer *a, const struct maillog_event *ev);
/* Appends the record as a line, with what stood before its text: a syslog
 * server's words, with the appliance's name replaced, and its stamp. */
void log_anonymize_record(
    struct log_anonymizer *a, const struct log_record *record, struct buf *out);

#endif

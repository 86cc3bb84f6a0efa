/* SPDX-License-Identifier: MIT */
/*
 * A record of the mail log as an object of JSON Lines: what `faultpost log
 * parse` prints, for programs that read logs.  Texts are plain, without the
 * log's escapes and quotes.  Pure.
 */
#ifndef FAULTPOST_LOG_EVENT_H
#define FAULTPOST_LOG_EVENT_H

#include "core/maillog/maillog.h"

/*
 * Appends the object and an LF: `event` (a name of forms.h, or "unknown", whose
 * `text` is all of the record), `time` (RFC 3339: the log's own clock, read as
 * UTC), `line` (from 1, in which the record began), `level` where it names one,
 * and the fields that it has, by the names of MAILLOG_FIELDS.  Addresses are
 * without their brackets; `rids` is a list of numbers, `lines` one of texts;
 * moments are as `time` is, and a number above
 * 2^63 - 1 is a text.  Bytes that are no UTF-8 are written as \xNN.
 */
void log_event_format(
    const struct maillog_event *ev, uint64_t line, struct buf *out);

#endif

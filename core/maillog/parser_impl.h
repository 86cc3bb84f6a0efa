/* SPDX-License-Identifier: MIT */
/*
 * How the lines that were gathered become a record; see parser.h.  For
 * parser*.c.
 */
#ifndef FAULTPOST_MAILLOG_PARSER_IMPL_H
#define FAULTPOST_MAILLOG_PARSER_IMPL_H

#include "core/maillog/parser.h"

/* Reads a record's text, which is behind its stamp. */
void maillog_parser_read(const struct maillog_parser *p, struct slice text,
    const struct maillog_stamp *stamp, struct maillog_event *ev);
/* Reads the record of `given`, its lines joined without a space where only that
 * makes it one of a known form. */
void maillog_parser_join(struct maillog_parser *p, struct maillog_event *ev);
/* Takes off `given` what is behind a blank line, unless that is needed. */
void maillog_parser_settle(struct maillog_parser *p);

#endif

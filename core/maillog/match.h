/* SPDX-License-Identifier: MIT */
/*
 * Fits the text of a record to one pattern of the table.  Spaces in a pattern
 * stand for one or more in the text, and for none beside an empty value.  The
 * work is bounded whatever the text.
 */
#ifndef FAULTPOST_MAILLOG_MATCH_H
#define FAULTPOST_MAILLOG_MATCH_H

#include "core/maillog/maillog.h"

/* Sets the fields of the pattern and their bits of `present` in *ev, whose
 * fields must be zero; false when the text does not fit, and then fields may
 * be set all the same. */
bool maillog_match(
    const char *pattern, struct slice text, struct maillog_event *ev);

/* The literal word that the pattern begins with; empty when it begins with
 * anything else. */
struct slice match_pattern_word(const char *pattern);
/* Takes the first word, and the spaces behind it, off *rest. */
struct slice match_take_word(struct slice *rest);

#endif

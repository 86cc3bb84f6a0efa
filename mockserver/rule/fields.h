/* SPDX-License-Identifier: MIT */
/*
 * Values with a grammar of their own in the mock's tables: patterns, replies,
 * places.
 */
#ifndef FAULTPOST_MOCK_FIELDS_H
#define FAULTPOST_MOCK_FIELDS_H

#include "core/json/table.h"

/* Member: struct rule_pattern, living in the arena. */
extern const struct json_custom fields_pattern;
/* A line of a reply, its code, separator and templates being right.  Member:
 * struct slice. */
extern const struct json_custom fields_reply_line;

struct rule_reply;
/* Makes the reply of its lines, at least one. */
void fields_reply_make(struct rule_reply *reply, const struct slice *lines,
    size_t count, struct arena *arena);

/* Makes it of bytes, which it borrows. */
void fields_raw_make(struct rule_reply *reply, struct slice bytes);

/* "FILE:LINE:COL" of the value at `at`, in the arena. */
const char *fields_place(const struct json_at *at, struct arena *arena);

#endif

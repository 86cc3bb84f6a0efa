/* SPDX-License-Identifier: MIT */
/*
 * The queue of a relay, looked at or changed from outside: for `faultpost-relay
 * queue`.  Looking is harmless while the relay runs; whoever changes it must
 * see to it that none does, as a relay knows its queue by heart.
 */
#ifndef FAULTPOST_RELAY_SPOOL_TOOL_H
#define FAULTPOST_RELAY_SPOOL_TOOL_H

#include "core/base/buf.h"
#include "core/base/err.h"

struct spool_tool;

/* Opens the queue in that file, which must be there and be one of this
 * program; NULL with *err set when it is not. */
struct spool_tool *spool_tool_open(
    const char *path, bool may_write, struct err *err);
void spool_tool_close(struct spool_tool **tp);

/* Appends all messages and their recipients, as text or as a JSON object a
 * line. */
bool spool_tool_list(
    struct spool_tool *t, bool as_json, struct buf *out, struct err *err);
/* One of them, with its content behind an empty line (JSON: "content",
 * with other bytes than UTF-8 escaped); false with *err set when there is no
 * such MID. */
bool spool_tool_show(struct spool_tool *t, uint64_t mid, bool as_json,
    struct buf *out, struct err *err);
/* The waits of the message's recipients are over (mid 0: of all); how many
 * recipients that were. */
bool spool_tool_release(
    struct spool_tool *t, uint64_t mid, uint64_t *count, struct err *err);
/* The message is gone (mid 0: all are), without a word to anybody. */
bool spool_tool_delete(
    struct spool_tool *t, uint64_t mid, uint64_t *count, struct err *err);

#endif

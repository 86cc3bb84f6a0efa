/* SPDX-License-Identifier: MIT */
/*
 * A log as it is written, in words: what goes wrong, or everything.  Remembers
 * the connections that are open, and no more of them than the stories do.
 * Pure.
 */
#ifndef FAULTPOST_LOG_FOLLOW_H
#define FAULTPOST_LOG_FOLLOW_H

#include "harness/log/log_reader.h"

struct log_follower;

/* `is_all`: not only what goes wrong. */
struct log_follower *log_follower_new(bool is_all);
void log_follower_destroy(struct log_follower **fp);
/* Appends a line, or nothing: "2014-07-02 09:15:07  MID 9001  ...". */
void log_follower_take(
    struct log_follower *f, const struct log_record *record, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Messages as files of a maildir, which any mail reader opens: each is written
 * below tmp/, flushed to the disk, and only then linked into new/.
 */
#ifndef FAULTPOST_MOCK_CAPTURE_MAILDIR_H
#define FAULTPOST_MOCK_CAPTURE_MAILDIR_H

#include "core/base/err.h"
#include "mockserver/capture/capture.h"

/* A larger message is not delivered. */
#define MAILDIR_CONTENT_MAX ((size_t)256 << 20)

struct maildir;

/* Makes the folder and its tmp, new and cur unless they are there.  `unique` is
 * the part of names that no other program on this or another machine uses now.
 * NULL with *err set when they cannot be had. */
struct maildir *maildir_open(
    const char *path, const char *unique, struct err *err);
void maildir_close(struct maildir **mp);
/* Delivers the message, whose envelope becomes header fields before those that
 * it has; the rest is as it was received.  False with *err set when it could
 * not; nothing of it is left then. */
bool maildir_deliver(
    struct maildir *m, const struct capture_message *message, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a client asks about reports on its message (RFC 3461): when to notify
 * (NOTIFY), what to return (RET), and its own names for message and recipients
 * (ENVID, ORCPT), as the parameters of MAIL and RCPT say it.  Pure.
 */
#ifndef FAULTPOST_RELAY_NOTIFY_H
#define FAULTPOST_RELAY_NOTIFY_H

#include "core/base/buf.h"
#include "core/smtp/command.h"

/* Bits of a recipient; none: nothing was said. */
enum notify_when {
	NOTIFY_NEVER = 1 << 0,
	NOTIFY_SUCCESS = 1 << 1,
	NOTIFY_FAILURE = 1 << 2,
	NOTIFY_DELAY = 1 << 3,
};
enum notify_return {
	NOTIFY_RETURN_ANY, /* nothing was said */
	NOTIFY_RETURN_FULL,
	NOTIFY_RETURN_HEADERS,
};

struct notify_recipient {
	unsigned when; /* enum notify_when bits */
	char *orcpt;   /* owned; as given, in xtext; or NULL */
};
/* Of a message; NULL stands for one whose client has asked for nothing. */
struct notify {
	enum notify_return what;
	char *envid;                         /* owned; likewise */
	struct notify_recipient *recipients; /* owned; by RID */
	uint32_t count;                      /* those behind ask nothing */
};

/* Adds what MAIL, or RCPT for recipient `rid`, asks to *np, making it when it
 * is NULL and anything is asked.  The parameters have been checked. */
void notify_add_mail(struct notify **np, const struct smtp_command *command);
void notify_add_rcpt(
    struct notify **np, uint32_t rid, const struct smtp_command *command);
/* The same from values that were kept; empty ones ask nothing. */
void notify_set(
    struct notify **np, enum notify_return what, struct slice envid);
void notify_set_recipient(
    struct notify **np, uint32_t rid, unsigned when, struct slice orcpt);
void notify_destroy(struct notify **np);

/* Of a recipient; an empty one when nothing was asked. */
struct notify_recipient notify_of(const struct notify *n, uint32_t rid);
/* Whether the recipient's client wants that (one bit) reported; where it has
 * not said, as `preset` says. */
bool notify_wants(
    const struct notify *n, uint32_t rid, enum notify_when when, bool preset);

/* Append what the next host is to be told, as parameters each with a space in
 * front; nothing when nothing was asked. */
void notify_format_mail(struct buf *out, const struct notify *n);
void notify_format_rcpt(struct buf *out, const struct notify *n, uint32_t rid);

#endif

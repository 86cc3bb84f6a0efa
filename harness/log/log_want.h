/* SPDX-License-Identifier: MIT */
/*
 * What somebody asks a log for: a message, a connection, a mailbox, a domain,
 * or an IP address.  Pure.
 */
#ifndef FAULTPOST_LOG_WANT_H
#define FAULTPOST_LOG_WANT_H

#include "core/base/address.h"
#include "core/base/err.h"
#include "core/maillog/maillog.h"

enum log_want_kind {
	LOG_WANT_MID,
	LOG_WANT_DCID,
	LOG_WANT_MAILBOX, /* sender or recipient */
	LOG_WANT_DOMAIN,  /* of a recipient */
	LOG_WANT_ADDRESS, /* a host that mail was delivered to */
};

struct log_want {
	enum log_want_kind kind;
	uint64_t number;      /* MID, DCID */
	struct slice text;    /* MAILBOX, DOMAIN; borrowed */
	struct ip_address ip; /* ADDRESS */
};

/* Reads "9001", "MID 9001", "DCID 299" (or with ":" or "=" instead of the
 * space), "user@example.com", "example.com", "10.1.1.11"; false with *err set.
 */
bool log_want_parse(const char *word, struct log_want *want, struct err *err);
/* Whether the mailbox, as a record has it, is the one that is wanted, or is at
 * the domain that is. */
bool log_want_has_mailbox(const struct log_want *want, struct slice mailbox);
bool log_want_has_domain(const struct log_want *want, struct slice domain);
/* Whether the address of a record is the one that is wanted. */
bool log_want_has_address(const struct log_want *want, struct slice address);

/* A mailbox without its brackets; and what stands behind its "@". */
struct slice log_mailbox(struct slice logged);
struct slice log_mailbox_domain(struct slice logged);
/* Whether a routes table takes the domain, and a client can say the mailbox,
 * as they stand: a log may have any bytes there. */
bool log_domain_is_plain(struct slice name);
bool log_mailbox_is_plain(struct slice mailbox);

#endif

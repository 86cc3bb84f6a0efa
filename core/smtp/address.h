/* SPDX-License-Identifier: MIT */
/*
 * Mailbox addresses and paths as MAIL and RCPT carry them (RFC 5321, 4.1.2 and
 * 4.1.3; RFC 6531 for UTF-8).
 */
#ifndef FAULTPOST_SMTP_ADDRESS_H
#define FAULTPOST_SMTP_ADDRESS_H

#include "core/base/slice.h"

#define SMTP_LOCAL_PART_MAX 64  /* RFC 5321, 4.5.3.1.1 */
#define SMTP_DOMAIN_MAX     255 /* 4.5.3.1.2 */
#define SMTP_PATH_MAX       256 /* 4.5.3.1.3, with the brackets */

/* Borrowed from the text that was parsed. */
struct smtp_address {
	struct slice whole;  /* local-part@domain, without brackets and route */
	struct slice local;  /* as written, quotes included; empty: null path */
	struct slice domain; /* as written; "[...]" for a literal; may be empty
	                      * for <postmaster> only */
	bool is_utf8;        /* needs SMTPUTF8 */
};

/* Reads "<path>" at the start of `text` and says how many bytes it took; a
 * source route is read and dropped (RFC 5321, appendix C).  `null_allowed`
 * admits "<>" (reverse paths), otherwise <postmaster> without a domain is
 * admitted.  False when it breaks the grammar; *why (static text) says how. */
bool smtp_path_parse(struct slice text, bool null_allowed, bool utf8_allowed,
    struct smtp_address *address, size_t *used, const char **why);

/* The same for a bare "local@domain", the whole slice. */
bool smtp_address_parse(struct slice text, bool utf8_allowed,
    struct smtp_address *address, const char **why);

/* A host name as RFC 5321's Domain has it (letters, digits, hyphens, labels of
 * 1-63), or UTF-8 labels when allowed. */
bool smtp_domain_is_valid(struct slice domain, bool utf8_allowed);

#endif

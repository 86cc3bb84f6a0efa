/* SPDX-License-Identifier: MIT */
/*
 * Pseudonyms: the same one for the same name, whatever its case, for as long as
 * the table lives, and different ones for different names.  A domain below
 * another stays below it, so that what is matched by suffix still is.  Names
 * beyond those that the table takes have one that is made of them, by a key:
 * memory is bounded, whatever is in a log.  Pure.
 *
 *	jane@mail.example.com  ->  user1@d2.d1.com.example
 *	8.8.8.8                ->  198.18.0.1
 *	joe@shop.net           ->
 *user-5d41402abc4b2a76@d-6f1ed002ab559585.net...
 */
#ifndef FAULTPOST_PSEUDONYM_H
#define FAULTPOST_PSEUDONYM_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/map.h"

/* So many names are in the table. */
#define PSEUDONYMS_MOST ((size_t)250000)
#define PSEUDONYM_KEY   32

enum pseudonym_kind {
	PSEUDONYM_MAILBOX,
	PSEUDONYM_DOMAIN,
	PSEUDONYM_ADDRESS,
	PSEUDONYM_TEXT,
	PSEUDONYM_KINDS,
};

struct pseudonym {
	enum pseudonym_kind kind;
	const char *name, *pseudonym; /* of the table's arena */
};

struct pseudonyms {
	struct arena arena;
	struct map names[PSEUDONYM_KINDS]; /* name -> struct pseudonym */
	struct map locals;                 /* local parts -> struct pseudonym */
	struct pseudonym **order;          /* owned; as they were given */
	size_t count, cap;
	uint64_t users, labels, texts, v4, v6;
	/* Set these: bytes that nobody guesses, and, instead of
	 * PSEUDONYMS_MOST, how many names the table takes. */
	uint8_t key[PSEUDONYM_KEY];
	size_t most;
	uint64_t derived; /* pseudonyms that were given without the table */

	/* Private from here. */
	struct pseudonym spare; /* the last one that the table did not take */
	struct buf spare_text;
	struct evp_md_ctx_st *digest; /* owned */
	uint8_t *met; /* owned; local parts that the table did not take */
};

/* A zeroed table is empty. */
void pseudonyms_fini(struct pseudonyms *p);

/* Appends the pseudonym of a mailbox without brackets; the null path and
 * postmaster stay what they are. */
void pseudonym_mailbox(
    struct pseudonyms *p, struct slice mailbox, struct buf *out);
/* Of a domain or a host's name.  The top level of the Internet stays; what is
 * no name at all (no letter in it) stays, too. */
void pseudonym_domain(
    struct pseudonyms *p, struct slice domain, struct buf *out);
/* Of an IP address: one of a private network, or for documentation, says
 * nothing of anybody and stays; so does what is no address. */
void pseudonym_address(
    struct pseudonyms *p, struct slice address, struct buf *out);
/* Of any other text, as a subject: "text 1". */
void pseudonym_text(struct pseudonyms *p, struct slice text, struct buf *out);
/* Appends prose in which mailboxes, names of hosts, addresses, and local parts
 * that are known are replaced; escapes of a log stay whole. */
void pseudonym_prose(struct pseudonyms *p, struct slice text, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Transfers in OpenSMTPD's log: envelopes that wait in line for a relay, and
 * its sessions, which take them one message after the other and tell their
 * dialogue.  For reader_opensmtpd.c.
 */
#ifndef FAULTPOST_OPENSMTPD_TRANSFER_H
#define FAULTPOST_OPENSMTPD_TRANSFER_H

#include "harness/live/reader.h"

#define OPENSMTPD_ID_LEN      16 /* of an envelope, in hexadecimal */
#define OPENSMTPD_MESSAGE_LEN 8  /* what of it is its message's */

/* What is to go to a relay, of one message. */
struct opensmtpd_task {
	char *message;    /* owned */
	char **envelopes; /* owned */
	size_t count, cap;
};

struct opensmtpd_relay {
	char *key;                    /* owned: "[relay:example.com,smtp]" */
	struct opensmtpd_task *tasks; /* owned; in their order */
	size_t count, cap;
	UT_hash_handle hh;
};

struct opensmtpd_session {
	char *key; /* owned: its address in the process */
	char *id;  /* owned: as lines without a trace name it; NULL: not yet */
	char *relay, *domain; /* owned */
	struct endpoint at;
	bool is_trying;   /* to connect there */
	bool has_content; /* the transaction is at DATA, or further */
	UT_hash_handle hh;
};

struct opensmtpd_transfer {
	struct opensmtpd_relay *relays;     /* owned */
	struct opensmtpd_session *sessions; /* owned */
	char *envelope; /* owned: received, for a relay to be named */
	char *id;       /* owned: connecting, for a session to be named */
	struct endpoint at;
};

/* Which recipient an envelope is; SIZE_MAX: it is not known. */
typedef size_t opensmtpd_rid_of(
    void *owner, struct reader *r, struct slice envelope);

void opensmtpd_transfer_fini(struct opensmtpd_transfer *t);
/* "debug: mta: ..." and "mta: ...", from behind that. */
void opensmtpd_transfer_trace(struct opensmtpd_transfer *t, struct reader *r,
    struct slice text, opensmtpd_rid_of *rid_of, void *owner);
/* What session `id` says, behind "mta ". */
void opensmtpd_transfer_says(struct opensmtpd_transfer *t, struct reader *r,
    struct slice id, struct slice text);
/* What broke it. */
void opensmtpd_transfer_broke(struct opensmtpd_transfer *t, struct reader *r,
    struct slice id, struct slice why);
/* "[relay:...], 12, ...": all that is in line for it is given up for now. */
void opensmtpd_transfer_flush(struct opensmtpd_transfer *t, struct slice text);
/* That of the id; NULL: it has ended. */
struct opensmtpd_session *opensmtpd_session_find(
    struct opensmtpd_transfer *t, struct slice id);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The inside of invariant_witness.c: connections as the two witnesses tell of
 * them, and which of one is which of the other.
 */
#ifndef FAULTPOST_WITNESS_IMPL_H
#define FAULTPOST_WITNESS_IMPL_H

#include "harness/judge/invariant_sending.h"

struct pair {
	uint64_t dcid, connection; /* 0: not known (yet) */
	struct list node;          /* of its meeting while it is alone */
	struct endpoint at;
	struct ledger_moment opened; /* in the log */
	utime opened_at;             /* in the transcript */
	const char *host;            /* borrowed from the plan; or NULL */
	bool log_ended, seen_ended;
	bool host_spoke, client_spoke; /* a whole line; anything */
	bool lost;                /* the log: its last message had no answer */
	bool client_went_on;      /* since its last message was answered */
	bool is_secured;          /* the transcript: under TLS */
	bool sent_in_clear;       /* the transcript: a message before that */
	bool needs_tls;           /* the log: the domain's mail does */
	utime message_at;         /* the last one that was answered */
	struct ip_address client; /* in the transcript */
	struct buf violation;     /* the first one while it was a stranger's */
	utime violated_at;
	struct sendings sendings;
	UT_hash_handle by_dcid, by_connection;
};

/* The connections to one endpoint that only one witness has told of. */
struct meeting {
	struct endpoint_key key;
	struct list logged, seen; /* of pairs, the oldest first */
	uint64_t unheard;         /* connects that failed, without a New line */
	UT_hash_handle hh;
};

#define WITNESS_INTERFACES_MAX 64
/* Connections of strangers; more are not looked at. */
#define WITNESS_STRANGERS_MAX 4096

struct witness {
	struct invariants *v;                 /* borrowed */
	struct meeting *meetings;             /* owned */
	struct pair *by_dcid, *by_connection; /* own the pairs */
	uint64_t alone; /* pairs of the log without a transcript */
	bool has_transcript, has_log, is_late;
	bool is_apart; /* behind a gap of the log */
	/* Of the relay, as the log names them beside the plan's. */
	struct ip_address interfaces[WITNESS_INTERFACES_MAX];
	size_t interface_count;
	size_t stranger_count;
	utime seen_last; /* of the relay, in the transcript */
	utime restarted; /* when the relay started again last */
};

/* ---- witness_client.c ---- */

/* Whether that is the relay, as far as is known. */
bool witness_knows(const struct witness *w, const struct ip_address *client);
/* The interface that a line of the log names; nothing if it is no address. */
void witness_note_interface(struct witness *w, struct slice name);
/* The oldest of those that only a transcript has told of which is the relay's;
 * NULL: none. */
struct pair *witness_next_seen(
    const struct witness *w, const struct meeting *m);
/* Whether a connection is to be kept: the relay's always. */
bool witness_takes_stranger(struct witness *w, const struct ip_address *client);
/* A violation is charged, or kept while it is a stranger's. */
void witness_violation(
    struct witness *w, struct pair *p, const struct transcript_event *ev);
/* It is the relay's: what was kept is charged. */
void witness_recognize(struct witness *w, struct pair *p);

#endif

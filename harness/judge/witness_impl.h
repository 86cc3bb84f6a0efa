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
	bool lost;           /* the log: its last message had no answer */
	bool client_went_on; /* since its last message was answered */
	bool is_secured;     /* the transcript: under TLS */
	bool sent_in_clear;  /* the transcript: a message before that */
	bool needs_tls;      /* the log: the domain's mail does */
	utime message_at;    /* the last one that was answered */
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

struct witness {
	struct invariants *v;                 /* borrowed */
	struct meeting *meetings;             /* owned */
	struct pair *by_dcid, *by_connection; /* own the pairs */
	uint64_t alone; /* pairs of the log without a transcript */
	bool has_transcript, has_log, is_late;
	bool is_apart;   /* behind a gap of the log */
	utime restarted; /* when the relay started again last */
};

#endif

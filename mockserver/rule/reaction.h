/* SPDX-License-Identifier: MIT */
/*
 * What a host does on an occasion, as a value that can be printed and tested:
 * the bytes of its answer, when they go, and how the connection fares behind
 * them.  Without a rule it is what a well-behaved server does within the host's
 * limits.  Pure.
 */
#ifndef FAULTPOST_MOCK_REACTION_H
#define FAULTPOST_MOCK_REACTION_H

#include "mockserver/hosts.h"

/* All that an answer depends on.  Borrowed for the call. */
struct situation {
	const struct mock_host *host;
	const struct occasion *occasion;
	/* What the session finds wrong with the command; code 0: nothing. */
	struct smtp_syntax_error wrong;
	uint64_t connection;  /* its number: part of the message's identifier */
	uint64_t connections; /* open at the host, this one included */
	uint64_t messages;    /* accepted on this connection */
	uint64_t recipients;  /* accepted in this transaction */
	bool is_secured;      /* the dialogue is under TLS */
	struct smtp_syntax_error login; /* AUTH: the answer */
	enum mock_tls_kind tls;         /* TLS: what was decided at STARTTLS */
	const struct rule_throughout *throughout; /* in force; or NULL */
	uint64_t dice;                            /* of garbage */
};

struct reaction {
	utime delay;            /* before anything else */
	struct slice bytes;     /* borrowed from the buffer, until it changes */
	bool is_whole;          /* the bytes are all of the answer */
	bool is_endless;        /* they are sent again and again */
	int code;               /* of the answer, for smtp_server_answer(); for
	                         * CONNECT and TLS 220, for BODY 0 when there is
	                         * none */
	bool is_handshake;      /* TLS is to begin behind it ... */
	enum mock_tls_kind tls; /* ... and becomes this; at STARTTLS, too */
	struct rule_drip drip;
	enum rule_ending ending;
	utime stall; /* STALL, which begins behind the bytes: until FIN;
	                UTIME_NEVER: for good */
	const struct rule *rule; /* that acted, or NULL */
};

/* What the host does when `rule`, on its `n`-th occasion, acts; `rule` NULL:
 * when none does.  The bytes are appended to `out`. */
void reaction_make(struct reaction *r, const struct situation *s,
    const struct rule *rule, uint64_t n, struct buf *out);
/* "after 5s, 452 \"452 4.3.1 full\\r\\n\", close", for people and tests. */
void reaction_format(const struct reaction *r, struct buf *out);

#endif

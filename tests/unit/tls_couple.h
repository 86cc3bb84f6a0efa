/* SPDX-License-Identifier: MIT */
/* Two sessions in memory, and what they say to each other. */
#ifndef FAULTPOST_TESTS_TLS_COUPLE_H
#define FAULTPOST_TESTS_TLS_COUPLE_H

#include "core/tls/session.h"
#include "tests/unit/tls_people.h"

struct couple {
	struct tls_session *client, *server;
	struct buf heard[2]; /* plaintext, by the client, by the server */
	size_t piece;        /* bytes move in pieces of at most so many */
};

static inline bool
carry(struct couple *c, struct tls_session *from, struct tls_session *to,
    struct buf *heard)
{
	struct slice out = tls_session_out(from), plain;
	struct buf copy = { 0 };
	bool moved = out.len > 0;

	buf_append(&copy, out);
	tls_session_sent(from);
	for (out = buf_slice(&copy); out.len > 0;
	     out = slice_skip(out, c->piece)) {
		enum tls_state before;

		tls_session_feed(to, slice_sub(out, 0, c->piece));
		do {
			before = tls_session_state(to);
			plain = tls_session_read(to);
			buf_append(heard, plain);
		} while (plain.len > 0 || tls_session_state(to) != before);
	}
	buf_fini(&copy);
	return moved;
}

static inline void
talk(struct couple *c)
{
	bool moved;

	do {
		moved = carry(c, c->client, c->server, &c->heard[1]);
		moved |= carry(c, c->server, c->client, &c->heard[0]);
	} while (moved);
}

static inline void
couple_fini(struct couple *c)
{
	tls_session_destroy(&c->client);
	tls_session_destroy(&c->server);
	buf_fini(&c->heard[0]);
	buf_fini(&c->heard[1]);
}

#endif

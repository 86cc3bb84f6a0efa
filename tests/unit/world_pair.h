/* SPDX-License-Identifier: MIT */
/*
 * Two peers that write down what a world tells them, for the tests of the
 * worlds: a client that connects, and a server made by an accept.  A test gives
 * each a reaction, runs the world until a condition holds, and looks.
 */
#ifndef FAULTPOST_TESTS_WORLD_PAIR_H
#define FAULTPOST_TESTS_WORLD_PAIR_H

#include "core/base/buf.h"
#include "core/world/world.h"
#include "tests/unit/kit.h"

enum moment {
	ON_ACCEPT,
	ON_CONNECTED,
	ON_INPUT,
	ON_DRAINED,
	ON_EOF,
	ON_FAILURE,
	ON_SECURED,
	ON_STOPPED,
};
#define MOMENTS (ON_STOPPED + 1)

struct pair;

struct peer {
	struct pair *pair;
	struct stream *s; /* NULL once given back */
	struct buf got;
	unsigned count[MOMENTS];
	utime at[MOMENTS]; /* of the last of each */
	enum net_failure why;
	void (*react)(struct peer *p, enum moment m); /* may be NULL */
};

struct pair {
	struct world *w;
	struct listener *l;
	struct peer client, server;
	bool (*until)(const struct pair *k); /* NULL: until nothing happens */
	struct timer patience;
	bool gave_up;
};

static inline void
peer_note(struct peer *p, enum moment m)
{
	struct pair *k = p->pair;

	p->count[m]++;
	p->at[m] = world_now(k->w);
	if (p->react != NULL)
		p->react(p, m);
	if (k->until != NULL && k->until(k))
		world_stop(k->w);
}

static inline void
peer_on_connected(void *owner)
{
	peer_note(owner, ON_CONNECTED);
}

static inline void
peer_on_input(void *owner, struct slice bytes)
{
	struct peer *p = owner;

	assert_true(bytes.len > 0);
	buf_append(&p->got, bytes);
	peer_note(p, ON_INPUT);
}

static inline void
peer_on_drained(void *owner)
{
	peer_note(owner, ON_DRAINED);
}

static inline void
peer_on_eof(void *owner)
{
	peer_note(owner, ON_EOF);
}

static inline void
peer_on_failure(void *owner, enum net_failure why)
{
	struct peer *p = owner;

	p->why = why;
	peer_note(p, ON_FAILURE);
}

static inline void
peer_on_secured(void *owner, const struct tls_verdict *verdict)
{
	struct peer *p = owner;

	assert_ptr_equal(stream_tls_verdict(p->s), verdict);
	peer_note(p, ON_SECURED);
}

static inline void
peer_on_stopped(void *owner)
{
	peer_note(owner, ON_STOPPED);
}

static const struct stream_handler peer_handler = {
	.on_connected = peer_on_connected,
	.on_input = peer_on_input,
	.on_drained = peer_on_drained,
	.on_eof = peer_on_eof,
	.on_failure = peer_on_failure,
	.on_secured = peer_on_secured,
	.on_stopped = peer_on_stopped,
};

static inline void
peer_close(struct peer *p)
{
	if (p->s != NULL)
		stream_close(p->s);
	p->s = NULL;
}

static inline void
peer_reset(struct peer *p)
{
	if (p->s != NULL)
		stream_reset(p->s);
	p->s = NULL;
}

static inline void
pair_on_accept(void *owner, struct stream *s)
{
	struct pair *k = owner;

	assert_null(k->server.s);
	k->server.s = s;
	stream_attach(s, &peer_handler, &k->server);
	peer_note(&k->server, ON_ACCEPT);
}

static inline void
pair_on_patience(struct timer *t)
{
	struct pair *k = CONTAINER_OF(t, struct pair, patience);

	k->gave_up = true;
	world_stop(k->w);
}

/* Listens at `at` (port 0: any). */
static inline void
pair_init(struct pair *k, struct world *w, const struct endpoint *at)
{
	struct err err;

	*k = (struct pair){ .w = w };
	k->client.pair = k->server.pair = k;
	k->patience.fire = pair_on_patience;
	k->l = world_listen(w, at, pair_on_accept, k, &err);
	if (k->l == NULL)
		fail_msg("%s", err.msg);
}

static inline void
pair_connect(struct pair *k)
{
	k->client.s = world_connect(
	    k->w, NULL, listener_local(k->l), &peer_handler, &k->client);
}

/* Runs until the condition holds; it must come within a minute. */
static inline void
pair_run(struct pair *k, bool (*until)(const struct pair *k))
{
	struct err err = { 0 };

	k->until = until;
	k->gave_up = false;
	if (until != NULL)
		timer_set(k->w, &k->patience, world_now(k->w) + UTIME_MINUTE);
	if (!world_run(k->w, &err))
		fail_msg("%s", err.msg);
	timer_stop(k->w, &k->patience);
	if (k->gave_up)
		fail_msg("what the test waits for did not happen");
	if (until != NULL)
		assert_true(until(k));
}

/* Gives back what is still held; the world ends with it. */
static inline void
pair_fini(struct pair *k)
{
	peer_reset(&k->client);
	peer_reset(&k->server);
	if (k->l != NULL)
		listener_close(k->l);
	buf_fini(&k->client.got);
	buf_fini(&k->server.got);
	timer_stop(k->w, &k->patience);
	world_destroy(&k->w);
}

static inline void
assert_got(const struct peer *p, const char *text)
{
	struct slice got = buf_slice(&p->got);

	assert_int_equal(got.len, strlen(text));
	assert_memory_equal(got.at, text, got.len);
}

#endif

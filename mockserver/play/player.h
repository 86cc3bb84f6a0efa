/* SPDX-License-Identifier: MIT */
/*
 * One connection of a mock host: takes what the client sends to the session,
 * asks the host's rules, and plays what they or a well-behaved server do, with
 * its delays and endings.  Only the mock's own files include this.
 */
#ifndef FAULTPOST_MOCK_PLAYER_H
#define FAULTPOST_MOCK_PLAYER_H

#include "core/base/list.h"
#include "core/transcript/transcript.h"
#include "core/world/world.h"
#include "mockserver/capture/capture.h"
#include "mockserver/hosts.h"
#include "mockserver/mock_rules.h"
#include "mockserver/mock_tls.h"

struct site;

/* What all players of a mock share. */
struct player_cast {
	struct world *world;         /* borrowed */
	struct transcript_sink sink; /* on_event NULL: none */
	struct list players;
	struct mock_tls *tls;    /* borrowed; NULL: no host offers it */
	struct capture *capture; /* borrowed; NULL: messages are not kept */
	uint64_t connections;    /* opened so far */
	/* A connection of that site has ended. */
	void (*on_left)(void *owner, struct site *site);
	void *owner;
};

/* A host at work. */
struct spot;
struct site {
	struct list link;             /* of mock.retired, or of no list */
	struct player_cast *cast;     /* borrowed */
	const struct mock_host *host; /* borrowed */
	struct rule_book *book;       /* owned */
	struct site_rules rules;
	struct spot **spots; /* owned; [address index] */
	enum mock_host_state state;
	size_t connections; /* open now */
	uint64_t opened;    /* so far */
	uint64_t messages;  /* accepted so far */
	bool is_staying;    /* for mock_reload.c */
};

/* Plays a connection that was accepted at `server` (the scenario's address);
 * it ends by itself. */
void player_open(
    struct site *site, const struct endpoint *server, struct stream *stream);
/* The site has another book. */
void players_set_book(struct site *site);
/* Resets every connection. */
void players_abort(struct player_cast *cast);

#endif

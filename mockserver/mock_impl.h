/* SPDX-License-Identifier: MIT */
/*
 * The inside of the mock server, shared by mock.c and the admin API.  For
 * nobody else.
 */
#ifndef FAULTPOST_MOCK_IMPL_H
#define FAULTPOST_MOCK_IMPL_H

#include "mockserver/mock.h"
#include "mockserver/play/player.h"

/* One address of a host. */
struct spot {
	struct site *site;
	struct endpoint at;        /* as the scenario says */
	struct listener *listener; /* owned; NULL: does not listen */
	struct endpoint last; /* where it listened before; port 0: nowhere */
};

struct mock {
	struct player_cast cast;
	const struct mock_hosts *hosts; /* borrowed: those of now */
	struct mock_options options;
	struct site **sites; /* owned; [host index] */
	struct list retired; /* of struct site: others, until they are idle */
	struct spot local;   /* of mock_listen_local(), at a path */
	struct rule_machine machine; /* the state that hosts share */
	uint64_t next_rule_id;
};

/* A host at work that does not listen yet. */
struct site *mock_site_new(struct mock *m, const struct mock_host *host);
/* Closes its addresses; it must have no connections. */
void mock_site_destroy(struct site **sp);
/* Listens at all of the site's addresses, or at none: false with *err set. */
bool mock_site_open(struct mock *m, struct site *site, struct err *err);
void mock_site_close(struct site *site);
/* Brings the site into that state; false with *err set when it cannot be. */
bool mock_site_set(struct mock *m, struct site *site,
    enum mock_host_state state, struct err *err);
/* Gives a site an address that another one listens at; it is what the site's
 * host and state make of it. */
void mock_spot_take(struct spot *spot, struct site *site);
/* The same for one address. */
bool mock_spot_open(struct mock *m, struct spot *spot, struct err *err);
/* Makes certificates possible when one of the hosts offers TLS. */
void mock_make_tls(struct mock *m);

#endif

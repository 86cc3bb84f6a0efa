/* SPDX-License-Identifier: MIT */
/*
 * The inside of the mock server, shared by mock.c and the admin API.  For
 * nobody else.
 */
#ifndef FAULTPOST_MOCK_IMPL_H
#define FAULTPOST_MOCK_IMPL_H

#include "mockserver/mock.h"
#include "mockserver/player.h"

/* One address of a host. */
struct spot {
	struct site *site;
	struct endpoint at;        /* as the scenario says */
	struct listener *listener; /* owned; NULL: does not listen */
	struct endpoint last; /* where it listened before; port 0: nowhere */
};

struct mock {
	struct player_cast cast;
	const struct mock_hosts *hosts; /* borrowed */
	struct mock_options options;
	struct site *sites; /* owned; [host index] */
	struct spot *spots; /* owned; those of host h begin at first_spot[h] */
	size_t *first_spot; /* owned; [host count] is the number of all */
	struct rule_machine machine; /* the state that hosts share */
	uint64_t next_rule_id;
};

#endif

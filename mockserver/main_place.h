/* SPDX-License-Identifier: MIT */
/* Where the daemon really serves the addresses of a scenario.  For main.c. */
#ifndef FAULTPOST_MOCK_MAIN_PLACE_H
#define FAULTPOST_MOCK_MAIN_PLACE_H

#include "mockserver/hosts.h"

#define PLACING_MAPS_MAX 1000

/* A --map: where an endpoint of the scenario is really bound. */
struct placing_map {
	struct endpoint from, to;
};

struct placing {
	struct placing_map maps[PLACING_MAPS_MAX];
	size_t map_count;
	struct ip_address bind; /* of the ports below */
	bool bind_real;         /* other than loopback is allowed */
	bool has_base_port;
	uint64_t base_port;             /* 0: free ports */
	const struct mock_hosts *hosts; /* borrowed */
};

/* "10.1.1.11:25=127.0.0.1:2511"; false with *err set. */
bool placing_add_map(struct placing *p, const char *value, struct err *err);
/* The address of ports that are the mock's to choose. */
bool placing_set_bind(struct placing *p, const char *value, struct err *err);
/* Whether an address may be had: of this machine only, unless others are
 * allowed.  False with *err set, which names the option. */
bool placing_may_bind(const struct placing *p, const struct ip_address *ip,
    const char *option, struct err *err);
/* Takes the hosts (borrowed): maps must begin at one of their addresses, and
 * there must be ports for all. */
bool placing_check(
    struct placing *p, const struct mock_hosts *hosts, struct err *err);
/* For struct mock_options. */
struct endpoint placing_place(void *owner, const struct endpoint *at);

#endif

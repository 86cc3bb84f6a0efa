/* SPDX-License-Identifier: MIT */
/* The addresses of a live run, and what the network makes of them; see
 * live_impl.h. */
#include "core/world/world_ev_loopback.h"
#include "harness/live/live_impl.h"

const struct endpoint live_name_server = { { 4, { 127, 0, 0, 1 } }, 53 };

static bool
set_address(struct live *live, const struct ip_address *ip, bool is_there,
    struct err *err)
{
	/* Elsewhere it is not ours to change. */
	if (live->options->elsewhere != NULL)
		return true;
	return live->places != NULL
	    ? world_places_set(live->places, ip, is_there, err)
	    : world_loopback_set(ip, is_there, err);
}

static bool
put_cast(struct live *live, struct err *err)
{
	const struct plan *plan = live->plan;
	static const struct ip_address cast[] = { PLAN_RELAY_ADDRESS,
		PLAN_INJECTOR_ADDRESS, PLAN_SENDER_ADDRESS };

	for (size_t i = 0; i < ARRAY_LEN(cast); i++)
		if (!set_address(live, &cast[i], true, err))
			return false;
	for (size_t i = 0; i < plan->inject_count; i++)
		if (!set_address(live, &plan->injects[i].client, true, err))
			return false;
	for (size_t i = 0; i < plan->relay.listeners.count; i++)
		if (!set_address(
			live, &plan->relay.listeners.at[i].at.ip, true, err))
			return false;
	return ip_is_none(&plan->relay.interface_v6) ||
	    set_address(live, &plan->relay.interface_v6, true, err);
}

static bool
put_hosts(struct live *live, struct err *err)
{
	const struct plan *plan = live->plan;

	for (size_t i = 0; i < plan->hosts.count; i++) {
		const struct mock_host *h = &plan->hosts.at[i];

		for (size_t k = 0; k < h->addresses.count; k++)
			if (!set_address(live, &h->addresses.at[k], true, err))
				return false;
	}
	return true;
}

bool
live_set_host(
    struct live *live, size_t host, enum mock_host_state state, struct err *err)
{
	const struct mock_host *h = &live->plan->hosts.at[host];

	for (size_t i = 0; i < h->addresses.count; i++)
		if (!set_address(live, &h->addresses.at[i],
			state != MOCK_HOST_UNREACHABLE, err))
			return false;
	return mock_set_host_state(live->mock, slice_cstr(h->name), state, err);
}

bool
live_network_hide(struct live *live, struct err *err)
{
	const struct mock_hosts *hosts = &live->plan->hosts;

	for (size_t i = 0; i < hosts->count; i++)
		if (hosts->at[i].state == MOCK_HOST_UNREACHABLE &&
		    !live_set_host(live, i, MOCK_HOST_UNREACHABLE, err))
			return false;
	return true;
}

bool
live_network_begin(struct live *live, struct err *err)
{
	if (live->options->is_bare) {
		live->places = world_places_new(err);
		if (live->places == NULL ||
		    !set_address(live, &live_name_server.ip, true, err))
			return false;
	}
	return put_cast(live, err) && put_hosts(live, err);
}

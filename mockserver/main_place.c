/* SPDX-License-Identifier: MIT */
/* From addresses of the scenario to those of this machine; see main_place.h. */
#include "mockserver/main_place.h"

bool
placing_may_bind(const struct placing *p, const struct ip_address *ip,
    const char *option, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (p->bind_real || ip_is_loopback(ip))
		return true;
	return err_set(err,
	    "--%s %s can be reached from elsewhere; expected an address such "
	    "as 127.0.0.1, or --bind-real before it",
	    option, ip_format(ip, text));
}

bool
placing_add_map(struct placing *p, const char *value, struct err *err)
{
	struct slice rest = slice_cstr(value), from;
	struct placing_map *m = &p->maps[p->map_count];

	slice_split(&rest, '=', &from);
	if (!endpoint_parse(from, 25, &m->from) ||
	    !endpoint_parse(rest, -1, &m->to))
		return err_set(err,
		    "--map %s is wrong; expected one as "
		    "10.1.1.11:25=127.0.0.1:2511",
		    value);
	if (p->map_count + 1 == PLACING_MAPS_MAX)
		return err_set(err, "--map is given too often");
	p->map_count++;
	return placing_may_bind(p, &m->to.ip, "map", err);
}

bool
placing_set_bind(struct placing *p, const char *value, struct err *err)
{
	if (!ip_parse(slice_cstr(value), &p->bind))
		return err_set(err, "--bind %s is no IP address", value);
	return placing_may_bind(p, &p->bind, "bind", err);
}

/* Which address of the scenario it is, counted over all hosts. */
static size_t
endpoint_number(const struct mock_hosts *hosts, const struct endpoint *at)
{
	size_t n = 0;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *h = &hosts->at[i];

		for (size_t j = 0; j < h->addresses.count; j++, n++)
			if (h->port == at->port &&
			    ip_equal(&h->addresses.at[j], &at->ip))
				return n;
	}
	return n;
}

struct endpoint
placing_place(void *owner, const struct endpoint *at)
{
	const struct placing *p = owner;
	struct endpoint real = { p->bind, 0 };

	for (size_t i = 0; i < p->map_count; i++)
		if (endpoint_equal(&p->maps[i].from, at))
			return p->maps[i].to;
	if (p->bind_real)
		return *at;
	/* Addresses of this machine stay, with a port of the mock's choice
	 * when that is asked for. */
	if (ip_is_loopback(&at->ip)) {
		real.ip = at->ip;
		real.port =
		    p->has_base_port && p->base_port == 0 ? 0 : at->port;
		return real;
	}
	if (p->base_port != 0)
		real.port =
		    (uint16_t)(p->base_port + endpoint_number(p->hosts, at));
	return real;
}

/* A map from nowhere would be a slip that nobody notices. */
static bool
check_maps(const struct placing *p, size_t none, struct err *err)
{
	char from[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < p->map_count; i++)
		if (endpoint_number(p->hosts, &p->maps[i].from) == none)
			return err_set(err,
			    "--map %s: no host of the scenario has this "
			    "address and port",
			    endpoint_format(&p->maps[i].from, from));
	return true;
}

bool
placing_check(
    struct placing *p, const struct mock_hosts *hosts, struct err *err)
{
	const struct endpoint nowhere = { { 0 }, 0 };
	const size_t count = endpoint_number(hosts, &nowhere);

	p->hosts = hosts;
	if (p->base_port + count > 65536)
		return err_set(err,
		    "--base-port %llu leaves no room for %zu addresses below "
		    "65536",
		    (unsigned long long)p->base_port, count);
	return check_maps(p, count, err);
}

/* SPDX-License-Identifier: MIT */
/* Destination addresses, up and down; see host.h. */
#include "relay/deliver/host.h"

#include "relay/deliver/retry.h"

void
hosts_fini(struct hosts *hosts)
{
	struct host *h, *next;

	HASH_ITER(hh, hosts->table, h, next)
	{
		HASH_DEL(hosts->table, h);
		free(h);
	}
}

/* So that addresses that came once do not fill the memory. */
static void
hosts_forget(struct hosts *hosts)
{
	struct host *h, *next;

	HASH_ITER(hh, hosts->table, h, next)
	{
		if (h->uses > 0)
			continue;
		HASH_DEL(hosts->table, h);
		free(h);
	}
	hosts->look_at = 2 * (size_t)HASH_COUNT(hosts->table);
	if (hosts->look_at < HOSTS_KEPT)
		hosts->look_at = HOSTS_KEPT;
}

struct host *
hosts_get(struct hosts *hosts, const struct endpoint *at)
{
	struct endpoint key;
	struct host *h;

	memset(&key, 0, sizeof(key));
	key.ip.family = at->ip.family;
	memcpy(key.ip.bytes, at->ip.bytes, sizeof(key.ip.bytes));
	key.port = at->port;
	HASH_FIND(hh, hosts->table, &key, sizeof(key), h);
	if (h != NULL)
		return h;
	if (HASH_COUNT(hosts->table) >= hosts->look_at)
		hosts_forget(hosts);
	h = xcalloc(1, sizeof(*h));
	memcpy(&h->at, &key, sizeof(key));
	HASH_ADD(hh, hosts->table, at, sizeof(h->at), h);
	return h;
}

bool
host_is_eligible(const struct host *h, utime now)
{
	return !h->is_down || now >= h->probe_at;
}

static utime
probe_interval(const struct relay_delivery *d, uint32_t failures)
{
	return retry_doubled(
	    d->host_retry_initial, d->host_retry_max, failures);
}

void
host_on_connect(struct host *h, const struct relay_delivery *d, utime now)
{
	if (h->is_down)
		h->probe_at =
		    utime_add(now, probe_interval(d, h->failures + 1));
}

void
host_on_down(struct host *h, const struct relay_delivery *d, utime now)
{
	h->is_down = true;
	h->failures++;
	h->probe_at = utime_add(now, probe_interval(d, h->failures));
}

void
host_on_up(struct host *h)
{
	h->is_down = false;
	h->failures = 0;
}

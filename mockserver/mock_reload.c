/* SPDX-License-Identifier: MIT */
/*
 * Another set of hosts while the mock is at work.  First everything that can
 * fail is done beside what is there; what is left then cannot fail.
 */
#include "mockserver/mock_impl.h"

/* Something of the old hosts, sorted to be found. */
struct named {
	const char *name;
	struct site *site;
};
struct placed {
	struct endpoint at;
	struct spot **slot; /* where the spot is kept */
};

struct reload {
	struct mock *mock;
	const struct mock_hosts *hosts; /* the new ones */
	struct named *names;            /* owned */
	struct site **sites;            /* owned; [index of the new host] */
	struct placed *places; /* owned; of old sites that do not stay */
	size_t place_count;
	struct mock_change change;
};

static int
compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
compare_places(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return endpoint_compare(&x->at, &y->at);
}

static bool
is_among(const struct mock_hosts *hosts, const struct mock_host *host)
{
	const uintptr_t at = (uintptr_t)host, first = (uintptr_t)hosts->at;

	return at >= first && at < first + hosts->count * sizeof(*host);
}

static bool
is_new(const struct reload *r, const struct site *site)
{
	return is_among(r->hosts, site->host);
}

static void
sort_names(struct reload *r)
{
	const struct mock *m = r->mock;

	r->names = xcalloc(m->hosts->count + 1, sizeof(*r->names));
	for (size_t i = 0; i < m->hosts->count; i++) {
		m->sites[i]->is_staying = false;
		r->names[i] =
		    (struct named){ m->sites[i]->host->name, m->sites[i] };
	}
	qsort(r->names, m->hosts->count, sizeof(*r->names), compare_names);
}

/* ---- what may fail ---- */

/* The site of each new host: the old one when nothing about it has changed. */
static void
choose_sites(struct reload *r, const struct mock_sameness *sameness)
{
	struct mock *m = r->mock;

	r->sites = xcalloc(r->hosts->count + 1, sizeof(*r->sites));
	for (size_t i = 0; i < r->hosts->count; i++) {
		const struct mock_host *host = &r->hosts->at[i];
		const struct named key = { host->name, NULL };
		const struct named *old = bsearch(&key, r->names,
		    m->hosts->count, sizeof(key), compare_names);

		if (old != NULL &&
		    sameness->is_same(sameness->owner, old->site->host, host)) {
			r->sites[i] = old->site;
			old->site->is_staying = true;
			r->change.same++;
			continue;
		}
		r->sites[i] = mock_site_new(m, host);
		if (old == NULL)
			r->change.added++;
		else
			r->change.changed++;
	}
	r->change.removed =
	    m->hosts->count - r->change.same - r->change.changed;
}

/* The addresses that are free to be taken over. */
static void
sort_places(struct reload *r)
{
	const struct mock *m = r->mock;
	size_t cap = 0;

	for (size_t i = 0; i < m->hosts->count; i++) {
		struct site *site = m->sites[i];

		if (site->is_staying)
			continue;
		for (size_t j = 0; j < site->host->addresses.count; j++) {
			r->places = xgrow(r->places, &cap, r->place_count + 1,
			    sizeof(*r->places));
			r->places[r->place_count++] =
			    (struct placed){ site->spots[j]->at,
				    &site->spots[j] };
		}
	}
	if (r->place_count > 1)
		qsort(r->places, r->place_count, sizeof(*r->places),
		    compare_places);
}

static struct placed *
find_place(const struct reload *r, const struct endpoint *at)
{
	const struct placed key = { *at, NULL };

	if (r->place_count == 0)
		return NULL;
	return bsearch(
	    &key, r->places, r->place_count, sizeof(key), compare_places);
}

/* Listens where nobody of ours listens yet. */
static bool
open_site(struct reload *r, struct site *site, struct err *err)
{
	for (size_t i = 0; i < site->host->addresses.count; i++) {
		struct spot *spot = site->spots[i];
		const struct placed *old = find_place(r, &spot->at);

		if (old != NULL)
			spot->last = (*old->slot)->last;
		if (old != NULL && (*old->slot)->listener != NULL)
			continue;
		if (!mock_spot_open(r->mock, spot, err) ||
		    !listener_mute(spot->listener,
			site->host->state == MOCK_HOST_SILENT, err))
			return err_prefix(err,
			    "%s: host %s: ", site->host->place,
			    site->host->name);
	}
	return true;
}

static bool
open_sites(struct reload *r, struct err *err)
{
	for (size_t i = 0; i < r->hosts->count; i++)
		if (is_new(r, r->sites[i]) &&
		    r->sites[i]->host->state != MOCK_HOST_REFUSE &&
		    !open_site(r, r->sites[i], err))
			return false;
	return true;
}

/* ---- what may not ---- */

/* Listeners that stand are the new host's: spots change places, as a listener
 * knows its spot. */
static void
take_over(struct reload *r, struct site *site)
{
	for (size_t i = 0; i < site->host->addresses.count; i++) {
		struct spot *fresh = site->spots[i];
		const struct placed *old = find_place(r, &fresh->at);

		if (fresh->listener != NULL || old == NULL ||
		    (*old->slot)->listener == NULL)
			continue;
		site->spots[i] = *old->slot;
		*old->slot = fresh;
		fresh->site = site->spots[i]->site;
		mock_spot_take(site->spots[i], site);
	}
}

static void
retire(struct mock *m, struct site *site)
{
	mock_site_close(site);
	list_append(&m->retired, &site->link);
}

static void
sweep_retired(struct mock *m)
{
	LIST_FOREACH_SAFE(node, &m->retired) {
		struct site *site = CONTAINER_OF(node, struct site, link);

		if (site->connections > 0)
			continue;
		if (m->cast.tls != NULL)
			mock_tls_forget(m->cast.tls, site->host);
		mock_site_destroy(&site);
	}
}

static void
commit(struct reload *r, const struct zone *zone)
{
	struct mock *m = r->mock;

	for (size_t i = 0; i < r->hosts->count; i++) {
		struct site *site = r->sites[i];

		if (!is_new(r, site))
			continue;
		site->state = site->host->state;
		if (site->state != MOCK_HOST_REFUSE)
			take_over(r, site);
	}
	for (size_t i = 0; i < m->hosts->count; i++)
		if (!m->sites[i]->is_staying)
			retire(m, m->sites[i]);
	free(m->sites);
	m->sites = r->sites;
	r->sites = NULL;
	m->hosts = r->hosts;
	m->options.zone = zone;
	if (m->cast.tls != NULL)
		mock_tls_set_zone(m->cast.tls, zone);
	mock_make_tls(m);
	sweep_retired(m);
}

static void
roll_back(struct reload *r)
{
	for (size_t i = 0; i < r->hosts->count; i++)
		if (is_new(r, r->sites[i]))
			mock_site_destroy(&r->sites[i]);
}

bool
mock_reload(struct mock *m, const struct mock_hosts *hosts,
    const struct zone *zone, const struct mock_sameness *sameness,
    struct mock_change *change, struct err *err)
{
	struct reload r = { .mock = m, .hosts = hosts };
	bool ok;

	sweep_retired(m);
	sort_names(&r);
	choose_sites(&r, sameness);
	sort_places(&r);
	ok = open_sites(&r, err);
	if (ok)
		commit(&r, zone);
	else
		roll_back(&r);
	*change = r.change;
	free(r.names);
	free(r.places);
	free(r.sites);
	return ok;
}

bool
mock_uses(const struct mock *m, const struct mock_hosts *hosts)
{
	if (m->hosts == hosts)
		return true;
	for (size_t i = 0; i < m->hosts->count; i++)
		if (is_among(hosts, m->sites[i]->host))
			return true;
	LIST_FOREACH(node, &m->retired)
		if (is_among(
			hosts, CONTAINER_OF(node, struct site, link)->host))
			return true;
	return false;
}

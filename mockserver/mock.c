/* SPDX-License-Identifier: MIT */
/* The hosts of a scenario in a world: listeners, and who plays; see mock.h. */
#include "mockserver/mock_impl.h"
#include "mockserver/rule/rule_near.h"

static struct rule_book *book_of(struct mock *m, const struct mock_host *host);
static uint64_t seed_of(const struct mock *m, const struct mock_host *host);
static bool site_mute(struct site *site, bool is_muted, struct err *err);
static void spot_tune(const struct spot *spot);
static void site_pause(struct site *site);
static void on_accept(void *owner, struct stream *stream);
static void on_left(void *owner, struct site *site);
static struct site *site_of(const struct mock *m, const struct mock_host *host);

struct mock *
mock_new(struct world *w, const struct mock_hosts *hosts,
    const struct mock_options *options, const struct transcript_sink *sink,
    struct err *err)
{
	struct mock *m = xcalloc(1, sizeof(*m));

	m->cast.world = w;
	m->cast.on_left = on_left;
	m->cast.owner = m;
	if (sink != NULL)
		m->cast.sink = *sink;
	list_init(&m->cast.players);
	m->hosts = hosts;
	m->options = *options;
	m->cast.capture = options->capture;
	list_init(&m->retired);
	m->sites = xcalloc(hosts->count + 1, sizeof(*m->sites));
	for (size_t i = 0; i < hosts->count; i++)
		m->sites[i] = mock_site_new(m, &hosts->at[i]);
	mock_make_tls(m);
	for (size_t i = 0; i < hosts->count; i++) {
		if (!mock_site_set(m, m->sites[i], hosts->at[i].state, err)) {
			err_prefix(err, "%s: host %s: ", hosts->at[i].place,
			    hosts->at[i].name);
			mock_destroy(&m);
			return NULL;
		}
	}
	return m;
}

void
mock_destroy(struct mock **mp)
{
	struct mock *m = *mp;

	if (m == NULL)
		return;
	players_abort(&m->cast);
	mock_tls_destroy(&m->cast.tls);
	if (m->local.listener != NULL)
		listener_close(m->local.listener);
	for (size_t i = 0; i < m->hosts->count; i++)
		mock_site_destroy(&m->sites[i]);
	LIST_FOREACH_SAFE(node, &m->retired) {
		struct site *site = CONTAINER_OF(node, struct site, link);

		mock_site_destroy(&site);
	}
	free(m->sites);
	free(m);
	*mp = NULL;
}

bool
mock_set_host_state(struct mock *m, struct slice name,
    enum mock_host_state state, struct err *err)
{
	const struct mock_host *host = mock_hosts_find(m->hosts, name);

	if (host == NULL)
		return err_set(
		    err, "there is no host \"%.*s\"", SLICE_ARG(name));
	return mock_site_set(m, site_of(m, host), state, err);
}

void
mock_reset(struct mock *m)
{
	m->machine = (struct rule_machine){ 0 };
	for (size_t i = 0; i < m->hosts->count; i++) {
		struct site *site = m->sites[i];

		rule_book_destroy(&site->book);
		site->book = book_of(m, site->host);
		site_rules_reset(site, &m->next_rule_id);
		site->opened = site->messages = 0;
		if (site->connections > 0)
			players_set_book(site);
	}
}

bool
mock_listen_local(struct mock *m, const struct mock_host *host,
    const char *path, struct err *err)
{
	assert(m->local.listener == NULL);
	m->local.site = site_of(m, host);
	m->local.listener =
	    world_listen_local(m->cast.world, path, on_accept, &m->local, err);
	return m->local.listener != NULL;
}

size_t
mock_unused_rules(const struct mock *m,
    void (*found)(
	void *owner, const struct mock_host *host, const struct rule *rule),
    void *owner)
{
	size_t count = 0;

	for (size_t i = 0; i < m->hosts->count; i++) {
		const struct site *site = m->sites[i];

		for (size_t j = 0; j < site->rules.count; j++) {
			const struct site_rule *r = &site->rules.at[j];

			if (r->made != NULL || !r->is_enabled ||
			    r->rule->optional ||
			    rule_book_acted(site->book, r->number) > 0)
				continue;
			count++;
			if (found != NULL)
				found(owner, &m->hosts->at[i], r->rule);
		}
	}
	return count;
}

utime
mock_explain_rule(const struct mock *m, const struct mock_host *host,
    const struct rule *rule, struct buf *out)
{
	const struct site *site = site_of(m, host);

	return rule_book_explain(
	    site->book, (size_t)(rule - site->host->rules.at), out);
}

const char *
mock_near_condition(
    const struct mock *m, const struct mock_host *host, const struct rule *rule)
{
	const struct site *site = site_of(m, host);
	const struct rule_near *near =
	    rule_book_near(site->book, (size_t)(rule - site->host->rules.at));

	return near != NULL ? rule_near_condition(near) : NULL;
}

size_t
mock_open_sessions(const struct mock *m, const struct mock_host *host)
{
	size_t count = 0;

	if (host != NULL)
		return site_of(m, host)->connections;
	for (size_t i = 0; i < m->hosts->count; i++)
		count += m->sites[i]->connections;
	return count;
}

uint64_t
mock_message_count(const struct mock *m, const struct mock_host *host)
{
	uint64_t count = 0;

	if (host != NULL)
		return site_of(m, host)->messages;
	for (size_t i = 0; i < m->hosts->count; i++)
		count += m->sites[i]->messages;
	return count;
}

bool
mock_has_forgotten(const struct mock *m, const struct mock_host *host)
{
	return rule_book_overflowed(site_of(m, host)->book);
}

struct slice
mock_authority(const struct mock *m)
{
	return m->cast.tls != NULL ? mock_tls_authority(m->cast.tls)
				   : SLICE("");
}

bool
mock_issue(const struct mock *m, struct slice name, struct buf *certificate,
    struct buf *key)
{
	if (m->cast.tls == NULL)
		return false;
	mock_tls_issue(m->cast.tls, name, certificate, key);
	return true;
}

const struct endpoint *
mock_listen_address(
    const struct mock *m, const struct mock_host *host, size_t address_index)
{
	const struct spot *spot = site_of(m, host)->spots[address_index];

	assert(address_index < host->addresses.count);
	return spot->listener != NULL ? listener_local(spot->listener) : NULL;
}

/* ---- hosts ---- */

struct site *
mock_site_new(struct mock *m, const struct mock_host *host)
{
	struct site *site = xcalloc(1, sizeof(*site));

	list_init(&site->link);
	site->cast = &m->cast;
	site->host = host;
	site->book = book_of(m, host);
	site_rules_init(site, &m->next_rule_id);
	site->spots = xcalloc(host->addresses.count, sizeof(*site->spots));
	for (size_t i = 0; i < host->addresses.count; i++) {
		struct spot *spot = xcalloc(1, sizeof(*spot));

		spot->site = site;
		spot->at =
		    (struct endpoint){ host->addresses.at[i], host->port };
		site->spots[i] = spot;
	}
	return site;
}

void
mock_site_destroy(struct site **sp)
{
	struct site *site = *sp;

	*sp = NULL;
	if (site == NULL)
		return;
	assert(site->connections == 0);
	mock_site_close(site);
	for (size_t i = 0; i < site->host->addresses.count; i++)
		free(site->spots[i]);
	free(site->spots);
	list_remove(&site->link);
	site_rules_fini(site);
	rule_book_destroy(&site->book);
	free(site);
}

static struct rule_book *
book_of(struct mock *m, const struct mock_host *host)
{
	struct rule_book *book = rule_book_new(host->rules.at,
	    host->rules.count, seed_of(m, host), world_now(m->cast.world));

	rule_book_share(book, &m->machine);
	return book;
}

void
mock_make_tls(struct mock *m)
{
	const struct mock_tls_options options = {
		.zone = m->options.zone,
		.keys = m->options.keys,
		.now = world_now(m->cast.world),
	};
	bool is_wanted = false;

	for (size_t i = 0; i < m->hosts->count; i++)
		is_wanted |= m->hosts->at[i].has_tls;
	if (is_wanted && m->cast.tls == NULL)
		m->cast.tls = mock_tls_new(&options);
}

/* Each host throws its own dice, so that what happens at one does not depend
 * on what is asked of another. */
static uint64_t
seed_of(const struct mock *m, const struct mock_host *host)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (const char *c = host->name; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	return hash ^ m->options.seed;
}

bool
mock_site_set(struct mock *m, struct site *site, enum mock_host_state state,
    struct err *err)
{
	if (state == MOCK_HOST_REFUSE)
		mock_site_close(site);
	else if (!mock_site_open(m, site, err) ||
	    !site_mute(site, state == MOCK_HOST_SILENT, err))
		return false;
	site->state = state;
	return true;
}

static bool
site_mute(struct site *site, bool is_muted, struct err *err)
{
	for (size_t i = 0; i < site->host->addresses.count; i++)
		if (!listener_mute(site->spots[i]->listener, is_muted, err))
			return false;
	return true;
}

static struct listener_tuning
tuning_of(const struct spot *spot)
{
	const struct mock_limits *limits = &spot->site->host->limits;

	return (struct listener_tuning){
		.backlog = (uint32_t)limits->backlog,
		.receive_bytes = (uint32_t)limits->receive_buffer,
		.send_bytes = (uint32_t)limits->send_buffer,
	};
}

static void
spot_tune(const struct spot *spot)
{
	const struct listener_tuning tuning = tuning_of(spot);

	if (tuning.backlog != 0 || tuning.receive_bytes != 0 ||
	    tuning.send_bytes != 0)
		listener_tune(spot->listener, &tuning);
}

bool
mock_spot_open(struct mock *m, struct spot *spot, struct err *err)
{
	struct endpoint real = spot->at;

	if (spot->listener != NULL)
		return true;
	if (m->options.place != NULL)
		real = m->options.place(m->options.owner, &spot->at);
	/* Whoever was told a port may come to it again. */
	if (spot->last.port != 0)
		real = spot->last;
	spot->listener =
	    world_listen(m->cast.world, &real, on_accept, spot, err);
	if (spot->listener != NULL)
		spot_tune(spot);
	return spot->listener != NULL;
}

bool
mock_site_open(struct mock *m, struct site *site, struct err *err)
{
	for (size_t i = 0; i < site->host->addresses.count; i++)
		if (!mock_spot_open(m, site->spots[i], err)) {
			mock_site_close(site);
			return false;
		}
	site_pause(site);
	return true;
}

void
mock_site_close(struct site *site)
{
	for (size_t i = 0; i < site->host->addresses.count; i++) {
		struct spot *spot = site->spots[i];

		if (spot == NULL || spot->listener == NULL)
			continue;
		spot->last = *listener_local(spot->listener);
		listener_close(spot->listener);
		spot->listener = NULL;
	}
}

static void
on_accept(void *owner, struct stream *stream)
{
	struct spot *spot = owner;
	struct site *site = spot->site;

	player_open(site, &spot->at, stream);
	site_pause(site);
}

/* Whether it accepts more, by how many connections it has. */
static void
site_pause(struct site *site)
{
	const uint64_t most = site->host->limits.accepted;

	if (most == 0)
		return;
	for (size_t i = 0; i < site->host->addresses.count; i++)
		if (site->spots[i]->listener != NULL)
			listener_pause(site->spots[i]->listener,
			    site->connections >= most);
}

static void
on_left(void *owner, struct site *site)
{
	(void)owner;
	site_pause(site);
}

void
mock_spot_take(struct spot *spot, struct site *site)
{
	struct listener_tuning tuning;
	struct err err;

	spot->site = site;
	tuning = tuning_of(spot);
	listener_tune(spot->listener, &tuning);
	listener_pause(spot->listener, false);
	site_pause(site);
	if (!listener_mute(
		spot->listener, site->state == MOCK_HOST_SILENT, &err))
		site->state = MOCK_HOST_UP;
}

static struct site *
site_of(const struct mock *m, const struct mock_host *host)
{
	const size_t index = (size_t)(host - m->hosts->at);

	assert(index < m->hosts->count);
	return m->sites[index];
}

/* SPDX-License-Identifier: MIT */
/* The hosts of a scenario in a world: listeners, and who plays; see mock.h. */
#include "mockserver/mock_impl.h"

static void make_sites(struct mock *m);
static struct rule_book *book_of(struct mock *m, const struct mock_host *host);
static void make_tls(struct mock *m);
static uint64_t seed_of(const struct mock *m, const struct mock_host *host);
static bool host_open(struct mock *m, size_t host, struct err *err);
static void host_close(struct mock *m, size_t host);
static bool host_set(
    struct mock *m, size_t host, enum mock_host_state state, struct err *err);
static void host_pause(struct mock *m, const struct site *site);
static void on_accept(void *owner, struct stream *stream);
static void on_left(void *owner, struct site *site);
static size_t host_index(const struct mock *m, const struct mock_host *host);

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
	make_sites(m);
	make_tls(m);
	for (size_t i = 0; i < hosts->count; i++) {
		if (!host_set(m, i, hosts->at[i].state, err)) {
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
	for (size_t i = 0; i < m->hosts->count; i++) {
		host_close(m, i);
		site_rules_fini(&m->sites[i]);
		rule_book_destroy(&m->sites[i].book);
	}
	free(m->sites);
	free(m->spots);
	free(m->first_spot);
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
	return host_set(m, host_index(m, host), state, err);
}

void
mock_reset(struct mock *m)
{
	m->machine = (struct rule_machine){ 0 };
	for (size_t i = 0; i < m->hosts->count; i++) {
		struct site *site = &m->sites[i];

		rule_book_destroy(&site->book);
		site->book = book_of(m, site->host);
		site_rules_reset(site, &m->next_rule_id);
		site->opened = site->messages = 0;
		if (site->connections > 0)
			players_set_book(site);
	}
}

size_t
mock_unused_rules(const struct mock *m,
    void (*found)(
	void *owner, const struct mock_host *host, const struct rule *rule),
    void *owner)
{
	size_t count = 0;

	for (size_t i = 0; i < m->hosts->count; i++) {
		const struct site *site = &m->sites[i];

		for (size_t j = 0; j < site->rules.count; j++) {
			const struct site_rule *r = &site->rules.at[j];

			if (r->made != NULL || !r->is_enabled ||
			    r->rule->optional ||
			    rule_book_acted(site->book, r->number) > 0)
				continue;
			count++;
			if (found != NULL)
				found(owner, site->host, r->rule);
		}
	}
	return count;
}

utime
mock_explain_rule(const struct mock *m, const struct mock_host *host,
    const struct rule *rule, struct buf *out)
{
	return rule_book_explain(m->sites[host_index(m, host)].book,
	    (size_t)(rule - host->rules.at), out);
}

size_t
mock_open_sessions(const struct mock *m, const struct mock_host *host)
{
	size_t count = 0;

	if (host != NULL)
		return m->sites[host_index(m, host)].connections;
	for (size_t i = 0; i < m->hosts->count; i++)
		count += m->sites[i].connections;
	return count;
}

uint64_t
mock_message_count(const struct mock *m, const struct mock_host *host)
{
	uint64_t count = 0;

	if (host != NULL)
		return m->sites[host_index(m, host)].messages;
	for (size_t i = 0; i < m->hosts->count; i++)
		count += m->sites[i].messages;
	return count;
}

bool
mock_has_forgotten(const struct mock *m, const struct mock_host *host)
{
	return rule_book_overflowed(m->sites[host_index(m, host)].book);
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
	const struct spot *spot =
	    &m->spots[m->first_spot[host_index(m, host)] + address_index];

	assert(address_index < host->addresses.count);
	return spot->listener != NULL ? listener_local(spot->listener) : NULL;
}

/* ---- hosts ---- */

static void
make_sites(struct mock *m)
{
	const struct mock_hosts *hosts = m->hosts;
	size_t count = 0;

	m->sites = xcalloc(hosts->count + 1, sizeof(*m->sites));
	m->first_spot = xcalloc(hosts->count + 1, sizeof(*m->first_spot));
	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *host = &hosts->at[i];

		m->first_spot[i] = count;
		count += host->addresses.count;
		m->sites[i] = (struct site){
			.cast = &m->cast,
			.host = host,
			.book = book_of(m, host),
		};
		site_rules_init(&m->sites[i], &m->next_rule_id);
	}
	m->first_spot[hosts->count] = count;
	m->spots = xcalloc(count + 1, sizeof(*m->spots));
	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *host = &hosts->at[i];

		for (size_t j = 0; j < host->addresses.count; j++)
			m->spots[m->first_spot[i] + j] = (struct spot){
				.site = &m->sites[i],
				.at = { host->addresses.at[j], host->port },
			};
	}
}

static struct rule_book *
book_of(struct mock *m, const struct mock_host *host)
{
	struct rule_book *book = rule_book_new(host->rules.at,
	    host->rules.count, seed_of(m, host), world_now(m->cast.world));

	rule_book_share(book, &m->machine);
	return book;
}

static void
make_tls(struct mock *m)
{
	const struct mock_tls_options options = {
		.zone = m->options.zone,
		.keys = m->options.keys,
		.now = world_now(m->cast.world),
	};
	bool is_wanted = false;

	for (size_t i = 0; i < m->hosts->count; i++)
		is_wanted |= m->hosts->at[i].has_tls;
	if (is_wanted)
		m->cast.tls = mock_tls_new(m->hosts, &options);
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

static bool
host_mute(struct mock *m, size_t host, bool muted, struct err *err)
{
	for (size_t i = m->first_spot[host]; i < m->first_spot[host + 1]; i++)
		if (!listener_mute(m->spots[i].listener, muted, err))
			return false;
	return true;
}

static bool
host_set(
    struct mock *m, size_t host, enum mock_host_state state, struct err *err)
{
	if (state == MOCK_HOST_REFUSE) {
		host_close(m, host);
		return true;
	}
	return host_open(m, host, err) &&
	    host_mute(m, host, state == MOCK_HOST_SILENT, err);
}

static void
spot_tune(const struct spot *spot)
{
	const struct mock_limits *limits = &spot->site->host->limits;
	const struct listener_tuning tuning = {
		.backlog = (uint32_t)limits->backlog,
		.receive_bytes = (uint32_t)limits->receive_buffer,
		.send_bytes = (uint32_t)limits->send_buffer,
	};

	if (tuning.backlog != 0 || tuning.receive_bytes != 0 ||
	    tuning.send_bytes != 0)
		listener_tune(spot->listener, &tuning);
}

/* All of its addresses or none. */
static bool
host_open(struct mock *m, size_t host, struct err *err)
{
	for (size_t i = m->first_spot[host]; i < m->first_spot[host + 1]; i++) {
		struct spot *spot = &m->spots[i];
		struct endpoint real = spot->at;

		if (spot->listener != NULL)
			continue;
		if (m->options.place != NULL)
			real = m->options.place(m->options.owner, &spot->at);
		/* Whoever was told a port may come to it again. */
		if (spot->last.port != 0)
			real = spot->last;
		spot->listener =
		    world_listen(m->cast.world, &real, on_accept, spot, err);
		if (spot->listener == NULL) {
			host_close(m, host);
			return false;
		}
		spot_tune(spot);
	}
	host_pause(m, &m->sites[host]);
	return true;
}

static void
host_close(struct mock *m, size_t host)
{
	for (size_t i = m->first_spot[host]; i < m->first_spot[host + 1]; i++) {
		struct spot *spot = &m->spots[i];

		if (spot->listener == NULL)
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
	host_pause(site->cast->owner, site);
}

/* Whether it accepts more, by how many connections it has. */
static void
host_pause(struct mock *m, const struct site *site)
{
	const size_t host = (size_t)(site - m->sites);
	const uint64_t most = site->host->limits.accepted;

	if (most == 0)
		return;
	for (size_t i = m->first_spot[host]; i < m->first_spot[host + 1]; i++)
		if (m->spots[i].listener != NULL)
			listener_pause(
			    m->spots[i].listener, site->connections >= most);
}

static void
on_left(void *owner, struct site *site)
{
	host_pause(owner, site);
}

static size_t
host_index(const struct mock *m, const struct mock_host *host)
{
	const size_t index = (size_t)(host - m->hosts->at);

	assert(index < m->hosts->count);
	return index;
}

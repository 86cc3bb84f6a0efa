/* SPDX-License-Identifier: MIT */
/*
 * The relay's listeners through changes of the configuration: one that is still
 * named stays open, one that is not closes and lives on without a configuration
 * until its last session has ended.
 */
#include "relay/relay_impl.h"

static void
on_accept(void *owner, struct stream *s)
{
	inbound_accept(owner, s);
}

static bool
holds(struct relay_listener *const *list, size_t count,
    const struct relay_listener *l)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == l)
			return true;
	return false;
}

static void
listener_free(struct relay_listener *l)
{
	assert(l->listener == NULL);
	rate_fini(&l->connection_rate);
	rate_fini(&l->recipient_rate);
	tls_context_destroy(&l->tls);
	free(l);
}

static void
listener_retire(struct relay_listener *l)
{
	listener_close(l->listener);
	l->listener = NULL;
	l->config = NULL;
	if (l->session_count == 0)
		listener_free(l);
}

/* Closes those of `list` that are not among `kept`. */
static void
retire_others(struct relay_listener **list, size_t count,
    struct relay_listener *const *kept, size_t kept_count)
{
	for (size_t i = 0; i < count; i++)
		if (!holds(kept, kept_count, list[i]))
			listener_retire(list[i]);
}

static struct relay_listener *
listener_new(struct relay *r, const struct endpoint *at, struct err *err)
{
	struct relay_listener *l = xcalloc(1, sizeof(*l));

	l->relay = r;
	l->at = *at;
	l->listener = world_listen(r->world, at, on_accept, l, err);
	if (l->listener == NULL) {
		free(l);
		return NULL;
	}
	rate_init(&l->connection_rate);
	rate_init(&l->recipient_rate);
	return l;
}

/* The listener for an address: one of those there were that is not among
 * `taken`, else a new one. */
static struct relay_listener *
listener_take(struct relay *r, const struct endpoint *at,
    struct relay_listener *const *taken, size_t taken_count, struct err *err)
{
	for (size_t i = 0; i < r->listener_count; i++)
		if (endpoint_equal(&r->listeners[i]->at, at) &&
		    !holds(taken, taken_count, r->listeners[i]))
			return r->listeners[i];
	return listener_new(r, at, err);
}

/* Makes all that listener `i` of the configuration needs. */
static bool
listener_make(struct relay *r, const struct relay_config *config, size_t i,
    struct relay_listener **list, struct tls_context **tls, struct err *err)
{
	const struct relay_listener_config *l = &config->listeners.at[i];

	if (!inbound_tls_context(r, config, l, &tls[i], err))
		return false;
	list[i] = listener_take(r, &l->at, list, i, err);
	return list[i] != NULL;
}

/* The listeners have what the configuration says. */
static void
listeners_replace(struct relay *r, const struct relay_config *config,
    struct relay_listener **list, struct tls_context *const *tls)
{
	size_t count = config->listeners.count;

	for (size_t i = 0; i < count; i++) {
		list[i]->config = &config->listeners.at[i];
		tls_context_destroy(&list[i]->tls);
		list[i]->tls = tls[i];
	}
	retire_others(r->listeners, r->listener_count, list, count);
	free(r->listeners);
	r->listeners = list;
	r->listener_count = count;
}

bool
relay_listen(
    struct relay *r, const struct relay_config *config, struct err *err)
{
	size_t count = config->listeners.count, made = 0;
	struct relay_listener **list = xcalloc(count, sizeof(*list));
	struct tls_context **tls = xcalloc(count, sizeof(*tls));
	bool ok;

	while (made < count && listener_make(r, config, made, list, tls, err))
		made++;
	ok = made == count;
	if (ok) {
		listeners_replace(r, config, list, tls);
	} else {
		retire_others(list, made, r->listeners, r->listener_count);
		for (size_t i = 0; i <= made; i++)
			tls_context_destroy(&tls[i]);
		free(list);
	}
	free(tls);
	return ok;
}

void
relay_unlisten(struct relay *r)
{
	for (size_t i = 0; i < r->listener_count; i++) {
		if (r->listeners[i]->listener != NULL)
			listener_close(r->listeners[i]->listener);
		r->listeners[i]->listener = NULL;
	}
}

void
relay_unname_listeners(struct relay *r)
{
	for (size_t i = 0; i < r->listener_count; i++) {
		struct relay_listener *l = r->listeners[i];

		l->config = NULL;
		if (l->session_count == 0)
			listener_free(l);
	}
	free(r->listeners);
	r->listeners = NULL;
	r->listener_count = 0;
}

void
relay_listener_release(struct relay_listener *l)
{
	l->session_count--;
	if (l->session_count == 0 && l->config == NULL)
		listener_free(l);
}

const struct endpoint *
relay_listen_address(const struct relay *r, size_t index)
{
	assert(index < r->listener_count);
	return listener_local(r->listeners[index]->listener);
}

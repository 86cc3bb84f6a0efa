/* SPDX-License-Identifier: MIT */
/*
 * A domain's candidates: asking for them, taking them over, and what becomes of
 * its mail when there are none (docs/delivery.md 15).
 */
#include "relay/deliver/cohort.h"
#include "relay/receive/auth.h"
#include "relay/relay_impl.h"

static void
discard_ready(struct delivery *d)
{
	struct group *g;

	while ((g = cohorts_first(d->domain)) != NULL)
		deliver_drop_group(d, g);
}

/* No candidates: 15. */
static void
fail_ready(struct delivery *d, const struct resolve_result *result)
{
	const struct log_cause cause = {
		.phase = result->phase,
		.text = result->error,
	};

	struct group *g;

	while ((g = cohorts_first(d->domain)) != NULL) {
		if (result->outcome == RESOLVE_HARD) {
			deliver_bounce_group(d, g, 0, &cause);
		} else {
			group_set_error(g, result->error);
			deliver_requeue_attempted(d, g);
		}
	}
}

static void
take_candidates(struct delivery *d, struct candidates *fresh)
{
	struct candidates old = d->domain->candidates;

	candidates_seal(fresh, &old);
	fresh->is_bound =
	    d->relay->config->delivery.priorities == PRIORITIES_ONE;
	d->domain->candidates = *fresh;
	d->has_candidates = true;
	cohorts_remap(d->domain, &old, fresh);
	candidates_fini(&old);
}

static void
on_resolved(void *owner, struct resolve_result *result)
{
	struct delivery *d = owner;

	d->resolve = NULL; /* it frees itself */
	d->candidates_expire = result->expires;
	switch (result->outcome) {
	case RESOLVE_OK:
		take_candidates(d, &result->candidates);
		break;
	case RESOLVE_DISCARD:
		d->has_candidates = false;
		discard_ready(d);
		break;
	case RESOLVE_HARD:
	case RESOLVE_SOFT:
		/* What was known before is not true any more. */
		d->has_candidates = false;
		fail_ready(d, result);
		break;
	}
	deliver_wake(d);
}

void
deliver_resolve(struct delivery *d)
{
	const struct relay_config *config = d->relay->config;
	struct slice name = slice_cstr(d->domain->name);
	const struct resolve_context context = {
		.world = d->relay->world,
		.config = config,
		.hosts = &d->relay->hosts,
		.cache = d->relay->dns_cache,
		.log = &d->relay->log,
	};

	d->resolve = resolve_start(&context,
	    routes_match(d->relay->routes, name), name, on_resolved, d);
}

const struct relay_auth_profile *
deliver_auth(const struct delivery *d)
{
	const struct route *route =
	    routes_match(d->relay->routes, slice_cstr(d->domain->name));

	return route != NULL ? relay_auth_find(d->relay->config, route->auth)
			     : NULL;
}

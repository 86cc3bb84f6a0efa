/* SPDX-License-Identifier: MIT */
/* Reading the scenario, once and again; see main_scenarios.h. */
#include "mockserver/main_scenarios.h"

#include "mockserver/main_scenario.h"

static void
destroy(struct mock_scenario **sp)
{
	if (*sp != NULL)
		mock_scenario_fini(*sp);
	free(*sp);
	*sp = NULL;
}

bool
scenarios_read(struct scenarios *s, struct err *err)
{
	destroy(&s->next);
	s->next = xcalloc(1, sizeof(*s->next));
	if (!main_scenario_read(
		s->next, s->path, s->profiles, &s->digest_next, err)) {
		destroy(&s->next);
		return false;
	}
	if (s->has_seed)
		s->next->seed = s->seed;
	return true;
}

static void
step(struct scenarios *s)
{
	s->now = s->next;
	s->next = NULL;
	s->digest_now = s->digest_next;
}

void
scenarios_begin(struct scenarios *s)
{
	assert(s->now == NULL && s->next != NULL);
	step(s);
}

/* ---- changing ---- */

static json_t *
source_of(const struct mock_scenario *s, const struct mock_host *host)
{
	return json_object_get(
	    json_object_get(s->doc.root, "hosts"), host->name);
}

/* A host that did not change since an earlier scenario is the same there as in
 * the present one. */
static bool
is_same(void *owner, const struct mock_host *old, const struct mock_host *fresh)
{
	const struct scenarios *s = owner;

	return s->old_count < SCENARIOS_OLD_MAX &&
	    (fresh->profiles.count == 0 || s->digest_now == s->digest_next) &&
	    json_equal(source_of(s->now, old), source_of(s->next, fresh));
}

static void
forget_unused(struct scenarios *s, const struct mock *mock)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->old_count; i++)
		if (mock_uses(mock, &s->old[i]->hosts))
			s->old[kept++] = s->old[i];
		else
			destroy(&s->old[i]);
	s->old_count = kept;
}

bool
scenarios_change(struct scenarios *s, struct mock *mock,
    struct mock_change *change, struct err *err)
{
	const struct mock_sameness sameness = { s, is_same };

	assert(s->next != NULL);
	forget_unused(s, mock);
	if (s->old_count > SCENARIOS_OLD_MAX)
		err_set(err,
		    "connections that stand need %zu scenarios that were "
		    "before; expected them to end",
		    s->old_count);
	if (s->old_count > SCENARIOS_OLD_MAX ||
	    !mock_reload(
		mock, &s->next->hosts, s->next->zone, &sameness, change, err)) {
		destroy(&s->next);
		return false;
	}
	s->old[s->old_count++] = s->now;
	step(s);
	return true;
}

void
scenarios_fini(struct scenarios *s)
{
	destroy(&s->now);
	destroy(&s->next);
	while (s->old_count > 0)
		destroy(&s->old[--s->old_count]);
}

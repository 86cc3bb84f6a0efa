/* SPDX-License-Identifier: MIT */
/* Choosing the next candidate; see pick.h. */
#include "relay/deliver/pick.h"

static void
candidate_remove(struct candidates *c, size_t i)
{
	c->list[i].host->uses--;
	free(c->list[i].name);
	c->count--;
	memmove(
	    &c->list[i], &c->list[i + 1], (c->count - i) * sizeof(c->list[0]));
}

void
candidates_fini(struct candidates *c)
{
	while (c->count > 0)
		candidate_remove(c, c->count - 1);
	free(c->list);
	free(c->cursors);
	*c = (struct candidates){ 0 };
}

static size_t
candidates_find(const struct candidates *c, const struct host *host)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->list[i].host == host)
			return i;
	return PICK_NONE;
}

void
candidates_add(struct candidates *c, struct host *host, uint32_t priority)
{
	size_t i = candidates_find(c, host);

	if (i != PICK_NONE && c->list[i].priority <= priority)
		return;
	if (i != PICK_NONE)
		candidate_remove(c, i);
	/* Behind all of its own priority: the list stays sorted. */
	for (i = c->count; i > 0 && c->list[i - 1].priority > priority;)
		i--;
	if (i == CANDIDATES_MAX)
		return;
	if (c->count == CANDIDATES_MAX)
		candidate_remove(c, c->count - 1);
	c->list = xgrow(c->list, &c->cap, c->count + 1, sizeof(c->list[0]));
	memmove(
	    &c->list[i + 1], &c->list[i], (c->count - i) * sizeof(c->list[0]));
	c->list[i] = (struct candidate){ .host = host, .priority = priority };
	c->count++;
	host->uses++;
}

void
candidates_set_name(
    struct candidates *c, const struct host *host, struct slice name)
{
	size_t i = candidates_find(c, host);

	if (i != PICK_NONE && c->list[i].name == NULL)
		c->list[i].name = slice_dup(name);
}

const char *
candidates_name(const struct candidates *c, const struct host *host)
{
	size_t i = candidates_find(c, host);

	return i != PICK_NONE ? c->list[i].name : NULL;
}

/* The range [*from, *to) of the candidates that share the priority of the one
 * at `index`. */
static void
level_of(const struct candidates *c, size_t index, size_t *from, size_t *to)
{
	uint32_t priority = c->list[index].priority;

	for (*from = index; *from > 0; (*from)--)
		if (c->list[*from - 1].priority != priority)
			break;
	for (*to = index + 1; *to < c->count; (*to)++)
		if (c->list[*to].priority != priority)
			break;
}

void
candidates_seal(struct candidates *c, const struct candidates *old)
{
	c->cursors = xcalloc(c->count, sizeof(c->cursors[0]));
	for (size_t i = 0; i < c->count; i++)
		c->cursors[i] = PICK_NONE;
	for (size_t i = 0; i < old->count; i++) {
		size_t at = candidates_find(c, old->list[i].host);
		size_t from, to, old_from, old_to;

		if (at == PICK_NONE)
			continue;
		c->list[at].quota = old->list[i].quota;
		c->list[at].crowd = old->list[i].crowd;
		c->list[at].crowded_until = old->list[i].crowded_until;
		level_of(old, i, &old_from, &old_to);
		level_of(c, at, &from, &to);
		if (old->cursors[old_from] == i)
			c->cursors[from] = at;
	}
}

void
round_add(struct round *r, size_t index, unsigned how)
{
	assert(index < CANDIDATES_MAX);
	r->tried[index / 64] |= UINT64_C(1) << (index % 64);
	r->how |= how;
}

bool
round_has_tried(const struct round *r, size_t index)
{
	return (r->tried[index / 64] >> (index % 64) & 1) != 0;
}

bool
round_is_fresh(const struct round *r)
{
	for (size_t i = 0; i < ARRAY_LEN(r->tried); i++)
		if (r->tried[i] != 0)
			return false;
	return true;
}

void
round_remap(
    struct round *r, const struct candidates *from, const struct candidates *to)
{
	struct round old = *r;

	memset(r->tried, 0, sizeof(r->tried));
	for (size_t i = 0; i < from->count; i++) {
		size_t at = candidates_find(to, from->list[i].host);

		if (at != PICK_NONE && round_has_tried(&old, i))
			round_add(r, at, 0);
	}
}

static bool
is_eligible(const struct candidates *c, const struct round *r, size_t index,
    bool may_probe, utime now)
{
	const struct host *h = c->list[index].host;

	if (round_has_tried(r, index) || (h->is_down && !may_probe))
		return false;
	return host_is_eligible(h, now);
}

/* The end of the candidates to which the round may go. */
static size_t
round_end(const struct candidates *c, const struct round *r)
{
	size_t from, to;

	for (size_t i = 0; c->is_bound && i < c->count; i++) {
		if (!round_has_tried(r, i) || c->list[i].host->is_down)
			continue;
		level_of(c, i, &from, &to);
		return to;
	}
	return c->count;
}

bool
round_ends_at(const struct candidates *c, const struct round *r, size_t index)
{
	struct round with = *r;
	size_t end;

	round_add(&with, index, 0);
	end = round_end(c, &with);
	for (size_t i = 0; i < end; i++)
		if (!round_has_tried(&with, i))
			return false;
	return (with.how & ROUND_PASSING) == 0;
}

size_t
pick_next(const struct candidates *c, const struct round *r, bool may_probe,
    utime now)
{
	size_t from, to, end = round_end(c, r);

	for (from = 0; from < end; from = to) {
		bool is_any = false;
		size_t size, start;

		level_of(c, from, &from, &to);
		size = to - from;
		start = c->cursors[from] == PICK_NONE
		    ? 0
		    : c->cursors[from] - from + 1;
		for (size_t i = 0; i < size; i++) {
			size_t index = from + (start + i) % size;

			if (!is_eligible(c, r, index, may_probe, now))
				continue;
			if (!c->list[index].is_full && !c->list[index].is_spent)
				return index;
			is_any = true;
		}
		/* A worse priority is for hosts that fail. */
		if (is_any)
			return PICK_FULL;
	}
	return PICK_NONE;
}

bool
pick_may_hope(const struct candidates *c, const struct round *r,
    size_t in_setup, size_t in_probe, utime now)
{
	size_t end = round_end(c, r);

	for (size_t i = 0; i < end; i++)
		if (!round_has_tried(r, i) &&
		    (i == in_setup || i == in_probe || c->list[i].is_served ||
			host_is_eligible(c->list[i].host, now)))
			return true;
	return false;
}

void
pick_opened(struct candidates *c, size_t index)
{
	size_t from, to;

	level_of(c, index, &from, &to);
	c->cursors[from] = index;
}

bool
pick_suits(
    const struct candidates *c, const struct round *r, size_t index, utime now)
{
	/* The connection stands, so that the host is not down whatever its
	 * record says. */
	if (round_has_tried(r, index) || c->list[index].is_spent ||
	    index >= round_end(c, r))
		return false;
	for (size_t i = 0; c->list[i].priority < c->list[index].priority; i++)
		if (is_eligible(c, r, i, false, now))
			return false;
	return true;
}

utime
pick_first_probe(const struct candidates *c, utime now)
{
	utime first = UTIME_NEVER;

	for (size_t i = 0; i < c->count; i++) {
		const struct host *h = c->list[i].host;
		utime at = host_is_eligible(h, now) ? now : h->probe_at;

		if (at < first)
			first = at;
	}
	return first;
}

/* SPDX-License-Identifier: MIT */
/* A quantity over time; see series.h. */
#include "harness/report/series.h"

#include "harness/report/vlq.h"

static void series_thin(struct series *s);

void
series_fini(struct series *s)
{
	free(s->points);
	*s = (struct series){ 0 };
}

static struct series_point *
last_point(const struct series *s)
{
	return s->count > 0 ? &s->points[s->count - 1] : NULL;
}

/* Adds a point, or makes it part of the one before. */
static void
point_add(struct series *s, const struct series_point *p)
{
	struct series_point *last = last_point(s);

	assert(s->points != NULL);
	if (last == NULL || p->at - last->at > s->step) {
		s->points[s->count++] = *p;
		return;
	}
	last->most = p->most > last->most ? p->most : last->most;
	last->last = p->last;
}

void
series_add(struct series *s, utime at, uint64_t value)
{
	const struct series_point p = { at, value, value };
	const struct series_point *last = last_point(s);

	if (last != NULL && last->last == value)
		return;
	if (s->points == NULL)
		s->points = xcalloc(SERIES_POINTS, sizeof(*s->points));
	if (s->count == SERIES_POINTS)
		series_thin(s);
	point_add(s, &p);
}

/* Half as many fit into the time so far. */
static void
series_thin(struct series *s)
{
	const size_t count = s->count;
	const utime span = last_point(s)->at - s->points[0].at;

	s->step = span / (SERIES_POINTS / 2) + 1;
	s->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct series_point p = s->points[i];

		point_add(s, &p);
	}
	assert(s->count < SERIES_POINTS);
}

void
series_format(const struct series *s, utime start, struct buf *out)
{
	int64_t ms = 0, value = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct series_point *p = &s->points[i];
		const int64_t at = (p->at - start) / UTIME_MS;

		vlq_append(out, at - ms);
		vlq_append(out, (int64_t)p->most - value);
		vlq_append(out, (int64_t)p->last - (int64_t)p->most);
		ms = at;
		value = (int64_t)p->last;
	}
}

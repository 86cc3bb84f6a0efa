/* SPDX-License-Identifier: MIT */
/*
 * How groups enter the queue and how they and their recipients end: delivered,
 * bounced, discarded, expired, or requeued.  The numbers in comments are
 * docs/delivery.md's paragraphs.
 */
#include "relay/bounce/bounce.h"
#include "relay/bounce/profile.h"
#include "relay/deliver/cohort.h"
#include "relay/deliver/retry.h"

/* ---- what comes in ---- */

static struct slice
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return slice_cstr(at != NULL ? at + 1 : "");
}

/* The group of `m` at that domain, among those made so far. */
static struct group *
group_for(struct relay *r, struct message *m, struct slice name,
    struct group **groups, uint32_t *count)
{
	struct domain *domain = queue_domain(&r->queue, name);

	for (uint32_t i = 0; i < *count; i++)
		if (groups[i]->domain == domain)
			return groups[i];
	groups[*count] = group_new(&r->queue, m, domain);
	return groups[(*count)++];
}

/* Puts a new group where its past says: to the ready, or to wait. */
static void
place_group(struct relay *r, struct group *g, const struct spool_recipient *s)
{
	if (s != NULL) {
		group_set_attempts(&r->queue, g, s->attempts);
		g->warnings = s->warnings;
		g->warned = s->warned;
		if (s->last_error.at != NULL)
			group_set_error(g, s->last_error);
	}
	/* Of what was stored the wait may be over: 13 says how that ends. */
	if (s != NULL)
		group_make_waiting(&r->queue, g, s->due);
	else
		group_make_ready(&r->queue, g);
	deliver_wake(deliver_of(r, g->domain));
}

void
deliver_submit(struct relay *r, struct message *m,
    const struct spool_recipient *left, uint32_t count)
{
	uint32_t n = left != NULL ? count : m->recipient_count, made = 0;
	struct group **groups = xcalloc(n, sizeof(*groups));
	const struct spool_recipient **first = xcalloc(n, sizeof(*first));

	m->is_partly_kept = n < m->recipient_count;
	m = message_pack(m);
	queue_add_message(&r->queue, m);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t rid = left != NULL ? left[i].rid : i;
		uint32_t before = made;
		bool is_moved = left != NULL && left[i].redirected.len > 0;
		struct group *g = group_for(r, m,
		    is_moved ? left[i].redirected
			     : domain_of(m->recipients[rid]),
		    groups, &made);

		group_add_rid(&r->queue, g, rid);
		if (made > before && left != NULL)
			first[before] = &left[i];
	}
	for (uint32_t i = 0; i < made; i++)
		place_group(r, groups[i], first[i]);
	free(first);
	free(groups);
}

/* ---- how recipients and groups end ---- */

const struct relay_bounce_profile *
deliver_profile(const struct delivery *d, const struct group *g)
{
	const struct relay_config *config = d->relay->config;
	const struct relay_bounce_profile *profile = d->profile;

	if (profile == NULL)
		profile = relay_profile_named(
		    config, slice_cstr(g->message->profile));
	return profile != NULL ? profile : &config->bounce;
}

static void
finish_recipient(struct delivery *d, struct group *g, uint32_t rid)
{
	spool_finish_recipient(d->relay->spool, g->message->mid, rid);
	group_remove_rid(&d->relay->queue, g, rid);
}

/* The group has nobody left. */
static void
finish_group(struct delivery *d, struct group *g)
{
	struct relay *r = d->relay;
	struct maillog_event ev = {
		.form = MAILLOG_MESSAGE_FINISHED,
		.mid = g->message->mid,
		.result = SLICE("done"),
	};
	uint32_t pieces = spool_pieces_of(g->message->size_bytes);

	if (g->message->groups == 1)
		queue_remove_message(&r->queue, g->message);
	if (g->state != GROUP_ACTIVE)
		group_make_active(g);
	if (!group_finish(&r->queue, &g))
		return;
	log_event(&r->log, &ev);
	spool_drop_message(r->spool, ev.mid, pieces);
}

void
deliver_bounce_group(struct delivery *d, struct group *g, uint64_t dcid,
    const struct log_cause *cause)
{
	while (g->count > 0)
		deliver_bounced(d, g, g->rids[0], dcid, cause);
	finish_group(d, g);
}

static void
discard_group(struct delivery *d, struct group *g)
{
	struct log *log = &d->relay->log;
	struct maillog_event ev = {
		.form = MAILLOG_DELETED,
		.mid = g->message->mid,
		.rids = log_rids(log, g->rids, g->count),
	};

	log_event(log, &ev);
	deliver_count(d, COUNTER_DELETED, g->count);
	while (g->count > 0)
		finish_recipient(d, g, g->rids[0]);
	finish_group(d, g);
}

void
deliver_drop_group(struct delivery *d, struct group *g)
{
	if (g->message->groups == 1 && !g->message->is_partly_kept)
		relay_count(d->relay, COUNTER_DROPPED_MESSAGES, 1);
	discard_group(d, g);
}

void
deliver_discard_group(struct delivery *d, struct group *g)
{
	g->message->is_partly_kept = true;
	discard_group(d, g);
}

/* 13, and the end of 10. */
static void
expire_group(struct delivery *d, struct group *g)
{
	char *text = xstrdup(g->last_error != NULL ? g->last_error : "timeout");
	const struct log_cause cause = {
		.phase = MAILLOG_PHASE_EXPIRED,
		.text = slice_cstr(text),
	};

	deliver_bounce_group(d, g, 0, &cause);
	free(text);
}

static void
wait_group(struct delivery *d, struct group *g, utime due, bool is_for_probe)
{
	g->is_for_probe = is_for_probe;
	queue_forget_content(&d->relay->queue, g->message);
	group_make_waiting(&d->relay->queue, g, due);
	spool_requeue(d->relay->spool, g);
	log_pending(&d->relay->log, g, deliver_profile(d, g));
}

/* The round was an extra one, and the wait that a success cut short goes on:
 * 14. */
static bool
resume_wait(struct delivery *d, struct group *g)
{
	if (!g->is_released)
		return false;
	if (g->wait_end > world_now(d->relay->world)) {
		wait_group(d, g, g->wait_end, false);
		return true;
	}
	g->is_released = false;
	return false;
}

/* The round was an attempt: 10. */
void
deliver_requeue_attempted(struct delivery *d, struct group *g)
{
	const struct relay_bounce_profile *profile = deliver_profile(d, g);

	if (resume_wait(d, g))
		return;
	group_set_attempts(&d->relay->queue, g, g->attempts + 1);
	if (retry_is_exhausted(profile, g->attempts)) {
		expire_group(d, g);
		return;
	}
	bounce_warn(d, g);
	wait_group(d, g,
	    utime_add(
		world_now(d->relay->world), retry_wait(profile, g->attempts)),
	    false);
}

static void
wait_for_probe(struct delivery *d, struct group *g, utime due)
{
	if (!resume_wait(d, g))
		wait_group(d, g, due, true);
}

/* The error that a waiting group shows when no recipient of its own was
 * refused. */
static void
take_domain_error(struct delivery *d, struct group *g)
{
	uint64_t how = g->cohort->round.how;

	if (d->last_error != NULL && (how & ROUND_REFUSED) == 0)
		group_set_error(g, slice_cstr(d->last_error));
	if ((how & ROUND_REFUSED) == 0)
		g->error_phase = (uint8_t)MAILLOG_PHASE_NETWORK;
}

static bool
is_attempt(const struct delivery *d, const struct group *g)
{
	return d->relay->config->delivery.down_counts ||
	    (g->cohort->round.how & ROUND_ANSWERED) != 0;
}

void
deliver_requeue(struct delivery *d, struct group *g)
{
	const struct candidates *c = &d->domain->candidates;

	take_domain_error(d, g);
	if (is_attempt(d, g))
		deliver_requeue_attempted(d, g);
	else
		wait_for_probe(
		    d, g, pick_first_probe(c, world_now(d->relay->world)));
}

void
deliver_end_round(
    struct delivery *d, struct group *g, const struct host *failed)
{
	take_domain_error(d, g);
	if (is_attempt(d, g))
		deliver_requeue_attempted(d, g);
	else
		wait_for_probe(d, g, failed->probe_at);
}

static bool
is_expired(const struct delivery *d, const struct group *g, utime now)
{
	return retry_is_expired(
	    deliver_profile(d, g), g->message->received, now);
}

void
deliver_end_wait(struct delivery *d, struct group *g)
{
	if (is_expired(d, g, world_now(d->relay->world))) {
		expire_group(d, g);
		return;
	}
	group_make_ready(&d->relay->queue, g);
	g->is_released = false;
}

static void
log_scan(const struct delivery *d, enum maillog_form form)
{
	struct maillog_event ev = {
		.form = form,
		.domain = slice_cstr(d->domain->name),
		.count = d->domain->group_count,
	};

	log_event(&d->relay->log, &ev);
}

/* Ends waits, the first one first, as `next` finds them. */
static void
end_waits(struct delivery *d, struct group *next(const struct domain *d),
    void end(struct delivery *d, struct group *g), utime until)
{
	utime now = world_now(d->relay->world);
	bool is_scan = false;
	struct group *g;

	while ((g = next(d->domain)) != NULL && group_due(g) <= until) {
		/* A look that finds nobody says nothing. */
		if (!is_scan && is_expired(d, g, now)) {
			is_scan = true;
			log_scan(d, MAILLOG_SCAN_START);
		}
		end(d, g);
	}
	if (is_scan)
		log_scan(d, MAILLOG_SCAN_DONE);
}

void
deliver_make_due(struct delivery *d, utime until)
{
	end_waits(d, domain_first_waiting, deliver_end_wait, until);
}

/* What waits for a probe has waited for just that. */
static void
release_group(struct delivery *d, struct group *g)
{
	if (g->is_for_probe || is_expired(d, g, world_now(d->relay->world)))
		deliver_end_wait(d, g);
	else
		group_release(&d->relay->queue, g);
}

/* The domain takes mail: 14. */
static void
release_waiting(struct delivery *d)
{
	const struct relay_delivery *config = &d->relay->config->delivery;

	if (!config->release_on_success)
		return;
	if (config->releases == RELEASES_ALWAYS)
		deliver_make_due(d, UTIME_NEVER);
	else
		end_waits(
		    d, domain_first_unreleased, release_group, UTIME_NEVER);
}

void
deliver_delayed(struct delivery *d, struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause)
{
	struct buf text = { 0 };

	log_refused(
	    &d->relay->log, MAILLOG_DELAYED, dcid, g->message->mid, rid, cause);
	side_delayed(d->relay, g, rid, cause);
	deliver_count(d, COUNTER_SOFT_BOUNCED, 1);
	deliver_note_error(d, cause->code, cause->text);
	if (cause->code != 0)
		buf_printf(&text, "%u ", cause->code);
	buf_append(&text, cause->text);
	group_set_error(g, buf_slice(&text));
	g->error_phase = (uint8_t)cause->phase;
	if (cause->code / 100 == 4)
		cohort_soft(g);
	buf_fini(&text);
}

void
deliver_bounced(struct delivery *d, struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause)
{
	bounce_recipient(d, g, rid, dcid, cause);
	side_bounced(d->relay, g, rid, cause);
	deliver_count_bounced(d, cause);
	g->message->is_partly_kept = true;
	finish_recipient(d, g, rid);
}

void
deliver_done(struct delivery *d, struct group *g, const uint32_t *rids,
    uint32_t count, uint64_t dcid, const struct slice *response)
{
	struct log *log = &d->relay->log;
	struct maillog_event done = {
		.form = MAILLOG_MESSAGE_DONE,
		.dcid = dcid,
		.mid = g->message->mid,
		.rids = log_rids(log, rids, count),
	};
	struct maillog_event said = {
		.form = MAILLOG_MID_RESPONSE,
		.mid = done.mid,
		.rids = done.rids,
		.response = response != NULL ? *response : SLICE(""),
	};

	log_event(log, &done);
	if (response != NULL)
		log_event(log, &said);
	deliver_count(d, COUNTER_DELIVERED, count);
	g->message->is_partly_kept = true;
	for (uint32_t i = 0; i < count; i++)
		finish_recipient(d, g, rids[i]);
	release_waiting(d);
}

bool
deliver_is_last(
    const struct delivery *d, const struct connection *c, const struct group *g)
{
	size_t index = deliver_index_of(d, c);

	return index != PICK_NONE &&
	    round_ends_at(&d->domain->candidates, &g->cohort->round, index);
}

void
deliver_group_over(
    struct delivery *d, struct connection *c, struct group *g, bool failover)
{
	size_t index = deliver_index_of(d, c);

	deliver_wake(d);
	if (g->count == 0) {
		finish_group(d, g);
		return;
	}
	/* Nobody was refused: some had to wait here. */
	if (g->count == c->unsent) {
		group_return(g);
		return;
	}
	if (index != PICK_NONE && c->is_unable)
		cohort_unable(g, index);
	else if (index != PICK_NONE)
		cohort_refused(g, index);
	if (failover)
		group_return(g);
	else
		deliver_requeue_attempted(d, g);
}

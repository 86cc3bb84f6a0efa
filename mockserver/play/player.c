/* SPDX-License-Identifier: MIT */
/*
 * One connection; see player.h.
 *
 * Everything that happens to a player goes through one of the entry points
 * (open, input, drained, eof, failure, the two timers).  Each does its part and
 * then calls player_settle(), the only place where events are taken from the
 * session, output is written, and a player that is gone is freed.
 */
#include "mockserver/play/player_impl.h"

/* The client is not read while so much of its input waits. */
#define BACKLOG_MAX 65536

static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_pause(struct timer *t);
static void on_idle(struct timer *t);

static struct dialogue_scene scene_of(const struct player *p);
static bool take_events(struct player *p);
static bool is_before_handshake(const struct player *p);
static bool is_choked(const struct player *p);
static bool ends_with_client(const struct player *p);
static bool is_over(const struct player *p);
static void play(struct player *p);
static void act(struct player *p);
static void say(struct player *p);
static void free_player(struct player *p);

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
	.on_secured = player_on_secured,
	.on_stopped = player_on_stopped,
};

void
player_open(
    struct site *site, const struct endpoint *server, struct stream *stream)
{
	struct player *p = xcalloc(1, sizeof(*p));

	p->site = site;
	p->stream = stream;
	player_look(p);
	p->teller = (struct teller){
		.sink = &site->cast->sink,
		.host = site->host->name,
		.connection = ++site->cast->connections,
		.server = *server,
		.client = *stream_remote(stream),
	};
	p->dialogue =
	    dialogue_new(site->host, site->book, &p->teller.client.ip);
	dialogue_keep_content(p->dialogue, site->cast->sink.content_max);
	if (site->cast->capture != NULL)
		dialogue_set_intake(
		    p->dialogue, capture_intake_max(site->cast->capture));
	p->pause.fire = on_pause;
	p->idle.fire = on_idle;
	list_append(&site->cast->players, &p->link);
	site->connections++;
	site->opened++;
	stream_attach(stream, &handler, p);
	teller_say(&p->teller, p->now, TRANSCRIPT_OPEN, (struct slice){ 0 });
	player_enter_ready(p);
	player_settle(p);
}

void
players_set_book(struct site *site)
{
	LIST_FOREACH(node, &site->cast->players) {
		struct player *p = CONTAINER_OF(node, struct player, link);

		if (p->site == site)
			dialogue_set_book(p->dialogue, site->book);
	}
}

void
players_abort(struct player_cast *cast)
{
	while (!list_is_empty(&cast->players)) {
		struct player *p =
		    CONTAINER_OF(cast->players.next, struct player, link);

		player_look(p);
		player_finish(p, TRANSCRIPT_RESET);
		free_player(p);
	}
}

/* ---- entry points ---- */

static void
on_connected(void *owner)
{
	/* Never: an accepted stream is connected already. */
	assert(owner == NULL);
}

static void
on_input(void *owner, struct slice bytes)
{
	struct player *p = owner;

	player_look(p);
	p->heard_at = p->now;
	if (p->state != PLAYER_DEAF || player_hear_clear_text(p, bytes)) {
		const bool in_auth = dialogue_is_in_auth(p->dialogue);
		const size_t content = dialogue_feed(p->dialogue, bytes);

		player_say_input(p, bytes, content, in_auth);
	}
	player_settle(p);
}

static void
on_drained(void *owner)
{
	struct player *p = owner;

	player_look(p);
	if (p->state == PLAYER_REPEATING)
		player_repeat(p);
	player_settle(p);
}

static void
on_eof(void *owner)
{
	struct player *p = owner;

	player_look(p);
	teller_say(&p->teller, p->now, TRANSCRIPT_EOF, (struct slice){ 0 });
	p->has_eof = true;
	player_settle(p);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct player *p = owner;

	player_look(p);
	teller_say_lost(&p->teller, p->now,
	    why == NET_TLS ? stream_tls_failure(p->stream)
			   : net_failure_text(why));
	stream_close(p->stream);
	p->state = PLAYER_GONE;
	player_settle(p);
}

static void
on_pause(struct timer *t)
{
	struct player *p = CONTAINER_OF(t, struct player, pause);

	assert(p->state != PLAYER_READY);
	assert(p->state != PLAYER_GONE);
	player_look(p);
	switch (p->state) {
	case PLAYER_DELAYED:
		act(p);
		break;
	case PLAYER_DRIPPING:
		say(p);
		break;
	case PLAYER_STALLED:
	case PLAYER_HELD:
	case PLAYER_HANDSHAKE:
	case PLAYER_DEAF:
		player_finish(p, TRANSCRIPT_CLOSE);
		break;
	case PLAYER_LINGERING:
		player_on_lingering(p);
		break;
	case PLAYER_REPEATING:
	case PLAYER_READY:
	case PLAYER_GONE:
		break;
	}
	player_settle(p);
}

/* RFC 5321, 4.5.3.2.7.  Set once for many inputs: it looks when the last one
 * was. */
static void
on_idle(struct timer *t)
{
	struct player *p = CONTAINER_OF(t, struct player, idle);
	const utime due =
	    utime_add(p->heard_at, p->site->host->limits.idle_timeout);
	struct dialogue_scene scene;

	assert(p->state == PLAYER_READY);
	player_look(p);
	if (p->now < due) {
		timer_set(p->site->cast->world, t, due);
		return;
	}
	scene = scene_of(p);
	dialogue_react_idle(p->dialogue, &scene, &p->out, &p->reaction);
	play(p);
	if (p->state == PLAYER_READY)
		player_enter_ready(p);
	player_settle(p);
}

/* ---- the turn ---- */

void
player_look(struct player *p)
{
	p->now = world_now(p->site->cast->world);
}

static struct dialogue_scene
scene_of(const struct player *p)
{
	return (struct dialogue_scene){
		.now = p->now,
		.connection = p->teller.connection,
		.connections = p->site->connections,
	};
}

void
player_settle(struct player *p)
{
	bool is_full, has_more;

	do {
		has_more = take_events(p);
		player_flush(p);
	} while (has_more);
	if (p->has_eof && ends_with_client(p))
		player_leave(p);
	if (p->state == PLAYER_GONE) {
		free_player(p);
		return;
	}
	is_full = dialogue_backlog(p->dialogue) > BACKLOG_MAX ||
	    is_before_handshake(p);
	if (is_full != p->is_paused) {
		p->is_paused = is_full;
		stream_pause(p->stream, is_full);
	}
}

/* A handshake is due later: what the client sends for it stays unread. */
static bool
is_before_handshake(const struct player *p)
{
	return p->reaction.is_handshake && p->state == PLAYER_DELAYED;
}

/* Whether the client's FIN is the end. */
static bool
ends_with_client(const struct player *p)
{
	switch (p->state) {
	case PLAYER_READY:
	case PLAYER_STALLED:
	case PLAYER_DRIPPING:
	case PLAYER_DEAF:
		return !is_choked(p);
	case PLAYER_HELD:
		return !p->ignores_eof;
	case PLAYER_REPEATING:
		return true;
	case PLAYER_DELAYED:
	case PLAYER_LINGERING:
	case PLAYER_HANDSHAKE:
	case PLAYER_GONE:
		break;
	}
	return false;
}

/* True when it stopped because there is much to write. */
static bool
take_events(struct player *p)
{
	const struct dialogue_scene scene = scene_of(p);
	struct reaction reaction;
	enum smtp_violation violation;

	while (p->ready < STREAM_HIGH_WATER) {
		if (is_over(p) || p->state == PLAYER_HANDSHAKE ||
		    p->state == PLAYER_DEAF || is_choked(p))
			return false;
		switch (dialogue_next(
		    p->dialogue, &scene, &p->out, &reaction, &violation)) {
		case DIALOGUE_QUIET:
			return false;
		case DIALOGUE_VIOLATION:
			teller_say_violation(&p->teller, scene.now, violation);
			break;
		case DIALOGUE_REACTION:
			p->reaction = reaction;
			play(p);
			break;
		}
	}
	return true;
}

/* Nothing is said any more. */
static bool
is_over(const struct player *p)
{
	return p->state == PLAYER_GONE || p->state == PLAYER_LINGERING ||
	    p->state == PLAYER_HELD;
}

/* The client does not read what it is told. */
static bool
is_choked(const struct player *p)
{
	return p->state != PLAYER_GONE &&
	    stream_queued(p->stream) > STREAM_HIGH_WATER;
}

/* ---- reactions ---- */

static void
play(struct player *p)
{
	assert(p->state == PLAYER_READY);
	teller_say_rule(&p->teller, p->now, &p->reaction);
	if (p->reaction.delay > 0)
		player_enter_pause(p, PLAYER_DELAYED, p->reaction.delay);
	else
		act(p);
}

/* The delay is over. */
static void
act(struct player *p)
{
	const struct reaction *r = &p->reaction;

	player_apply(p);
	if (r->ending == RULE_STALL && r->bytes.len == 0) {
		player_enter_pause(p, PLAYER_STALLED, r->stall);
		return;
	}
	p->said = p->portions = 0;
	if (r->is_endless) {
		p->is_repeated = false;
		buf_clear(&p->again);
		buf_append(&p->again, r->bytes);
	}
	if (player_strike(p))
		say(p);
}

/* The answer, or the next of its portions. */
static void
say(struct player *p)
{
	const struct reaction *r = &p->reaction;
	const size_t left = r->bytes.len - p->said;
	const size_t most = rule_drip_portion(&r->drip, p->portions++, left);
	const struct slice bytes =
	    slice_sub(buf_slice(&p->out), p->ready, most);

	p->heard_at = p->now;
	if (bytes.len > 0 && !p->is_repeated)
		teller_say_reaction(
		    &p->teller, p->heard_at, TRANSCRIPT_OUT, r, bytes);
	p->ready += bytes.len;
	p->said += bytes.len;
	if (bytes.len < left) {
		player_enter_pause(p, PLAYER_DRIPPING, r->drip.every);
		return;
	}
	if (r->is_endless && r->is_whole) {
		player_repeat(p);
		return;
	}
	p->is_repeated = false;
	if (dialogue_played(p->dialogue)) {
		p->site->messages++;
		player_say_message(p);
	}
	player_end_act(p);
}

/* ---- states ---- */

void
player_enter_ready(struct player *p)
{
	struct world *w = p->site->cast->world;

	p->state = PLAYER_READY;
	p->heard_at = p->now;
	timer_set(w, &p->idle,
	    utime_add(p->heard_at, p->site->host->limits.idle_timeout));
}

void
player_enter_pause(struct player *p, enum player_state state, utime span)
{
	struct world *w = p->site->cast->world;

	p->state = state;
	timer_stop(w, &p->idle);
	timer_set(w, &p->pause, utime_add(p->now, span));
}

void
player_flush(struct player *p)
{
	if (p->ready == 0)
		return;
	stream_write(p->stream, slice_sub(buf_slice(&p->out), 0, p->ready));
	buf_consume(&p->out, p->ready);
	p->ready = 0;
}

/* CLOSE, RESET or GONE. */
void
player_finish(struct player *p, enum transcript_kind how)
{
	assert(p->state != PLAYER_GONE);
	player_flush(p);
	teller_say_reaction(
	    &p->teller, p->now, how, &p->reaction, (struct slice){ 0 });
	if (how == TRANSCRIPT_CLOSE)
		stream_close(p->stream);
	else if (how == TRANSCRIPT_GONE)
		stream_vanish(p->stream);
	else
		stream_reset(p->stream);
	p->state = PLAYER_GONE;
}

static void
free_player(struct player *p)
{
	struct world *w = p->site->cast->world;

	assert(p->state == PLAYER_GONE);
	timer_stop(w, &p->pause);
	timer_stop(w, &p->idle);
	p->site->connections--;
	p->site->cast->on_left(p->site->cast->owner, p->site);
	list_remove(&p->link);
	dialogue_destroy(&p->dialogue);
	buf_fini(&p->out);
	buf_fini(&p->again);
	free(p);
}

/* SPDX-License-Identifier: MIT */
/* How a connection fares behind an answer, and how it ends; see player.h. */
#include "mockserver/play/player_impl.h"

/* How long a reset waits for the bytes before it to leave, and how often it
 * looks. */
#define LINGER_MAX  (5 * UTIME_S)
#define LINGER_STEP UTIME_MS

void
player_apply(struct player *p)
{
	const struct rule *rule = p->reaction.rule;

	if (rule == NULL)
		return;
	if (rule->read.way == RULE_READ_NOTHING)
		stream_pace(p->stream, 0, 0);
	else if (rule->read.way == RULE_READ_SLOWLY)
		stream_pace(p->stream, (size_t)rule->read.pace.bytes,
		    rule->read.pace.every);
	if (rule->linger > 0)
		p->linger = rule->linger;
}

/* Says nothing more, and keeps the connection for a while. */
static void
hold(struct player *p, utime span, bool ignores_eof)
{
	p->ignores_eof = ignores_eof;
	player_enter_pause(p, PLAYER_HELD, span);
}

/* FIN; what comes is read until the client's. */
static void
half_close(struct player *p)
{
	player_flush(p);
	teller_say_reaction(&p->teller, p->heard_at, TRANSCRIPT_HALF,
	    &p->reaction, (struct slice){ 0 });
	stream_shutdown(p->stream);
	hold(p, p->site->host->limits.idle_timeout, false);
}

/* RESET or GONE, when the bytes before it have left. */
static void
end_abruptly(struct player *p, enum transcript_kind how)
{
	player_flush(p);
	p->last = how;
	p->linger_until = utime_add(p->now, LINGER_MAX);
	if (stream_queued(p->stream) > 0)
		player_enter_pause(p, PLAYER_LINGERING, LINGER_STEP);
	else
		player_finish(p, how);
}

void
player_reset(struct player *p)
{
	end_abruptly(p, TRANSCRIPT_RESET);
}

void
player_on_lingering(struct player *p)
{
	if (stream_queued(p->stream) > 0 && p->now < p->linger_until)
		timer_set(
		    p->site->cast->world, &p->pause, p->now + LINGER_STEP);
	else
		player_finish(p, p->last);
}

void
player_leave(struct player *p)
{
	if (p->linger > 0 && p->state != PLAYER_HELD)
		hold(p, p->linger, true);
	else
		player_finish(p, TRANSCRIPT_CLOSE);
}

static void
go_on(struct player *p)
{
	if (p->reaction.is_handshake)
		player_begin_tls(p);
	else if (dialogue_is_over(p->dialogue))
		player_leave(p);
	else if (p->state != PLAYER_READY)
		player_enter_ready(p);
}

void
player_end_act(struct player *p)
{
	switch (p->reaction.ending) {
	case RULE_DISCARD:
		dialogue_discard(p->dialogue);
		go_on(p);
		break;
	case RULE_KEEP:
		go_on(p);
		break;
	case RULE_CLOSE:
	case RULE_DROP:
		player_finish(p, TRANSCRIPT_CLOSE);
		break;
	case RULE_HALF:
		half_close(p);
		break;
	case RULE_RESET:
		player_reset(p);
		break;
	case RULE_VANISH:
		end_abruptly(p, TRANSCRIPT_GONE);
		break;
	case RULE_STALL:
		hold(p, p->reaction.stall, false);
		break;
	}
}

void
player_repeat(struct player *p)
{
	const struct rule_drip *drip = &p->reaction.drip;

	p->is_repeated = true;
	if (drip->portions.count == 1) {
		buf_append(&p->out, buf_slice(&p->again));
		p->said = 0;
		player_enter_pause(p, PLAYER_DRIPPING, drip->every);
		return;
	}
	player_enter_pause(p, PLAYER_REPEATING, UTIME_NEVER);
	player_flush(p);
	while (stream_queued(p->stream) <= STREAM_HIGH_WATER)
		stream_write(p->stream, buf_slice(&p->again));
}

/* SPDX-License-Identifier: MIT */
/*
 * A dialogue of a scenario's "inject": lines and bytes as they are written
 * there, well formed or not, and how the relay's replies begin.  A step that
 * names no reply waits for none, so that the next one is pipelined behind it.
 */
#include "harness/sim/inject_impl.h"

static void on_timer(struct timer *t);
static void run(struct dialogue *d);

void
dialogue_init(
    struct dialogue *d, struct injection *in, const struct plan_inject *said)
{
	d->in = in;
	d->said = said;
	d->timer.fire = on_timer;
	timer_set(in->world, &d->timer, utime_add(in->plan->start, said->at));
}

void
dialogue_fini(struct dialogue *d)
{
	timer_stop(d->in->world, &d->timer);
	if (d->stream != NULL)
		stream_reset(d->stream);
	smtp_reply_reader_fini(&d->reader);
	buf_fini(&d->heard);
}

static void
end(struct dialogue *d)
{
	if (d->stream != NULL)
		stream_close(d->stream);
	d->stream = NULL;
	d->is_over = true;
	timer_stop(d->in->world, &d->timer);
	d->in->dialogues_left--;
}

/* The step that is under way cannot be what the scenario says. */
static void
fail(struct dialogue *d, struct slice found)
{
	const struct plan_line *line = &d->said->dialogue.at[d->at];
	const struct inject_surprise surprise = {
		.place = line->place,
		.wanted = line->reply.len > 0 ? line->reply.at
		    : line->is_end            ? "the end of the connection"
					      : "a connection",
		.found = found,
	};

	d->in->hooks.on_surprise(d->in->hooks.owner, &surprise);
	end(d);
}

/* ---- replies ---- */

/* The reply in one line: its code, and its texts. */
static void
reply_write(struct buf *out, const struct smtp_reply *reply)
{
	buf_printf(out, "%d", reply->code);
	if (reply->text.len > 0)
		buf_printf(out, " %.*s", SLICE_ARG(reply->text));
}

/* Takes the reply that is awaited; false when it is not there yet, or was
 * another one and the dialogue is over. */
static bool
hear(struct dialogue *d, struct slice wanted)
{
	struct slice input = buf_slice(&d->heard);
	struct smtp_reply reply;
	struct buf text = { 0 };
	size_t len = input.len;
	bool is_good = false;

	switch (smtp_reply_read(&d->reader, &input, &reply)) {
	case SMTP_REPLY_COMPLETE:
		reply_write(&text, &reply);
		buf_consume(&d->heard, len - input.len);
		is_good = slice_starts_with(buf_slice(&text), wanted);
		if (!is_good)
			fail(d, buf_slice(&text));
		break;
	case SMTP_REPLY_GARBAGE:
	case SMTP_REPLY_TOO_LONG:
		fail(d, reply.text);
		break;
	case SMTP_REPLY_PARTIAL:
		buf_consume(&d->heard, len - input.len);
		if (d->is_eof)
			fail(d, SLICE("the relay closed the connection"));
		break;
	}
	buf_fini(&text);
	return is_good;
}

/* ---- steps ---- */

/* The beginning of a step; false when it takes time. */
static bool
begin(struct dialogue *d, const struct plan_line *line)
{
	if (line->wait > 0 && !d->has_waited) {
		d->has_waited = true;
		timer_set(d->in->world, &d->timer,
		    utime_add(world_now(d->in->world), line->wait));
		return false;
	}
	if (timer_is_set(&d->timer))
		return false;
	if (!d->has_spoken && line->said.len > 0 && !d->is_eof)
		stream_write(d->stream, line->said);
	d->has_spoken = true;
	if (line->is_tls && !d->is_secured) {
		if (!d->is_securing)
			stream_start_tls(d->stream, d->in->tls, NULL);
		d->is_securing = true;
		return false;
	}
	return true;
}

static void
run(struct dialogue *d)
{
	while (!d->is_over && d->at < d->said->dialogue.count) {
		const struct plan_line *line = &d->said->dialogue.at[d->at];

		if (!begin(d, line))
			return;
		if (line->reply.len > 0 && !d->has_heard) {
			if (!hear(d, line->reply))
				return;
			d->has_heard = true;
		}
		if (line->is_end && !d->is_eof)
			return;
		d->at++;
		d->has_waited = d->has_spoken = d->has_heard = false;
	}
	if (!d->is_over)
		end(d);
}

static void
on_connected(void *owner)
{
	run(owner);
}

static void
on_input(void *owner, struct slice bytes)
{
	struct dialogue *d = owner;

	buf_append(&d->heard, bytes);
	run(d);
}

static void
on_drained(void *owner)
{
	(void)owner;
}

static void
on_eof(void *owner)
{
	struct dialogue *d = owner;

	d->is_eof = true;
	run(d);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct dialogue *d = owner;

	/* A reset is an end, too. */
	if (why == NET_RESET && d->said->dialogue.at[d->at].is_end)
		end(d);
	else
		fail(d, slice_cstr(net_failure_text(why)));
}

static void
on_secured(void *owner, const struct tls_verdict *verdict)
{
	struct dialogue *d = owner;

	(void)verdict;
	d->is_secured = true;
	run(d);
}

static void
on_timer(struct timer *t)
{
	static const struct stream_handler handler = {
		.on_connected = on_connected,
		.on_input = on_input,
		.on_drained = on_drained,
		.on_eof = on_eof,
		.on_failure = on_failure,
		.on_secured = on_secured,
	};
	struct dialogue *d = CONTAINER_OF(t, struct dialogue, timer);
	struct endpoint from = { d->said->client, 0 };

	if (d->stream != NULL)
		run(d);
	else
		d->stream = world_connect(d->in->world,
		    d->in->is_elsewhere ? NULL : &from,
		    inject_relay(d->in, d->said), &handler, d);
}

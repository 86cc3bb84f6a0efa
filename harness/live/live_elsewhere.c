/* SPDX-License-Identifier: MIT */
/*
 * A live run with a relay that runs elsewhere: the hosts listen where --bind
 * says, in this process, and in real time; mail is injected at the relay's
 * address, and its log comes in as it is written.  The run is over when the log
 * has told the end of every message, and is quiet; live_elsewhere_end.c has
 * what is then done.
 */
#include "core/world/world_ev.h"
#include "harness/live/live_elsewhere_impl.h"

#include <inttypes.h>
#include <signal.h>

/* The log has told all: nothing more is waited for than this. */
#define QUIET_SPAN (200 * UTIME_MS)
/* Likewise while it has not told of the end of connections, and what a log may
 * come behind at the scenario's "until". */
#define CLOSING_SPAN (3 * UTIME_S)
/* A log that has not told of any message for so long tells of none. */
#define SILENCE_SPAN  (60 * UTIME_S)
#define TICK_SPAN     UTIME_S
#define PROGRESS_SPAN (30 * UTIME_S)

/* It cannot go on. */
static void
give_up(struct elsewhere *e, const char *subject, const char *wanted,
    const char *found)
{
	if (!e->live.is_lost)
		result_add_ending(
		    e->live.result, subject, NULL, wanted, "%s", found);
	e->live.is_lost = true;
	world_stop(e->live.world);
}

/* ---- when it is over ---- */

static bool
is_done(const struct elsewhere *e)
{
	const struct live *live = &e->live;

	return live->plan->until == UTIME_NEVER &&
	    injection_is_done(live->injection) &&
	    e->sift.accepted >= injection_accepted(live->injection) &&
	    e->sift.open == 0 && mock_open_sessions(live->mock, NULL) == 0;
}

/* `is_news`: something of the run has been seen. */
static void
look(struct elsewhere *e, bool is_news)
{
	const struct live *live = &e->live;
	const utime span = e->sift.connections == 0 ? QUIET_SPAN : CLOSING_SPAN;

	if (live->is_over || e->is_late || live->injection == NULL)
		return;
	if (!is_done(e))
		timer_stop(live->world, &e->quiet);
	else if (is_news || !timer_is_set(&e->quiet))
		timer_set(
		    live->world, &e->quiet, world_now(live->world) + span);
}

static void
on_quiet(struct timer *t)
{
	struct elsewhere *e = CONTAINER_OF(t, struct elsewhere, quiet);

	world_stop(e->live.world);
}

static void
on_until(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, until_timer);
	struct elsewhere *e = CONTAINER_OF(live, struct elsewhere, live);

	e->is_late = true;
	timer_set(live->world, &e->quiet,
	    utime_add(world_now(live->world), CLOSING_SPAN));
}

static void
tell_progress(struct elsewhere *e, utime now)
{
	char span[UTIME_TEXT_MAX];

	e->told = now;
	buf_printf(&e->text,
	    "%s: after %s: %" PRIu64 " messages injected, %" PRIu64
	    " of them in the log, of which %" PRIu64 " have not ended",
	    e->live.plan->name,
	    utime_format_span(
		(now - e->live.plan->start) / UTIME_S * UTIME_S, span),
	    injection_accepted(e->live.injection), e->sift.accepted,
	    e->sift.open);
	elsewhere_say(e, e->options->on_progress);
}

/* Of injected messages nothing has come, from where we come to the relay. */
static bool
is_silent(const struct elsewhere *e)
{
	return e->sift.accepted == 0 &&
	    injection_accepted(e->live.injection) > 0;
}

static void
give_up_waiting(struct elsewhere *e, const char *subject, const char *wanted,
    const char *found)
{
	char client[IP_TEXT_MAX];

	buf_printf(&e->text, "%s", found);
	if (is_silent(e))
		buf_printf(&e->text,
		    "; the log tells of no message of the run from %s, from "
		    "where we come to the relay (if it sees us come from "
		    "elsewhere: --client)",
		    ip_format(&e->options->client, client));
	give_up(e, subject, wanted, buf_cstr(&e->text));
	buf_clear(&e->text);
}

static void
check_patience(struct elsewhere *e, utime now)
{
	struct live *live = &e->live;

	if (!injection_is_done(live->injection))
		e->injected = now;
	if (now - live->plan->start >= e->options->limit)
		give_up_waiting(e, "bounds", "the run ends within --time-limit",
		    "that has passed");
	else if (now - e->injected >= SILENCE_SPAN && is_silent(e))
		give_up_waiting(e, "log",
		    "the log tells of the messages of the run",
		    "a minute has passed");
	else if (e->sift.is_full)
		give_up(e, "log", "the log is of a size to be kept",
		    "more of it came than is kept");
}

static void
on_tick(struct timer *t)
{
	struct elsewhere *e = CONTAINER_OF(t, struct elsewhere, tick);
	const utime now = world_now(e->live.world);

	check_patience(e, now);
	if (now - e->told >= PROGRESS_SPAN)
		tell_progress(e, now);
	look(e, false);
	timer_set(e->live.world, &e->tick, now + TICK_SPAN);
}

/* ---- what is seen ---- */

static void
on_event(void *owner, const struct transcript_event *ev)
{
	struct live *live = owner;
	struct elsewhere *e = CONTAINER_OF(live, struct elsewhere, live);
	struct transcript_event told = *ev;

	if (live->is_over || e->is_late)
		return;
	if (ev->kind == TRANSCRIPT_MESSAGE &&
	    !sift_knows(
		&e->sift, ev->sender, ev->recipients, ev->recipient_count)) {
		e->strangers++;
		return;
	}
	if (ev->kind == TRANSCRIPT_OPEN) {
		e->seen = xgrow(e->seen, &e->seen_cap, e->seen_count + 1,
		    sizeof(e->seen[0]));
		e->seen[e->seen_count++] =
		    (struct seen){ ev->server, ev->time };
	}
	if (ip_equal(&told.client.ip, &e->options->relay.ip))
		told.client.ip = live->plan->relay.interface;
	tape_transcript(live->tape, &told);
	look(e, true);
}

static void
on_record(void *owner, const struct log_record *record)
{
	struct elsewhere *e = owner;

	if (sift_take(&e->sift, record, world_now(e->live.world)))
		look(e, true);
}

/* The last record is given at once, as nobody knows when another comes. */
static void
on_log_input(void *owner, struct slice bytes)
{
	struct elsewhere *e = owner;
	struct slice rest, line;

	buf_append(&e->line, bytes);
	rest = buf_slice(&e->line);
	while (slice_find_byte(rest, '\n') < rest.len) {
		(void)slice_split(&rest, '\n', &line);
		log_reader_line(&e->reader, line);
	}
	buf_consume(&e->line, buf_len(&e->line) - rest.len);
	log_reader_rest(&e->reader);
}

static void
on_log_eof(void *owner)
{
	struct elsewhere *e = owner;

	stream_close(e->log);
	e->log = NULL;
	if (!e->live.result->is_stopped)
		give_up(
		    e, "log", "the log can be read", "its reader has ended");
}

static void
on_log_failure(void *owner, enum net_failure why)
{
	(void)why;
	on_log_eof(owner);
}

static void
on_log_drained(void *owner)
{
	(void)owner;
}

static void
on_signal(void *owner, int number)
{
	struct live *live = owner;

	(void)number;
	live->result->is_stopped = true;
	world_stop(live->world);
}

/* ---- putting it together ---- */

static struct endpoint
on_place(void *owner, const struct endpoint *at)
{
	const struct elsewhere *e = owner;
	const struct endpoint *real = placement_real(e->options->places, at);

	return real != NULL ? *real : *at;
}

static bool
start_hosts(struct elsewhere *e, struct err *err)
{
	struct live *live = &e->live;
	const struct mock_options mock = { .seed = live->result->seed,
		.zone = live->plan->relay.zone,
		.place = on_place,
		.owner = e };

	if (!live_start_hosts(live, &live->plan->hosts, &mock, on_event, err))
		return false;
	if (e->options->names == NULL)
		return true;
	live->names =
	    mock_dns_new(live->world, e->options->zone, e->options->names, err);
	return live->names != NULL;
}

static void
start_log(struct elsewhere *e)
{
	static const struct stream_handler handler = {
		.on_input = on_log_input,
		.on_drained = on_log_drained,
		.on_eof = on_log_eof,
		.on_failure = on_log_failure,
	};
	const struct live *live = &e->live;

	e->sift.places = e->options->places;
	e->sift.client = e->options->client;
	e->sift.relay = e->options->relay.ip;
	e->sift.interface = live->plan->relay.interface;
	sift_init(&e->sift, live->plan);
	log_reader_init(&e->reader, e, on_record);
	log_reader_begin(&e->reader, "log", live->plan->start);
	e->log =
	    world_ev_adopt(live->world, e->options->log_fd, false, &handler, e);
}

static bool
assemble(struct elsewhere *e, struct err *err)
{
	static const int signals[] = { SIGINT, SIGTERM, 0 };
	struct live *live = &e->live;
	const struct world_clock_options clock = {
		.start = live->plan->start,
		.scale = 1,
	};

	live->clock = world_clock_new(&clock, err);
	if (live->clock == NULL ||
	    !live_start_world(live, signals, on_signal, err))
		return false;
	live->until_timer.fire = on_until;
	world_clock_start(live->clock);
	start_log(e);
	if (!start_hosts(e, err))
		return false;
	live_start_injection(
	    live, &(struct inject_target){ &e->options->relay, true });
	e->told = e->injected = live->plan->start;
	e->quiet.fire = on_quiet;
	e->tick.fire = on_tick;
	timer_set(live->world, &e->tick, live->plan->start + TICK_SPAN);
	return true;
}

static void
take_apart(struct elsewhere *e)
{
	struct live *live = &e->live;

	live->is_over = true;
	if (live->world != NULL) {
		timer_stop(live->world, &e->tick);
		timer_stop(live->world, &e->quiet);
	}
	if (e->log != NULL)
		stream_reset(e->log);
	live_take_apart(live);
	log_reader_fini(&e->reader);
	sift_fini(&e->sift);
	buf_fini(&e->line);
	buf_fini(&e->text);
	free(e->seen);
	free(e->lines);
}

bool
live_run_elsewhere(struct result *result, struct plan *plan,
    const struct live_options *options, const struct sim_hooks *hooks,
    struct tape *tape, struct err *err)
{
	struct elsewhere e = {
		.live = { .result = result,
		    .plan = plan,
		    .options = options,
		    .tape = tape },
		.options = options->elsewhere,
	};
	bool good;

	endings_init(&e.live.endings, result, false);
	good = assemble(&e, err) && world_run(e.live.world, err);
	if (good && !result->is_stopped)
		elsewhere_finish(&e, plan, hooks);
	take_apart(&e);
	return good;
}

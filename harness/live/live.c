/* SPDX-License-Identifier: MIT */
/* Putting a live run together, letting it run, and taking it apart; see live.h.
 */
#include "harness/live/live.h"

#include "core/world/world_ev.h"
#include "harness/live/live_impl.h"
#include "harness/sim/sim_relay.h"
#include "harness/sim/sim_rules.h"
#include "relay/deliver/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM_FOR_CONTENT TRANSCRIPT_CONTENT_MAX

void
live_trouble(struct live *live, const char *wanted, const char *found)
{
	if (!live->is_over)
		result_add_ending(
		    live->result, "timeline", NULL, wanted, "%s", found);
}

/* ---- what is seen ---- */

static void
on_log(void *owner, struct slice line)
{
	struct live *live = owner;

	if (live->is_over)
		return;
	if (live->options->adapter->dialect != NULL)
		live_foreign_log(live, line);
	else
		tape_log(live->tape, line, world_now(live->world));
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct live *live = owner;

	if (!live->is_over)
		tape_transcript(live->tape, ev);
}

static void
on_until(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, until_timer);

	world_stop(live->world);
}

static void
on_bound(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, bound_timer);

	live->is_out_of_bounds = true;
	world_stop(live->world);
}

static void
reap(struct live *live)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		(void)live_relay_reap(&live->relay, pid, status);
}

static void
on_signal(void *owner, int number)
{
	struct live *live = owner;

	if (number == SIGCHLD) {
		reap(live);
		return;
	}
	live->result->is_stopped = true;
	world_stop(live->world);
}

/* ---- the relay's lives ---- */

/* All of it begins when there is somebody to talk to. */
void
live_begin(struct live *live)
{
	const struct plan *plan = live->plan;
	const struct inject_hooks hooks = endings_inject_hooks(&live->endings);
	const size_t count = plan->relay.listeners.count;
	struct endpoint *at;

	if (live->injection != NULL)
		return;
	at = xcalloc(count, sizeof(*at));
	for (size_t i = 0; i < count; i++)
		at[i] = plan->relay.listeners.at[i].at;
	world_clock_start(live->clock);
	live->endings.world = live->world;
	live->injection = injection_new(live->world, plan, at, &hooks);
	free(at);
	live_steps_begin(live);
	live_foreign_begin(live);
}

static void
on_ready(void *owner)
{
	live_begin(owner);
}

static void
on_relay_end(void *owner, bool is_wanted, const char *how)
{
	struct live *live = owner;

	if (live->is_over)
		return;
	if (is_wanted) {
		timer_set(live->world, &live->again_timer,
		    utime_add(world_now(live->world), live->down_for));
		return;
	}
	live->is_lost = true;
	result_add_ending(live->result, "relay", NULL,
	    "the relay runs until it is told to end", "%s", how);
	world_stop(live->world);
}

static void
on_again(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, again_timer);
	struct err err;

	if (!live_relay_start(&live->relay, &err))
		live_trouble(live, "the relay starts again", err.msg);
}

static bool
write_file(const char *path, struct slice text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good =
	    fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len;

	if (!good)
		(void)err_at(err, path, 0, 0, "%s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return good;
}

static bool
write_files(const struct adapter_files *files, struct err *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (!write_file(
			files->at[i].path, buf_slice(&files->at[i].text), err))
			return false;
	return true;
}

static bool
prepare_relay(struct live *live, struct err *err)
{
	struct slice name =
	    relay_destinations_find(live->plan->relay.destinations, SLICE(""))
		->certificate;
	struct buf certificate = { 0 }, key = { 0 };
	struct adapter_files files = { .count = 0 };
	struct adapter_setting setting = {
		.scenario = live->options->scenario,
		.plan = live->plan,
		.authority = mock_authority(live->mock),
		.name_server = live_name_server,
	};
	bool good;

	if (name.len > 0 && mock_issue(live->mock, name, &certificate, &key))
		setting.certificate = name;
	if (live->places != NULL)
		(void)world_places_find(
		    live->places, &live_name_server, &setting.name_server);
	setting.certificate_pem = buf_slice(&certificate);
	setting.key_pem = buf_slice(&key);
	live->options->adapter->files(&setting, &files);
	good = write_files(&files, err);
	adapter_files_fini(&files);
	buf_fini(&certificate);
	buf_fini(&key);
	return good;
}

static bool
start_relay(struct live *live, struct err *err)
{
	if (!live_foreign_prepare(live, err) || !prepare_relay(live, err))
		return false;
	live->relay.world = live->world;
	live->relay.clock = live->clock;
	live->relay.places = live->places;
	live->relay.adapter = live->options->adapter;
	live->relay.program_fd = live->options->program_fd;
	live->relay.hooks =
	    (struct live_relay_hooks){ live, on_log, on_ready, on_relay_end };
	return live_relay_start(&live->relay, err);
}

/* ---- assembling ---- */

/* A program of others cannot take part in that. */
static bool
live_is_turned(const struct live *live)
{
	return live->options->is_turned &&
	    live->options->adapter->clock == ADAPTER_CLOCK_SHARED;
}

/* The turner has none of our sockets: it would keep them open. */
static bool
start_clock(struct live *live, struct err *err)
{
	const struct world_clock_options options = {
		.start = live->plan->start,
		.latency = live->plan->latency,
		.is_turned = live_is_turned(live),
		.scale = live->options->time_scale,
	};
	const pid_t maker = getpid();
	pid_t pid;

	live->clock = world_clock_new(&options, err);
	if (live->clock == NULL)
		return false;
	pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != maker)
			_exit(1);
		(void)world_clock_turn(live->clock);
		for (;;)
			(void)pause();
	}
	return pid > 0 || err_set(err, "no process: %s", strerror(errno));
}

static bool
start_world(struct live *live, struct err *err)
{
	static const int signals[] = { SIGCHLD, SIGINT, SIGTERM, 0 };

	live->world = world_ev_new_shared(live->clock, live->places, err);
	if (live->world == NULL)
		return false;
	world_ev_signals(live->world, signals, on_signal, live);
	live->until_timer.fire = on_until;
	live->bound_timer.fire = on_bound;
	live->again_timer.fire = on_again;
	timer_set(live->world, &live->until_timer,
	    utime_add(live->plan->start, live->plan->until));
	timer_set_background(live->world, &live->bound_timer,
	    utime_add(live->plan->start, live->plan->span_max));
	return true;
}

static bool
start_hosts(struct live *live, struct err *err)
{
	const struct mock_options mock = { .seed = live->result->seed,
		.zone = live->plan->relay.zone };
	const struct transcript_sink sink = { live, on_transcript,
		ROOM_FOR_CONTENT, false, 0 };

	live->mock =
	    mock_new(live->world, &live->plan->hosts, &mock, &sink, err);
	if (live->mock == NULL || !live_network_hide(live, err))
		return false;
	live->names = mock_dns_new(
	    live->world, live->plan->relay.zone, &live_name_server, err);
	return live->names != NULL;
}

static bool
assemble(struct live *live, struct err *err)
{
	return live_network_begin(live, err) && start_clock(live, err) &&
	    start_world(live, err) && start_hosts(live, err) &&
	    start_relay(live, err);
}

static void
take_apart(struct live *live)
{
	struct timer *const timers[] = { &live->until_timer, &live->bound_timer,
		&live->again_timer };

	live->is_over = true;
	for (size_t i = 0; live->world != NULL && i < ARRAY_LEN(timers); i++)
		timer_stop(live->world, timers[i]);
	live_steps_fini(live);
	live_foreign_fini(live);
	injection_destroy(&live->injection);
	live_relay_fini(&live->relay);
	mock_dns_destroy(&live->names);
	mock_destroy(&live->mock);
	world_destroy(&live->world);
	world_clock_destroy(&live->clock);
	world_places_destroy(&live->places);
	endings_fini(&live->endings);
}

/* ---- the end ---- */

/* Logs beside the mail log are read when nothing more is written. */
static void
read_side_logs(struct live *live)
{
	for (enum plan_log log = PLAN_LOG_BOUNCE; log <= PLAN_LOG_STATUS;
	     log++) {
		const char *path =
		    live->options->adapter->side_log(live->plan, log);
		FILE *file = path != NULL ? fopen(path, "re") : NULL;
		char *line = NULL;
		size_t room = 0;
		ssize_t len;

		while (file != NULL && (len = getline(&line, &room, file)) > 0)
			tape_side_line(
			    live->tape, log, slice_of(line, (size_t)len));
		free(line);
		if (file != NULL)
			(void)fclose(file);
	}
}

static void
play(struct live *live, const struct sim_hooks *hooks)
{
	struct watch watch;

	if (live->options->adapter->dialect != NULL) {
		judge_lack(live->result->judge, JUDGE_WORDS);
		judge_lack(live->result->judge, JUDGE_HOST_STATES);
	}
	watch_init(&watch, live->result, false);
	watch.is_inexact = !live_is_turned(live);
	tape_play(live->tape, &watch, hooks->owner, hooks->on_log,
	    hooks->on_transcript);
	watch_fini(&watch);
}

static void
check_endings(struct live *live, bool is_whole)
{
	if (live->is_lost)
		return;
	if (live->is_out_of_bounds)
		result_add_ending(live->result, "bounds", NULL,
		    "the scenario ends within its \"limits\"",
		    "it loops: its time has passed");
	if (world_clock_ended(live->clock) == WORLD_CLOCK_STUCK)
		result_add_ending(live->result, "bounds", NULL,
		    "every process comes to rest", "one did not for %d s",
		    WORLD_CLOCK_PATIENCE_S);
	if (live->injection == NULL)
		return;
	endings_check_injection(&live->endings, live->injection);
	if (is_whole && live->plan->until == UTIME_NEVER)
		endings_check_sessions(
		    &live->endings, live->mock, live->injection);
	endings_check_queue(&live->endings, live_relay_runs(&live->relay),
	    judge_queued(live->result->judge));
	sim_check_rules(live->mock, live->result);
}

static void
finish(struct live *live, const struct sim_hooks *hooks)
{
	struct result *result = live->result;
	const utime now = world_now(live->world);
	const bool is_whole = !live->is_out_of_bounds && !live->is_lost &&
	    world_clock_ended(live->clock) != WORLD_CLOCK_STUCK;

	result->span = now - live->plan->start;
	read_side_logs(live);
	play(live, hooks);
	if (result->is_stopped)
		return;
	if (!is_whole)
		judge_interrupt(result->judge);
	result_take_judgements(result, now);
	check_endings(live, is_whole);
}

bool
live_run_scenario(struct result *result, const struct live_options *options,
    const struct sim_hooks *hooks, struct tape *tape, struct err *err)
{
	struct live live = {
		.result = result,
		.plan = result->plan,
		.options = options,
		.tape = tape,
	};
	bool good;

	endings_init(&live.endings, result, false);
	good = assemble(&live, err) && world_run(live.world, err);
	if (good)
		finish(&live, hooks);
	take_apart(&live);
	return good;
}

void
live_gather_evidence(struct result *result, const struct tape *tape)
{
	struct watch watch;

	result_focus(result);
	watch_init(&watch, result, true);
	tape_play(tape, &watch, NULL, NULL, NULL);
	evidence_finish(result->evidence);
	watch_fini(&watch);
}

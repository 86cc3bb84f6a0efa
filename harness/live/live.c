/* SPDX-License-Identifier: MIT */
/* A live run in a cage, with a relay of its own; see live.h. */
#include "harness/live/live.h"

#include "core/world/world_ev.h"
#include "harness/live/live_impl.h"
#include "harness/sim/sim_relay.h"
#include "relay/deliver/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
	const size_t count = plan->relay.listeners.count;
	struct endpoint *at;

	if (live->injection != NULL)
		return;
	at = xcalloc(count, sizeof(*at));
	for (size_t i = 0; i < count; i++)
		at[i] = plan->relay.listeners.at[i].at;
	world_clock_start(live->clock);
	live_start_injection(live, &(struct inject_target){ .listeners = at });
	free(at);
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
	ssize_t n = 0;

	/* What is short of its end has an error of its own at the next call. */
	while (fd >= 0 && n >= 0 && text.len > 0) {
		n = write(fd, text.at, text.len);
		text = slice_skip(text, n > 0 ? (size_t)n : 0);
	}
	if (fd < 0 || n < 0)
		(void)err_at(err, path, 0, 0, "%s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 && n >= 0;
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

	live->again_timer.fire = on_again;
	return live_start_world(live, signals, on_signal, err);
}

static bool
start_hosts(struct live *live, struct err *err)
{
	const struct mock_options mock = { .seed = live->result->seed,
		.zone = live->plan->relay.zone };

	if (!live_start_hosts(
		live, &live->plan->hosts, &mock, on_transcript, err) ||
	    !live_network_hide(live, err))
		return false;
	live->names = mock_dns_new(
	    live->world, live->plan->relay.zone, &live_name_server, err);
	if (live->names == NULL)
		return false;
	if (live->options->adapter->names != NULL) {
		live->front = zone_new();
		live->options->adapter->names(live->plan, live->front);
		mock_dns_set_front(live->names, live->front);
	}
	return true;
}

static bool
assemble(struct live *live, struct err *err)
{
	return live_network_begin(live, err) && start_clock(live, err) &&
	    start_world(live, err) && start_hosts(live, err) &&
	    start_relay(live, err);
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
		live_finish(&live, hooks, world_now(live.world), false);
	live_take_apart(&live);
	return good;
}

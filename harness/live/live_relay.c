/* SPDX-License-Identifier: MIT */
/* The relay's process; see live_relay.h. */
#include "harness/live/live_relay.h"

#include "core/world/world_ev.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its end of each is the second. */
struct channels {
	int log[2], complaint[2], ready[2];
};

static void end_if_over(struct live_relay *r);

/* ---- what it says ---- */

static void
on_log_input(void *owner, struct slice bytes)
{
	struct live_relay *r = owner;
	struct slice line;

	buf_append(&r->line, bytes);
	for (;;) {
		line = buf_slice(&r->line);
		line.len = slice_find_byte(line, '\n') + 1;
		if (line.len > buf_len(&r->line)) {
			if (buf_len(&r->line) < LIVE_RELAY_LINE_MAX)
				return;
			line.len = buf_len(&r->line);
		}
		r->hooks.on_log(r->hooks.owner, line);
		buf_consume(&r->line, line.len);
	}
}

static void
on_complaint_input(void *owner, struct slice bytes)
{
	struct live_relay *r = owner;
	size_t room = LIVE_RELAY_WORDS_MAX - buf_len(&r->words);

	buf_append(&r->words, slice_sub(bytes, 0, room));
}

static void
on_ready_input(void *owner, struct slice bytes)
{
	struct live_relay *r = owner;

	(void)bytes;
	r->hooks.on_ready(r->hooks.owner);
}

static void
on_drained(void *owner)
{
	(void)owner;
}

static void
close_channel(struct live_relay *r, struct stream **s)
{
	if (*s != NULL)
		stream_close(*s);
	*s = NULL;
	end_if_over(r);
}

static void
on_log_eof(void *owner)
{
	struct live_relay *r = owner;

	close_channel(r, &r->log);
}

static void
on_complaint_eof(void *owner)
{
	struct live_relay *r = owner;

	close_channel(r, &r->complaint);
}

static void
on_ready_eof(void *owner)
{
	struct live_relay *r = owner;

	close_channel(r, &r->ready);
}

static void
on_log_failure(void *owner, enum net_failure why)
{
	(void)why;
	on_log_eof(owner);
}

static void
on_complaint_failure(void *owner, enum net_failure why)
{
	(void)why;
	on_complaint_eof(owner);
}

static void
on_ready_failure(void *owner, enum net_failure why)
{
	(void)why;
	on_ready_eof(owner);
}

static const struct stream_handler log_handler = {
	.on_input = on_log_input,
	.on_drained = on_drained,
	.on_eof = on_log_eof,
	.on_failure = on_log_failure,
};
static const struct stream_handler complaint_handler = {
	.on_input = on_complaint_input,
	.on_drained = on_drained,
	.on_eof = on_complaint_eof,
	.on_failure = on_complaint_failure,
};
static const struct stream_handler ready_handler = {
	.on_input = on_ready_input,
	.on_drained = on_drained,
	.on_eof = on_ready_eof,
	.on_failure = on_ready_failure,
};

/* ---- starting ---- */

static bool
channel_open(int ends[2])
{
	ends[0] = ends[1] = -1;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
	    fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

static void
channel_close(const int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			(void)close(ends[i]);
}

/* Nobody frees the words before exec. */
_Noreturn static void
become_relay(const struct live_relay *r, const struct channels *c, pid_t maker)
{
	struct adapter_words words = { .count = 0 };
	struct buf clock = { 0 }, places = { 0 };
	sigset_t none;
	int fds[2];
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	world_clock_describe(r->clock, LIVE_RELAY_MEMBER, fds, &clock);
	if (r->places != NULL)
		(void)fcntl(
		    world_places_describe(r->places, &places), F_SETFD, 0);
	r->adapter->command(&(struct adapter_start){ c->ready[1],
				buf_slice(&clock), buf_slice(&places) },
	    &words);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* What a terminal sends is the first process's to pass on. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == maker && dup2(nothing, STDIN_FILENO) >= 0 &&
	    dup2(c->log[1], STDOUT_FILENO) >= 0 &&
	    dup2(c->complaint[1], STDERR_FILENO) >= 0 &&
	    fcntl(c->ready[1], F_SETFD, 0) == 0 &&
	    fcntl(fds[0], F_SETFD, 0) == 0 && fcntl(fds[1], F_SETFD, 0) == 0)
		(void)execveat(
		    r->program_fd, "", words.at, environ, AT_EMPTY_PATH);
	(void)dprintf(
	    STDERR_FILENO, "%s: %s\n", r->adapter->program, strerror(errno));
	_exit(127);
}

static void
listen_to(struct live_relay *r, struct channels *c)
{
	r->log = world_ev_adopt(r->world, c->log[0], true, &log_handler, r);
	r->complaint = world_ev_adopt(
	    r->world, c->complaint[0], true, &complaint_handler, r);
	r->ready =
	    world_ev_adopt(r->world, c->ready[0], false, &ready_handler, r);
	c->log[0] = c->complaint[0] = c->ready[0] = -1;
}

/* None was made: nobody waits for it, and no signal goes to it. */
static void
forget_process(struct live_relay *r)
{
	r->pid = 0;
	world_clock_admit(r->clock, LIVE_RELAY_MEMBER, false);
}

bool
live_relay_start(struct live_relay *r, struct err *err)
{
	const pid_t maker = getpid();
	struct channels c;
	bool good = channel_open(c.log);

	good = channel_open(c.complaint) && good;
	good = channel_open(c.ready) && good;
	r->is_ending = r->is_reaped = false;
	buf_clear(&r->line);
	buf_clear(&r->words);
	if (good) {
		world_clock_admit(r->clock, LIVE_RELAY_MEMBER, true);
		r->pid = fork();
		if (r->pid == 0)
			become_relay(r, &c, maker);
		good = r->pid > 0;
		if (!good)
			(void)err_set(err, "no process: %s", strerror(errno));
	} else {
		(void)err_set(err, "no sockets: %s", strerror(errno));
	}
	if (good)
		listen_to(r, &c);
	else
		forget_process(r);
	channel_close(c.log);
	channel_close(c.complaint);
	channel_close(c.ready);
	return good;
}

bool
live_relay_runs(const struct live_relay *r)
{
	return r->pid > 0;
}

/* ---- ending ---- */

void
live_relay_end(struct live_relay *r, int number)
{
	r->is_ending = true;
	live_relay_continue(r);
	if (!r->is_reaped)
		(void)kill(r->pid, number);
}

void
live_relay_nudge(struct live_relay *r, int number)
{
	if (r->pid <= 0 || r->is_reaped || r->is_stopped)
		return;
	r->is_stopped = number == SIGSTOP;
	/* Its processes are a group: become_relay(). */
	(void)kill(r->is_stopped ? -r->pid : r->pid, number);
}

void
live_relay_continue(struct live_relay *r)
{
	if (r->is_stopped && r->pid > 0 && !r->is_reaped)
		(void)kill(-r->pid, SIGCONT);
	r->is_stopped = false;
}

/* It has ended when the process has, and all that it said is heard. */
static void
end_if_over(struct live_relay *r)
{
	struct buf how = { 0 };

	if (!r->is_reaped || r->log != NULL || r->complaint != NULL)
		return;
	if (r->ready != NULL)
		stream_close(r->ready);
	r->ready = NULL;
	r->pid = 0;
	if (WIFSIGNALED(r->status))
		buf_printf(&how, "it died by signal %d (%s)",
		    WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
	else
		buf_printf(
		    &how, "it ended with exit code %d", WEXITSTATUS(r->status));
	if (buf_len(&r->words) > 0)
		buf_printf(&how, ", and said: %.*s",
		    SLICE_ARG(slice_trim(buf_slice(&r->words))));
	r->hooks.on_end(r->hooks.owner, r->is_ending, buf_cstr(&how));
	buf_fini(&how);
}

bool
live_relay_reap(struct live_relay *r, pid_t pid, int status)
{
	if (pid != r->pid || r->is_reaped)
		return false;
	r->is_reaped = true;
	r->status = status;
	world_clock_admit(r->clock, LIVE_RELAY_MEMBER, false);
	end_if_over(r);
	return true;
}

void
live_relay_fini(struct live_relay *r)
{
	struct stream **const streams[] = { &r->log, &r->complaint, &r->ready };

	if (r->pid > 0 && !r->is_reaped)
		(void)kill(r->pid, SIGKILL);
	for (size_t i = 0; i < ARRAY_LEN(streams); i++)
		if (*streams[i] != NULL)
			stream_reset(*streams[i]);
	buf_fini(&r->line);
	buf_fini(&r->words);
}

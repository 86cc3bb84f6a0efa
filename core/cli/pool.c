/* SPDX-License-Identifier: MIT */
/*
 * Processes that take jobs from a counter in memory that all share, and speak
 * over a pipe each, in frames; see pool.h.
 */
#include "core/cli/pool.h"

#include "core/base/buf.h"
#include "core/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES    ((size_t)64 << 10)
#define FRAME_MAX     ((size_t)32 << 10)
#define GRACE_S       2 /* for a stopped process to say what it knows */
#define NO_JOB        SIZE_MAX
#define CHANNEL_BEGIN (UINT32_MAX - 1) /* its text: the job's number */
#define CHANNEL_END   UINT32_MAX

struct frame {
	uint32_t channel, len; /* and the text behind it */
};

/* Of a process of its own: the pipe.  Of none: the hooks. */
struct pool_worker {
	const struct pool_hooks *hooks;
	size_t job;
	int fd; /* -1: no process */
};

/* A process, as the calling one sees it. */
struct process {
	pid_t pid;      /* 0: none */
	int fd;         /* of what it says */
	size_t job;     /* NO_JOB: none yet */
	struct buf raw; /* frames of no job yet, or half of one */
};

struct job {
	struct buf frames; /* whole ones */
	bool is_over;      /* nothing comes behind them */
	enum pool_end end;
	char how[64];
};

struct pool {
	const struct pool_hooks *hooks;
	size_t count;
	atomic_size_t *taken; /* shared: the next job that nobody has */
	struct process *processes;
	unsigned process_count;
	struct job *jobs;
	size_t next; /* to be told */
	size_t kept; /* bytes that wait for their turn */
	bool is_stopping, is_cut;
	sigset_t old_mask;
};

/* ---- in a process of its own ---- */

static void
say_frame(struct pool_worker *w, uint32_t channel, struct slice text)
{
	struct frame frame = { channel, (uint32_t)text.len };

	/* Nobody listens: then nobody wants the rest. */
	if (!cli_write_all(
		w->fd, slice_of((const char *)&frame, sizeof(frame))) ||
	    !cli_write_all(w->fd, text))
		_exit(0);
}

void
pool_say(struct pool_worker *w, unsigned channel, struct slice text)
{
	while (text.len > 0) {
		struct slice part = slice_sub(text, 0, FRAME_MAX);

		if (w->fd < 0)
			w->hooks->on_text(
			    w->hooks->owner, w->job, channel, part);
		else
			say_frame(w, channel, part);
		text = slice_skip(text, part.len);
	}
}

/* The parent passes on what it is told, which may come from the terminal, too:
 * a second signal is no impatience here. */
static void
keep_handler(int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) != 0)
		return;
	action.sa_flags &= ~(int)SA_RESETHAND;
	(void)sigaction(number, &action, NULL);
}

_Noreturn static void
work_on(struct pool *pool, int fd, pid_t parent)
{
	struct pool_worker w = { pool->hooks, 0, fd };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(0);
	keep_handler(SIGINT);
	keep_handler(SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &pool->old_mask, NULL);
	while ((w.job = atomic_fetch_add(pool->taken, 1)) < pool->count) {
		say_frame(&w, CHANNEL_BEGIN,
		    slice_of((const char *)&w.job, sizeof(w.job)));
		pool->hooks->work(pool->hooks->owner, w.job, &w);
		say_frame(&w, CHANNEL_END, (struct slice){ 0 });
	}
	_exit(0);
}

/* ---- processes ---- */

static bool
process_begin(struct pool *pool, struct process *p)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	p->pid = fork();
	if (p->pid == 0) {
		for (unsigned i = 0; i < pool->process_count; i++)
			if (pool->processes[i].fd >= 0)
				(void)close(pool->processes[i].fd);
		(void)close(ends[0]);
		work_on(pool, ends[1], parent);
	}
	(void)close(ends[1]);
	if (p->pid < 0) {
		(void)close(ends[0]);
		p->pid = 0;
		return false;
	}
	p->fd = ends[0];
	p->job = NO_JOB;
	return true;
}

static void
job_over(struct pool *pool, size_t number, enum pool_end end, int status)
{
	struct job *job = &pool->jobs[number];

	job->is_over = true;
	job->end = end;
	if (WIFSIGNALED(status))
		(void)snprintf(job->how, sizeof(job->how), "signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		(void)snprintf(job->how, sizeof(job->how), "exit code %d",
		    WEXITSTATUS(status));
}

/* It has closed its pipe, or is killed. */
static void
process_end(struct pool *pool, struct process *p)
{
	int status = 0;

	(void)close(p->fd);
	p->fd = -1;
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	p->pid = 0;
	if (p->job != NO_JOB)
		job_over(pool, p->job, pool->is_cut ? POOL_STOPPED : POOL_DIED,
		    status);
	p->job = NO_JOB;
	buf_fini(&p->raw);
	if (!pool->is_stopping && atomic_load(pool->taken) < pool->count)
		(void)process_begin(pool, p);
}

static void
processes_signal(const struct pool *pool, int number)
{
	for (unsigned i = 0; i < pool->process_count; i++)
		if (pool->processes[i].pid > 0)
			(void)kill(pool->processes[i].pid, number);
}

/* ---- what they say ---- */

/* The first frame of some bytes, if it is whole. */
static bool
frame_take(struct buf *raw, struct frame *frame, struct slice *text)
{
	struct slice bytes = buf_slice(raw);

	if (bytes.len < sizeof(*frame))
		return false;
	memcpy(frame, bytes.at, sizeof(*frame));
	if (bytes.len - sizeof(*frame) < frame->len)
		return false;
	*text = slice_sub(bytes, sizeof(*frame), frame->len);
	return true;
}

static void
frames_sort(struct pool *pool, struct process *p)
{
	struct frame frame;
	struct slice text;

	while (frame_take(&p->raw, &frame, &text)) {
		size_t whole = sizeof(frame) + frame.len;

		if (frame.channel == CHANNEL_BEGIN) {
			memcpy(&p->job, text.at, sizeof(p->job));
		} else if (frame.channel == CHANNEL_END) {
			pool->jobs[p->job].is_over = true;
			p->job = NO_JOB;
		} else {
			buf_append(&pool->jobs[p->job].frames,
			    slice_sub(buf_slice(&p->raw), 0, whole));
			pool->kept += whole;
		}
		buf_consume(&p->raw, whole);
	}
}

static void
process_hear(struct pool *pool, struct process *p)
{
	char bytes[READ_BYTES];
	ssize_t n = read(p->fd, bytes, sizeof(bytes));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		process_end(pool, p);
		return;
	}
	buf_append(&p->raw, slice_of(bytes, (size_t)n));
	frames_sort(pool, p);
}

/* Tells what it is the turn of; false: no further. */
static bool
pool_tell(struct pool *pool)
{
	const struct pool_hooks *hooks = pool->hooks;

	while (pool->next < pool->count) {
		struct job *job = &pool->jobs[pool->next];
		struct frame frame;
		struct slice text;

		while (frame_take(&job->frames, &frame, &text)) {
			hooks->on_text(
			    hooks->owner, pool->next, frame.channel, text);
			pool->kept -= sizeof(frame) + frame.len;
			buf_consume(&job->frames, sizeof(frame) + frame.len);
		}
		if (!job->is_over)
			return true;
		buf_fini(&job->frames);
		if (!hooks->on_end(
			hooks->owner, pool->next++, job->end, job->how))
			return false;
	}
	return true;
}

/* ---- all of them ---- */

static void
pool_stop(struct pool *pool)
{
	pool->is_stopping = true;
	atomic_store(pool->taken, pool->count);
	processes_signal(pool, SIGTERM);
}

/* Waits until somebody speaks or a signal comes; false: everybody is gone. */
static bool
pool_wait(struct pool *pool)
{
	static const struct timespec grace = { GRACE_S, 0 };
	struct pollfd fds[POOL_PROCESSES_MAX];
	struct process *speakers[POOL_PROCESSES_MAX];
	nfds_t n = 0;
	int got;

	for (unsigned i = 0; i < pool->process_count; i++) {
		struct process *p = &pool->processes[i];
		bool may_speak = pool->kept < POOL_KEPT_MAX ||
		    p->job == NO_JOB || p->job == pool->next;

		if (p->fd < 0 || !may_speak)
			continue;
		speakers[n] = p;
		fds[n++] = (struct pollfd){ .fd = p->fd, .events = POLLIN };
	}
	if (n == 0)
		return false;
	got = ppoll(fds, n, pool->is_stopping ? &grace : NULL, &pool->old_mask);
	if (got == 0) {
		pool->is_cut = true;
		processes_signal(pool, SIGKILL);
	}
	for (nfds_t i = 0; got > 0 && i < n; i++)
		if (fds[i].revents != 0)
			process_hear(pool, speakers[i]);
	return true;
}

/* Jobs that were taken by a process that died before it said so. */
static void
pool_bury(struct pool *pool)
{
	size_t taken = atomic_load(pool->taken);

	for (size_t i = 0; !pool->is_stopping && i < pool->count && i < taken;
	     i++)
		if (!pool->jobs[i].is_over)
			job_over(pool, i, POOL_DIED, 0);
}

static bool
pool_loop(struct pool *pool, struct err *err)
{
	bool goes_on = true, is_done;

	while (goes_on && pool->next < pool->count && pool_wait(pool)) {
		if (!pool->is_stopping &&
		    pool->hooks->is_stopped(pool->hooks->owner))
			pool_stop(pool);
		goes_on = pool_tell(pool);
	}
	if (goes_on) {
		pool_bury(pool);
		goes_on = pool_tell(pool);
	}
	is_done = !goes_on || pool->is_stopping || pool->next == pool->count;
	pool->is_stopping = true;
	processes_signal(pool, SIGKILL);
	for (unsigned i = 0; i < pool->process_count; i++)
		if (pool->processes[i].fd >= 0)
			process_end(pool, &pool->processes[i]);
	return is_done ||
	    err_set(err, "no process can be made for those that died");
}

static bool
pool_begin(struct pool *pool, struct err *err)
{
	unsigned begun = 0;

	pool->taken = mmap(NULL, sizeof(*pool->taken), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->taken == MAP_FAILED)
		return err_set(err, "no memory to share: %s", strerror(errno));
	atomic_init(pool->taken, 0);
	for (unsigned i = 0; i < pool->process_count; i++)
		pool->processes[i].fd = -1;
	for (unsigned i = 0; i < pool->process_count; i++)
		begun += process_begin(pool, &pool->processes[i]);
	return begun > 0 ||
	    err_set(err, "no process can be made: %s", strerror(errno));
}

static bool
run_processes(struct pool *pool, struct err *err)
{
	sigset_t stops;
	bool good;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stops, &pool->old_mask);
	pool->processes =
	    xcalloc(pool->process_count, sizeof(*pool->processes));
	pool->jobs = xcalloc(pool->count, sizeof(*pool->jobs));
	good = pool_begin(pool, err) && pool_loop(pool, err);
	for (size_t i = 0; i < pool->count; i++)
		buf_fini(&pool->jobs[i].frames);
	free(pool->jobs);
	free(pool->processes);
	if (pool->taken != MAP_FAILED)
		(void)munmap(pool->taken, sizeof(*pool->taken));
	(void)sigprocmask(SIG_SETMASK, &pool->old_mask, NULL);
	return good;
}

/* In this process, one behind the other. */
static void
run_here(const struct pool_hooks *hooks, size_t count)
{
	struct pool_worker w = { hooks, 0, -1 };
	bool goes_on = true;

	for (; goes_on && w.job < count && !hooks->is_stopped(hooks->owner);
	     w.job++) {
		hooks->work(hooks->owner, w.job, &w);
		goes_on = hooks->on_end(hooks->owner, w.job, POOL_DONE, "");
	}
}

bool
pool_run(const struct pool_hooks *hooks, size_t count, unsigned processes,
    struct err *err)
{
	struct pool pool = { .hooks = hooks, .count = count };

	assert(processes >= 1 && processes <= POOL_PROCESSES_MAX);
	pool.process_count = count < processes ? (unsigned)count : processes;
	if (count > 0 && (processes > 1 || hooks->is_apart))
		return run_processes(&pool, err);
	run_here(hooks, count);
	return true;
}

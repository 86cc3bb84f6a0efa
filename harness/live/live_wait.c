/* SPDX-License-Identifier: MIT */
/* Waits of other programs; see live_wait.h. */
#include "harness/live/live_wait.h"

#include "core/base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX      4096
#define ARGUMENTS_MAX 6

/* How a system call is told how long to wait. */
enum span_form {
	SPAN_MS,       /* the argument, negative: without end */
	SPAN_TIMESPEC, /* it points there; NULL: without end */
	SPAN_TIMEVAL,
};

/* What each returns when its time has passed is 0, but of the futex. */
static const struct {
	long number;
	size_t argument;
	enum span_form form;
} calls[] = {
#ifdef SYS_poll
	{ SYS_poll, 2, SPAN_MS },
	{ SYS_select, 4, SPAN_TIMEVAL },
	{ SYS_epoll_wait, 3, SPAN_MS },
#endif
	{ SYS_epoll_pwait, 3, SPAN_MS },
	{ SYS_epoll_pwait2, 3, SPAN_TIMESPEC },
	{ SYS_ppoll, 2, SPAN_TIMESPEC },
	{ SYS_pselect6, 4, SPAN_TIMESPEC },
	{ SYS_nanosleep, 0, SPAN_TIMESPEC },
	{ SYS_clock_nanosleep, 2, SPAN_TIMESPEC },
	{ SYS_futex, 3, SPAN_TIMESPEC },
};

/* ---- reading ---- */

/* The file's beginning; empty when it cannot be read. */
static struct slice
file_read(int proc_fd, int pid, int thread, const char *name, char *text)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%d/task/%d/%s", pid, thread, name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, FILE_MAX);
		(void)close(fd);
	}
	return slice_of(text, n > 0 ? (size_t)n : 0);
}

/* The number behind that word. */
static uint64_t
number_behind(struct slice text, const char *word)
{
	struct slice rest =
	    slice_skip(text, slice_find(text, slice_cstr(word)));
	struct slice line;
	uint64_t number = 0;

	rest = slice_skip(rest, strlen(word));
	if (slice_split(&rest, '\n', &line))
		(void)slice_to_u64(slice_trim(line), UINT64_MAX, &number);
	return number;
}

static utime
span_at(int proc_fd, int pid, uint64_t address, enum span_form form)
{
	union {
		struct timespec spec;
		struct timeval val;
	} at;
	char path[32];
	ssize_t n = -1;
	int fd;

	if (address == 0)
		return UTIME_NEVER;
	(void)snprintf(path, sizeof(path), "%d/mem", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = pread(fd, &at, sizeof(at), (off_t)address);
		(void)close(fd);
	}
	if (n != (ssize_t)sizeof(at))
		return UTIME_NEVER;
	return form == SPAN_TIMESPEC
	    ? (utime)at.spec.tv_sec * UTIME_S + at.spec.tv_nsec / 1000
	    : (utime)at.val.tv_sec * UTIME_S + at.val.tv_usec;
}

/* Waits until a moment of the machine's clock: how long is not known. */
static bool
is_absolute(long number, const uint64_t *arguments)
{
	return (number == SYS_clock_nanosleep &&
		   (arguments[1] & TIMER_ABSTIME) != 0) ||
	    (number == SYS_futex &&
		((int)arguments[1] & FUTEX_CMD_MASK) != FUTEX_WAIT);
}

static utime
span_of(int proc_fd, int pid, long number, const uint64_t *arguments)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		uint64_t said = arguments[calls[i].argument];

		if (calls[i].number != number || is_absolute(number, arguments))
			continue;
		if (calls[i].form != SPAN_MS)
			return span_at(proc_fd, pid, said, calls[i].form);
		return (int)said < 0 ? UTIME_NEVER : (int)said * UTIME_MS;
	}
	return UTIME_NEVER;
}

/* "NUMBER 0xARGUMENT ... 0xSTACK 0xPLACE"; or "running". */
static utime
span_read(int proc_fd, int pid, int thread)
{
	char text[FILE_MAX + 1];
	uint64_t arguments[ARGUMENTS_MAX];
	struct slice line = file_read(proc_fd, pid, thread, "syscall", text);
	char *at = text;
	long number;

	text[line.len] = '\0';
	errno = 0;
	number = strtol(at, &at, 10);
	if (line.len == 0 || at == text)
		return UTIME_NEVER;
	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		arguments[i] = strtoull(at, &at, 16);
	return span_of(proc_fd, pid, number, arguments);
}

bool
live_wait_read(int proc_fd, int pid, int thread, struct live_wait *wait)
{
	char text[FILE_MAX];
	struct slice status = file_read(proc_fd, pid, thread, "status", text);
	size_t at = slice_find(status, SLICE("State:\t"));

	if (at == status.len)
		return false;
	/* Sleeping, stopped, or dead and not yet buried. */
	wait->is_waiting = slice_find_byte(SLICE("STZX"),
			       slice_skip(status, at + 7).at[0]) < 4;
	wait->switches = number_behind(status, "\nvoluntary_ctxt_switches:") +
	    number_behind(status, "\nnonvoluntary_ctxt_switches:");
	wait->span =
	    wait->is_waiting ? span_read(proc_fd, pid, thread) : UTIME_NEVER;
	return true;
}

/* ---- ending ---- */

#ifdef __x86_64__
/* The kernel's own numbers for "to be begun again". */
#define RESTART_FIRST (-516)
#define RESTART_LAST  (-512)

static bool
wait_is_interrupted(const struct user_regs_struct *r)
{
	const long long result = (long long)r->rax;

	return (long long)r->orig_rax >= 0 &&
	    ((result >= RESTART_FIRST && result <= RESTART_LAST) ||
		result == -EINTR);
}

static void
registers_end(int thread)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, thread, NULL, &r) != 0 ||
	    !wait_is_interrupted(&r))
		return;
	r.rax =
	    (long)r.orig_rax == SYS_futex ? (unsigned long long)-ETIMEDOUT : 0;
	/* It is not begun again. */
	r.orig_rax = (unsigned long long)-1;
	(void)ptrace(PTRACE_SETREGS, thread, NULL, &r);
}
#else
static void
registers_end(int thread)
{
	/* live_outsiders_new() says that it cannot be done here. */
	(void)thread;
	assert(false);
}
#endif

void
live_wait_end(int thread)
{
	int status;

	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0)
		return;
	if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == 0 &&
	    waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status))
		registers_end(thread);
	(void)ptrace(PTRACE_DETACH, thread, NULL, NULL);
}

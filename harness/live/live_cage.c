/* SPDX-License-Identifier: MIT */
/* Namespaces of one's own; see live_cage.h. */
#include "harness/live/live_cage.h"

#include "core/world/world_ev_loopback.h"
#include "harness/live/live_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often it is looked whether we are stopped. */
#define LOOK_MS 100

#define CAGE_NAMESPACES (CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS)

/* A folder that every machine has and no run needs: memory takes its place. */
static const char *const mount_points[] = { "/mnt", "/media", "/srv", "/opt" };

/* The two pipes between a cage and who made it. */
struct leash {
	int report[2]; /* the error; its end is the cage's */
	int hold[2];   /* nothing; its end is the maker's */
};

/* Who made it. */
struct maker {
	uid_t uid;
	gid_t gid;
	const struct live_guard *guard; /* of a bare one; or NULL */
};

/* ---- inside ---- */

static bool
write_file(const char *path, const char *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? write(fd, text, strlen(text)) : -1;

	if (n != (ssize_t)strlen(text))
		(void)err_set(err, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return n == (ssize_t)strlen(text);
}

/* Who made it is root in it. */
static bool
map_users(uid_t uid, gid_t gid, struct err *err)
{
	char text[64];

	if (!write_file("/proc/self/setgroups", "deny", err))
		return false;
	(void)snprintf(text, sizeof(text), "0 %u 1", (unsigned)gid);
	if (!write_file("/proc/self/gid_map", text, err))
		return false;
	(void)snprintf(text, sizeof(text), "0 %u 1", (unsigned)uid);
	return write_file("/proc/self/uid_map", text, err);
}

static bool
enter_memory(struct err *err)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return err_set(
		    err, "mounts cannot be made private: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(mount_points); i++) {
		struct stat st;

		if (stat(mount_points[i], &st) != 0 || !S_ISDIR(st.st_mode))
			continue;
		if (mount("tmpfs", mount_points[i], "tmpfs",
			MS_NOSUID | MS_NODEV, "mode=0700") == 0 &&
		    chdir(mount_points[i]) == 0)
			return true;
		return err_set(err, "no memory can be mounted at %s: %s",
		    mount_points[i], strerror(errno));
	}
	return err_set(err,
	    "there is no folder at which memory can be mounted; expected %s",
	    mount_points[0]);
}

/* Whoever made it may be gone before the kernel was told to watch. */
static bool
is_orphan(const struct leash *leash)
{
	struct pollfd fd = { .fd = leash->hold[0] };

	return prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    (poll(&fd, 1, 0) > 0 && (fd.revents & POLLHUP) != 0);
}

_Noreturn static void
live_in(const struct live_cage *cage, struct leash *leash, bool has_users,
    const struct maker *maker)
{
	struct err err = { 0 };
	bool good;

	(void)close(leash->hold[1]);
	(void)close(leash->report[0]);
	good = !has_users || map_users(maker->uid, maker->gid, &err);
	/* Behind the change of users, which makes the kernel forget it. */
	if (is_orphan(leash))
		_exit(1);
	if (good && maker->guard != NULL)
		good = live_guard_enter(maker->guard, &err);
	else if (good)
		good = enter_memory(&err) && world_loopback_up(&err);
	good = good && cage->body(cage->owner, &err);
	if (!good) {
		ssize_t ignored = write(leash->report[1], &err, sizeof(err));

		(void)ignored;
	}
	_exit(good ? 0 : 1);
}

/* ---- outside ---- */

static pid_t
cage_clone(const struct live_cage *cage, struct leash *leash, bool has_users,
    const struct live_guard *guard)
{
	const struct maker maker = { geteuid(), getegid(), guard };
	unsigned long flags = SIGCHLD;
	pid_t pid;

	if (guard == NULL)
		flags |= CAGE_NAMESPACES | (has_users ? CLONE_NEWUSER : 0);
	pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0)
		live_in(cage, leash, has_users, &maker);
	return pid;
}

/* Waits for the end of the cage's pipe; what comes through it is the error.
 * Whoever stops us may do so before we wait, and before the cage listens: it is
 * told until it has ended. */
static bool
hear_error(const struct live_cage *cage, const struct leash *leash, pid_t pid,
    struct err *err)
{
	struct pollfd fd = { .fd = leash->report[0], .events = POLLIN };
	ssize_t n;

	while (poll(&fd, 1, LOOK_MS) <= 0)
		if (cage->is_stopped(cage->owner))
			(void)kill(pid, SIGTERM);
	n = read(fd.fd, err, sizeof(*err));
	return n == (ssize_t)sizeof(*err);
}

static bool
cage_wait(const struct live_cage *cage, const struct leash *leash, pid_t pid,
    struct err *err)
{
	bool has_error = hear_error(cage, leash, pid, err);
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (has_error)
		return false;
	if (WIFSIGNALED(status))
		return err_set(err,
		    "the process of the run died: signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status) == 0 ||
	    err_set(err, "the process of the run died: exit code %d",
		WEXITSTATUS(status));
}

static bool
leash_open(struct leash *leash, struct err *err)
{
	if (pipe2(leash->report, O_CLOEXEC) != 0)
		return err_set(err, "no pipe: %s", strerror(errno));
	if (pipe2(leash->hold, O_CLOEXEC) == 0)
		return true;
	(void)close(leash->report[0]);
	(void)close(leash->report[1]);
	return err_set(err, "no pipe: %s", strerror(errno));
}

static bool
run_guarded(const struct live_cage *cage, const struct live_guard *guard,
    struct err *err)
{
	struct leash leash;
	bool good = false;
	pid_t pid = -1;

	if (!leash_open(&leash, err))
		return false;
	if (guard != NULL || geteuid() == 0)
		pid = cage_clone(cage, &leash, false, guard);
	if (pid < 0 && guard == NULL)
		pid = cage_clone(cage, &leash, true, NULL);
	if (pid < 0)
		(void)err_set(err, "%s", strerror(errno));
	(void)close(leash.report[1]);
	(void)close(leash.hold[0]);
	if (pid > 0)
		good = cage_wait(cage, &leash, pid, err);
	(void)close(leash.report[0]);
	(void)close(leash.hold[1]);
	return good;
}

bool
live_cage_run(const struct live_cage *cage, struct err *err)
{
	struct live_guard guard;
	bool good;

	if (!cage->is_bare)
		return run_guarded(cage, NULL, err);
	if (!live_guard_begin(&guard, cage->below, err))
		return false;
	good = run_guarded(cage, &guard, err);
	live_guard_end(&guard);
	return good;
}

static bool
do_nothing(void *owner, struct err *err)
{
	(void)owner;
	(void)err;
	return true;
}

static bool
go_on(void *owner)
{
	(void)owner;
	return false;
}

bool
live_cage_check(struct err *err)
{
	const struct live_cage cage = { .body = do_nothing,
		.is_stopped = go_on };

	return live_cage_run(&cage, err);
}

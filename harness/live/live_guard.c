/* SPDX-License-Identifier: MIT */
/* A folder and who removes it; see live_guard.h. */
#include "harness/live/live_guard.h"

#include "core/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDERS_OPEN_MAX 8

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

/* Makes the folder, so that there is none without a guard, and says its name.
 * The end of the pipe is the end of the last who holds it. */
_Noreturn static void
stand_guard(char *folder, const int hold[2], const int name[2])
{
	const size_t len = strlen(folder);
	ssize_t ignored;
	char nothing;

	/* What ends the run from a terminal is no business of its. */
	(void)setsid();
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(hold[1]);
	(void)close(name[0]);
	if (mkdtemp(folder) == NULL)
		_exit(1);
	/* Who wants to know may be gone: then it is removed at once. */
	ignored = write(name[1], folder, len);
	(void)ignored;
	(void)close(name[1]);
	while (read(hold[0], &nothing, 1) != 0)
		continue;
	(void)nftw(folder, remove_one, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

/* Hears the name; false when there is no folder. */
static bool
hear_name(struct live_guard *g, int fd)
{
	const size_t len = strlen(g->folder);
	ssize_t got;

	do
		got = read(fd, g->folder, len);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)len;
}

static void
pipe_close(const int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			(void)close(ends[i]);
}

bool
live_guard_begin(struct live_guard *g, const char *below, struct err *err)
{
	int hold[2] = { -1, -1 }, name[2] = { -1, -1 };
	struct buf path = { 0 };

	buf_printf(&path, "%s/faultpost-run-XXXXXX", below);
	*g = (struct live_guard){
		.folder = slice_dup(buf_slice(&path)), .hold_fd = -1, .pid = -1
	};
	buf_fini(&path);
	if (pipe2(hold, O_CLOEXEC) == 0 && pipe2(name, O_CLOEXEC) == 0)
		g->pid = fork();
	if (g->pid == 0)
		stand_guard(g->folder, hold, name);
	if (g->pid > 0) {
		(void)close(name[1]);
		(void)close(hold[0]);
		name[1] = hold[0] = -1;
	}
	if (g->pid > 0 && hear_name(g, name[0])) {
		(void)close(name[0]);
		g->hold_fd = hold[1];
		return true;
	}
	pipe_close(hold);
	pipe_close(name);
	if (g->pid > 0)
		(void)waitpid(g->pid, NULL, 0);
	(void)err_set(err, "no folder can be made below %s", below);
	free(g->folder);
	return false;
}

bool
live_guard_enter(const struct live_guard *g, struct err *err)
{
	return (chdir(g->folder) == 0 && fcntl(g->hold_fd, F_SETFD, 0) == 0) ||
	    err_set(err, "%s: %s", g->folder, strerror(errno));
}

void
live_guard_end(struct live_guard *g)
{
	(void)close(g->hold_fd);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	free(g->folder);
}

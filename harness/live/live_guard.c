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

/* The end of the pipe is the end of the last who holds it. */
_Noreturn static void
stand_guard(const struct live_guard *g, int fd)
{
	char nothing;

	/* What ends the run from a terminal is no business of its. */
	(void)setsid();
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)close(g->hold_fd);
	while (read(fd, &nothing, 1) != 0)
		continue;
	(void)nftw(
	    g->folder, remove_one, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static bool
folder_make(struct live_guard *g, const char *below, struct err *err)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/faultpost-run-XXXXXX", below);
	g->folder = slice_dup(buf_slice(&path));
	buf_fini(&path);
	return mkdtemp(g->folder) != NULL ||
	    err_set(err, "no folder %s: %s", g->folder, strerror(errno));
}

bool
live_guard_begin(struct live_guard *g, const char *below, struct err *err)
{
	int ends[2];
	bool good;

	*g = (struct live_guard){ .hold_fd = -1 };
	if (!folder_make(g, below, err)) {
		free(g->folder);
		return false;
	}
	good = pipe2(ends, O_CLOEXEC) == 0;
	if (good) {
		g->hold_fd = ends[1];
		g->pid = fork();
		if (g->pid == 0)
			stand_guard(g, ends[0]);
		(void)close(ends[0]);
		good = g->pid > 0;
	}
	if (good)
		return true;
	(void)err_set(err, "no process: %s", strerror(errno));
	if (g->hold_fd >= 0)
		(void)close(g->hold_fd);
	(void)rmdir(g->folder);
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

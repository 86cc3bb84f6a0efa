/* SPDX-License-Identifier: MIT */
/* Following a file by inotify, which watches its folder: so one watch sees it
 * appear, grow and be replaced; see follow.h. */
#include "core/cli/follow.h"

#include "core/base/buf.h"
#include "core/cli/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

struct cli_follow {
	char *path;    /* owned */
	int fd;        /* the file; -1: it is not there */
	int watch;     /* inotify */
	int signals;   /* SIGINT and SIGTERM */
	off_t offset;  /* how far it was read */
	bool has_rest; /* nothing was given since CLI_FOLLOW_REST */
	struct buf text;
	size_t from; /* of `text`, what was not given yet */
};

static bool
watch_folder(struct cli_follow *f, struct err *err)
{
	const char *slash = strrchr(f->path, '/');
	char *folder = slash == NULL ? xstrdup(".")
	    : slash == f->path
	    ? xstrdup("/")
	    : slice_dup(slice_of(f->path, (size_t)(slash - f->path)));
	bool good;

	f->watch = inotify_init1(IN_CLOEXEC);
	good = f->watch >= 0 &&
	    inotify_add_watch(f->watch, folder,
		IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_MOVED_TO) >= 0;
	if (!good)
		(void)err_at(err, folder, 0, 0, "%s", strerror(errno));
	free(folder);
	return good;
}

static bool
take_signals(struct cli_follow *f, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	f->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return f->signals >= 0 || err_set(err, "signals: %s", strerror(errno));
}

struct cli_follow *
cli_follow_open(const char *path, struct err *err)
{
	struct cli_follow *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	f->fd = f->watch = f->signals = -1;
	f->has_rest = true;
	if (!watch_folder(f, err) || !take_signals(f, err))
		cli_follow_close(&f);
	return f;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
cli_follow_close(struct cli_follow **fp)
{
	struct cli_follow *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	close_fd(&f->fd);
	close_fd(&f->watch);
	close_fd(&f->signals);
	buf_fini(&f->text);
	free(f->path);
	free(f);
}

/* ---- what is there ---- */

int
cli_follow_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0) {
		(void)err_at(err, path, 0, 0, "%s", strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)))
		return fd;
	(void)close(fd);
	(void)err_at(err, path, 0, 0, "is no file; expected one that grows");
	errno = EINVAL;
	return -1;
}

/* False with *err set; that it is not there is no error. */
static bool
open_file(struct cli_follow *f, struct err *err)
{
	f->fd = cli_follow_file(f->path, err);
	f->offset = 0;
	return f->fd >= 0 || errno == ENOENT;
}

bool
cli_follow_skip(struct cli_follow *f, struct err *err)
{
	if (!open_file(f, err))
		return false;
	if (f->fd < 0)
		return err_at(err, f->path, 0, 0, "%s", strerror(ENOENT));
	f->offset = lseek(f->fd, 0, SEEK_END);
	return f->offset >= 0 ||
	    err_at(err, f->path, 0, 0, "%s", strerror(errno));
}

/* Whether what has that name now is no longer what was read: another file, or
 * one that was cut. */
static bool
is_replaced(const struct cli_follow *f)
{
	struct stat now, ours;

	if (fstat(f->fd, &ours) != 0 || ours.st_size < f->offset)
		return true;
	return stat(f->path, &now) == 0 &&
	    (now.st_ino != ours.st_ino || now.st_dev != ours.st_dev);
}

/* Reads more behind `text`; 0: there is no more now. */
static ssize_t
read_more(struct cli_follow *f, struct err *err)
{
	char bytes[READ_BYTES];
	ssize_t got;

	if (f->fd < 0)
		return 0;
	do
		got = read(f->fd, bytes, sizeof(bytes));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		(void)err_at(err, f->path, 0, 0, "%s", strerror(errno));
	if (got > 0) {
		buf_consume(&f->text, f->from);
		f->from = 0;
		buf_append(&f->text, slice_of(bytes, (size_t)got));
		f->offset += got;
	}
	return got;
}

/* Whether there is a line to give. */
static bool
find_line(struct cli_follow *f, struct slice *line)
{
	struct slice text = slice_skip(buf_slice(&f->text), f->from);
	const char *end =
	    text.len == 0 ? NULL : memchr(text.at, '\n', text.len);

	if (end == NULL && text.len < CLI_LINE_MAX)
		return false;
	*line = end != NULL ? slice_of(text.at, (size_t)(end - text.at))
			    : slice_sub(text, 0, CLI_LINE_MAX);
	f->from += line->len + (end != NULL);
	return true;
}

/* ---- waiting ---- */

/* False: it is over. */
static bool
wait_for_change(const struct cli_follow *f)
{
	struct pollfd fds[] = {
		{ .fd = f->watch, .events = POLLIN },
		{ .fd = f->signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	char events[4096];

	while (poll(fds, ARRAY_LEN(fds), -1) < 0)
		if (errno != EINTR)
			return false;
	if (fds[1].revents != 0 || fds[2].revents != 0)
		return false;
	/* What changed is looked for; that something did is enough. */
	return read(f->watch, events, sizeof(events)) > 0;
}

static enum cli_follow_step
begin_anew(struct cli_follow *f)
{
	close_fd(&f->fd);
	buf_clear(&f->text);
	f->from = 0;
	f->has_rest = true;
	return CLI_FOLLOW_ANEW;
}

enum cli_follow_step
cli_follow_next(struct cli_follow *f, struct slice *line, struct err *err)
{
	bool is_old;
	ssize_t got;

	for (;;) {
		if (find_line(f, line)) {
			f->has_rest = false;
			return CLI_FOLLOW_LINE;
		}
		if (f->fd < 0 && !open_file(f, err))
			return CLI_FOLLOW_ERROR;
		is_old = f->fd >= 0 && is_replaced(f);
		got = read_more(f, err);
		if (got < 0)
			return CLI_FOLLOW_ERROR;
		if (got > 0)
			continue;
		/* It was replaced before its end was seen, so nothing is
		 * missed. */
		if (is_old)
			return begin_anew(f);
		if (!f->has_rest) {
			f->has_rest = true;
			return CLI_FOLLOW_REST;
		}
		if (!wait_for_change(f))
			return CLI_FOLLOW_END;
	}
}

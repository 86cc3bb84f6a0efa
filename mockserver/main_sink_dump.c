/* SPDX-License-Identifier: MIT */
/* Names and files of dumped messages; see main_sink_dump.h. */
#include "mockserver/main_sink_dump.h"

#include "core/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024
#define TRIES_MAX      100

/* The folders that the path goes through. */
static bool
make_folders(const char *path)
{
	char folder[PATH_MAX_BYTES];
	const size_t len = strlen(path);

	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		if (mkdir(folder, 0755) != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static int
open_file(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

	if (fd < 0 && errno == ENOENT && make_folders(path))
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	return fd;
}

/* The template at a moment, with room behind it for a number. */
static bool
expand(
    const char *template, utime at, char path[PATH_MAX_BYTES], struct err *err)
{
	/* By a pointer, for the compiler wants a literal: this one is the
	 * user's. */
	size_t (*const format)(
	    char *, size_t, const char *, const struct tm *) = strftime;
	const time_t seconds = (time_t)(at / UTIME_S);
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL &&
	    format(path, PATH_MAX_BYTES - 10, template, &tm) > 0)
		return true;
	return err_set(err, "%s is no template of a path", template);
}

static bool
write_text(int fd, const char *path, struct slice text, struct err *err)
{
	bool ok = fd >= 0 && cli_write_all(fd, text);

	if (!ok)
		err_at(err, path, 0, 0, "%s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* A file that was not there, with a number behind its name; -1: failure. */
static int
make_file(char path[PATH_MAX_BYTES], struct rng *numbers, uint32_t *number)
{
	const size_t len = strlen(path);
	int fd = -1;

	for (int i = 0; i < TRIES_MAX; i++) {
		*number = (uint32_t)rng_next(numbers);
		(void)snprintf(path + len, PATH_MAX_BYTES - len, "%08x",
		    (unsigned)*number);
		fd = open_file(path, O_EXCL);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd;
}

bool
sink_dump_write(const struct sink_options *o, struct rng *numbers,
    const struct transcript_event *ev, struct err *err)
{
	const bool is_shared = o->shared_template != NULL;
	uint32_t number = (uint32_t)rng_next(numbers);
	char path[PATH_MAX_BYTES] = "";
	struct buf text = { 0 };
	bool ok;
	int fd;

	if (!expand(is_shared ? o->shared_template : o->single_template,
		ev->time, path, err))
		return false;
	fd = is_shared ? open_file(path, O_APPEND)
		       : make_file(path, numbers, &number);
	sink_format_dump(o, ev, number, &text);
	ok = write_text(fd, path, buf_slice(&text), err);
	buf_fini(&text);
	return ok;
}

/* SPDX-License-Identifier: MIT */
/* Reading by lines; see lines.h. */
#include "core/cli/lines.h"

#include "core/cli/file.h"
#include "core/cli/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (128U << 10) /* at once */

struct cli_lines {
	struct cli_unpack *bytes; /* owned */
	bool is_over;
	size_t from, end; /* of what `text` holds and was not given */
	char text[CLI_LINE_MAX];
};

struct cli_lines *
cli_lines_open(const char *path, struct err *err)
{
	struct cli_unpack *bytes = cli_unpack_open(path, err);
	struct cli_lines *l;

	if (bytes == NULL)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->bytes = bytes;
	return l;
}

void
cli_lines_close(struct cli_lines **lp)
{
	struct cli_lines *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	cli_unpack_close(&l->bytes);
	free(l);
}

/* Gets more behind what is there; false: there is no more, or *err is set. */
static bool
fill(struct cli_lines *l, struct err *err)
{
	ptrdiff_t got;

	if (l->is_over)
		return false;
	memmove(l->text, l->text + l->from, l->end - l->from);
	l->end -= l->from;
	l->from = 0;
	got = cli_unpack_read(
	    l->bytes, l->text + l->end, sizeof(l->text) - l->end, err);
	if (got > 0)
		l->end += (size_t)got;
	l->is_over = got <= 0;
	return got > 0;
}

bool
cli_lines_next(struct cli_lines *l, struct slice *line, struct err *err)
{
	size_t searched = 0, len;
	const char *end;

	err->msg[0] = '\0';
	for (;;) {
		len = l->end - l->from;
		end =
		    memchr(l->text + l->from + searched, '\n', len - searched);
		if (end != NULL || len == sizeof(l->text))
			break;
		searched = len;
		if (!fill(l, err))
			break;
	}
	if (end != NULL)
		len = (size_t)(end - (l->text + l->from));
	*line = slice_of(l->text + l->from, len);
	l->from += len + (end != NULL);
	return (len > 0 || end != NULL) && err->msg[0] == '\0';
}

int64_t
cli_lines_changed(const struct cli_lines *l)
{
	return (int64_t)cli_unpack_stat(l->bytes)->st_mtime;
}

/* ---- what can be read once only ---- */

static bool
copy(int from, int to)
{
	char bytes[READ_BYTES];
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) != 0)
		if ((got < 0 && errno != EINTR) ||
		    (got > 0 &&
			!cli_write_all(to, slice_of(bytes, (size_t)got))))
			return false;
	return true;
}

/* The copy's descriptor, or -1. */
static int
copy_of(int fd)
{
	FILE *file = tmpfile();
	int to = -1;

	if (file == NULL)
		return -1;
	if (copy(fd, fileno(file)))
		to = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
	(void)fclose(file);
	return to;
}

char *
cli_lines_path(const char *path, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char name[32];
	int copied;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err_at(err, path, 0, 0, "%s", strerror(errno));
		return NULL;
	}
	copied = is_stdin || S_ISFIFO(st.st_mode) ? copy_of(fd) : -2;
	if (copied == -1)
		err_at(err, path, 0, 0, "%s", strerror(errno));
	if (!is_stdin)
		(void)close(fd);
	if (copied == -1)
		return NULL;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", copied);
	return xstrdup(copied >= 0 ? name : path);
}

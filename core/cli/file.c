/* SPDX-License-Identifier: MIT */
/* Files that programs write; see file.h. */
#include "core/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool
cli_write_all(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.at, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = slice_skip(bytes, (size_t)n);
	}
	return true;
}

bool
cli_write_file(const char *path, struct slice text, struct err *err)
{
	const int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool ok;

	if (fd < 0)
		return err_at(err, path, 0, 0, "%s", strerror(errno));
	ok = cli_write_all(fd, text) ||
	    err_at(err, path, 0, 0, "%s", strerror(errno));
	(void)close(fd);
	return ok;
}

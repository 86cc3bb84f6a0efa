/* SPDX-License-Identifier: MIT */
/* Files that are written; see output.h. */
#include "core/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
cli_output_open(struct cli_output *out, struct err *err)
{
	int fd;

	if (out->path == NULL)
		return true;
	if (strcmp(out->path, "-") == 0)
		return err_set(err,
		    "--%s -: standard output has the report; expected a file "
		    "(/dev/stdout to mix the two)",
		    out->option);
	fd = open(out->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	out->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	return out->file != NULL ||
	    err_at(err, out->path, 0, 0, "%s", strerror(errno));
}

bool
cli_output_is(const struct cli_output *out, const char *path)
{
	struct stat one, other;

	return out->file != NULL && stat(path, &one) == 0 &&
	    fstat(fileno(out->file), &other) == 0 && S_ISREG(one.st_mode) &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool
cli_output_begin(struct cli_output *out, struct err *err)
{
	struct stat st;

	if (out->file == NULL || fstat(fileno(out->file), &st) != 0 ||
	    !S_ISREG(st.st_mode) || ftruncate(fileno(out->file), 0) == 0)
		return true;
	return err_at(err, out->path, 0, 0, "%s", strerror(errno));
}

bool
cli_output_close(struct cli_output *out, struct err *err)
{
	FILE *file = out->file;
	bool good;

	out->file = NULL;
	if (file == NULL)
		return true;
	good = ferror(file) == 0;
	if (fclose(file) == 0 && good)
		return true;
	return err_at(err, out->path, 0, 0, "it could not be written: %s",
	    strerror(errno));
}

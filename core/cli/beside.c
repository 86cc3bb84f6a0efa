/* SPDX-License-Identifier: MIT */
/* Where this program is; see beside.h. */
#include "core/cli/beside.h"

#include "core/base/buf.h"

#include <limits.h>
#include <unistd.h>

char *
cli_beside(const char *name)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program));
	struct buf path = { 0 };
	char *found;

	if (len <= 0 || (size_t)len >= sizeof(program))
		return NULL;
	while (len > 0 && program[len - 1] != '/')
		len--;
	buf_append(&path, slice_of(program, (size_t)len));
	buf_append_cstr(&path, name);
	found = slice_dup(buf_slice(&path));
	buf_fini(&path);
	return found;
}

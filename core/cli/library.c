/* SPDX-License-Identifier: MIT */
/* Looking for shared files; see library.h. */
#include "core/cli/library.h"

#include "core/base/buf.h"
#include "core/cli/beside.h"
#include "core/cli/cli.h"

#include <unistd.h>

/* So many folders above the scenario's. */
#define CLIMB_MAX 32

/* Puts "FOLDER/KIND/NAME.json" into *path; true when there is such a file. */
static bool
try_path(
    struct buf *path, struct slice folder, const char *kind, const char *name)
{
	buf_clear(path);
	buf_append(path, folder);
	if (folder.len > 0 && folder.at[folder.len - 1] != '/')
		buf_append_byte(path, '/');
	buf_printf(path, "%s%s%s.json", kind, kind[0] != '\0' ? "/" : "", name);
	return access(buf_cstr(path), R_OK) == 0;
}

/* The folder that holds the file or folder at `path`; "" is the one that we are
 * in. */
static struct slice
folder_of(struct slice path)
{
	size_t len = path.len;

	while (len > 0 && path.at[len - 1] != '/')
		len--;
	while (len > 1 && path.at[len - 1] == '/')
		len--;
	return slice_sub(path, 0, len);
}

/* One folder up, in place; false at the root. */
static bool
climb(struct buf *folder)
{
	const struct slice at = buf_slice(folder);
	const bool is_above = at.len == 0 || slice_eq(at, SLICE(".")) ||
	    slice_ends_with_nocase(at, SLICE(".."));

	if (slice_eq(at, SLICE("/")))
		return false;
	if (!is_above) {
		buf_truncate(folder, folder_of(at).len);
		return true;
	}
	if (slice_eq(at, SLICE(".")))
		buf_clear(folder);
	buf_append_cstr(folder, buf_len(folder) > 0 ? "/.." : "..");
	return true;
}

static bool
find_above(
    struct buf *path, const char *near, const char *kind, const char *name)
{
	struct buf folder = { 0 }, inner = { 0 };
	bool found = false, goes_on = true;

	buf_append(&folder, folder_of(slice_cstr(near)));
	buf_printf(&inner, "scenarios/%s", kind);
	for (int i = 0; i < CLIMB_MAX && !found && goes_on; i++) {
		found = try_path(path, buf_slice(&folder), kind, name) ||
		    try_path(path, buf_slice(&folder), buf_cstr(&inner), name);
		goes_on = found || climb(&folder);
	}
	buf_fini(&folder);
	buf_fini(&inner);
	return found;
}

char *
cli_library_read(const struct cli_library *l, const char *name, size_t *len,
    char **path, struct err *err)
{
	/* Installed with the program: it stays where it is beside it, wherever
	 * both are moved. */
	char *installed = cli_beside(FAULTPOST_DATADIR "/scenarios");
	struct buf found = { 0 };
	bool ok = l->extra != NULL &&
	    try_path(&found, slice_cstr(l->extra), "", name);
	char *text = NULL;

	ok = ok || find_above(&found, l->near, l->kind, name) ||
	    (installed != NULL &&
		try_path(&found, slice_cstr(installed), l->kind, name));
	if (ok) {
		text = cli_read_file(buf_cstr(&found), l->bytes_max, len, err);
		if (text != NULL)
			*path = slice_dup(buf_slice(&found));
	} else {
		err_set(err,
		    "expected a file %s/%s.json beside the scenario, in a "
		    "folder above it, or in %s/%s",
		    l->kind, name, installed != NULL ? installed : ".",
		    l->kind);
	}
	free(installed);
	buf_fini(&found);
	return text;
}

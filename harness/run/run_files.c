/* SPDX-License-Identifier: MIT */
/* Walking files and folders; see run_files.h. */
#include "harness/run/run_files.h"

#include "core/base/buf.h"
#include "core/json/matrix.h"

#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

struct run_file_id {
	dev_t device;
	ino_t inode;
	char *variant; /* owned; NULL: all of it */
};

/* A word on its way. */
struct walk {
	struct run_files *f;
	const char *word;    /* as given */
	const char *glob;    /* NULL: a file or a folder */
	const char *variant; /* NULL: all */
	size_t found;        /* scenarios, and what was told instead */
};

static int
entry_compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void
run_files_fini(struct run_files *f)
{
	for (size_t i = 0; i < f->seen_count; i++)
		free(f->seen[i].variant);
	free(f->seen);
	*f = (struct run_files){ 0 };
}

/* ---- globs ---- */

#define GLOB_CHARS "*?["

/* The first name of a path; *rest is behind it and its slashes. */
static struct slice
name_take(struct slice path, struct slice *rest)
{
	struct slice name = slice_sub(path, 0, slice_find_byte(path, '/'));

	*rest = slice_skip(path, name.len);
	while (slice_starts_with(*rest, SLICE("/")))
		*rest = slice_skip(*rest, 1);
	return name;
}

static bool
name_matches(struct slice glob, struct slice name)
{
	char *pattern = slice_dup(glob), *text = slice_dup(name);
	bool is_match = fnmatch(pattern, text, FNM_PERIOD) == 0;

	free(pattern);
	free(text);
	return is_match;
}

/* Names against names; behind a `**` that does not lead on, one more name is
 * left to it.  Only the last `**` need be tried again. */
static bool
names_match(struct slice glob, struct slice path)
{
	struct slice retry_glob = { 0 }, retry_path = { 0 };
	bool can_retry = false;

	while (path.len > 0 || glob.len > 0) {
		struct slice glob_rest, path_rest;
		struct slice one = name_take(glob, &glob_rest);
		struct slice name = name_take(path, &path_rest);

		if (slice_eq(one, SLICE("**"))) {
			can_retry = true;
			retry_glob = glob = glob_rest;
			retry_path = path;
		} else if (glob.len > 0 && path.len > 0 &&
		    name_matches(one, name)) {
			glob = glob_rest;
			path = path_rest;
		} else if (can_retry && retry_path.len > 0) {
			(void)name_take(retry_path, &retry_path);
			glob = retry_glob;
			path = retry_path;
		} else {
			return false;
		}
	}
	return true;
}

bool
run_files_match(const char *glob, const char *path)
{
	struct slice g = slice_cstr(glob), p = slice_cstr(path);

	return slice_starts_with(g, SLICE("/")) ==
	    slice_starts_with(p, SLICE("/")) &&
	    names_match(g, p);
}

/* Whether the glob means the path or a folder above it. */
static bool
is_globbed(const char *glob, const char *path)
{
	struct buf above = { 0 };
	bool is_match = false;

	buf_append_cstr(&above, path);
	while (!is_match && buf_len(&above) > 0) {
		struct slice rest = buf_slice(&above);

		is_match = run_files_match(glob, buf_cstr(&above));
		while (rest.len > 0 && rest.at[rest.len - 1] != '/')
			rest.len--;
		while (rest.len > 0 && rest.at[rest.len - 1] == '/')
			rest.len--;
		buf_truncate(&above, rest.len);
	}
	buf_fini(&above);
	return is_match;
}

/* The folder that all it may mean is in: what stands before the first name
 * with a wildcard. */
static char *
glob_folder(const char *glob)
{
	struct slice folder = slice_of(glob, strcspn(glob, GLOB_CHARS));

	while (folder.len > 0 && folder.at[folder.len - 1] != '/')
		folder.len--;
	while (folder.len > 1 && folder.at[folder.len - 1] == '/')
		folder.len--;
	return slice_dup(folder.len > 0 ? folder : SLICE("."));
}

/* ---- walking ---- */

/* Without the "./" of a walk that began in the folder we are in. */
static const char *
path_of(const struct walk *w, const FTSENT *entry)
{
	bool is_added =
	    w->glob != NULL && strncmp(entry->fts_path, "./", 2) == 0;

	return is_added && strncmp(w->glob, "./", 2) != 0 ? entry->fts_path + 2
							  : entry->fts_path;
}

static bool
is_scenario(const struct walk *w, const FTSENT *entry)
{
	struct slice name = slice_of(entry->fts_name, entry->fts_namelen);

	/* What is named on the command line is one whatever its name. */
	if (entry->fts_level == 0 && w->glob == NULL)
		return true;
	return slice_ends_with_nocase(name, SLICE(RUN_FILES_SUFFIX)) &&
	    (w->glob == NULL || is_globbed(w->glob, path_of(w, entry)));
}

/* False when it was there before. */
static bool
seen_add(struct run_files *f, const struct stat *st, const char *variant)
{
	for (size_t i = 0; i < f->seen_count; i++) {
		const struct run_file_id *id = &f->seen[i];

		if (id->device == st->st_dev && id->inode == st->st_ino &&
		    (id->variant == NULL ||
			(variant != NULL && strcmp(id->variant, variant) == 0)))
			return false;
	}
	f->seen =
	    xgrow(f->seen, &f->seen_cap, f->seen_count + 1, sizeof(f->seen[0]));
	f->seen[f->seen_count++] = (struct run_file_id){ st->st_dev, st->st_ino,
		variant != NULL ? slice_dup(slice_cstr(variant)) : NULL };
	return true;
}

static void
tell(struct walk *w, const char *path, const char *what)
{
	struct err err;

	w->found++;
	err_at(&err, path, 0, 0, "%s", what);
	w->f->on_error(w->f->owner, path, &err);
}

static void
entry_take(struct walk *w, const FTSENT *entry)
{
	struct run_files *f = w->f;

	switch (entry->fts_info) {
	case FTS_F:
	case FTS_DEFAULT:
		if (!is_scenario(w, entry))
			return;
		w->found++;
		if (seen_add(f, entry->fts_statp, w->variant))
			f->on_file(f->owner, path_of(w, entry), w->variant);
		return;
	case FTS_SLNONE:
		if (is_scenario(w, entry))
			tell(w, path_of(w, entry), strerror(ENOENT));
		return;
	case FTS_NS:
	case FTS_DNR:
	case FTS_ERR:
		/* A glob that begins nowhere has no other path than itself. */
		tell(w,
		    w->glob != NULL && entry->fts_level == 0
			? w->word
			: path_of(w, entry),
		    strerror(entry->fts_errno));
		return;
	}
}

static void
walk_path(struct walk *w, char *path)
{
	char *paths[] = { path, NULL };
	FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, entry_compare);
	FTSENT *entry;

	if (fts == NULL) {
		tell(w, path, strerror(errno));
		return;
	}
	while ((entry = fts_read(fts)) != NULL)
		entry_take(w, entry);
	fts_close(fts);
	if (w->found == 0)
		tell(w, w->word,
		    "no scenario here, expected files named "
		    "*" RUN_FILES_SUFFIX);
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

void
run_files_walk(struct run_files *f, const char *word)
{
	struct walk w = { .f = f, .word = word };
	struct slice file, label;
	char *variant = NULL, *path;

	json_variant_split(slice_cstr(word), &file, &label);
	/* Otherwise the brackets are a glob's, or the file's own. */
	if (slice_find_byte(label, '=') < label.len && !is_there(word))
		w.variant = variant = slice_dup(label);
	path = variant != NULL ? slice_dup(file) : xstrdup(word);
	if (strpbrk(path, GLOB_CHARS) != NULL && !is_there(path)) {
		char *folder = glob_folder(path);

		w.glob = path;
		walk_path(&w, folder);
		free(folder);
	} else {
		walk_path(&w, path);
	}
	free(path);
	free(variant);
}

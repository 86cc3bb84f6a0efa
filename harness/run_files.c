/* SPDX-License-Identifier: MIT */
/* Walking files and folders; see run_files.h. */
#include "harness/run_files.h"

#include "core/base/slice.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

struct run_file_id {
	dev_t device;
	ino_t inode;
};

static int
entry_compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void
run_files_fini(struct run_files *f)
{
	free(f->seen);
	*f = (struct run_files){ 0 };
}

static bool
is_scenario(const FTSENT *entry)
{
	struct slice name = slice_of(entry->fts_name, entry->fts_namelen);

	/* What is named on the command line is one whatever its name. */
	return entry->fts_level == 0 ||
	    slice_ends_with_nocase(name, SLICE(RUN_FILES_SUFFIX));
}

/* False when it was there before. */
static bool
seen_add(struct run_files *f, const struct stat *st)
{
	for (size_t i = 0; i < f->seen_count; i++)
		if (f->seen[i].device == st->st_dev &&
		    f->seen[i].inode == st->st_ino)
			return false;
	f->seen =
	    xgrow(f->seen, &f->seen_cap, f->seen_count + 1, sizeof(f->seen[0]));
	f->seen[f->seen_count++] =
	    (struct run_file_id){ st->st_dev, st->st_ino };
	return true;
}

static void
tell(struct run_files *f, const char *path, const char *what)
{
	struct err err;

	err_at(&err, path, 0, 0, "%s", what);
	f->on_error(f->owner, path, &err);
}

/* *found counts the scenarios and what was told instead of them. */
static bool
entry_take(struct run_files *f, const FTSENT *entry, size_t *found)
{
	switch (entry->fts_info) {
	case FTS_F:
	case FTS_DEFAULT:
		if (!is_scenario(entry))
			return true;
		++*found;
		return !seen_add(f, entry->fts_statp) ||
		    f->on_file(f->owner, entry->fts_path);
	case FTS_SLNONE:
		if (!is_scenario(entry))
			return true;
		++*found;
		tell(f, entry->fts_path, strerror(ENOENT));
		return true;
	case FTS_NS:
	case FTS_DNR:
	case FTS_ERR:
		++*found;
		tell(f, entry->fts_path, strerror(entry->fts_errno));
		return true;
	}
	return true;
}

bool
run_files_walk(struct run_files *f, char *path)
{
	char *paths[] = { path, NULL };
	FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, entry_compare);
	FTSENT *entry;
	size_t found = 0;
	bool goes_on = true;

	if (fts == NULL) {
		tell(f, path, strerror(errno));
		return true;
	}
	while (goes_on && (entry = fts_read(fts)) != NULL)
		goes_on = entry_take(f, entry, &found);
	fts_close(fts);
	if (found == 0)
		tell(f, path,
		    "no scenario here, expected files named "
		    "*" RUN_FILES_SUFFIX);
	return goes_on;
}

/* SPDX-License-Identifier: MIT */
/* Globs; what is on a disk is tested from outside (tests/e2e/test_run.py). */
#include "harness/run/run_files.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name; /* the glob */
	const char *path;
	bool matches;
} rows[] = {
	{ "a/b", "a/b", true },
	{ "a/b", "a/c", false },
	{ "a/b", "a/b/c", false },
	{ "a/b", "a", false },
	{ "a/*", "a/b", true },
	{ "a/*", "a/b/c", false },
	{ "a/x*.json", "a/x1.json", true },
	{ "a/x*.json", "a/y1.json", false },
	{ "a/?", "a/b", true },
	{ "a/[bc]", "a/c", true },
	{ "a/[!bc]", "a/c", false },
	{ "*", ".hidden", false },
	{ "**", "a/b/c", true },
	{ "**/c", "a/b/c", true },
	{ "**/c", "c", true },
	{ "**/c", "a/cc", false },
	{ "a/**/c", "a/c", true },
	{ "a/**/c", "a/b/b/c", true },
	{ "a/**/c", "b/c", false },
	{ "a/**", "a/b/c", true },
	{ "a/**/b/*", "a/b/b/b/c", true },
	{ "a/**/b/**/c", "a/x/b/y/c", true },
	{ "a/**/b/**/c", "a/x/y/c", false },
	{ "**/**/**/c", "a/b/c", true },
	{ "a**/c", "ab/c", true },
	{ "a**/c", "ab/b/c", false },
	{ "/a/*", "/a/b", true },
	{ "/a/*", "a/b", false },
	{ "a//*", "a/b", true },
};

static void
test_match(void **state)
{
	const struct row *row = *state;

	assert_int_equal(run_files_match(row->name, row->path), row->matches);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_match);
	return kit_run(&kit, "run_files");
}

/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without a fuzzer, so that each build tests it: every file
 * below the folder named on the command line, in the order of their names, and
 * after each its share of a few thousand mutations, the same in every run.  A
 * folder that is not there is an empty one; the target then gets mutations of
 * nothing.
 */
#include "core/base/buf.h"
#include "core/base/rng.h"

#include <fts.h>

enum {
	MUTATIONS = 3000, /* in all */
	CHANGES_MAX = 8,
	GROWTH_MAX = 4096, /* of what a target's own mutator returns */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
/* The fuzzer's, for mutators; here it is ours. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t max);
/* Only some targets have one. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t max,
    unsigned seed) __attribute__((weak));

static void replay_files(char *folder, int each, size_t *count);
static void replay(struct slice input, int mutations);
static void run(struct slice input);
static bool file_read(const char *path, struct buf *out);

static struct rng rng;

int
main(int argc, char **argv)
{
	size_t count = 1;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	replay_files(argv[1], -1, &count);
	replay(slice_of("", 0), MUTATIONS / (int)count);
	replay_files(argv[1], MUTATIONS / (int)count, &count);
	return 0;
}

static int
entry_compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void
replay_file(const char *path, int mutations)
{
	struct buf text = { 0 };

	if (!file_read(path, &text)) {
		(void)fprintf(stderr, "%s: cannot be read\n", path);
		exit(3);
	}
	replay(buf_slice(&text), mutations);
	buf_fini(&text);
}

/* Counts the files into *count and, unless `each` is negative, replays each and
 * so many mutations of it. */
static void
replay_files(char *folder, int each, size_t *count)
{
	char *folders[] = { folder, NULL };
	FTS *fts = fts_open(
	    folders, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, entry_compare);
	FTSENT *entry;

	while (fts != NULL && (entry = fts_read(fts)) != NULL) {
		if (entry->fts_info != FTS_F || entry->fts_name[0] == '.')
			continue;
		*count += 1;
		if (each >= 0)
			replay_file(entry->fts_path, each);
	}
	if (fts != NULL)
		(void)fts_close(fts);
}

static void
replay(struct slice input, int mutations)
{
	size_t max = input.len + GROWTH_MAX;
	uint8_t *bytes = xmalloc(max);
	size_t len;

	run(input);
	for (int i = 0; i < mutations; i++) {
		rng_init(&rng, input.len * MUTATIONS + (unsigned)i);
		if (input.len > 0)
			memcpy(bytes, input.at, input.len);
		len = LLVMFuzzerCustomMutator != NULL
		    ? LLVMFuzzerCustomMutator(
			  bytes, input.len, max, (unsigned)rng_next(&rng))
		    : LLVMFuzzerMutate(bytes, input.len, max);
		run(slice_of((const char *)bytes, len));
	}
	free(bytes);
}

/* Each input has its own exact allocation, so that a sanitizer sees a read past
 * its end. */
static void
run(struct slice input)
{
	uint8_t *exact = xmalloc(input.len);

	if (input.len > 0)
		memcpy(exact, input.at, input.len);
	(void)LLVMFuzzerTestOneInput(exact, input.len);
	free(exact);
}

/* A few bytes changed, put in or taken out. */
size_t
LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t max)
{
	for (uint64_t n = rng_below(&rng, CHANGES_MAX) + 1; n > 0; n--) {
		size_t at = (size_t)rng_below(&rng, len + 1);
		uint64_t what = rng_below(&rng, 3);

		if (what == 1 && at < len) {
			memmove(bytes + at, bytes + at + 1, len - at - 1);
			len--;
			continue;
		}
		if ((what == 0 || at == len) && len < max) {
			memmove(bytes + at + 1, bytes + at, len - at);
			len++;
		}
		if (at < len)
			bytes[at] = (uint8_t)rng_below(&rng, 256);
	}
	return len;
}

static bool
file_read(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rb");
	char bytes[4096];
	size_t len;
	bool ok;

	if (file == NULL)
		return false;
	while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_append(out, slice_of(bytes, len));
	ok = ferror(file) == 0;
	(void)fclose(file);
	return ok;
}

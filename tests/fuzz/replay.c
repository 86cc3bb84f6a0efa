/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without a fuzzer, so that each build tests it: every file
 * of the folder named on the command line, in the order of their names, and
 * after each the same few hundred mutations of it.  A folder that is not there
 * is an empty one; the target then gets mutations of nothing.
 */
#include "core/base/buf.h"
#include "core/base/rng.h"

#include <dirent.h>

enum {
	MUTATIONS = 500,
	GROWTH_MAX = 64
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void replay_file(const char *path);
static void replay(struct slice input);
static struct slice mutate(struct rng *rng, struct slice input);
static bool file_read(const char *path, struct buf *out);

int
main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int count;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	count = scandir(argv[1], &entries, NULL, alphasort);
	replay(slice_of("", 0));
	for (int i = 0; i < count; i++) {
		struct buf path = { 0 };

		buf_printf(&path, "%s/%s", argv[1], entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay_file(buf_cstr(&path));
		buf_fini(&path);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static void
replay_file(const char *path)
{
	struct buf text = { 0 };

	if (!file_read(path, &text)) {
		(void)fprintf(stderr, "%s: cannot be read\n", path);
		exit(3);
	}
	replay(buf_slice(&text));
	buf_fini(&text);
}

/* Each input has its own exact allocation, so that a sanitizer sees a read past
 * its end. */
static void
replay(struct slice input)
{
	struct rng rng;

	rng_init(&rng, input.len);
	for (int i = 0; i <= MUTATIONS; i++) {
		struct slice bytes = i == 0 ? input : mutate(&rng, input);
		uint8_t *exact = xmalloc(bytes.len);

		if (bytes.len > 0)
			memcpy(exact, bytes.at, bytes.len);
		(void)LLVMFuzzerTestOneInput(exact, bytes.len);
		free(exact);
		if (i > 0)
			free((void *)(uintptr_t)bytes.at);
	}
}

/* A copy with a few bytes changed, put in or taken out; the caller frees it. */
static struct slice
mutate(struct rng *rng, struct slice input)
{
	char *bytes = xmalloc(input.len + GROWTH_MAX);
	size_t len = input.len;

	if (len > 0)
		memcpy(bytes, input.at, len);
	for (uint64_t n = rng_below(rng, GROWTH_MAX / 8) + 1; n > 0; n--) {
		size_t at = (size_t)rng_below(rng, len + 1);
		uint64_t what = rng_below(rng, 3);

		if (what == 0 || at == len) {
			memmove(bytes + at + 1, bytes + at, len - at);
			len++;
		} else if (what == 1) {
			memmove(bytes + at, bytes + at + 1, len - at - 1);
			len--;
			continue;
		}
		bytes[at] = (char)rng_below(rng, 256);
	}
	return slice_of(bytes, len);
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

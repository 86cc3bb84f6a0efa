/* SPDX-License-Identifier: MIT */
/* Files by lines: ends, lines that are too long, compressed files, and files
 * that are cut. */
#include "core/cli/lines.h"

#include "tests/unit/kit.h"

#include <unistd.h>
#include <zlib.h>

static char path[] = "/tmp/test_lines.XXXXXX";

static void
write_file(struct slice text, bool is_compressed)
{
	gzFile file = gzopen(path, is_compressed ? "wb" : "wbT");

	assert_non_null(file);
	assert_int_equal(
	    gzwrite(file, text.at, (unsigned)text.len), (int)text.len);
	assert_int_equal(gzclose(file), Z_OK);
}

/* Each line behind "[" and before "]", and the error. */
static void
read_file(struct buf *out)
{
	struct err err;
	struct cli_lines *l = cli_lines_open(path, &err);
	struct slice line;

	assert_non_null(l);
	assert_true(cli_lines_changed(l) > 1700000000);
	while (cli_lines_next(l, &line, &err))
		buf_printf(out, "[%.*s]", SLICE_ARG(line));
	buf_append_cstr(out, err.msg);
	assert_false(cli_lines_next(l, &line, &err));
	cli_lines_close(&l);
}

static struct text_row {
	const char *name, *text, *want;
} rows[] = {
	{ "nothing", "", "" },
	{ "two", "a\nbc\n", "[a][bc]" },
	{ "no end", "a\nbc", "[a][bc]" },
	{ "empty ones", "\n\na\r\n\n", "[][][a\r][]" },
};

static void
test_text(void **state)
{
	const struct text_row *row = *state;

	for (int is_compressed = 0; is_compressed <= 1; is_compressed++) {
		struct buf got = { 0 };

		write_file(slice_cstr(row->text), is_compressed);
		read_file(&got);
		assert_slice(buf_slice(&got), row->want);
		buf_fini(&got);
	}
}

static void
test_long(void **state)
{
	size_t len = CLI_LINE_MAX + 3;
	char *text = xmalloc(len);
	struct buf got = { 0 };

	(void)state;
	memset(text, 'x', len);
	text[len - 1] = '\n';
	write_file(slice_of(text, len), false);
	read_file(&got);
	assert_int_equal(buf_len(&got), len - 1 + 4);
	assert_slice(slice_skip(buf_slice(&got), CLI_LINE_MAX), "x][xx]");
	buf_fini(&got);
	free(text);
}

static void
test_cut(void **state)
{
	struct buf got = { 0 };

	(void)state;
	write_file(SLICE("a line\nanother\n"), true);
	assert_int_equal(truncate(path, 25), 0);
	read_file(&got);
	assert_true(slice_find(buf_slice(&got),
			SLICE("unexpected end of file")) < buf_len(&got));
	buf_fini(&got);
}

static void
test_none(void **state)
{
	struct err err;

	(void)state;
	assert_null(cli_lines_open("/nowhere", &err));
	assert_string_equal(err.file, "/nowhere");
	assert_string_equal(err.msg, "No such file or directory");
	assert_null(cli_lines_open("/tmp", &err));
	assert_string_equal(err.msg, "is a folder; expected a file");
}

int
main(void)
{
	struct kit kit = { 0 };
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	(void)close(fd);
	ROWS(&kit, rows, test_text);
	TEST(&kit, test_long);
	TEST(&kit, test_cut);
	TEST(&kit, test_none);
	failed = kit_run(&kit, "lines");
	(void)unlink(path);
	return failed;
}

/* SPDX-License-Identifier: MIT */
/*
 * Options, help and errors of the programs.  What goes to standard error is
 * caught in a file.
 */
#include "core/cli/cli.h"
#include "tests/unit/kit.h"

#include <unistd.h>

enum {
	OPTION_FILE = 1000,
	OPTION_ALL,
	OPTION_COUNT,
	OPTION_FITS,
	OPTION_FITS_NOT,
	OPTION_LONG
};

static const struct cli_option options[] = {
	{ OPTION_FILE, 'f', "file", "NAME", "A file." },
	{ OPTION_ALL, 'a', "all", NULL, "All of them." },
	{ OPTION_COUNT, 0, "count", "N", "So many." },
	{ OPTION_FITS, 0, "just-it-fits!", "NAME", "Beside." },
	{ OPTION_FITS_NOT, 0, "one-too-many!!", "NAME", "Below." },
	{ OPTION_LONG, 0, "a-name-that-is-rather-long", "NAME", "Too wide." },
};
static const struct cli_program program = {
	.name = "prog",
	.usage = "[OPTION]... FILE",
	.summary = "Does things.",
	CLI_OPTIONS(options),
	.more = "And more.\n",
};

static void
test_help(void **state)
{
	struct buf out = { 0 };

	(void)state;
	cli_help_format(&program, &out);
	assert_slice(buf_slice(&out),
	    "usage: prog [OPTION]... FILE\n"
	    "Does things.\n"
	    "\n"
	    "  -f, --file NAME           A file.\n"
	    "  -a, --all                 All of them.\n"
	    "      --count N             So many.\n"
	    "      --just-it-fits! NAME  Beside.\n"
	    "      --one-too-many!! NAME\n"
	    "                            Below.\n"
	    "      --a-name-that-is-rather-long NAME\n"
	    "                            Too wide.\n"
	    "  -h, --help                Print this.\n"
	    "      --version             Print the version.\n"
	    "\n"
	    "And more.\n");
	buf_fini(&out);
}

/* ---- parsing ---- */

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct buf *seen = owner;
	uint64_t n;

	if (id == OPTION_COUNT && !cli_number("count", value, 1, 9, &n, err))
		return false;
	buf_printf(seen, "%d %s|", id - OPTION_FILE, value ? value : "");
	return true;
}

#define ARGUMENTS_MAX 8

static struct parse_row {
	const char *name; /* the arguments, separated by spaces */
	enum cli_result result;
	const char *seen;      /* options, then operands */
	const char *out, *err; /* what it says on either */
} parse_rows[] = {
	{ "", CLI_GO, "", "", "" },
	{ "x", CLI_GO, "x ", "", "" },
	{ "-f a x y", CLI_GO, "0 a|x y ", "", "" },
	{ "x -a y --file=b", CLI_GO, "1 |0 b|x y ", "", "" },
	{ "-afb", CLI_GO, "1 |0 b|", "", "" },
	{ "--al", CLI_GO, "1 |", "", "" },
	{ "-a -- -f", CLI_GO, "1 |-f ", "", "" },
	{ "- -a", CLI_GO, "1 |- ", "", "" },
	{ "--count 9", CLI_GO, "2 9|", "", "" },
	{ "--version x", CLI_TOLD, "",
	    "prog (faultpost) " FAULTPOST_VERSION "\n", "" },
	{ "--count 10", CLI_WRONG, "", "",
	    "prog: --count: \"10\" is no whole number of 1..9\n" },
	{ "--count 0", CLI_WRONG, "", "",
	    "prog: --count: \"0\" is no whole number of 1..9\n" },
	{ "--count +1", CLI_WRONG, "", "",
	    "prog: --count: \"+1\" is no whole number of 1..9\n" },
	{ "--fil2 a", CLI_WRONG, "", "",
	    "prog: unknown option --fil2 (did you mean --file?); see prog "
	    "--help\n" },
	{ "--verison", CLI_WRONG, "", "",
	    "prog: unknown option --verison (did you mean --version?); see "
	    "prog --help\n" },
	{ "--nothing-like-it", CLI_WRONG, "", "",
	    "prog: unknown option --nothing-like-it; see prog --help\n" },
	{ "-x", CLI_WRONG, "", "",
	    "prog: unknown option -x; see prog --help\n" },
	{ "-ax", CLI_WRONG, "1 |", "",
	    "prog: unknown option -x; see prog --help\n" },
	{ "-f", CLI_WRONG, "", "",
	    "prog: -f needs a value; see prog --help\n" },
	{ "--file", CLI_WRONG, "", "",
	    "prog: --file needs a value; see prog --help\n" },
	{ "--all=x", CLI_WRONG, "", "",
	    "prog: --all takes no value; see prog --help\n" },
	{ "--help=x", CLI_WRONG, "", "",
	    "prog: --help takes no value; see prog --help\n" },
	/* The start of two names is none. */
	{ "--a", CLI_WRONG, "", "",
	    "prog: unknown option --a; see prog --help\n" },
};

/* Standard output or error, into a file and back. */
struct capture {
	int fd, saved;
	FILE *file;
};

static void
capture_begin(struct capture *c, FILE *stream)
{
	fflush(stream);
	c->fd = fileno(stream);
	c->saved = dup(c->fd);
	c->file = tmpfile();
	assert_non_null(c->file);
	assert_int_equal(dup2(fileno(c->file), c->fd), c->fd);
}

static void
capture_end(struct capture *c, FILE *stream, struct buf *text)
{
	char block[4096];
	size_t n;

	fflush(stream);
	assert_int_equal(dup2(c->saved, c->fd), c->fd);
	(void)close(c->saved);
	rewind(c->file);
	while ((n = fread(block, 1, sizeof(block), c->file)) > 0)
		buf_append(text, slice_of(block, n));
	(void)fclose(c->file);
}

static void
test_parse(void **state)
{
	const struct parse_row *row = *state;
	char *line = xstrdup(row->name), *argv[ARGUMENTS_MAX + 2] = { 0 };
	struct slice rest = slice_cstr(line), word;
	struct buf seen = { 0 }, out = { 0 }, err = { 0 };
	struct capture outs, errs;
	enum cli_result result;
	int argc = 0, first = 0;

	argv[argc++] = xstrdup("argv0");
	while (slice_split(&rest, ' ', &word))
		argv[argc++] = slice_dup(word);
	capture_begin(&outs, stdout);
	capture_begin(&errs, stderr);
	result = cli_parse(&program, argc, argv, on_option, &seen, &first);
	capture_end(&errs, stderr, &err);
	capture_end(&outs, stdout, &out);
	assert_int_equal(result, row->result);
	for (int i = first; result == CLI_GO && i < argc; i++)
		buf_printf(&seen, "%s ", argv[i]);
	assert_slice(buf_slice(&seen), row->seen);
	assert_slice(buf_slice(&out), row->out);
	assert_slice(buf_slice(&err), row->err);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	free(line);
	buf_fini(&seen);
	buf_fini(&out);
	buf_fini(&err);
}

/* ---- files ---- */

static void
test_read_file(void **state)
{
	static const char content[] = "one\0two\n";
	char path[] = "/tmp/test_cli.XXXXXX";
	int fd = mkstemp(path);
	struct err err;
	size_t len;
	char *text;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, 8), 8);
	(void)close(fd);
	text = cli_read_file(path, 8, &len, &err);
	assert_non_null(text);
	assert_int_equal(len, 8);
	assert_memory_equal(text, content, 9);
	free(text);
	assert_null(cli_read_file(path, 7, &len, &err));
	assert_string_equal(err.file, path);
	assert_string_equal(err.msg, "the file is longer than 7 bytes");
	/* The bound counts over all that was read. */
	assert_int_equal(truncate(path, 100000), 0);
	assert_null(cli_read_file(path, 99999, &len, &err));
	text = cli_read_file(path, 100000, &len, &err);
	assert_int_equal(len, 100000);
	free(text);
	(void)unlink(path);
	assert_null(cli_read_file(path, 8, &len, &err));
	assert_string_equal(err.msg, "No such file or directory");
	assert_null(cli_read_file("/tmp", 8, &len, &err));
	assert_string_equal(err.file, "/tmp");
	assert_string_equal(err.msg, "Is a directory");
}

static void
test_report(void **state)
{
	struct err err;
	struct buf text = { 0 };
	struct capture errs;
	int code;

	(void)state;
	err_at(&err, "f.json", 3, 4, "bad");
	capture_begin(&errs, stderr);
	code = cli_report(&err, CLI_TROUBLE);
	capture_end(&errs, stderr, &text);
	assert_int_equal(code, 3);
	assert_slice(buf_slice(&text), "f.json:3:4: bad\n");
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_help);
	ROWS(&kit, parse_rows, test_parse);
	TEST(&kit, test_read_file);
	TEST(&kit, test_report);
	return kit_run(&kit, "cli");
}

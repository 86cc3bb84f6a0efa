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
	CLI_OPERANDS(0, 2, "two files at the most"),
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
	bool goes_on;
	int code;
	const char *seen;      /* options, then operands */
	const char *out, *err; /* what it says on either */
} parse_rows[] = {
	{ "", true, CLI_OK, "", "", "" },
	{ "x", true, CLI_OK, "x ", "", "" },
	{ "-f a x y", true, CLI_OK, "0 a|x y ", "", "" },
	{ "x -a y --file=b", true, CLI_OK, "1 |0 b|x y ", "", "" },
	{ "-afb", true, CLI_OK, "1 |0 b|", "", "" },
	{ "--al", true, CLI_OK, "1 |", "", "" },
	{ "x y z", false, CLI_USAGE, "", "",
	    "prog: expected two files at the most; see prog --help\n" },
	{ "-a -- -f", true, CLI_OK, "1 |-f ", "", "" },
	{ "- -a", true, CLI_OK, "1 |- ", "", "" },
	{ "--count 9", true, CLI_OK, "2 9|", "", "" },
	{ "--version x", false, CLI_OK, "",
	    "prog (faultpost) " FAULTPOST_VERSION "\n", "" },
	{ "--count 10", false, CLI_USAGE, "", "",
	    "prog: --count: \"10\" is no whole number of 1..9\n" },
	{ "--count 0", false, CLI_USAGE, "", "",
	    "prog: --count: \"0\" is no whole number of 1..9\n" },
	{ "--count +1", false, CLI_USAGE, "", "",
	    "prog: --count: \"+1\" is no whole number of 1..9\n" },
	{ "--fil2 a", false, CLI_USAGE, "", "",
	    "prog: unknown option --fil2 (did you mean --file?); see prog "
	    "--help\n" },
	{ "--verison", false, CLI_USAGE, "", "",
	    "prog: unknown option --verison (did you mean --version?); see "
	    "prog --help\n" },
	{ "--nothing-like-it", false, CLI_USAGE, "", "",
	    "prog: unknown option --nothing-like-it; see prog --help\n" },
	{ "-x", false, CLI_USAGE, "", "",
	    "prog: unknown option -x; see prog --help\n" },
	{ "-ax", false, CLI_USAGE, "1 |", "",
	    "prog: unknown option -x; see prog --help\n" },
	{ "-f", false, CLI_USAGE, "", "",
	    "prog: -f needs a value; see prog --help\n" },
	{ "--file", false, CLI_USAGE, "", "",
	    "prog: --file needs a value; see prog --help\n" },
	{ "--all=x", false, CLI_USAGE, "", "",
	    "prog: --all takes no value; see prog --help\n" },
	{ "--help=x", false, CLI_USAGE, "", "",
	    "prog: --help takes no value; see prog --help\n" },
	/* The start of two names is none. */
	{ "--a", false, CLI_USAGE, "", "",
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
	struct cli_operands operands;
	bool goes_on;
	int argc = 0;

	argv[argc++] = xstrdup("argv0");
	while (slice_split(&rest, ' ', &word))
		argv[argc++] = slice_dup(word);
	capture_begin(&outs, stdout);
	capture_begin(&errs, stderr);
	goes_on = cli_parse(&program, argc, argv, on_option, &seen, &operands);
	capture_end(&errs, stderr, &err);
	capture_end(&outs, stdout, &out);
	assert_int_equal(goes_on, row->goes_on);
	assert_int_equal(operands.code, row->code);
	for (int i = 0; goes_on && i < operands.count; i++)
		buf_printf(&seen, "%s ", operands.at[i]);
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

/* How many operands a program takes is a row of its table. */
static struct operands_row {
	const char *name; /* the operands, separated by spaces */
	int min, max;
	const char *operands; /* what is asked for */
	bool goes_on;
	const char *err;
} operands_rows[] = {
	{ "a", 1, 1, "one FILE", true, "" },
	{ "", 1, 1, "one FILE", false,
	    "prog: expected one FILE; see prog --help\n" },
	{ "a b", 1, 1, "one FILE", false,
	    "prog: expected one FILE; see prog --help\n" },
	{ "a b c", 1, CLI_MANY, "a FILE", true, "" },
	{ "", 1, CLI_MANY, "a FILE", false,
	    "prog: expected a FILE; see prog --help\n" },
	{ "", 0, 0, NULL, true, "" },
	{ "a b", 0, 0, NULL, false,
	    "prog: expected no operand, got \"a\"; see prog --help\n" },
};

static void
test_operands(void **state)
{
	const struct operands_row *row = *state;
	const struct cli_program taker = { .name = "prog",
		CLI_OPERANDS(row->min, row->max, row->operands) };
	char *argv[ARGUMENTS_MAX] = { xstrdup("argv0") };
	struct slice rest = slice_cstr(row->name), word;
	struct cli_operands operands;
	struct buf err = { 0 };
	struct capture errs;
	bool goes_on;
	int argc = 1;

	while (slice_split(&rest, ' ', &word))
		argv[argc++] = slice_dup(word);
	capture_begin(&errs, stderr);
	goes_on = cli_parse(&taker, argc, argv, on_option, NULL, &operands);
	capture_end(&errs, stderr, &err);
	assert_int_equal(goes_on, row->goes_on);
	assert_int_equal(operands.code, goes_on ? CLI_OK : CLI_USAGE);
	assert_int_equal(operands.count, argc - 1);
	assert_ptr_equal(operands.at, argv + 1);
	assert_null(operands.at[operands.count]);
	assert_slice(buf_slice(&err), row->err);
	while (argc > 0)
		free(argv[--argc]);
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
	ROWS(&kit, operands_rows, test_operands);
	TEST(&kit, test_read_file);
	TEST(&kit, test_report);
	return kit_run(&kit, "cli");
}

/* SPDX-License-Identifier: MIT */
/* Words as a shell reads them. */
#include "harness/report/shell.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name; /* the word */
	const char *quoted;
} rows[] = {
	{ "a/b-1_2.scenario.json", "a/b-1_2.scenario.json" },
	{ "", "''" },
	{ "two words", "'two words'" },
	{ "it's", "'it'\\''s'" },
	{ "$HOME", "'$HOME'" },
	{ "a;b", "'a;b'" },
	{ "a::stage=mail", "a::stage=mail" },
	{ "~", "'~'" },
	{ "#", "'#'" },
	{ "a\nb", "'a\nb'" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
};

static void
test_word(void **state)
{
	const struct row *row = *state;
	struct buf out = { 0 };

	shell_word_format(slice_cstr(row->name), &out);
	assert_slice(buf_slice(&out), row->quoted);
	buf_fini(&out);
}

static void
test_command(void **state)
{
	struct buf out = { 0 };

	(void)state;
	shell_option_format("log", "a b", &out);
	shell_option_format("profiles", NULL, &out);
	shell_file_format(SLICE("-x"), &out);
	shell_file_format(SLICE("y z"), &out);
	assert_slice(buf_slice(&out), " --log 'a b' ./-x 'y z'");
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_word);
	TEST(&kit, test_command);
	return kit_run(&kit, "shell");
}

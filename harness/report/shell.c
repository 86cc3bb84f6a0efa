/* SPDX-License-Identifier: MIT */
/* Quoting for a shell; see shell.h. */
#include "harness/report/shell.h"

static bool
is_plain(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (c & 0x80) != 0 ||
	    (c != '\0' && strchr("%+,-./:=@_", c) != NULL);
}

void
shell_word_format(struct slice word, struct buf *out)
{
	bool plain = word.len > 0;

	for (size_t i = 0; i < word.len; i++)
		plain = plain && is_plain(word.at[i]);
	if (plain) {
		buf_append(out, word);
		return;
	}
	buf_append_byte(out, '\'');
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] == '\'')
			buf_append_cstr(out, "'\\''");
		else
			buf_append_byte(out, word.at[i]);
	buf_append_byte(out, '\'');
}

void
shell_option_format(const char *name, const char *word, struct buf *out)
{
	if (word == NULL)
		return;
	buf_printf(out, " --%s ", name);
	shell_word_format(slice_cstr(word), out);
}

void
shell_file_format(struct slice word, struct buf *out)
{
	buf_append_byte(out, ' ');
	if (slice_starts_with(word, SLICE("-")))
		buf_append_cstr(out, "./");
	shell_word_format(word, out);
}

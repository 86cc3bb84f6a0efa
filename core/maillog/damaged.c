/* SPDX-License-Identifier: MIT */
/* Records that begin as one of a known form does; see parser.h. */
#include "core/maillog/match.h"
#include "core/maillog/parser.h"
#include "core/maillog/table.h"

/* Whether the pattern's next word is literal, and begins so. */
static bool
may_go_on(const char *pattern, struct slice word)
{
	struct slice whole = match_pattern_word(pattern);

	return whole.len > 0 && slice_starts_with(whole, word);
}

static bool
is_begun(const char *pattern, struct slice text)
{
	struct slice rest = text, word = match_take_word(&rest);

	if (rest.len == 0 && word.len < 3)
		return false;
	if (rest.len == 0)
		return may_go_on(pattern, word);
	if (!slice_eq(match_pattern_word(pattern), word))
		return false;
	pattern += word.len;
	pattern += *pattern == ' ';
	if (pattern_is_field(*pattern)) {
		word = match_take_word(&rest);
		if (maillog_field_rows[pattern_field(*pattern)].kind !=
			KIND_NUMBER ||
		    word.len == 0 || !ascii_is_digit(word.at[0]))
			return false;
		pattern += 1 + (pattern[1] == ' ');
	}
	word = match_take_word(&rest);
	if (rest.len == 0)
		return may_go_on(pattern, word);
	return word.len > 0 && slice_eq(match_pattern_word(pattern), word);
}

static bool
is_half_level(struct slice text)
{
	for (unsigned i = 0; i < MAILLOG_LEVEL_NONE; i++)
		if (slice_starts_with(
			slice_cstr(maillog_level_name((enum maillog_level)i)),
			text))
			return true;
	return false;
}

bool
maillog_parser_is_damaged(const struct maillog_event *ev)
{
	/* What is told at these levels begins as others do. */
	if (ev->form != MAILLOG_UNKNOWN || ev->level == MAILLOG_DEBUG ||
	    ev->level == MAILLOG_TRACE)
		return false;
	if (ev->text.len < 3 ||
	    (ev->level == MAILLOG_LEVEL_NONE && is_half_level(ev->text)))
		return true;
	for (size_t i = 0; i < maillog_row_count; i++)
		if (is_begun(maillog_rows[i].pattern, ev->text))
			return true;
	return false;
}

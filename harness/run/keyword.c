/* SPDX-License-Identifier: MIT */
/*
 * Expressions of `-k`: read by recursive descent into a program in reverse
 * Polish notation, which is run on a stack.
 */
#include "harness/run/keyword.h"

enum step_kind {
	STEP_WORD,
	STEP_TAG,
	STEP_NOT,
	STEP_AND,
	STEP_OR,
};
struct step {
	enum step_kind kind;
	struct slice word; /* WORD, TAG; borrowed from the text */
};

struct keyword {
	char *text;         /* owned */
	struct step *steps; /* owned */
	size_t count, cap, words;
};

/* ---- words ---- */

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_NOT,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_WORD,
	TOKEN_TAG,
	TOKEN_WRONG, /* *err says why */
};

struct reader {
	struct keyword *k;
	struct slice text;
	size_t at;             /* behind the token */
	enum token_kind token; /* that is looked at */
	size_t begin;          /* where it begins */
	struct slice word;     /* WORD, TAG: its text */
	unsigned depth;
	struct err *err;
};

static bool
fail(struct reader *r, size_t at, const char *what)
{
	r->token = TOKEN_WRONG;
	return err_set(r->err, "column %zu: %s", at + 1, what);
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_in_word(char c)
{
	return !is_space(c) && c != '(' && c != ')' && c != '"' && c != '\'';
}

/* From its quote on. */
static void
read_quoted(struct reader *r)
{
	struct slice rest = slice_skip(r->text, r->at + 1);

	r->word = slice_sub(rest, 0, slice_find_byte(rest, r->text.at[r->at]));
	r->at += r->word.len + 2;
	if (r->word.len == rest.len)
		fail(r, r->begin, "the quote is not closed");
	else if (r->word.len == 0)
		fail(r, r->begin, "expected a text between the quotes");
}

static void
read_plain(struct reader *r)
{
	size_t end = r->at;

	while (end < r->text.len && is_in_word(r->text.at[end]))
		end++;
	r->word = slice_sub(r->text, r->at, end - r->at);
	r->at = end;
}

static void
read_word(struct reader *r)
{
	static const struct {
		struct slice word;
		enum token_kind token;
	} operators[] = {
		{ SLICE_INIT("not"), TOKEN_NOT },
		{ SLICE_INIT("and"), TOKEN_AND },
		{ SLICE_INIT("or"), TOKEN_OR },
	};

	read_plain(r);
	r->token = TOKEN_WORD;
	for (size_t i = 0; i < ARRAY_LEN(operators); i++)
		if (slice_eq(r->word, operators[i].word))
			r->token = operators[i].token;
	if (!slice_starts_with(r->word, SLICE("@")))
		return;
	r->token = TOKEN_TAG;
	r->word = slice_skip(r->word, 1);
	if (r->word.len == 0)
		fail(r, r->begin, "expected a tag behind \"@\"");
}

/* Looks at the next token. */
static void
next_token(struct reader *r)
{
	while (r->at < r->text.len && is_space(r->text.at[r->at]))
		r->at++;
	r->begin = r->at;
	if (r->at == r->text.len) {
		r->token = TOKEN_END;
		return;
	}
	switch (r->text.at[r->at]) {
	case '(':
		r->token = TOKEN_OPEN;
		r->at++;
		break;
	case ')':
		r->token = TOKEN_CLOSE;
		r->at++;
		break;
	case '"':
	case '\'':
		r->token = TOKEN_WORD;
		read_quoted(r);
		break;
	default:
		read_word(r);
		break;
	}
}

/* ---- the grammar ---- */

static void
add_step(struct reader *r, enum step_kind kind, struct slice word)
{
	struct keyword *k = r->k;

	k->steps = xgrow(k->steps, &k->cap, k->count + 1, sizeof(k->steps[0]));
	k->steps[k->count++] = (struct step){ kind, word };
}

static bool read_or(struct reader *r);

static bool
read_operand(struct reader *r)
{
	if (r->token == TOKEN_WRONG)
		return false;
	if (r->token != TOKEN_WORD && r->token != TOKEN_TAG)
		return fail(r, r->begin,
		    "expected a word, \"not\" or \"(\"; to look for \"and\", "
		    "\"or\" or \"not\", quote it");
	if (++r->k->words > KEYWORD_WORDS_MAX)
		return fail(r, r->begin, "these are too many words");
	add_step(r, r->token == TOKEN_TAG ? STEP_TAG : STEP_WORD, r->word);
	next_token(r);
	return true;
}

static bool
read_parentheses(struct reader *r)
{
	size_t begin = r->begin;

	next_token(r);
	if (!read_or(r))
		return false;
	if (r->token == TOKEN_WRONG)
		return false;
	if (r->token == TOKEN_END)
		return fail(r, begin, "the parenthesis is not closed");
	if (r->token != TOKEN_CLOSE)
		return fail(r, r->begin, "expected \"and\", \"or\" or \")\"");
	next_token(r);
	return true;
}

static bool
read_not(struct reader *r)
{
	bool is_not = r->token == TOKEN_NOT, good;

	if (!is_not && r->token != TOKEN_OPEN)
		return read_operand(r);
	if (++r->depth > KEYWORD_DEPTH_MAX)
		return fail(r, r->begin, "this is nested too deep");
	if (is_not) {
		next_token(r);
		good = read_not(r);
		add_step(r, STEP_NOT, (struct slice){ 0 });
	} else {
		good = read_parentheses(r);
	}
	r->depth--;
	return good;
}

static bool
read_and(struct reader *r)
{
	bool good = read_not(r);

	while (good && r->token == TOKEN_AND) {
		next_token(r);
		good = read_not(r);
		add_step(r, STEP_AND, (struct slice){ 0 });
	}
	return good;
}

static bool
read_or(struct reader *r)
{
	bool good = read_and(r);

	while (good && r->token == TOKEN_OR) {
		next_token(r);
		good = read_and(r);
		add_step(r, STEP_OR, (struct slice){ 0 });
	}
	return good;
}

struct keyword *
keyword_parse(struct slice text, struct err *err)
{
	struct keyword *k = xcalloc(1, sizeof(*k));
	struct reader r = { .k = k, .err = err };
	bool good;

	k->text = slice_dup(text);
	r.text = slice_of(k->text, text.len);
	next_token(&r);
	good = read_or(&r) && r.token != TOKEN_WRONG;
	if (good && r.token != TOKEN_END)
		good = fail(&r, r.begin,
		    r.token == TOKEN_CLOSE ? "no parenthesis is open here"
					   : "expected \"and\" or \"or\"");
	if (!good)
		keyword_destroy(&k);
	return k;
}

void
keyword_destroy(struct keyword **kp)
{
	if (*kp == NULL)
		return;
	free((*kp)->text);
	free((*kp)->steps);
	free(*kp);
	*kp = NULL;
}

/* ---- asking ---- */

static bool
word_is_in(struct slice word, const char *text)
{
	struct slice in = slice_cstr(text);

	return slice_find_nocase(in, word) < in.len;
}

static bool
step_holds(const struct step *step, const struct keyword_names *names)
{
	if (step->kind == STEP_WORD &&
	    (word_is_in(step->word, names->path) ||
		word_is_in(step->word, names->title) ||
		word_is_in(step->word, names->case_name)))
		return true;
	for (size_t i = 0; i < names->tag_count; i++)
		if (step->kind == STEP_WORD
			? word_is_in(step->word, names->tags[i])
			: slice_eq_nocase(
			      step->word, slice_cstr(names->tags[i])))
			return true;
	return false;
}

bool
keyword_holds(const struct keyword *k, const struct keyword_names *names)
{
	bool stack[KEYWORD_WORDS_MAX] = { false };
	size_t n = 0;

	for (size_t i = 0; i < k->count; i++) {
		const struct step *step = &k->steps[i];

		switch (step->kind) {
		case STEP_WORD:
		case STEP_TAG:
			stack[n++] = step_holds(step, names);
			break;
		case STEP_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		case STEP_AND:
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
			break;
		case STEP_OR:
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
			break;
		}
	}
	assert(n == 1);
	return stack[0];
}

/* SPDX-License-Identifier: MIT */
/* What is to fail, as a command line says it; see draft.h. */
#include "core/base/suggest.h"
#include "harness/draft/draft.h"

static const struct {
	const char *word;
	enum draft_fault_kind kind;
} words[] = {
	{ "refuse", DRAFT_STATE },
	{ "silent", DRAFT_STATE },
	{ "unreachable", DRAFT_STATE },
	{ "drop", DRAFT_CUT },
	{ "reset", DRAFT_CUT },
	{ "stall", DRAFT_CUT },
};

/* Where faults may strike, and a refusal for good. */
static const enum smtp_stage stages[] = { STAGE_BANNER, STAGE_EHLO, STAGE_MAIL,
	STAGE_RCPT, STAGE_DATA, STAGE_EOD };

static bool
stage_parse(struct slice name, struct draft_fault *fault, struct err *err)
{
	const size_t first = fault->code >= 500 ? 2 : 0;
	struct suggest nearest = { .word = name };
	const char *best;

	for (size_t i = first; i < ARRAY_LEN(stages); i++) {
		fault->stage = stages[i];
		if (slice_eq(name, slice_cstr(smtp_stage_name(stages[i]))))
			return true;
		suggest_offer(&nearest, smtp_stage_name(stages[i]));
	}
	best = suggest_result(&nearest);
	if (best != NULL)
		return err_set(err, "\"%.*s\" is no stage (did you mean %s?)",
		    SLICE_ARG(name), best);
	return err_set(err,
	    "\"%.*s\" is no stage for this; expected %smail, rcpt, data or eod",
	    SLICE_ARG(name), first == 0 ? "banner, ehlo, " : "");
}

static bool
fault_word(struct slice word, struct draft_fault *fault, struct err *err)
{
	struct suggest nearest = { .word = word };
	uint64_t code;
	const char *best;

	fault->stage = STAGE_BANNER;
	if (slice_to_u64(word, 599, &code) && code >= 400 && word.len == 3) {
		fault->kind = DRAFT_CODE;
		fault->code = (int)code;
		if (code >= 500)
			fault->stage = STAGE_RCPT;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (slice_eq(word, slice_cstr(words[i].word))) {
			fault->kind = words[i].kind;
			fault->word = words[i].word;
			return true;
		}
		suggest_offer(&nearest, words[i].word);
	}
	best = suggest_result(&nearest);
	if (best != NULL)
		return err_set(err, "\"%.*s\" is no fault (did you mean %s?)",
		    SLICE_ARG(word), best);
	return err_set(err,
	    "\"%.*s\" is no fault; expected a code (452, 550), refuse, silent, "
	    "unreachable, drop, reset or stall",
	    SLICE_ARG(word));
}

bool
draft_fault_parse(const char *text, struct draft_fault *fault, struct err *err)
{
	struct slice rest = slice_cstr(text);
	size_t equals = slice_find_byte(rest, '=');
	struct slice host = slice_trim(slice_sub(rest, 0, equals)), word;
	size_t at;

	*fault = (struct draft_fault){ 0 };
	if (equals == rest.len || host.len == 0)
		return err_set(err,
		    "\"%s\": expected HOST=FAULT, as in mx1.example.com=452",
		    text);
	rest = slice_trim(slice_skip(rest, equals + 1));
	at = slice_find_byte(rest, '@');
	word = slice_sub(rest, 0, at);
	if (!fault_word(word, fault, err))
		return false;
	if (at < rest.len && fault->kind == DRAFT_STATE)
		return err_set(err,
		    "\"%s\": a host that is %s has no stages; expected it "
		    "alone",
		    text, fault->word);
	if (at < rest.len && !stage_parse(slice_skip(rest, at + 1), fault, err))
		return false;
	fault->host = slice_dup(host);
	return true;
}

void
draft_fault_fini(struct draft_fault *fault)
{
	free(fault->host);
	*fault = (struct draft_fault){ 0 };
}

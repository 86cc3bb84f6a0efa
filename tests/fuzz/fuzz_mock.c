/* SPDX-License-Identifier: MIT */
/*
 * Any bytes from a client to a host full of rules: what the host does depends
 * on the bytes and not on how they were cut, and the transcript of them is one
 * line of JSON.
 */
#include "core/transcript/transcript.h"
#include "mockserver/dialogue.h"
#include "mockserver/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char text[] =
    "{\"hosts\": {\"mx\": {\"address\": \"::1\",\n"
    "\"limits\": {\"size\": 200, \"recipients\": 3, \"messages\": 5},\n"
    "\"rules\": [\n"
    "{\"on\": \"rcpt\", \"nth\": 2, \"per\": \"recipient\",\n"
    " \"reply\": \"450 {rcpt} {from} {n} {client} {time}\"},\n"
    "{\"on\": \"mail\", \"every\": 3, \"per\": \"sender\",\n"
    " \"reply\": [\"451 a\", \"452 b\"]},\n"
    "{\"on\": \"mail\", \"match\": \"size=1\", \"reply\": \"552 no\"},\n"
    "{\"on\": \"body\", \"after\": 20, \"reply\": \"421 x\"},\n"
    "{\"on\": \"body\", \"delay\": \"1s\"},\n"
    "{\"on\": \"data\", \"nth\": 4, \"reply\": \"250 x\"},\n"
    "{\"on\": \"eod\", \"to\": \"*@b\", \"per\": \"message\", \"nth\": 1,\n"
    " \"probability\": 0.5, \"reply\": \"452 x\"},\n"
    "{\"on\": \"unknown\", \"reply\": \"250 x\"},\n"
    "{\"on\": \"noop\", \"nth\": 3, \"reset\": {\"after\": 2}}]}}}";

static bool
play(struct dialogue *d, struct buf *out)
{
	const struct dialogue_scene scene = { .connections = 1 };
	enum smtp_violation violation;
	enum dialogue_event event;
	struct reaction r;

	for (;;) {
		event = dialogue_next(d, &scene, out, &r, &violation);
		if (event == DIALOGUE_QUIET)
			return true;
		if (event == DIALOGUE_VIOLATION)
			continue;
		if (r.ending != RULE_KEEP)
			return false;
		if (dialogue_played(d)) {
			buf_append_cstr(out, "message ");
			buf_append_u64(out, dialogue_size(d));
			buf_append(out, envelope_sender(dialogue_envelope(d)));
		}
		if (dialogue_is_over(d))
			return false;
	}
}

/* All that the host says, its input coming in pieces of `step` bytes. */
static void
talk(const struct mock_host *host, struct slice input, size_t step,
    struct buf *out)
{
	const struct ip_address client = ip_v4(10, 0, 0, 5);
	struct rule_book *book =
	    rule_book_new(host->rules.at, host->rules.count, 1, 0);
	struct dialogue *d = dialogue_new(host, book, &client);
	bool goes_on = play(d, out);

	while (goes_on && input.len > 0) {
		dialogue_feed(d, slice_sub(input, 0, step));
		input = slice_skip(input, step);
		goes_on = play(d, out);
	}
	dialogue_destroy(&d);
	rule_book_destroy(&book);
}

static void
check_transcript(struct slice input)
{
	const struct transcript_event ev = {
		.kind = TRANSCRIPT_IN, .host = "mx", .bytes = input
	};
	struct buf line = { 0 };
	json_t *root;

	transcript_format(&line, &ev);
	root = json_loadb(
	    buf_slice(&line).at, buf_len(&line), JSON_ALLOW_NUL, NULL);
	assert(root != NULL);
	json_decref(root);
	buf_fini(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct slice input = slice_of((const char *)bytes, len);
	struct buf whole = { 0 }, trickled = { 0 };
	struct mock_scenario s;
	struct err err;
	bool ok = mock_scenario_parse(&s, "t.json", SLICE(text), &err);

	assert(ok);
	talk(&s.hosts.at[0], input, SIZE_MAX, &whole);
	talk(&s.hosts.at[0], input, 1, &trickled);
	assert(slice_eq(buf_slice(&whole), buf_slice(&trickled)));
	check_transcript(input);
	buf_fini(&whole);
	buf_fini(&trickled);
	mock_scenario_fini(&s);
	return 0;
}

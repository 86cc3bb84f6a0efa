/* SPDX-License-Identifier: MIT */
/*
 * Any bytes from a client to a host full of rules: what the host does depends
 * on the bytes and not on how they were cut, and the transcript of them is one
 * line of JSON.
 */
#include "core/transcript/transcript.h"
#include "core/world/world_sim.h"
#include "mockserver/mock.h"
#include "mockserver/play/dialogue.h"
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
    "{\"on\": \"mail\", \"in\": \"full\", \"nth\": 2, \"set\": \"start\",\n"
    " \"reply\": \"452 full\"},\n"
    "{\"on\": \"rcpt\", \"per\": \"triple\", \"within\": \"1s\", \"match\": \"<k+@b\",\n"
    " \"reply\": \"451 grey\", \"set\": \"full\", \"scope\": \"scenario\"},\n"
    "{\"on\": \"rcpt\", \"per\": \"recipient\", \"quota\": {\"bytes\": 30},\n"
    " \"reply\": \"452 {rcpt}\"},\n"
    "{\"on\": \"rset\", \"per\": \"client\", \"set\": \"full\",\n"
    " \"rate\": {\"count\": 2, \"within\": \"1m\"}, \"reply\": \"450 x\"},\n"
    "{\"on\": \"unknown\", \"reply\": \"250 x\"},\n"
    "{\"on\": \"command\", \"after\": 3, \"every\": 3, \"reply\": \"250 y\"},\n"
    "{\"on\": \"command\", \"after\": 3, \"every\": 2, \"raw\": \"\"},\n"
    "{\"on\": \"command\", \"after\": 30, \"match\": \"^MAIL\",\n"
    " \"reply\": \"251 z\"},\n"
    "{\"on\": \"command\", \"after\": 2048, \"reply\": \"252 z\"},\n"
    "{\"on\": \"rset\", \"garbage\": 20, \"repeat\": 3},\n"
    "{\"on\": \"vrfy\", \"repeat\": 2, \"throughout\": {\"text\": false,\n"
    " \"line_end\": \"\\\\n\"}},\n"
    "{\"on\": \"noop\", \"nth\": 3, \"reset\": {\"after\": 2}}]}}}";

/* Hosts that do to a connection what can be done; whoever says what.  Nothing
 * is left of it in the end. */
static const char endings[] =
    "{\"hosts\": {\"mx\": {\"address\": \"10.1.1.11\",\n"
    "\"limits\": {\"accepted\": 1, \"backlog\": 1, \"receive_buffer\": 10,\n"
    " \"send_buffer\": 10, \"idle_timeout\": \"10s\"},\n"
    "\"rules\": [\n"
    "{\"on\": \"connect\", \"every\": 2, \"linger\": \"1s\"},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^HA\",\n"
    " \"then\": \"half-close\"},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^VA\", \"vanish\": true},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^RE\", \"reset\": true},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^DE\", \"read\": false},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^SL\",\n"
    " \"read\": {\"bytes\": 3, \"every\": \"1s\"}},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^DI\",\n"
    " \"reply\": \"500 x\", \"then\": \"discard\"},\n"
    "{\"on\": \"command\", \"after\": 2, \"match\": \"^ST\", \"reply\": \"250\",\n"
    " \"stall\": \"3s\"},\n"
    "{\"on\": \"noop\", \"repeat\": \"endless\",\n"
    " \"drip\": {\"bytes\": 60000, \"every\": \"1s\"}},\n"
    "{\"on\": \"mail\", \"drip\": {\"bytes\": [1, 2], \"every\": \"1s\"}},\n"
    "{\"on\": \"helo\", \"vanish\": {\"after\": 3}}]}}}";

/* A client that says all of it and leaves after a while. */
struct caller {
	struct world *world;
	struct stream *stream; /* NULL: has ended */
	struct timer leave;
};

static void
caller_end(struct caller *c)
{
	timer_stop(c->world, &c->leave);
	if (c->stream != NULL)
		stream_close(c->stream);
	c->stream = NULL;
}

static void
caller_nothing(void *owner)
{
	(void)owner;
}

static void
caller_input(void *owner, struct slice bytes)
{
	(void)owner;
	(void)bytes;
}

static void
caller_eof(void *owner)
{
	caller_end(owner);
}

static void
caller_failure(void *owner, enum net_failure why)
{
	(void)why;
	caller_end(owner);
}

static void
on_leave(struct timer *t)
{
	caller_end(CONTAINER_OF(t, struct caller, leave));
}

static const struct stream_handler caller_handler = {
	.on_connected = caller_nothing,
	.on_input = caller_input,
	.on_drained = caller_nothing,
	.on_eof = caller_eof,
	.on_failure = caller_failure,
};

static void
call(struct slice input)
{
	static const struct sim_options options = {
		.latency = UTIME_MS,
		.self = { 4, { 10, 0, 0, 5 } },
		.span_max = UTIME_NEVER,
	};
	const struct endpoint to = { ip_v4(10, 1, 1, 11), 25 };
	const struct mock_options mock_options = { .seed = 1 };
	struct world *w = world_sim_new(&options);
	struct caller callers[3] = { 0 };
	struct mock_scenario s;
	struct mock *mock;
	struct err err;
	bool ok = mock_scenario_parse(&s, "t.json", SLICE(endings), &err);

	assert(ok);
	mock = mock_new(w, &s.hosts, &mock_options, NULL, &err);
	assert(mock != NULL);
	for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
		struct caller *c = &callers[i];

		c->world = w;
		c->leave.fire = on_leave;
		c->stream = world_connect(w, NULL, &to, &caller_handler, c);
		stream_write(c->stream, input);
		timer_set(w, &c->leave, (utime)(i + 1) * 20 * UTIME_S);
	}
	ok = world_run(w, &err);
	assert(ok);
	assert(mock_open_sessions(mock, NULL) == 0);
	mock_destroy(&mock);
	world_destroy(&w);
	mock_scenario_fini(&s);
}

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
	for (size_t i = 0; i < host->rules.count; i++)
		if (rule_book_acted(book, i) == 0)
			rule_book_explain(book, i, out);
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
	call(input);
	buf_fini(&whole);
	buf_fini(&trickled);
	mock_scenario_fini(&s);
	return 0;
}

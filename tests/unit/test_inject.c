/* SPDX-License-Identifier: MIT */
/*
 * Injection in a simulated world, with a mock host where the relay would be:
 * it misbehaves as told and says what it got.
 */
#include "core/world/world_sim.h"
#include "harness/sim/inject.h"
#include "mockserver/mock.h"
#include "tests/unit/kit.h"

/* %s: rules of the server, and the inject entries. */
#define SCENARIO                                                               \
	"{\"title\": \"t\", \"hosts\": {\"server\": {\"address\": "            \
	"\"10.0.0.6\", \"state\": \"%s\", \"rules\": [%s]}},"                  \
	"\"inject\": [%s]}"

struct seen {
	unsigned connections, messages, refusals;
	uint64_t bytes;
	struct buf who;     /* envelopes: "a@x>b@x,c@x 1024;" */
	struct buf refused; /* "1 b@x rcpt 550;" */
	utime last;
};

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct seen *seen = owner;

	seen->connections += ev->kind == TRANSCRIPT_OPEN;
	if (ev->kind != TRANSCRIPT_MESSAGE)
		return;
	seen->messages++;
	seen->bytes += ev->size_bytes;
	seen->last = ev->time;
	buf_append(&seen->who, ev->sender);
	for (size_t i = 0; i < ev->recipient_count; i++) {
		buf_append_byte(&seen->who, i == 0 ? '>' : ',');
		buf_append(&seen->who, ev->recipients[i]);
	}
	buf_append_byte(&seen->who, ';');
}

static void
on_refusal(void *owner, const struct inject_refusal *refusal)
{
	struct seen *seen = owner;

	seen->refusals++;
	buf_printf(&seen->refused, "%llu %.*s %s %d;",
	    (unsigned long long)refusal->message, SLICE_ARG(refusal->recipient),
	    smtp_stage_name(refusal->stage), refusal->code);
}

static struct plan *
plan_of(const char *state, const char *rules, const char *inject)
{
	struct buf text = { 0 };
	char message[ERR_FILE_MAX + ERR_MSG_MAX + 32];
	struct err err = { 0 };

	buf_printf(&text, SCENARIO, state, rules, inject);
	struct plan *plan = plan_parse("f.json", buf_slice(&text), &err);
	if (plan == NULL)
		print_error("%s\n", err_format(&err, message, sizeof(message)));
	assert_non_null(plan);
	buf_fini(&text);
	return plan;
}

static void
on_surprise(void *owner, const struct inject_surprise *surprise)
{
	struct seen *seen = owner;

	buf_printf(&seen->refused, "%s: wanted %s, found %.*s", surprise->place,
	    surprise->wanted, SLICE_ARG(surprise->found));
}

/* Lets the injection run to its end against the server. */
static void
run(const char *state, const char *rules, const char *inject, struct seen *seen)
{
	struct plan *plan = plan_of(state, rules, inject);
	struct sim_options options = { .start = plan->start,
		.latency = UTIME_MS,
		.span_max = UTIME_DAY,
		.events_max = 1000000 };
	struct world *w = world_sim_new(&options);
	struct transcript_sink sink = { .owner = seen,
		.on_event = on_transcript,
		.content_max = TRANSCRIPT_CONTENT_MAX };
	struct inject_hooks hooks = { seen, on_refusal, on_surprise };
	struct mock_options mock_options = { .seed = 1 };
	struct endpoint server = { plan->hosts.at[0].addresses.at[0], 25 };
	struct err err = { 0 };
	struct mock *mock =
	    mock_new(w, &plan->hosts, &mock_options, &sink, &err);

	assert_non_null(mock);
	*seen = (struct seen){ 0 };
	struct injection *in = injection_new(
	    w, plan, &(struct inject_target){ .listeners = &server }, &hooks);
	assert_true(world_run(w, &err));
	assert_true(injection_is_done(in));
	injection_destroy(&in);
	mock_destroy(&mock);
	seen->last -= plan->start;
	world_destroy(&w);
	plan_destroy(&plan);
}

static void
seen_fini(struct seen *seen)
{
	buf_fini(&seen->who);
	buf_fini(&seen->refused);
}

static struct run_row {
	const char *name, *state, *rules, *inject;
	unsigned connections, messages, refusals;
	const char *refused; /* or NULL */
} run_rows[] = {
	{ "one", "up", "", "{\"to\": \"a@b\"}", 1, 1, 0, "" },
	{ "a connection lingers", "up", "",
	    "{\"to\": \"a@b\", \"count\": 5, \"every\": \"4s\"}", 1, 5, 0, "" },
	{ "but not for long", "up", "",
	    "{\"to\": \"a@b\", \"count\": 5, \"every\": \"10s\"}", 5, 5, 0,
	    "" },
	{ "sessions share", "up", "",
	    "{\"to\": \"a@b\", \"count\": 10, \"sessions\": 3}", 3, 10, 0, "" },
	{ "more sessions than messages", "up", "",
	    "{\"to\": \"a@b\", \"count\": 2, \"sessions\": 5}", 2, 2, 0, "" },
	{ "two entries", "up", "", "{\"to\": \"a@b\"}, {\"to\": \"c@d\"}", 2, 2,
	    0, "" },
	{ "a big message", "up", "", "{\"to\": \"a@b\", \"size\": 3000000}", 1,
	    1, 0, "" },
	{ "nobody listens", "refuse", "", "{\"to\": \"a@b\", \"count\": 2}", 0,
	    0, 2, "1 a@b connect 0;2 a@b connect 0;" },
	{ "a bad greeting", "up",
	    "{\"on\": \"banner\", \"reply\": \"421 no\", \"times\": 1}",
	    "{\"to\": \"a@b\", \"count\": 2}", 2, 1, 1, "1 a@b banner 421;" },
	{ "a recipient is refused", "up",
	    "{\"on\": \"rcpt\", \"reply\": \"550 5.1.1 no\", \"to\": "
	    "\"c@d\"}",
	    "{\"to\": [\"a@b\", \"c@d\"]}", 1, 1, 1, "1 c@d rcpt 550;" },
	{ "a message is refused", "up",
	    "{\"on\": \"eod\", \"reply\": \"452 4.3.1 no\", \"nth\": 2}",
	    "{\"to\": [\"a@b\", \"c@d\"], \"count\": 3}", 1, 2, 2,
	    "2 a@b eod 452;2 c@d eod 452;" },
	{ "a connection is lost", "up",
	    "{\"on\": \"data\", \"reset\": true, \"nth\": 1}",
	    "{\"to\": \"a@b\", \"count\": 2}", 2, 1, 1, "1 a@b data 0;" },
	{ "closed between messages", "up",
	    "{\"on\": \"eod\", \"reply\": \"250 2.0.0 Ok\", \"then\": "
	    "\"close\"}",
	    "{\"to\": \"a@b\", \"count\": 3, \"every\": \"1s\"}", 3, 3, 0, "" },
};

static void
test_run(void **state)
{
	const struct run_row *row = *state;
	struct seen seen;

	run(row->state, row->rules, row->inject, &seen);
	assert_int_equal(seen.connections, row->connections);
	assert_int_equal(seen.messages, row->messages);
	assert_int_equal(seen.refusals, row->refusals);
	assert_slice(buf_slice(&seen.refused), row->refused);
	seen_fini(&seen);
}

static void
test_envelopes(void **state)
{
	struct seen seen;

	(void)state;
	run("up", "",
	    "{\"from\": \"s{n}@x\", \"to\": [\"a{n}@b\", \"c@d\"], \"count\": "
	    "2},"
	    "{\"from\": \"\", \"to\": \"e{n}@f\", \"at\": \"1m\"}",
	    &seen);
	assert_slice(
	    buf_slice(&seen.who), "s1@x>a1@b,c@d;s2@x>a2@b,c@d;>e1@f;");
	assert_in_range(seen.last, 60 * UTIME_S, 61 * UTIME_S);
	seen_fini(&seen);
}

static void
test_size(void **state)
{
	struct seen seen;

	(void)state;
	run("up", "", "{\"to\": \"a@b\", \"size\": 100002, \"count\": 3}",
	    &seen);
	/* The mock ends each at a line's end, as SMTP content does. */
	assert_in_range(seen.bytes, 3 * 100002, 3 * 100004);
	seen_fini(&seen);
}

#define LINE(said, reply) "{\"say\": \"" said "\", \"reply\": \"" reply "\"}"

static struct dialogue_row {
	const char *name, *rules, *dialogue, *surprise;
} dialogue_rows[] = {
	{ "as written", "",
	    "{\"reply\": \"220 \"}, " LINE("HELO x",
		"250") ", "
		       "{\"say\": \"QUIT\", \"reply\": \"221\", \"end\": true}",
	    "" },
	{ "pipelined, in crumbs, and patient", "",
	    "{\"reply\": \"220\"}, {\"bytes\": \"HE\"}, {\"wait\": "
	    "\"1m\", \"bytes\": \"LO x\\\\r\\\\nNO\\\\x4fP\\\\r\\\\n\"}, "
	    "{\"reply\": \"250\"}, {\"reply\": \"250\"}",
	    "" },
	{ "another reply", "", "{\"reply\": \"220\"}, " LINE("FOO", "250"),
	    "f.json:1:132: wanted 250, found 500 5.5.1 Command not "
	    "recognized" },
	{ "no reply", "{\"on\": \"banner\", \"drop\": true}",
	    "{\"reply\": \"220\"}",
	    "f.json:1:144: wanted 220, found the relay closed the connection" },
	{ "another text", "", "{\"reply\": \"220 b\"}",
	    "f.json:1:114: wanted 220 b, found 220 server ESMTP" },
};

static void
test_dialogue(void **state)
{
	const struct dialogue_row *row = *state;
	struct buf entry = { 0 };
	struct seen seen;

	buf_printf(&entry, "{\"dialogue\": [%s]}", row->dialogue);
	run("up", row->rules, buf_cstr(&entry), &seen);
	assert_string_equal(buf_cstr(&seen.refused), row->surprise);
	seen_fini(&seen);
	buf_fini(&entry);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, dialogue_rows, test_dialogue);
	ROWS(&kit, run_rows, test_run);
	TEST(&kit, test_envelopes);
	TEST(&kit, test_size);
	return kit_run(&kit, "inject");
}

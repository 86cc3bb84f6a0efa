/* SPDX-License-Identifier: MIT */
/*
 * A mock of one host in virtual time, and a client that talks through a
 * dialogue and notes what it sees and when, for the tests of the mock.
 */
#ifndef FAULTPOST_MOCK_STAGE_H
#define FAULTPOST_MOCK_STAGE_H

#include "core/world/world_sim.h"
#include "mockserver/mock.h"
#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

#define LATENCY UTIME_MS

/* Members of a host in JSON. */
#define RULES(text)      ", \"rules\": [" text "]"
#define RULE(on, action) RULES("{\"on\": \"" on "\", " action "}")

/* ---- a client that talks through a dialogue and notes what it sees ---- */

struct client {
	struct world *world;
	struct stream *stream;     /* NULL: has ended */
	const char *const *script; /* "-": no word more */
	size_t next;               /* line of the script to send */
	utime patience;            /* then it leaves; 0: none */
	struct timer leave;
	struct buf line, seen;
	utime since; /* connected, or connecting */
	bool has_quit;
};

static inline void PRINTF_LIKE(2, 3)
    note(struct client *c, const char *fmt, ...)
{
	const utime at = world_now(c->world) - c->since;
	va_list ap;

	buf_printf(&c->seen, "%s%lld ", buf_len(&c->seen) > 0 ? "|" : "",
	    (long long)(at / UTIME_MS));
	va_start(ap, fmt);
	buf_vprintf(&c->seen, fmt, ap);
	va_end(ap);
}

static inline void
end(struct client *c)
{
	if (buf_len(&c->line) > 0)
		buf_printf(&c->seen, " after \"%s\"", buf_cstr(&c->line));
	stream_close(c->stream);
	c->stream = NULL;
	timer_stop(c->world, &c->leave);
}

static inline void
say(struct client *c, const char *text)
{
	stream_write(c->stream, slice_cstr(text));
	stream_write(c->stream, SLICE("\r\n"));
}

static inline void
on_reply(struct client *c, int code)
{
	note(c, "%d", code);
	if (c->has_quit || c->script == NULL)
		return;
	if (c->script[c->next] != NULL && strcmp(c->script[c->next], "-") == 0)
		return;
	if (code < 400 && c->script[c->next] != NULL) {
		say(c, c->script[c->next++]);
		return;
	}
	c->has_quit = true;
	say(c, "QUIT");
}

static inline void
client_connected(void *owner)
{
	struct client *c = owner;

	c->since = world_now(c->world);
}

static inline void
client_input(void *owner, struct slice bytes)
{
	struct client *c = owner;

	for (size_t i = 0; i < bytes.len; i++) {
		struct slice line;

		buf_append_byte(&c->line, bytes.at[i]);
		line = buf_slice(&c->line);
		if (bytes.at[i] != '\n')
			continue;
		if (line.at[3] == ' ') {
			uint64_t code = 0;

			slice_to_u64(slice_sub(line, 0, 3), 999, &code);
			on_reply(c, (int)code);
		}
		buf_clear(&c->line);
	}
}

static inline void
client_drained(void *owner)
{
	(void)owner;
}

static inline void
client_eof(void *owner)
{
	note(owner, "FIN");
	end(owner);
}

static inline void
client_failure(void *owner, enum net_failure why)
{
	note(owner, "%s", why == NET_RESET ? "RST" : net_failure_text(why));
	end(owner);
}

static const struct stream_handler client_handler = {
	.on_connected = client_connected,
	.on_input = client_input,
	.on_drained = client_drained,
	.on_eof = client_eof,
	.on_failure = client_failure,
};

static inline void
on_leave(struct timer *t)
{
	struct client *c = CONTAINER_OF(t, struct client, leave);

	stream_shutdown(c->stream);
}

static inline void
client_start(struct client *c, struct world *w)
{
	const struct endpoint to = { ip_v4(10, 1, 1, 11), 25 };

	c->world = w;
	c->since = world_now(w);
	c->leave.fire = on_leave;
	c->stream = world_connect(w, NULL, &to, &client_handler, c);
	if (c->patience > 0)
		timer_set(w, &c->leave, c->since + c->patience);
}

static inline void
client_fini(struct client *c)
{
	if (c->stream != NULL)
		end(c);
	buf_fini(&c->line);
	buf_fini(&c->seen);
}

/* ---- a mock in a world ---- */

struct setup {
	struct mock_scenario scenario;
	struct world *world;
	struct mock *mock;
	struct buf transcript;
};

static inline void
on_event(void *owner, const struct transcript_event *ev)
{
	struct setup *s = owner;

	transcript_format(&s->transcript, ev);
}

/* The scenario has a host at 10.1.1.11; of the sink all but its owner and its
 * function are taken. */
static inline void
setup_told(
    struct setup *s, struct slice scenario, const struct transcript_sink *sink)
{
	const struct sim_options options = {
		.latency = LATENCY,
		.self = ip_v4(10, 0, 0, 5),
		.span_max = UTIME_NEVER,
	};
	const struct mock_options mock = { .seed = 1 };
	struct transcript_sink told = *sink;
	struct err err = { 0 };

	told.owner = s;
	told.on_event = on_event;
	*s = (struct setup){ 0 };
	if (!mock_scenario_parse(&s->scenario, "t.json", scenario, &err))
		fail_msg("%s", err.msg);
	s->world = world_sim_new(&options);
	s->mock = mock_new(s->world, &s->scenario.hosts, &mock, &told, &err);
	assert_non_null(s->mock);
}

static inline void
setup_of(struct setup *s, struct slice scenario)
{
	const struct transcript_sink sink = { .content_max =
						  TRANSCRIPT_CONTENT_MAX };

	setup_told(s, scenario, &sink);
}

/* `host`: members behind the address. */
static inline void
setup_init(struct setup *s, const char *host)
{
	struct buf text = { 0 };

	buf_printf(&text,
	    "{\"hosts\": {\"mx\": {\"address\": \"10.1.1.11\"%s}}}", host);
	setup_of(s, buf_slice(&text));
	buf_fini(&text);
}

static inline void
setup_run(struct setup *s)
{
	struct err err = { 0 };

	if (!world_run(s->world, &err))
		fail_msg("%s", err.msg);
}

static inline void
setup_fini(struct setup *s)
{
	mock_destroy(&s->mock);
	world_destroy(&s->world);
	mock_scenario_fini(&s->scenario);
	buf_fini(&s->transcript);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Whom a relay under test meets in virtual time: hosts that follow a list of
 * acts and behave well otherwise, and clients that say their lines.
 */
#ifndef FAULTPOST_RELAY_PEERS_H
#define FAULTPOST_RELAY_PEERS_H

#include "core/base/list.h"
#include "core/smtp/server.h"
#include "core/world/world_sim.h"
#include "tests/unit/kit.h"

/* ---- hosts ---- */

/* What a host does at a stage instead of behaving well: the `from`-th to the
 * `to`-th time it is asked there, from 1 (both 0: always). */
struct act {
	enum smtp_stage on;
	unsigned from, to;
	enum {
		ACT_REPLY = 1, /* with `text` */
		ACT_DROP,      /* FIN instead of an answer */
		ACT_RESET,
		ACT_STALL, /* no answer */
	} what;
	const char *text; /* the last CR LF is added */
};

struct stage_host {
	struct list node;
	struct world *world;
	struct listener *listener; /* NULL: closed */
	const struct act *acts;    /* ended by a zeroed one; or NULL */
	unsigned asked[STAGE_COUNT];
	unsigned extensions;
	const char *hello; /* text of the EHLO reply */
	struct list sessions;
	struct buf got;     /* a line for each message: who, to whom, bytes */
	struct buf content; /* of the last message */
};

struct stage_session {
	struct list node;
	struct stage_host *host;
	struct stream *stream;
	struct smtp_server *server;
	struct buf envelope, content;
};

static inline void
session_free(struct stage_session *s)
{
	list_remove(&s->node);
	smtp_server_destroy(&s->server);
	buf_fini(&s->envelope);
	buf_fini(&s->content);
	free(s);
}

static inline const struct act *
host_act(struct stage_host *h, enum smtp_stage stage)
{
	unsigned n = ++h->asked[stage];

	for (const struct act *a = h->acts; a != NULL && a->what != 0; a++)
		if (a->on == stage &&
		    (a->from == 0 || (n >= a->from && n <= a->to)))
			return a;
	return NULL;
}

static inline const char *
host_default(const struct stage_host *h, enum smtp_stage stage)
{
	switch ((int)stage) {
	case STAGE_BANNER:
		return "220 host ESMTP";
	case STAGE_EHLO:
		return h->hello;
	case STAGE_DATA:
		return "354 go on";
	case STAGE_QUIT:
		return "221 bye";
	case STAGE_UNKNOWN:
		return "500 what?";
	default:
		return "250 ok";
	}
}

/* Keeps what is known of the message after a 2xx. */
static inline void
session_note(struct stage_session *s, const struct smtp_server_event *ev)
{
	struct slice path =
	    ev->command != NULL ? ev->command->path.whole : SLICE("");

	if (ev->stage == STAGE_MAIL) {
		buf_clear(&s->envelope);
		buf_clear(&s->content);
		buf_printf(&s->envelope, "<%.*s>", SLICE_ARG(path));
	} else if (ev->stage == STAGE_RCPT) {
		buf_printf(&s->envelope, " <%.*s>", SLICE_ARG(path));
	} else if (ev->stage == STAGE_EOD) {
		buf_printf(&s->host->got, "%s\n", buf_cstr(&s->envelope));
		buf_clear(&s->host->content);
		buf_append(&s->host->content, buf_slice(&s->content));
	}
}

/* Plays an act; false when the session is gone. */
static inline bool
session_answer(struct stage_session *s, const struct smtp_server_event *ev,
    const char *text)
{
	/* Half a line behind the answer stays so. */
	bool has_tail = text[strlen(text) - 1] == '~';
	int code = 220;

	if (ev->stage != STAGE_CONNECT) {
		stream_write(s->stream, slice_cstr(text));
		if (!has_tail)
			stream_write(s->stream, SLICE("\r\n"));
		code = (int)strtol(text, NULL, 10);
	}
	if (code >= 200 && code < 300)
		session_note(s, ev);
	/* Garbage is given out as an answer all the same. */
	smtp_server_answer(s->server, code >= 200 && code < 600 ? code : 500);
	if (ev->stage == STAGE_QUIT || code == 421) {
		stream_close(s->stream);
		session_free(s);
		return false;
	}
	return true;
}

static inline void
session_end(struct stage_session *s, bool reset)
{
	if (reset)
		stream_reset(s->stream);
	else
		stream_close(s->stream);
	session_free(s);
}

static inline void
session_pump(struct stage_session *s)
{
	struct smtp_server_event ev;

	while (smtp_server_next(s->server, &ev)) {
		const struct act *a;

		if (ev.type == SMTP_SERVER_VIOLATION)
			continue;
		if (ev.type == SMTP_SERVER_CONTENT)
			buf_append(&s->content, ev.content);
		a = host_act(s->host, ev.stage);
		if (a != NULL && a->what == ACT_STALL)
			return;
		if (a != NULL && a->what != ACT_REPLY) {
			session_end(s, a->what == ACT_RESET);
			return;
		}
		if (ev.type == SMTP_SERVER_ASK &&
		    !session_answer(s, &ev,
			a != NULL ? a->text : host_default(s->host, ev.stage)))
			return;
	}
}

static inline void
session_input(void *owner, struct slice bytes)
{
	struct stage_session *s = owner;

	smtp_server_feed(s->server, bytes);
	session_pump(s);
}

static inline void
session_eof(void *owner)
{
	session_end(owner, false);
}

static inline void
session_failure(void *owner, enum net_failure why)
{
	(void)why;
	session_end(owner, false);
}

static inline void
stage_ignore(void *owner)
{
	(void)owner;
}

static const struct stream_handler session_handler = {
	.on_connected = stage_ignore,
	.on_input = session_input,
	.on_drained = stage_ignore,
	.on_eof = session_eof,
	.on_failure = session_failure,
};

static inline void
host_accept(void *owner, struct stream *stream)
{
	struct stage_host *h = owner;
	struct stage_session *s = xcalloc(1, sizeof(*s));
	const struct smtp_server_options options = { .extensions =
							 h->extensions };

	s->host = h;
	s->stream = stream;
	s->server = smtp_server_new(&options);
	list_init(&s->node);
	list_append(&h->sessions, &s->node);
	stream_attach(stream, &session_handler, s);
	session_pump(s);
}

/* ---- clients ---- */

/* Says its lines, one behind each reply; a line "!fin" or "!rst" ends the
 * connection, "!hush" says nothing.  A client whose lines are at an end leaves
 * it open until the relay closes. */
struct stage_client {
	struct list node;
	struct world *world;
	struct ip_address from;
	uint16_t port; /* of the relay */
	struct timer start;
	struct stream *stream; /* NULL: not started, or over */
	char **lines;          /* owned, NULL-terminated */
	size_t next;
	bool in_reply;
	struct buf seen, line;
	bool is_over;
};

static inline void
client_over(struct stage_client *c, bool reset)
{
	if (reset)
		stream_reset(c->stream);
	else
		stream_close(c->stream);
	c->stream = NULL;
	c->is_over = true;
}

static inline void
client_say(struct stage_client *c)
{
	const char *line = c->lines[c->next];

	if (line == NULL)
		return;
	c->next++;
	if (strcmp(line, "!hush") == 0)
		return;
	if (line[0] == '!') {
		client_over(c, strcmp(line, "!rst") == 0);
		return;
	}
	stream_write(c->stream, slice_cstr(line));
	stream_write(c->stream, SLICE("\r\n"));
	/* Said without waiting for an answer. */
	if (c->lines[c->next] != NULL && c->lines[c->next][0] == '!')
		client_say(c);
}

static inline void
client_input(void *owner, struct slice bytes)
{
	struct stage_client *c = owner;

	for (size_t i = 0; i < bytes.len && c->stream != NULL; i++) {
		buf_append_byte(&c->seen, bytes.at[i]);
		buf_append_byte(&c->line, bytes.at[i]);
		if (bytes.at[i] != '\n')
			continue;
		if (buf_len(&c->line) < 4 || buf_slice(&c->line).at[3] != '-')
			client_say(c);
		buf_clear(&c->line);
	}
}

static inline void
client_eof(void *owner)
{
	client_over(owner, false);
}

static inline void
client_failure(void *owner, enum net_failure why)
{
	struct stage_client *c = owner;

	buf_printf(&c->seen, "(%s)", net_failure_text(why));
	client_over(c, false);
}

static const struct stream_handler client_handler = {
	.on_connected = stage_ignore,
	.on_input = client_input,
	.on_drained = stage_ignore,
	.on_eof = client_eof,
	.on_failure = client_failure,
};

static inline void
client_start(struct timer *t)
{
	struct stage_client *c = CONTAINER_OF(t, struct stage_client, start);
	const struct endpoint from = { c->from, 0 };
	const struct endpoint to = { ip_v4(10, 0, 0, 5), c->port };

	c->stream = world_connect(c->world, &from, &to, &client_handler, c);
}

#endif

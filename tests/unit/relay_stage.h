/* SPDX-License-Identifier: MIT */
/*
 * A relay in virtual time among its peers, for its tests; its mail log is kept
 * as text, the stamps replaced by the seconds since the start.
 */
#ifndef FAULTPOST_RELAY_STAGE_H
#define FAULTPOST_RELAY_STAGE_H

#include "relay/config_json.h"
#include "relay/relay.h"
#include "tests/unit/relay_peers.h"

/* Wed Jul  2 09:15:07 2014 */
#define STAGE_START   (INT64_C(1404292507) * UTIME_S)
#define STAGE_LATENCY UTIME_MS

/* The lines of a log, as written; the first number is the second. */
#define OPENED(t, dcid, ip)                                                    \
	t " New SMTP DCID " dcid " interface 10.0.0.5 address " ip " port 25\n"
#define STARTED(t, dcid, mid, rids)                                            \
	t " Delivery start DCID " dcid " MID " mid " to RID [" rids "]\n"
#define DELAYED(t, dcid, mid, rid, why)                                        \
	t " Delayed: DCID " dcid " MID " mid " to RID " rid " - " why " []\n"
#define BOUNCED(t, dcid, mid, rid, why)                                        \
	t " Bounced: DCID " dcid " MID " mid " to RID " rid " - " why " []\n"
#define DONE(t, dcid, mid, rids)                                               \
	t " Message done DCID " dcid " MID " mid " to RID [" rids "]\n" t      \
	  " MID " mid " RID [" rids "] Response 'ok'\n"
#define FINISHED(t, mid) t " Message finished MID " mid " done\n"
#define CLOSED(t, dcid)  t " DCID " dcid " close\n"
#define PENDING(t, mid, rids, till)                                            \
	t " MID " mid " to RID [" rids "] pending till Wed Jul  2 " till       \
	  " 2014 [Default]\n"
#define FAILED(t, dcid, ip, details, reason)                                   \
	t " Connection Error: DCID " dcid " domain: exchange.example IP: " ip  \
	  " port: 25 details: " details " interface: 10.0.0.5 reason: " reason \
	  "\n"
#define NETWORK_ERROR(t, dcid, ip, details)                                    \
	FAILED(t, dcid, ip, details, "network error")
#define SMTP_ERROR(t, dcid, ip, details)                                       \
	FAILED(t, dcid, ip, details, "unexpected SMTP response")

struct stage {
	struct world *world;
	struct relay *relay;
	struct relay_config_file files[2]; /* the one in force, and a spare */
	int in_force;
	struct buf log, faults;
	struct buf side; /* the lines of side logs, as written */
	/* Which lines of the log are kept; neither: those of deliveries. */
	bool whole_log, only_injection;
	bool is_drained;
	struct list hosts, clients;
};

/* Is the line one about a message coming in? */
static inline bool
stage_is_injection(struct slice line)
{
	static const char *const marks[] = { " ICID ", " ready ",
		" queued for delivery", " Message-ID '", " Subject '",
		" aborted" };

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (slice_find(line, slice_cstr(marks[i])) < line.len)
			return true;
	return false;
}

static inline void
stage_on_log(void *owner, struct slice line)
{
	struct stage *s = owner;
	char stamp[UTIME_TEXT_MAX];
	utime now = world_now(s->world);

	/* 24 bytes of time, and a space. */
	assert_slice(slice_sub(line, 0, 24), utime_format_asctime(now, stamp));
	if (!s->whole_log && stage_is_injection(line) != s->only_injection)
		return;
	line = slice_skip(line, 25);
	buf_printf(
	    &s->log, "%lld ", (long long)((now - STAGE_START) / UTIME_S));
	if (slice_starts_with(line, SLICE("Info: ")))
		line = slice_skip(line, 6);
	buf_append(&s->log, line);
}

static inline void
stage_on_drained(void *owner)
{
	struct stage *s = owner;

	assert_false(s->is_drained);
	s->is_drained = true;
}

static inline void
stage_on_fault(void *owner, const struct err *err)
{
	struct stage *s = owner;

	buf_printf(&s->faults, "%s\n", err->msg);
}

static inline void
stage_on_side_line(void *owner, enum relay_side_log log, struct slice line)
{
	struct stage *s = owner;

	(void)log;
	buf_append(&s->side, line);
}

/* Reads a configuration: the members that every test has, and `members`; the
 * client 10.0.0.9 may relay unless these have "listeners". */
static inline void
stage_config(struct relay_config_file *file, const char *members)
{
	struct err_list errors = { 0 };
	struct err err = { 0 };
	struct buf text = { 0 };

	buf_printf(&text,
	    "{\"hostname\": \"relay.test\", \"queue\": \"queue.db\", "
	    "\"interface\": \"10.0.0.5\"%s%s%s}",
	    strstr(members, "\"listeners\"") == NULL
		? ", \"relay_from\": \"10.0.0.9\""
		: "",
	    members[0] != '\0' ? ", " : "", members);
	if (!relay_config_parse(
		file, "t.json", buf_slice(&text), NULL, &errors, &err))
		fail_msg("%s", err.msg);
	/* Bounce messages are for the tests that say so. */
	if (slice_find(buf_slice(&text), SLICE("hard_bounces")) ==
	    buf_len(&text))
		file->config.bounce.hard_bounces = false;
	err_list_fini(&errors);
	buf_fini(&text);
}

static inline void
stage_start_relay(struct stage *s)
{
	const struct relay_hooks hooks = { s, stage_on_log, stage_on_drained,
		stage_on_fault, stage_on_side_line, NULL };
	struct err err = { 0 };

	s->relay =
	    relay_new(s->world, &s->files[s->in_force].config, &hooks, &err);
	if (s->relay == NULL)
		fail_msg("%s", err.msg);
}

/* How long syncs take in the stages that are set up from now on. */
static utime stage_sync_time;

/* `members`: of the configuration, "listen" included. */
static inline void
stage_init(struct stage *s, const char *members)
{
	struct sim_options options = {
		.start = STAGE_START,
		.latency = STAGE_LATENCY,
		.self = ip_v4(10, 0, 0, 5),
		.span_max = 30 * UTIME_DAY,
		.events_max = 10000000,
		.sync_time = stage_sync_time,
	};

	*s = (struct stage){ 0 };
	list_init(&s->hosts);
	list_init(&s->clients);
	stage_config(&s->files[0], members);
	options.zone = s->files[0].zone;
	s->world = world_sim_new(&options);
	stage_start_relay(s);
}

#define STAGE_LISTEN "\"listen\": \"10.0.0.5:25\""
/* A relay for the domain exchange.example with these routes. */
#define STAGE_ROUTES(list)                                                     \
	STAGE_LISTEN ", \"routes\": [\"exchange.example " list "\"]"

static inline struct stage_host *
stage_host(struct stage *s, const char *ip, const struct act *acts)
{
	struct stage_host *h = xcalloc(1, sizeof(*h));
	struct endpoint at = { .port = 25 };
	struct err err = { 0 };

	assert_true(ip_parse(slice_cstr(ip), &at.ip));
	h->world = s->world;
	h->acts = acts;
	h->hello = "250 host";
	list_init(&h->sessions);
	list_init(&h->node);
	list_append(&s->hosts, &h->node);
	h->listener = world_listen(s->world, &at, host_accept, h, &err);
	assert_non_null(h->listener);
	return h;
}

/* A client that connects `at_s` seconds after the start from `ip`; `script` has
 * its lines, separated by '|'. */
static inline struct stage_client *
stage_client(struct stage *s, int at_s, const char *ip, const char *script)
{
	struct stage_client *c = xcalloc(1, sizeof(*c));
	struct slice rest = slice_cstr(script), line;
	size_t cap = 0, count = 0;

	assert_true(ip_parse(slice_cstr(ip), &c->from));
	c->world = s->world;
	c->port = 25;
	while (slice_split(&rest, '|', &line)) {
		c->lines = xgrow(c->lines, &cap, count + 2, sizeof(char *));
		c->lines[count++] = slice_dup(line);
		c->lines[count] = NULL;
	}
	list_init(&c->node);
	list_append(&s->clients, &c->node);
	c->start.fire = client_start;
	timer_set(s->world, &c->start, STAGE_START + at_s * UTIME_S);
	return c;
}

/* A message to the recipients (separated by spaces) of exchange.example. */
static inline void
stage_send(struct stage *s, int at_s, const char *recipients)
{
	struct buf script = { 0 };
	struct slice rest = slice_cstr(recipients), name;

	buf_append_cstr(&script, "EHLO client|MAIL FROM:<a@b.example>");
	while (slice_split(&rest, ' ', &name))
		buf_printf(&script, "|RCPT TO:<%.*s@exchange.example>",
		    SLICE_ARG(name));
	buf_append_cstr(&script, "|DATA|Subject: x\r\n\r\nhello\r\n.|QUIT");
	stage_client(s, at_s, "10.0.0.9", buf_cstr(&script));
	buf_fini(&script);
}

/* Puts another configuration in force; the one before is gone from then on. */
static inline bool
stage_reload(struct stage *s, const char *members, struct err *err)
{
	struct relay_config_file *spare = &s->files[!s->in_force];
	bool ok;

	stage_config(spare, members);
	ok = relay_reload(s->relay, &spare->config, err);
	if (ok)
		s->in_force = !s->in_force;
	relay_config_fini(&s->files[!s->in_force]);
	return ok;
}

/* The relay ends as it is and starts again, on the same disk. */
static inline void
stage_restart_relay(struct stage *s)
{
	relay_destroy(&s->relay);
	stage_start_relay(s);
}

static inline void
stage_run(struct stage *s)
{
	struct err err = { 0 };

	if (!world_run(s->world, &err))
		fail_msg("%s", err.msg);
}

static inline void
stage_run_until(struct stage *s, utime span)
{
	struct err err = { 0 };

	if (!sim_run_until(s->world, STAGE_START + span, &err))
		fail_msg("%s", err.msg);
}

/* Compares the text and forgets it. */
#define assert_text(got, want)                                                 \
	stage_assert_text((got), (want), __FILE__, __LINE__)
#define assert_log(s, want)                                                    \
	stage_assert_text(&(s)->log, (want), __FILE__, __LINE__)
static inline void
stage_assert_text(struct buf *got, const char *want, const char *file, int line)
{
	if (strcmp(buf_cstr(got), want) != 0) {
		/* Longer than cmocka's messages may be. */
		fprintf(stderr, "got:\n%swanted:\n%s", buf_cstr(got), want);
		_fail(file, line);
	}
	buf_clear(got);
}

/* Counts the lines that have this in them. */
static inline size_t
stage_count_lines(const struct buf *text, const char *what)
{
	struct slice rest = buf_slice(text), line;
	size_t n = 0;

	while (slice_split(&rest, '\n', &line))
		n += slice_find(line, slice_cstr(what)) < line.len;
	return n;
}

static inline void
stage_fini(struct stage *s)
{
	relay_destroy(&s->relay);
	LIST_FOREACH_SAFE(node, &s->clients) {
		struct stage_client *c =
		    CONTAINER_OF(node, struct stage_client, node);

		timer_stop(s->world, &c->start);
		if (c->stream != NULL)
			stream_reset(c->stream);
		for (size_t i = 0; c->lines != NULL && c->lines[i] != NULL; i++)
			free(c->lines[i]);
		free(c->lines);
		buf_fini(&c->seen);
		buf_fini(&c->line);
		free(c);
	}
	LIST_FOREACH_SAFE(node, &s->hosts) {
		struct stage_host *h =
		    CONTAINER_OF(node, struct stage_host, node);

		LIST_FOREACH_SAFE(link, &h->sessions)
			session_end(
			    CONTAINER_OF(link, struct stage_session, node),
			    true);
		if (h->listener != NULL)
			listener_close(h->listener);
		buf_fini(&h->got);
		buf_fini(&h->content);
		free(h);
	}
	world_destroy(&s->world);
	relay_config_fini(&s->files[0]);
	relay_config_fini(&s->files[1]);
	buf_fini(&s->log);
	buf_fini(&s->faults);
	buf_fini(&s->side);
}

#endif

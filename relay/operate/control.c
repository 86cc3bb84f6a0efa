/* SPDX-License-Identifier: MIT */
/* The control socket; see control.h. */
#include "relay/operate/control.h"

#include "core/base/list.h"
#include "relay/operate/status.h"

#define WORDS_MAX 64

struct control {
	struct world *world; /* borrowed */
	struct relay *relay; /* borrowed */
	struct listener *listener;
	struct list clients; /* of struct client */
	size_t client_count;
};

struct client {
	struct control *control; /* borrowed */
	struct list link;
	struct stream *stream; /* owned */
	struct buf input;      /* that has no newline yet, or waits */
	bool is_ended;         /* it asks no more; answers are still taken */
	struct timer idle;
	size_t idle_queued; /* what it had to take when that was set */
};

static void on_accept(void *owner, struct stream *s);
static void on_connected(void *owner);
static void on_input(void *owner, struct slice bytes);
static void on_drained(void *owner);
static void on_eof(void *owner);
static void on_failure(void *owner, enum net_failure why);
static void on_idle(struct timer *t);

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
};

/* ---- life cycle ---- */

struct control *
control_new(struct world *w, struct relay *r, const char *path, struct err *err)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->world = w;
	c->relay = r;
	list_init(&c->clients);
	c->listener = world_listen_local(w, path, on_accept, c, err);
	if (c->listener == NULL)
		control_destroy(&c);
	return c;
}

static void
client_free(struct client *client)
{
	struct control *c = client->control;

	timer_stop(c->world, &client->idle);
	list_remove(&client->link);
	c->client_count--;
	buf_fini(&client->input);
	free(client);
}

void
control_destroy(struct control **cp)
{
	struct control *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	if (c->listener != NULL)
		listener_close(c->listener);
	LIST_FOREACH_SAFE(link, &c->clients) {
		struct client *client = CONTAINER_OF(link, struct client, link);

		stream_reset(client->stream);
		client_free(client);
	}
	free(c);
}

/* ---- clients ---- */

static void
be_patient(struct client *client)
{
	struct world *w = client->control->world;

	client->idle_queued = stream_queued(client->stream);
	timer_set(
	    w, &client->idle, utime_add(world_now(w), CONTROL_IDLE_TIMEOUT));
}

static void
on_accept(void *owner, struct stream *s)
{
	struct control *c = owner;
	struct client *client;

	client = xcalloc(1, sizeof(*client));
	client->control = c;
	client->stream = s;
	client->idle.fire = on_idle;
	list_init(&client->link);
	list_append(&c->clients, &client->link);
	c->client_count++;
	stream_attach(s, &handler, client);
	be_patient(client);
	if (c->client_count <= CONTROL_CLIENTS_MAX)
		return;
	stream_close(s);
	client_free(client);
}

static void
client_close(struct client *client)
{
	stream_close(client->stream);
	client_free(client);
}

static void
on_idle(struct timer *t)
{
	struct client *client = CONTAINER_OF(t, struct client, idle);

	/* A long answer that is being taken. */
	if (stream_queued(client->stream) < client->idle_queued) {
		be_patient(client);
		return;
	}
	stream_reset(client->stream);
	client_free(client);
}

static void
on_connected(void *owner)
{
	(void)owner;
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct client *client = owner;

	(void)why;
	client_close(client);
}

/* ---- requests ---- */

/* Sends one object, which it frees, as a line. */
static void
send_object(struct client *client, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	if (text == NULL)
		text = xstrdup("{\"ok\":false,\"error\":\"no answer\"}");
	stream_write(client->stream, slice_cstr(text));
	stream_write(client->stream, SLICE("\n"));
	free(text);
}

static void
send_error(struct client *client, const struct err *err)
{
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	send_object(client,
	    json_pack("{s:b,s:o}", "ok", 0, "error",
		status_json_text(err_format(err, text, sizeof(text)))));
}

static void
send_answer(struct client *client, struct relay_answer *answer)
{
	json_t *object = json_pack("{s:b}", "ok", 1);

	json_object_set_new(
	    object, "text", status_json_slice(buf_slice(&answer->text)));
	json_object_set(object, "result",
	    answer->object != NULL ? answer->object : json_null());
	send_object(client, object);
}

/* The words of a request; false when it is none. */
static bool
read_words(const json_t *request, struct slice words[WORDS_MAX],
    struct relay_command *command)
{
	const json_t *list = json_object_get(request, "command");
	const json_t *payload = json_object_get(request, "payload");
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count == 0 || count > WORDS_MAX ||
	    (payload != NULL && !json_is_string(payload)))
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *word = json_array_get(list, i);

		if (!json_is_string(word))
			return false;
		words[i] =
		    slice_of(json_string_value(word), json_string_length(word));
	}
	command->words = words;
	command->count = count;
	command->payload =
	    slice_of(json_string_value(payload), json_string_length(payload));
	return true;
}

static void
answer_request(struct client *client, struct slice line)
{
	struct slice words[WORDS_MAX];
	struct relay_command command = { 0 };
	struct relay_answer answer = { 0 };
	struct err err;
	json_t *request =
	    json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);

	if (!read_words(request, words, &command)) {
		(void)err_set(&err,
		    "this is no request; expected {\"command\": [\"status\"]}");
		send_error(client, &err);
	} else if (relay_operate(
		       client->control->relay, &command, &answer, &err)) {
		send_answer(client, &answer);
	} else {
		send_error(client, &err);
	}
	relay_answer_fini(&answer);
	json_decref(request);
}

/* Takes the next request off the input; the last one may lack its newline. */
static bool
answer_next(struct client *client)
{
	struct slice rest = buf_slice(&client->input);
	size_t end = slice_find_byte(rest, '\n');

	if (rest.len == 0 || (end == rest.len && !client->is_ended))
		return false;
	answer_request(client, slice_sub(rest, 0, end));
	buf_consume(&client->input, end < rest.len ? end + 1 : end);
	return true;
}

static bool
is_behind(const struct client *client)
{
	return stream_queued(client->stream) > STREAM_HIGH_WATER;
}

/* Answers the lines that are there, as long as the answers are taken; behind
 * the last one of a client that asks no more it is gone. */
static void
answer_lines(struct client *client)
{
	while (!is_behind(client))
		if (!answer_next(client))
			break;
	if (client->is_ended && !is_behind(client)) {
		client_close(client);
		return;
	}
	be_patient(client);
	stream_pause(client->stream, is_behind(client));
}

static void
on_input(void *owner, struct slice bytes)
{
	struct client *client = owner;
	struct err err;

	buf_append(&client->input, bytes);
	answer_lines(client);
	if (buf_len(&client->input) <= CONTROL_LINE_MAX)
		return;
	(void)err_set(
	    &err, "the request has more than %zu bytes", CONTROL_LINE_MAX);
	send_error(client, &err);
	client_close(client);
}

static void
on_drained(void *owner)
{
	answer_lines(owner);
}

/* It may have shut its side down only, and awaits its answers. */
static void
on_eof(void *owner)
{
	struct client *client = owner;

	client->is_ended = true;
	answer_lines(client);
}

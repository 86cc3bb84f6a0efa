/* SPDX-License-Identifier: MIT */
/* One request to a relay, and its answer; see ask.h. */
#include "core/control/ask.h"

#define ANSWER_BYTES_MAX ((size_t)256 << 20)
#define PATIENCE         (60 * UTIME_S)

struct ask {
	const char *path;      /* borrowed */
	struct world *world;   /* borrowed */
	struct stream *stream; /* owned; NULL: it is over */
	struct timer patience;
	struct buf input;
	bool is_answered;
	struct err err; /* why there is no answer */
};

/* ---- requests ---- */

json_t *
control_request(const char *const *words, struct err *err)
{
	json_t *list = json_array();

	for (; *words != NULL; words++) {
		if (json_array_append_new(list, json_string(*words)) == 0)
			continue;
		json_decref(list);
		(void)err_set(err, "the command is no UTF-8");
		return NULL;
	}
	return json_pack("{s:o}", "command", list);
}

/* ---- the dialogue ---- */

static void
finish(struct ask *a)
{
	timer_stop(a->world, &a->patience);
	stream_close(a->stream);
	a->stream = NULL;
	world_stop(a->world);
}

static void
on_connected(void *owner)
{
	(void)owner;
}

static void
on_input(void *owner, struct slice bytes)
{
	struct ask *a = owner;

	buf_append(&a->input, bytes);
	if (slice_find_byte(bytes, '\n') < bytes.len) {
		a->is_answered = true;
		finish(a);
	} else if (buf_len(&a->input) > ANSWER_BYTES_MAX) {
		(void)err_set(&a->err, "the relay's answer does not end");
		finish(a);
	}
}

static void
on_drained(void *owner)
{
	(void)owner;
}

static void
on_eof(void *owner)
{
	struct ask *a = owner;

	(void)err_at(&a->err, a->path, 0, 0,
	    "the relay closed the connection without an answer");
	finish(a);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct ask *a = owner;

	if (why == NET_REFUSED)
		(void)err_at(
		    &a->err, a->path, 0, 0, "no relay listens on this socket");
	else
		(void)err_at(&a->err, a->path, 0, 0,
		    "cannot talk to the relay; expected the socket that its "
		    "configuration calls \"control\"");
	finish(a);
}

static void
on_patience(struct timer *t)
{
	struct ask *a = CONTAINER_OF(t, struct ask, patience);

	(void)err_at(&a->err, a->path, 0, 0, "the relay does not answer");
	finish(a);
}

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
};

/* Until the line of the answer is there. */
static bool
converse(struct ask *a, const char *request, struct err *err)
{
	bool ok;

	a->patience.fire = on_patience;
	timer_set(
	    a->world, &a->patience, utime_add(world_now(a->world), PATIENCE));
	a->stream = world_connect_local(a->world, a->path, &handler, a);
	stream_write(a->stream, slice_cstr(request));
	stream_write(a->stream, SLICE("\n"));
	ok = world_run(a->world, err);
	timer_stop(a->world, &a->patience);
	if (a->stream != NULL)
		stream_reset(a->stream);
	if (ok && !a->is_answered)
		*err = a->err;
	return ok && a->is_answered;
}

/* ---- answers ---- */

static enum control_outcome
read_answer(const struct ask *a, json_t **answer, struct err *err)
{
	struct slice line = buf_slice(&a->input);
	json_t *o = json_loadb(
	    line.at, slice_find_byte(line, '\n'), JSON_REJECT_DUPLICATES, NULL);
	const json_t *why = json_object_get(o, "error");

	if (json_is_true(json_object_get(o, "ok"))) {
		*answer = o;
		return CONTROL_ANSWERED;
	}
	(void)err_set(err, "%s",
	    json_is_string(why) ? json_string_value(why)
				: "the answer is none");
	json_decref(o);
	return CONTROL_REFUSED;
}

enum control_outcome
control_ask(struct world *w, const char *path, const json_t *request,
    json_t **answer, struct err *err)
{
	struct ask a = { .path = path, .world = w };
	char *text = json_dumps(request, JSON_COMPACT);
	enum control_outcome outcome = CONTROL_SILENT;

	if (converse(&a, text, err))
		outcome = read_answer(&a, answer, err);
	free(text);
	buf_fini(&a.input);
	return outcome;
}

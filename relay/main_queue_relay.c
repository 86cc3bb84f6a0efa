/* SPDX-License-Identifier: MIT */
/* Changes of a queue by the relay that has it; see main_queue_relay.h. */
#include "relay/main_queue_relay.h"

#include "core/control/ask.h"
#include "core/world/world_ev.h"
#include "relay/main_operate.h"

#include <errno.h>

struct main_queue_relay {
	const char *queue_path; /* borrowed */
	char *socket;           /* owned */
};

struct main_queue_relay *
main_queue_relay_new(const char *queue_path, struct err *err)
{
	struct main_queue_relay *r = xcalloc(1, sizeof(*r));
	struct buf beside = { 0 };
	char *queue = realpath(queue_path, NULL);

	r->queue_path = queue_path;
	if (queue != NULL)
		operating_control_beside(queue, &beside);
	/* A link is followed here: a socket's path may be no longer than a
	 * hundred bytes, but the way to it may. */
	r->socket = realpath(buf_cstr(&beside), NULL);
	if (r->socket == NULL) {
		(void)err_at(err, queue_path, 0, 0,
		    "a faultpost-relay that runs has this queue, and its "
		    "control socket is not beside it: %s",
		    strerror(errno));
		main_queue_relay_destroy(&r);
	}
	buf_fini(&beside);
	free(queue);
	return r;
}

void
main_queue_relay_destroy(struct main_queue_relay **rp)
{
	struct main_queue_relay *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	free(r->socket);
	free(r);
}

static enum control_outcome
ask_relay(const struct main_queue_relay *r, const char *const *words,
    json_t **answer, struct err *err)
{
	const struct ev_options options = { .time_scale = 1,
		.start = UTIME_NEVER };
	json_t *request = control_request(words, err);
	struct world *w = world_ev_new(&options, err);
	enum control_outcome outcome = CONTROL_SILENT;

	if (w != NULL && request != NULL)
		outcome = control_ask(w, r->socket, request, answer, err);
	if (outcome == CONTROL_REFUSED)
		err_prefix(err, "%s: ", r->queue_path);
	if (w != NULL)
		world_destroy(&w);
	json_decref(request);
	return outcome;
}

static uint64_t
number_of(const json_t *answer, const char *name)
{
	return (uint64_t)json_integer_value(
	    json_object_get(json_object_get(answer, "result"), name));
}

bool
main_queue_ask(struct main_queue_relay *r, bool is_delete, uint64_t mid,
    struct main_queue_change *done, struct err *err)
{
	char text[24];
	const char *const delete_all[] = { "deleterecipients", "all", NULL };
	const char *const delete_one[] = { "removemessage", text, NULL };
	const char *const release_all[] = { "delivernow", "all", NULL };
	const char *const release_one[] = { "delivernow", "mid", text, NULL };
	const char *const *words = is_delete
	    ? (mid == 0 ? delete_all : delete_one)
	    : (mid == 0 ? release_all : release_one);
	enum control_outcome outcome;
	json_t *answer = NULL;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)mid);
	outcome = ask_relay(r, words, &answer, err);
	done->is_silent = outcome == CONTROL_SILENT;
	if (outcome != CONTROL_ANSWERED)
		return false;
	done->recipients = number_of(answer, "recipients");
	done->left_alone = number_of(answer, "left_alone");
	json_decref(answer);
	return true;
}

/* SPDX-License-Identifier: MIT */
/* The mock as a whole in the admin API; see admin_impl.h. */
#include "mockserver/admin/admin_impl.h"

static json_t *
describe_capture(const struct capture *capture)
{
	const struct capture_totals t = capture_totals(capture);

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "accepted",
	    (json_int_t)t.accepted, "kept", (json_int_t)t.kept, "kept_bytes",
	    (json_int_t)t.kept_bytes, "evicted", (json_int_t)t.evicted,
	    "count_max", (json_int_t)t.count_max, "bytes_max",
	    (json_int_t)t.bytes_max);
}

static uint64_t
count_opened(const struct mock *m)
{
	uint64_t opened = 0;

	for (size_t i = 0; i < m->hosts->count; i++)
		opened += m->sites[i]->opened;
	return opened;
}

void
admin_get_state(struct admin_call *call)
{
	const struct admin *a = call->admin;
	const struct mock *m = call->admin->options.mock;
	bool is_latin1 = false;

	admin_answer(call, 200,
	    json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"version", FAULTPOST_VERSION, "scenario",
		admin_text(slice_cstr(a->options.scenario->file), &is_latin1),
		"started", admin_time(a->started), "now",
		admin_time(world_now(a->world)), "rule_state",
		rule_machine_state(&m->machine), "seed",
		(json_int_t)m->options.seed, "hosts",
		(json_int_t)m->hosts->count, "open",
		(json_int_t)mock_open_sessions(m, NULL), "connections",
		(json_int_t)count_opened(m), "messages",
		(json_int_t)mock_message_count(m, NULL), "events",
		(json_int_t)a->event_count, "capture",
		describe_capture(a->options.capture)));
}

void
admin_reset(struct admin_call *call)
{
	struct admin *a = call->admin;
	const json_int_t messages =
	    (json_int_t)capture_totals(a->options.capture).kept;
	size_t connections;

	mock_reset(a->options.mock);
	capture_clear(a->options.capture);
	connections = journal_clear(a->journal);
	admin_answer(call, 200,
	    json_pack("{s:I, s:I}", "messages", messages, "connections",
		(json_int_t)connections));
}

struct state_patch {
	struct slice rule_state;
};

static const struct json_field state_patch_fields[] = {
	{ "rule_state", JF_STRING(1, RULE_STATE_MAX),
	    JSON_AT(struct state_patch, rule_state), JSON_REQUIRED,
	    "The state that rules of scope scenario read and set." },
};
static const struct json_table state_patch_table = {
	.name = "state patch",
	.help = "What is to change about the whole.",
	.size = sizeof(struct state_patch),
	JSON_FIELDS(state_patch_fields),
};

void
admin_patch_state(struct admin_call *call)
{
	struct state_patch patch;
	struct json_doc doc = { 0 };
	struct arena arena = { 0 };

	if (admin_read_body(
		call, &state_patch_table, "request", &doc, &patch, &arena)) {
		rule_machine_set(
		    &call->admin->options.mock->machine, patch.rule_state);
		admin_get_state(call);
	}
	json_doc_fini(&doc);
	arena_fini(&arena);
}

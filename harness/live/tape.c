/* SPDX-License-Identifier: MIT */
/* A run on a tape; see tape.h. */
#include "harness/live/tape.h"

enum tape_kind {
	TAPE_LOG,
	TAPE_SIDE_LINE,
	TAPE_TRANSCRIPT,
	TAPE_OPERATE,
};

struct tape_entry {
	enum tape_kind kind;
	enum plan_log log;              /* SIDE_LINE */
	utime at;                       /* but for SIDE_LINE */
	struct slice text;              /* of the arena, but for TRANSCRIPT */
	struct transcript_event *event; /* TRANSCRIPT; of the arena */
};

void
tape_fini(struct tape *t)
{
	arena_fini(&t->arena);
	free(t->entries);
	*t = (struct tape){ 0 };
}

static void
add(struct tape *t, const struct tape_entry *entry)
{
	t->entries =
	    xgrow(t->entries, &t->cap, t->count + 1, sizeof(*t->entries));
	t->entries[t->count++] = *entry;
}

void
tape_log(struct tape *t, struct slice line, utime now)
{
	add(t,
	    &(struct tape_entry){ .kind = TAPE_LOG,
		.at = now,
		.text = arena_slice(&t->arena, line) });
}

void
tape_side_line(struct tape *t, enum plan_log log, struct slice line)
{
	add(t,
	    &(struct tape_entry){ .kind = TAPE_SIDE_LINE,
		.log = log,
		.text = arena_slice(&t->arena, line) });
}

void
tape_operate(struct tape *t, struct slice command, utime now)
{
	add(t,
	    &(struct tape_entry){ .kind = TAPE_OPERATE,
		.at = now,
		.text = arena_slice(&t->arena, command) });
}

static const char *
copy_text(struct tape *t, const char *text)
{
	return text != NULL ? arena_strdup(&t->arena, slice_cstr(text)) : NULL;
}

void
tape_transcript(struct tape *t, const struct transcript_event *ev)
{
	struct transcript_event *copy = arena_alloc(&t->arena, sizeof(*copy));
	struct slice *recipients =
	    arena_alloc(&t->arena, ev->recipient_count * sizeof(*recipients));

	*copy = *ev;
	copy->host = copy_text(t, ev->host);
	copy->rule = copy_text(t, ev->rule);
	copy->note = copy_text(t, ev->note);
	copy->bytes = arena_slice(&t->arena, ev->bytes);
	copy->sender = arena_slice(&t->arena, ev->sender);
	for (size_t i = 0; i < ev->recipient_count; i++)
		recipients[i] = arena_slice(&t->arena, ev->recipients[i]);
	copy->recipients = recipients;
	copy->hello = arena_slice(&t->arena, ev->hello);
	copy->arguments = arena_slice(&t->arena, ev->arguments);
	copy->content = arena_slice(&t->arena, ev->content);
	add(t,
	    &(struct tape_entry){
		.kind = TAPE_TRANSCRIPT, .at = ev->time, .event = copy });
}

void
tape_shift(struct tape *t, utime span)
{
	for (size_t i = 0; i < t->count; i++) {
		t->entries[i].at += span;
		if (t->entries[i].kind == TAPE_TRANSCRIPT)
			t->entries[i].event->time += span;
	}
}

static void
take_entry(struct tape *t, const struct tape_entry *e)
{
	if (e->kind == TAPE_TRANSCRIPT)
		tape_transcript(t, e->event);
	else
		add(t,
		    &(struct tape_entry){ .kind = e->kind,
			.log = e->log,
			.at = e->at,
			.text = arena_slice(&t->arena, e->text) });
}

void
tape_weave(struct tape *t, const struct tape *other)
{
	struct tape_entry *const ours = t->entries;
	const size_t count = t->count;
	size_t k = 0;

	t->entries = NULL;
	t->count = t->cap = 0;
	for (size_t i = 0; i < count; i++) {
		for (; k < other->count && other->entries[k].at < ours[i].at;
		     k++)
			take_entry(t, &other->entries[k]);
		add(t, &ours[i]);
	}
	for (; k < other->count; k++)
		take_entry(t, &other->entries[k]);
	free(ours);
}

static void
show(const struct tape_entry *e, struct watch *w)
{
	switch (e->kind) {
	case TAPE_LOG:
		watch_log(w, e->text, e->at);
		break;
	case TAPE_SIDE_LINE:
		watch_side_line(w, e->log, e->text);
		break;
	case TAPE_TRANSCRIPT:
		watch_transcript(w, e->event);
		break;
	case TAPE_OPERATE:
		watch_operate(w, e->text, e->at);
		break;
	}
}

void
tape_play(const struct tape *t, struct watch *w, void *owner,
    void (*on_log)(void *owner, struct slice line),
    void (*on_transcript)(void *owner, const struct transcript_event *ev))
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tape_entry *e = &t->entries[i];

		if (w != NULL)
			show(e, w);
		if (e->kind == TAPE_LOG && on_log != NULL)
			on_log(owner, e->text);
		if (e->kind == TAPE_TRANSCRIPT && on_transcript != NULL)
			on_transcript(owner, e->event);
	}
}

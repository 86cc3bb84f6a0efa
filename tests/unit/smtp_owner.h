/* SPDX-License-Identifier: MIT */
/*
 * An owner of a server session for tests: it answers as a correct server would,
 * or as the test says, and writes down what happened as one line of text.
 */
#ifndef FAULTPOST_SMTP_OWNER_H
#define FAULTPOST_SMTP_OWNER_H

#include "core/smtp/server.h"
#include "tests/unit/kit.h"

struct owner {
	/* "rcpt=550,250 data=451": the codes for a stage by turns, the last
	 * one for good; empty: a correct server's. */
	const char *answers;
	unsigned turns[STAGE_COUNT];
	bool tells_early;    /* else violations that depend on timing are not */
	unsigned violations; /* since the last question, as bits */
	struct buf content;  /* since the last question */
	struct buf story;
};

static inline void
owner_fini(struct owner *o)
{
	buf_fini(&o->content);
	buf_fini(&o->story);
}

/* The code that o->answers has for this turn of the stage, 0 for none. */
static inline int
owner_code_given(struct owner *o, enum smtp_stage stage)
{
	struct slice rest = slice_cstr(o->answers), word, code = { 0 };
	unsigned turn = o->turns[stage]++;
	uint64_t value = 0;

	while (slice_split(&rest, ' ', &word)) {
		struct slice name;

		if (!slice_split(&word, '=', &name) ||
		    !slice_eq(name, slice_cstr(smtp_stage_name(stage))))
			continue;
		for (unsigned i = 0; i <= turn; i++)
			(void)slice_split(&word, ',', &code);
		assert_true(slice_to_u64(code, 999, &value));
	}
	return (int)value;
}

static inline int
owner_code(struct owner *o, const struct smtp_server_event *event)
{
	int given = owner_code_given(o, event->stage);

	if (given != 0)
		return given;
	if (event->wrong.code != 0)
		return event->wrong.code;
	if (event->stage == STAGE_BANNER)
		return 220;
	if (event->stage == STAGE_QUIT)
		return 221;
	return event->stage == STAGE_DATA ? 354 : 250;
}

static inline void
owner_tell_violations(struct owner *o)
{
	static const char *const names[] = {
#define X(constant, text) #constant,
		SMTP_VIOLATIONS(X)
#undef X
	};

	for (unsigned v = 0; v < SMTP_VIOLATION_COUNT; v++)
		if ((o->violations & 1u << v) != 0)
			buf_printf(&o->story, "~%s ", names[v] + 5);
	o->violations = 0;
}

/* Content and violations belong to the question that follows; what came when
 * is a matter of the cuts. */
static inline void
owner_tell_ask(struct owner *o, const struct smtp_server_event *event, int code)
{
	if (buf_len(&o->content) > 0) {
		buf_append_byte(&o->story, '[');
		kit_show(&o->story, buf_slice(&o->content));
		buf_append_cstr(&o->story, "] ");
		buf_clear(&o->content);
	}
	owner_tell_violations(o);
	buf_append_cstr(&o->story, smtp_stage_name(event->stage));
	if (event->wrong.code != 0)
		buf_printf(&o->story, "!%d", event->wrong.code);
	if (event->wrong.code != code)
		buf_printf(&o->story, ">%d", code);
	buf_append_byte(&o->story, ' ');
}

/* Takes all events and answers them; false once the session is closed. */
static inline bool
owner_run(struct owner *o, struct smtp_server *s, struct buf *replies)
{
	const unsigned early =
	    1u << SMTP_EARLY_TALK | 1u << SMTP_PIPELINED_EARLY;
	struct smtp_server_event event;
	int code;

	while (smtp_server_next(s, &event)) {
		switch (event.type) {
		case SMTP_SERVER_ASK:
			assert_true(smtp_server_is_asking(s));
			code = owner_code(o, &event);
			owner_tell_ask(o, &event, code);
			if (replies != NULL && event.stage != STAGE_CONNECT)
				buf_printf(replies, "%d-x\r\n%d %s\r\n", code,
				    code, smtp_stage_name(event.stage));
			smtp_server_answer(s, code);
			break;
		case SMTP_SERVER_CONTENT:
			assert_int_equal(event.stage, STAGE_BODY);
			assert_true(event.content.len > 0);
			buf_append(&o->content, event.content);
			break;
		case SMTP_SERVER_VIOLATION:
			o->violations |= 1u << event.violation &
			    (o->tells_early ? ~0u : ~early);
			break;
		}
	}
	return !smtp_server_is_closed(s);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a client, at a server whose owner answers as it pleases: every
 * command and every piece of content must be where a second reading of the same
 * bytes, that knows only CR LF and CR LF . CR LF, says it is.  So nothing
 * behind a faked end of content is ever a command, and nothing is held back.
 */
#include "core/base/rng.h"
#include "core/smtp/server.h"

#define AUTH_LINE_MAX 12288

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* The second reading: what has been accounted for. */
struct reading {
	struct slice input;
	size_t at;  /* bytes of it that are understood */
	size_t fed; /* bytes of it that the server has */
	bool in_body, in_auth;
	struct buf content; /* given by the server since the last question */
};

static void
check_line(struct reading *r, const struct smtp_server_event *event)
{
	struct slice rest = slice_sub(r->input, r->at, r->fed - r->at);
	size_t end = slice_find(rest, SLICE("\r\n"));
	size_t limit = r->in_auth ? AUTH_LINE_MAX : SMTP_COMMAND_LINE_MAX;
	struct slice line = slice_sub(rest, 0, end);
	bool is_bad = end + 2 > limit || slice_find_byte(line, '\r') < end ||
	    slice_find_byte(line, '\n') < end ||
	    slice_find_byte(line, '\0') < end;

	assert(end < rest.len);
	r->at += end + 2;
	if (is_bad) {
		assert(event->wrong.code == 500);
		assert(event->command->verb ==
		    (r->in_auth ? SMTP_AUTH : SMTP_UNKNOWN));
	} else {
		assert(slice_eq(event->command->line, line));
	}
}

/* A chunk is so many bytes, whatever they are. */
static void
check_chunk(struct reading *r, const struct smtp_server_event *event)
{
	uint64_t size = event->command->bdat_size_bytes;
	struct slice chunk;

	assert(size <= r->fed - r->at);
	chunk = slice_sub(r->input, r->at, (size_t)size);
	r->at += chunk.len;
	if (event->wrong.code == 0)
		assert(slice_eq(chunk, buf_slice(&r->content)));
	else
		assert(buf_len(&r->content) == 0);
}

/* The content ends at the first CR LF . CR LF; the line before it is taken as
 * ended. */
static void
check_body(struct reading *r)
{
	struct slice rest = slice_sub(r->input, r->at, r->fed - r->at);
	struct slice got = buf_slice(&r->content);
	size_t end = 0, at = 0;

	if (!slice_starts_with(rest, SLICE(".\r\n"))) {
		end = slice_find(rest, SLICE("\r\n.\r\n"));
		assert(end < rest.len);
		end += 2;
	}
	for (size_t i = 0; i < end; i++) {
		bool at_start = i == 0 ||
		    (i >= 2 && rest.at[i - 1] == '\n' &&
			rest.at[i - 2] == '\r');

		if (at_start && rest.at[i] == '.')
			continue;
		assert(at < got.len);
		assert(got.at[at] == rest.at[i]);
		at++;
	}
	assert(at == got.len);
	r->at += end + 3;
}

static void
check_question(struct reading *r, const struct smtp_server_event *event)
{
	bool is_chunk =
	    event->command != NULL && event->command->verb == SMTP_BDAT;

	if (r->in_body) {
		assert(event->stage == STAGE_EOD);
		assert(event->command == NULL);
		check_body(r);
	} else if (event->command != NULL) {
		check_line(r, event);
		if (is_chunk && event->wrong.code != 501)
			check_chunk(r, event);
	}
	if (!is_chunk && !r->in_body)
		assert(buf_len(&r->content) == 0);
	buf_clear(&r->content);
	r->in_body = r->in_auth = false;
}

static int
code_choose(struct rng *rng, const struct smtp_server_event *event)
{
	static const int codes[] = { 250, 220, 354, 334, 399, 421, 450, 503,
		554, 200 };

	if (event->stage == STAGE_CONNECT || event->stage == STAGE_BANNER)
		return rng_below(rng, 16) == 0 ? 554 : 220;
	if (rng_below(rng, 8) == 0)
		return codes[rng_below(rng, ARRAY_LEN(codes))];
	if (event->wrong.code != 0)
		return event->wrong.code;
	return event->stage == STAGE_DATA ? 354 : 250;
}

static void
on_question(struct reading *r, struct rng *rng, struct smtp_server *s,
    const struct smtp_server_event *event)
{
	enum smtp_stage stage = event->stage;
	int code = code_choose(rng, event);
	bool has_command = event->command != NULL;

	check_question(r, event);
	assert(smtp_server_is_asking(s));
	smtp_server_answer(s, code);
	assert(!smtp_server_is_asking(s));
	r->in_body = has_command && stage == STAGE_DATA && code / 100 == 3;
	r->in_auth = has_command && stage == STAGE_AUTH && code / 100 == 3;
	if (stage == STAGE_STARTTLS && code / 100 == 2)
		r->at = r->fed;
}

static void
run(struct reading *r, struct rng *rng, struct smtp_server *s)
{
	struct smtp_server_event event;

	while (smtp_server_next(s, &event)) {
		switch (event.type) {
		case SMTP_SERVER_ASK:
			on_question(r, rng, s, &event);
			break;
		case SMTP_SERVER_CONTENT:
			assert(event.content.len > 0);
			buf_append(&r->content, event.content);
			break;
		case SMTP_SERVER_VIOLATION:
			assert(smtp_violation_text(event.violation) != NULL);
			break;
		}
	}
	/* All is used but for the start of a line. */
	assert(smtp_server_backlog(s) <= AUTH_LINE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice input = slice_of((const char *)bytes, len);
	struct smtp_server_options options = { 0 };
	struct reading r = { 0 };
	struct smtp_server *s;
	struct rng rng;

	rng_init(&rng, len > 0 ? bytes[0] : 0);
	options.extensions = (unsigned)rng_below(&rng, SMTP_EXT_DSN * 2);
	r.input = slice_skip(input, 1);
	s = smtp_server_new(&options);
	while (r.fed < r.input.len && !smtp_server_is_closed(s)) {
		struct slice piece =
		    slice_sub(r.input, r.fed, 1 + rng_below(&rng, 64));

		r.fed += piece.len;
		smtp_server_feed(s, piece);
		run(&r, &rng, s);
	}
	smtp_server_feed(s, SLICE("x"));
	smtp_server_destroy(&s);
	buf_fini(&r.content);
	return 0;
}

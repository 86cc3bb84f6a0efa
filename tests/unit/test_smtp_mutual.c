/* SPDX-License-Identifier: MIT */
/*
 * Client against server, in memory: seeded dialogues (messages, contents,
 * answers, with or without PIPELINING and CHUNKING), each over streams that are
 * cut by other seeds.  The dialogue must
 * be the same whatever the cuts, the content must arrive as it was, and neither
 * side may be stuck or break a rule.
 */
#include "core/smtp/client.h"

#include "core/base/rng.h"
#include "tests/unit/smtp_owner.h"

enum {
	DIALOGUES = 400,
	CUTS = 6,
	RECIPIENTS_MAX = 4,
	CONTENT_MAX = 40,
	STEPS_MAX = 1000000
};

/* One dialogue over one pair of streams. */
struct pair {
	struct rng plan; /* messages and contents: the client's */
	struct rng answers;
	struct rng cuts;
	struct smtp_client *client;
	struct smtp_server *server;
	struct owner owner; /* the server's, for its story */
	struct buf to_server, to_client;
	struct slice recipients[RECIPIENTS_MAX];
	unsigned extensions;
	struct buf content; /* of the message in hand */
	struct slice rest;  /* of it, still to be given */
	struct buf got;     /* of it, at the server */
	struct buf story;   /* the client's events */
	unsigned messages_left;
	unsigned stored, delivered; /* messages with 2xx to their end */
	bool is_over;
};

static struct slice
content_make(struct pair *p)
{
	static const char bytes[] = "\r\n..xy\0\xff";
	size_t len = rng_below(&p->plan, CONTENT_MAX);

	buf_clear(&p->content);
	while (buf_len(&p->content) < len) {
		if (rng_below(&p->plan, 3) == 0)
			buf_append(&p->content, SLICE("\r\n"));
		else
			buf_append_byte(&p->content,
			    bytes[rng_below(&p->plan, sizeof(bytes) - 1)]);
	}
	return buf_slice(&p->content);
}

static void
message_send(struct pair *p)
{
	struct smtp_client_message message = {
		.sender = rng_below(&p->plan, 4) == 0 ? SLICE("")
						      : SLICE("s@x.example"),
		.recipients = p->recipients,
		.recipient_count = 1 + rng_below(&p->plan, RECIPIENTS_MAX),
		.size_bytes = rng_below(&p->plan, 1000),
		.is_8bit = rng_below(&p->plan, 2) == 0,
		.is_utf8 = rng_below(&p->plan, 8) == 0,
	};

	p->messages_left--;
	p->rest = content_make(p);
	smtp_client_send(p->client, &message, 0);
}

/* How much is given at a time is part of the dialogue when it is a chunk. */
static size_t
piece_len(struct pair *p)
{
	return (p->extensions & SMTP_EXT_CHUNKING) != 0
	    ? 7
	    : 1 + rng_below(&p->cuts, p->rest.len + 1);
}

/* Gives content as long as it is wanted. */
static void
content_give(struct pair *p)
{
	while (smtp_client_wants_body(p->client)) {
		struct slice piece = slice_sub(p->rest, 0, piece_len(p));

		p->rest = slice_skip(p->rest, piece.len);
		if (p->rest.len == 0)
			smtp_client_body_end(p->client, piece, 0);
		else
			smtp_client_body(p->client, piece, 0);
	}
}

static void
on_client_event(struct pair *p, const struct smtp_client_event *event)
{
	switch (event->type) {
	case SMTP_CLIENT_READY:
		if (p->messages_left > 0)
			message_send(p);
		else
			smtp_client_quit(p->client, 0);
		break;
	case SMTP_CLIENT_RESULT:
		buf_printf(&p->story, "r%zu=%d@%s%s ", event->recipient,
		    event->reply.code, smtp_stage_name(event->stage),
		    event->is_local ? "(local)" : "");
		if (event->reply.code / 100 == 2)
			p->delivered++;
		break;
	case SMTP_CLIENT_BODY:
		content_give(p);
		break;
	case SMTP_CLIENT_DONE:
		buf_append_cstr(&p->story, "done ");
		break;
	case SMTP_CLIENT_STARTTLS:
	case SMTP_CLIENT_ANSWER:
		fail(); /* it asks for neither */
		break;
	case SMTP_CLIENT_FAILED:
		/* A server that says nothing wrong fails by a refusal. */
		assert_int_equal(event->failure, SMTP_FAIL_REPLY);
		buf_printf(&p->story, "failed %d@%s ", event->reply.code,
		    smtp_stage_name(event->stage));
		p->is_over = true;
		break;
	case SMTP_CLIENT_CLOSED:
		buf_append_cstr(&p->story, "closed ");
		p->is_over = true;
		break;
	}
}

/* Mostly what a correct server says; now and then a refusal. */
static int
answer_choose(struct pair *p, const struct smtp_server_event *event)
{
	static const int refusals[] = { 450, 451, 452, 550, 554, 421 };
	static const struct owner correct = { .answers = "" };
	struct owner owner = correct;

	if (event->stage == STAGE_CONNECT)
		return 250;
	/* How much is sent behind a refused chunk is a matter of the cuts. */
	if (event->stage == STAGE_BDAT &&
	    (p->extensions & SMTP_EXT_PIPELINING) != 0)
		return owner_code(&owner, event);
	if (event->stage == STAGE_DATA && rng_below(&p->answers, 2) == 0)
		return 354;
	if (rng_below(&p->answers, event->stage == STAGE_BANNER ? 50 : 8) == 0)
		return refusals[rng_below(&p->answers, ARRAY_LEN(refusals))];
	return owner_code(&owner, event);
}

/* The content at the server is the content that was sent. */
static void
content_check(struct pair *p)
{
	struct slice content = buf_slice(&p->content);

	if (content.len > 0 &&
	    (content.len < 2 ||
		memcmp(content.at + content.len - 2, "\r\n", 2) != 0))
		buf_append(&p->content, SLICE("\r\n"));
	assert_slices_equal(buf_slice(&p->got), buf_slice(&p->content));
	buf_clear(&p->got);
}

static void
on_question(struct pair *p, const struct smtp_server_event *event)
{
	int code = answer_choose(p, event);

	/* Only what was sent ahead of a refusal may be wrong. */
	if ((p->extensions & SMTP_EXT_PIPELINING) == 0)
		assert_int_equal(event->wrong.code, 0);
	if (event->stage == STAGE_MAIL)
		buf_clear(&p->got);
	owner_tell_ask(&p->owner, event, code);
	if (event->stage == STAGE_EOD && event->wrong.code != 0)
		assert_int_equal(buf_len(&p->got), 0);
	else if (event->stage == STAGE_EOD) {
		content_check(p);
		if (code / 100 == 2)
			p->stored +=
			    (unsigned)smtp_server_recipient_count(p->server);
	}
	if (event->stage == STAGE_EHLO && code == 250)
		buf_printf(&p->to_client,
		    "250-me\r\n250-SIZE\r\n%s%s250-SMTPUTF8\r\n250 8BITMIME\r\n",
		    (p->extensions & SMTP_EXT_PIPELINING) != 0
			? "250-PIPELINING\r\n"
			: "",
		    (p->extensions & SMTP_EXT_CHUNKING) != 0
			? "250-CHUNKING\r\n"
			: "");
	else if (event->stage != STAGE_CONNECT)
		buf_printf(&p->to_client, "%d-a\r\n%d b\r\n", code, code);
	smtp_server_answer(p->server, code);
}

static void
on_server_event(struct pair *p, const struct smtp_server_event *event)
{
	switch (event->type) {
	case SMTP_SERVER_ASK:
		on_question(p, event);
		break;
	case SMTP_SERVER_CONTENT:
		buf_append(&p->got, event->content);
		break;
	case SMTP_SERVER_VIOLATION:
		/* Only what the content itself is made of. */
		if (event->violation != SMTP_8BIT_NOT_OFFERED)
			assert_in_range(
			    event->violation, SMTP_BARE_CR, SMTP_BARE_LF);
		p->owner.violations |= 1u << event->violation;
		break;
	}
}

/* A piece off the front, of a length that the cuts say. */
static struct slice
piece_of(struct pair *p, struct slice bytes)
{
	size_t most = rng_below(&p->cuts, 3) == 0 ? bytes.len : 3;

	if (bytes.len == 0)
		return bytes;
	return slice_sub(bytes, 0, 1 + rng_below(&p->cuts, most));
}

/* One movement somewhere. */
static void
pair_step(struct pair *p)
{
	struct smtp_client_event client_event;
	struct smtp_server_event server_event;
	struct slice piece;

	switch (rng_below(&p->cuts, 5)) {
	case 0:
		piece = piece_of(p, smtp_client_out(p->client));
		buf_append(&p->to_server, piece);
		smtp_client_out_ack(p->client, piece.len);
		break;
	case 1:
		piece = piece_of(p, buf_slice(&p->to_server));
		smtp_server_feed(p->server, piece);
		buf_consume(&p->to_server, piece.len);
		break;
	case 2:
		piece = piece_of(p, buf_slice(&p->to_client));
		smtp_client_feed(p->client, piece, 0);
		buf_consume(&p->to_client, piece.len);
		break;
	case 3:
		if (!p->is_over && smtp_client_next(p->client, &client_event))
			on_client_event(p, &client_event);
		break;
	case 4:
		if (smtp_server_next(p->server, &server_event))
			on_server_event(p, &server_event);
		break;
	}
}

static void
pair_run(uint64_t dialogue, uint64_t cuts, struct buf *story)
{
	const struct smtp_client_options client_options = {
		.helo_name = SLICE("relay.example"),
		.timeouts = smtp_client_timeouts_default,
		.may_pipeline = true,
		.may_chunk = true,
	};
	const unsigned offered = SMTP_EXT_SIZE | SMTP_EXT_SMTPUTF8 |
	    SMTP_EXT_8BITMIME | (dialogue % 2 != 0 ? SMTP_EXT_PIPELINING : 0) |
	    (dialogue / 2 % 2 != 0 ? SMTP_EXT_CHUNKING : 0);
	const struct smtp_server_options server_options = {
		.extensions = offered,
	};
	struct pair p = { .client = smtp_client_new(&client_options, 0),
		.server = smtp_server_new(&server_options),
		.extensions = offered,
		.owner = { .answers = "" } };
	unsigned steps = 0;

	rng_init(&p.plan, dialogue);
	rng_init(&p.answers, dialogue + DIALOGUES);
	rng_init(&p.cuts, cuts);
	p.messages_left = (unsigned)rng_below(&p.plan, 4);
	for (size_t i = 0; i < RECIPIENTS_MAX; i++)
		p.recipients[i] = SLICE("r@y.example");
	while (!p.is_over && steps++ < STEPS_MAX)
		pair_step(&p);
	assert_true(p.is_over);
	assert_int_equal(p.stored, p.delivered);
	buf_append(story, buf_slice(&p.owner.story));
	buf_append_cstr(story, "| ");
	buf_append(story, buf_slice(&p.story));
	smtp_client_destroy(&p.client);
	smtp_server_destroy(&p.server);
	owner_fini(&p.owner);
	buf_fini(&p.to_server);
	buf_fini(&p.to_client);
	buf_fini(&p.content);
	buf_fini(&p.got);
	buf_fini(&p.story);
}

static void
test_dialogues(void **state)
{
	(void)state;
	for (uint64_t dialogue = 0; dialogue < DIALOGUES; dialogue++) {
		struct buf first = { 0 };

		pair_run(dialogue, 0, &first);
		for (uint64_t cuts = 1; cuts < CUTS; cuts++) {
			struct buf again = { 0 };

			pair_run(dialogue, cuts, &again);
			assert_slices_equal(
			    buf_slice(&again), buf_slice(&first));
			buf_fini(&again);
		}
		buf_fini(&first);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_dialogues);
	return kit_run(&kit, "smtp_mutual");
}

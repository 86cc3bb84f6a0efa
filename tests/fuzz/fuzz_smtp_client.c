/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a server: the client ends, gives no recipient two results, takes
 * none for delivered before the end of its content was written, and says
 * nothing more once it has failed or closed; with and without PIPELINING and
 * CHUNKING.
 */
#include "core/base/rng.h"
#include "core/smtp/client.h"

enum {
	RECIPIENTS = 130 /* more than the window */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct owner {
	struct rng rng;
	struct smtp_client *client;
	unsigned messages_left;
	size_t recipients;
	bool has_result[RECIPIENTS];
	bool may_split;
	bool is_sending;   /* between send and DONE */
	bool is_all_given; /* the content is over */
	bool is_all_sent;  /* and has been written */
	unsigned pieces;   /* of content given */
	bool is_over;
	bool is_secured, has_asked; /* STARTTLS was said, AUTH answered */
};

static void
message_send(struct owner *o)
{
	static struct slice recipients[RECIPIENTS];
	const struct smtp_client_message message = {
		.sender = SLICE("s@x"),
		.recipients = recipients,
		.recipient_count = o->recipients,
		.size_bytes = rng_below(&o->rng, 2),
		.is_8bit = rng_below(&o->rng, 2) == 0,
		.is_utf8 = rng_below(&o->rng, 4) == 0,
	};

	for (size_t i = 0; i < RECIPIENTS; i++)
		recipients[i] = SLICE("a@x");
	o->messages_left--;
	o->is_sending = true;
	o->is_all_given = o->is_all_sent = false;
	o->pieces = 0;
	memset(o->has_result, 0, sizeof(o->has_result));
	smtp_client_send(o->client, &message, 0);
}

static void
on_result(struct owner *o, const struct smtp_client_event *event)
{
	assert(o->is_sending);
	assert(event->recipient < o->recipients);
	assert(!o->has_result[event->recipient]);
	o->has_result[event->recipient] = true;
	assert(event->reply.code >= 200);
	assert(event->reply.code < 300 || event->reply.code >= 400);
	if (event->reply.code < 300) {
		assert(event->stage == STAGE_EOD);
		assert(o->is_all_sent);
	}
}

/* As long as it is wanted; the end comes some time. */
static void
give_content(struct owner *o)
{
	while (smtp_client_wants_body(o->client)) {
		assert(!o->is_all_given);
		if (o->pieces++ < 40 && rng_below(&o->rng, 4) > 0) {
			smtp_client_body(o->client, SLICE("x\r\n.\r\n"), 0);
			continue;
		}
		o->is_all_given = true;
		smtp_client_body_end(o->client, SLICE("y"), 0);
	}
}

/* STARTTLS and AUTH where they are offered, once each. */
static bool
become_secure(struct owner *o)
{
	static const struct smtp_credentials who = {
		SLICE_INIT("name"),
		SLICE_INIT("secret"),
	};
	unsigned extensions = smtp_client_extensions(o->client);

	if (!o->is_secured && !o->has_asked &&
	    (extensions & SMTP_EXT_STARTTLS) != 0) {
		o->is_secured = true;
		smtp_client_starttls(o->client, 0);
		return true;
	}
	if (o->is_secured && !o->has_asked &&
	    smtp_client_mechanisms(o->client) != 0) {
		smtp_client_auth(o->client, &who, 0);
		return true;
	}
	return false;
}

static void
on_event(struct owner *o, const struct smtp_client_event *event)
{
	assert(!o->is_over);
	switch (event->type) {
	case SMTP_CLIENT_READY:
		assert(!o->is_sending);
		if (become_secure(o))
			break;
		if (o->messages_left > 0)
			message_send(o);
		else
			smtp_client_quit(o->client, 0);
		break;
	case SMTP_CLIENT_RESULT:
		on_result(o, event);
		break;
	case SMTP_CLIENT_BODY:
		give_content(o);
		break;
	case SMTP_CLIENT_DONE:
		for (size_t i = 0; i < o->recipients; i++)
			assert(o->has_result[i] || (o->may_split && i > 0));
		o->is_sending = false;
		break;
	case SMTP_CLIENT_STARTTLS:
		smtp_client_secured(o->client, 0);
		break;
	case SMTP_CLIENT_ANSWER:
		o->has_asked = true;
		break;
	case SMTP_CLIENT_FAILED:
	case SMTP_CLIENT_CLOSED:
		o->is_over = true;
		break;
	}
}

static void
run(struct owner *o)
{
	struct smtp_client_event event;

	while (smtp_client_next(o->client, &event))
		on_event(o, &event);
}

/* Writes all or, now and then, a part of what there is to write. */
static void
write_out(struct owner *o)
{
	struct slice out = smtp_client_out(o->client);
	size_t n = rng_below(&o->rng, 16) == 0
	    ? (size_t)rng_below(&o->rng, out.len + 1)
	    : out.len;

	if (n == out.len && o->is_all_given)
		o->is_all_sent = true;
	smtp_client_out_ack(o->client, n);
}

/* One line a time, or what the generator says. */
static struct slice
piece_take(struct owner *o, struct slice *input)
{
	size_t len = rng_below(&o->rng, 4) > 0
	    ? slice_find_byte(*input, '\n') + 1
	    : 1 + rng_below(&o->rng, 32);
	struct slice piece = slice_sub(*input, 0, len);

	*input = slice_skip(*input, piece.len);
	return piece;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct smtp_client_options options = {
		.helo_name = SLICE("me"),
		.timeouts = smtp_client_timeouts_default,
	};
	struct slice input = slice_of((const char *)bytes, len);
	struct owner o = { .messages_left = 2 };

	rng_init(&o.rng, len > 0 ? bytes[0] : 0);
	input = slice_skip(input, 1);
	o.recipients =
	    rng_below(&o.rng, 8) == 0 ? RECIPIENTS : 1 + rng_below(&o.rng, 4);
	options.may_pipeline = rng_below(&o.rng, 2) == 0;
	options.may_chunk = rng_below(&o.rng, 2) == 0;
	options.may_send_8bit = rng_below(&o.rng, 2) == 0;
	options.may_split = o.may_split = rng_below(&o.rng, 2) == 0;
	o.client = smtp_client_new(&options, 0);
	while (input.len > 0 && !o.is_over) {
		smtp_client_feed(o.client, piece_take(&o, &input), 0);
		run(&o);
		write_out(&o);
	}
	if (rng_below(&o.rng, 2) == 0)
		smtp_client_on_eof(o.client, 0);
	else
		smtp_client_on_deadline(
		    o.client, smtp_client_deadline(o.client));
	run(&o);
	assert(o.is_over);
	assert(smtp_client_out(o.client).len == 0);
	smtp_client_destroy(&o.client);
	return 0;
}

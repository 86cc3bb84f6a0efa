/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a client of the relay: it accepts as many messages as a strict
 * reader of the same bytes counts, who knows that a command ends with CR LF,
 * content with CR LF . CR LF, a chunk after so many bytes, and nothing else
 * with anything else.  Whatever arrives in what pieces, so nothing in content
 * becomes a message, and nothing that was refused leaves anything behind.
 * Behind a refused DATA it may be fewer: content that came unasked ends the
 * session.
 */
#include "core/base/rng.h"
#include "core/smtp/command.h"
#include "core/world/world_sim.h"
#include "relay/config_json.h"
#include "relay/relay.h"

#define MESSAGE_BYTES 1024 /* of the relay's limit, the least there is */
#define CONFIG                                                                 \
	"{\"hostname\": \"r.test\", \"queue\": \"queue.db\", \"listen\": "     \
	"\"10.0.0.5:25\", \"relay_from\": \"10.0.0.9\", \"routes\": [\"ALL "   \
	"/dev/null\"], \"limits\": {\"bad_commands\": 1000, \"recipients\": "  \
	"2, \"message_bytes\": 1024, \"received_headers\": 2}}"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* ---- the strict reader ---- */

struct reader {
	struct slice rest;
	bool greeted, extended, in_mail, spoiled, chunking;
	bool is_unclear;  /* more is needed to tell than is here */
	bool may_be_over; /* of what comes behind a refused DATA */
	unsigned least;   /* messages before that */
	unsigned recipients;
	struct buf content;
	unsigned messages;
};

static void
transaction_end(struct reader *r)
{
	r->in_mail = r->chunking = false;
	r->recipients = 0;
	buf_clear(&r->content);
}

/* Received: lines in the header, with each bare CR or LF an end of line. */
static unsigned
count_hops(const struct reader *r)
{
	struct buf text = { 0 };
	struct slice content = buf_slice(&r->content), line;
	unsigned hops = 0;

	for (size_t i = 0; i < content.len; i++) {
		if (content.at[i] != '\r')
			buf_append_byte(&text, content.at[i]);
		else if (i + 1 == content.len || content.at[i + 1] != '\n')
			buf_append_byte(&text, '\n');
	}
	content = buf_slice(&text);
	while (slice_split(&content, '\n', &line) && line.len > 0)
		hops += slice_starts_with_nocase(line, SLICE("Received:"));
	buf_fini(&text);
	return hops;
}

/* Bytes of the content when each bare CR or LF has become CR LF. */
static uint64_t
clean_size(const struct reader *r)
{
	struct slice c = buf_slice(&r->content);
	uint64_t size = c.len;

	for (size_t i = 0; i < c.len; i++) {
		bool lf_next = i + 1 < c.len && c.at[i + 1] == '\n';

		size += c.at[i] == '\r' && !lf_next;
		size += c.at[i] == '\n' && (i == 0 || c.at[i - 1] != '\r');
	}
	return size;
}

/* Within a few bytes of it the limit is another test's: whether a CR at the end
 * of a chunk is bare is not known yet. */
static bool
is_too_big(struct reader *r)
{
	uint64_t size = clean_size(r);

	if (size + 64 > MESSAGE_BYTES && size < MESSAGE_BYTES + 64)
		r->is_unclear = true;
	return size > MESSAGE_BYTES;
}

static void
message_end(struct reader *r)
{
	r->messages += !is_too_big(r) && count_hops(r) <= 2 ? 1 : 0;
	transaction_end(r);
}

/* Content up to CR LF . CR LF, its dots unstuffed; false when it has no end. */
static bool
read_data(struct reader *r)
{
	bool at_start = true;

	while (r->rest.len > 0) {
		struct slice rest = r->rest;

		if (at_start && slice_starts_with(rest, SLICE(".\r\n"))) {
			r->rest = slice_skip(rest, 3);
			return true;
		}
		if (at_start && rest.at[0] == '.') {
			rest = slice_skip(rest, 1);
			at_start = false;
			r->rest = rest;
			continue;
		}
		at_start = slice_starts_with(rest, SLICE("\r\n"));
		buf_append(&r->content, slice_sub(rest, 0, at_start ? 2 : 1));
		r->rest = slice_skip(rest, at_start ? 2 : 1);
	}
	return false;
}

/* A chunk is read whatever it is for; false when it is not all there. */
static bool
read_chunk(struct reader *r, const struct smtp_command *command)
{
	bool in_order = r->extended && r->in_mail && r->recipients > 0;

	if (command->bdat_size_bytes > r->rest.len)
		return false;
	if (in_order)
		buf_append(&r->content,
		    slice_sub(r->rest, 0, (size_t)command->bdat_size_bytes));
	r->rest = slice_skip(r->rest, (size_t)command->bdat_size_bytes);
	if (!in_order)
		return true;
	r->chunking = true;
	if (command->bdat_last) {
		message_end(r);
	} else if (is_too_big(r)) {
		transaction_end(r);
		r->spoiled = true;
	}
	return true;
}

static void
read_mail(struct reader *r, const struct smtp_command *command)
{
	if (command->parameter_count > 0 || command->path.is_utf8)
		r->is_unclear = true;
	if (!r->greeted || r->in_mail || r->spoiled)
		return;
	transaction_end(r);
	r->in_mail = true;
}

static void
read_rcpt(struct reader *r, const struct smtp_command *command)
{
	if (command->parameter_count > 0 || command->path.is_utf8)
		r->is_unclear = true;
	if (r->in_mail && !r->chunking && r->recipients < 2)
		r->recipients++;
}

/* Who goes on without waiting may be read no further: it is as the network has
 * divided it. */
static void
data_refused(struct reader *r)
{
	if (!r->may_be_over)
		r->least = r->messages;
	r->may_be_over = true;
}

/* What a good line does; false when the rest cannot be read. */
static bool
read_command(struct reader *r, const struct smtp_command *command)
{
	switch ((int)command->verb) {
	case SMTP_EHLO:
	case SMTP_HELO:
		transaction_end(r);
		r->greeted = true;
		r->spoiled = false;
		r->extended = command->verb == SMTP_EHLO;
		return true;
	case SMTP_RSET:
		transaction_end(r);
		r->spoiled = false;
		return true;
	case SMTP_MAIL:
		read_mail(r, command);
		return true;
	case SMTP_RCPT:
		read_rcpt(r, command);
		return true;
	case SMTP_BDAT:
		return read_chunk(r, command);
	case SMTP_DATA:
		if (!r->in_mail || r->recipients == 0 || r->chunking) {
			data_refused(r);
			return true;
		}
		if (!read_data(r))
			return false;
		message_end(r);
		return true;
	case SMTP_QUIT:
		return false;
	default:
		return true;
	}
}

/* Reads the next line; false at the end of what can be read. */
static bool
read_line(struct reader *r)
{
	size_t end = slice_find(r->rest, SLICE("\r\n"));
	struct slice line = slice_sub(r->rest, 0, end);
	struct smtp_command command;
	struct smtp_syntax_error wrong;

	if (end == r->rest.len)
		return false;
	r->rest = slice_skip(r->rest, end + 2);
	if (end + 2 > SMTP_COMMAND_LINE_MAX ||
	    slice_find_byte(line, '\r') < end ||
	    slice_find_byte(line, '\n') < end ||
	    slice_find_byte(line, '\0') < end)
		return true;
	if (smtp_command_parse(line, r->extended, &command, &wrong))
		return read_command(r, &command);
	if (command.verb == SMTP_DATA)
		data_refused(r);
	/* A chunk of which nobody knows where it ends is a refused one. */
	if (command.verb == SMTP_BDAT && r->extended && r->recipients > 0) {
		transaction_end(r);
		r->spoiled = !command.bdat_last;
	}
	return true;
}

/* ---- the relay ---- */

/* What a client says is in other lines, which begin otherwise or end with a
 * bracket or a quote. */
static void
on_log(void *owner, struct slice line)
{
	unsigned *accepted = owner;
	struct slice text = slice_skip(line, 25); /* the stamp */

	if (slice_starts_with(text, SLICE("Info: ")))
		text = slice_skip(text, 6);
	*accepted += slice_starts_with(text, SLICE("MID ")) &&
	    slice_ends_with_nocase(text, SLICE(" queued for delivery\n"));
}

static void
on_fault(void *owner, const struct err *err)
{
	(void)owner;
	(void)err;
	abort();
}

struct client {
	struct world *world;
	struct stream *stream; /* NULL: over */
	struct timer next;
	struct slice rest;
	struct rng rng;
};

static void
client_end(void *owner)
{
	struct client *c = owner;

	if (c->stream != NULL)
		stream_close(c->stream);
	c->stream = NULL;
	timer_stop(c->world, &c->next);
}

static void
on_next(struct timer *t)
{
	struct client *c = CONTAINER_OF(t, struct client, next);
	struct slice piece = slice_sub(c->rest, 0, 1 + rng_below(&c->rng, 64));

	stream_write(c->stream, piece);
	c->rest = slice_skip(c->rest, piece.len);
	if (c->rest.len == 0)
		client_end(c);
	else
		timer_set(c->world, t, world_now(c->world) + UTIME_MS);
}

static void
on_connected(void *owner)
{
	struct client *c = owner;

	timer_set(c->world, &c->next, world_now(c->world) + UTIME_MS);
}

static void
on_input(void *owner, struct slice bytes)
{
	(void)owner;
	(void)bytes;
}

static void
on_drained(void *owner)
{
	(void)owner;
}

static void
on_failure(void *owner, enum net_failure why)
{
	(void)why;
	client_end(owner);
}

/* Messages that the relay accepts of these bytes. */
static unsigned
count_accepted(struct slice input, uint64_t seed)
{
	static const struct stream_handler handler = { on_connected, on_input,
		on_drained, client_end, on_failure, NULL, NULL };
	const struct sim_options options = { .latency = UTIME_MS,
		.self = ip_v4(10, 0, 0, 5),
		.span_max = UTIME_DAY,
		.events_max = 1000000 };
	const struct endpoint from = { ip_v4(10, 0, 0, 9), 0 };
	const struct endpoint to = { ip_v4(10, 0, 0, 5), 25 };
	struct relay_config_file file;
	struct err_list errors = { 0 };
	struct err err;
	unsigned accepted = 0;
	const struct relay_hooks hooks = { &accepted, on_log, NULL, on_fault,
		NULL, NULL };
	struct client c = { .rest = input, .next.fire = on_next };
	struct relay *relay;
	bool ok = relay_config_parse(
	    &file, "fuzz", SLICE(CONFIG), NULL, &errors, &err);

	assert(ok);
	c.world = world_sim_new(&options);
	rng_init(&c.rng, seed);
	relay = relay_new(c.world, &file.config, &hooks, &err);
	assert(relay != NULL);
	c.stream = world_connect(c.world, &from, &to, &handler, &c);
	ok = world_run(c.world, &err);
	assert(ok);
	client_end(&c);
	relay_destroy(&relay);
	world_destroy(&c.world);
	relay_config_fini(&file);
	err_list_fini(&errors);
	return accepted;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice input = slice_skip(slice_of((const char *)bytes, len), 1);
	struct reader r = { .rest = input };

	if (input.len == 0 || input.len > 8192)
		return 0;
	while (read_line(&r))
		continue;
	if (!r.is_unclear) {
		unsigned accepted = count_accepted(input, bytes[0]);

		unsigned least = r.may_be_over ? r.least : r.messages;
		bool good = accepted >= least && accepted <= r.messages;

		if (!good)
			(void)fprintf(stderr,
			    "accepted %u, strictly %u to %u: %.*s\n", accepted,
			    least, r.messages, SLICE_ARG(input));
		assert(good);
	}
	buf_fini(&r.content);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The answers of a well-behaved server, and those of rules; see reaction.h. */
#include "mockserver/rule/reaction.h"

#include "core/base/rng.h"
#include "core/smtp/reply.h"
#include "mockserver/rule/manner.h"

/* An endless answer is made of pieces of about this size. */
#define ENDLESS_BYTES 65536

/* A reply in its parts; the status is left out by hosts that do not offer
 * ENHANCEDSTATUSCODES. */
struct answer {
	int code;
	const char *status; /* "" where RFC 2034, 4 wants none */
	const char *text;
};

/* X(stage, code, status, text): where nothing is wrong. */
#define ANSWERS(X)                                                             \
	X(STAGE_HELO, 250, "", NULL)                                           \
	X(STAGE_STARTTLS, 220, "2.0.0", "Ready to start TLS")                  \
	X(STAGE_MAIL, 250, "2.1.0", "Sender ok")                               \
	X(STAGE_RCPT, 250, "2.1.5", "Recipient ok")                            \
	X(STAGE_DATA, 354, "", "End data with <CR><LF>.<CR><LF>")              \
	X(STAGE_BDAT, 250, "2.0.0", "Chunk ok")                                \
	X(STAGE_RSET, 250, "2.0.0", "Ok")                                      \
	X(STAGE_NOOP, 250, "2.0.0", "Ok")                                      \
	X(STAGE_VRFY, 252, "2.5.0", "Cannot verify, will take mail for it")    \
	X(STAGE_QUIT, 221, "2.0.0", "Bye")                                     \
	X(STAGE_UNKNOWN, 500, "5.5.2", "Command not recognized")               \
	X(STAGE_IDLE, 421, "4.4.2", "Idle for too long, closing")
static const struct answer answers[STAGE_COUNT] = {
#define X(stage, code, status, text) [stage] = { code, status, text },
	ANSWERS(X)
#undef X
};

/* X(constant, code, status, text): beyond a limit of the host. */
#define REFUSALS(X)                                                            \
	X(REFUSE_CONNECTIONS, 421, "4.7.0", "Too many connections")            \
	X(REFUSE_MESSAGES, 421, "4.7.0", "Too many messages on a connection")  \
	X(REFUSE_SIZE, 552, "5.3.4", "Message too big")                        \
	X(REFUSE_RECIPIENTS, 452, "4.5.3", "Too many recipients")
enum refusal {
#define X(constant, code, status, text) constant,
	REFUSALS(X)
#undef X
	REFUSE_NOTHING,
};
static const struct answer refusals[] = {
#define X(constant, code, status, text) [constant] = { code, status, text },
	REFUSALS(X)
#undef X
};

static int append_said(const struct situation *s, const struct rule *rule,
    uint64_t n, struct buf *out);
static bool append_again(
    const struct rule_repeat *repeat, size_t from, struct buf *out);
static int append_reply(const struct situation *s, const struct rule *rule,
    uint64_t n, struct buf *out);
static int reply_of_host(const struct situation *s, struct buf *out);
static enum refusal refusal_of(const struct situation *s);
static int append_answer(
    const struct situation *s, const struct answer *answer, struct buf *out);
static int append_wrong(
    const struct situation *s, struct smtp_syntax_error wrong, struct buf *out);
static int append_greeting(const struct situation *s, struct buf *out);
static int append_ehlo(const struct situation *s, struct buf *out);
static int append_accepted(const struct situation *s, struct buf *out);
static void append_templates(
    const struct situation *s, struct slice wire, uint64_t n, struct buf *out);
static size_t append_template(
    const struct situation *s, struct slice text, uint64_t n, struct buf *out);

void
reaction_make(struct reaction *r, const struct situation *s,
    const struct rule *rule, uint64_t n, struct buf *out)
{
	const size_t before = buf_len(out);
	uint64_t limit = UINT64_MAX;
	size_t len;

	*r = (struct reaction){
		.rule = rule,
		.is_handshake = s->occasion->stage == STAGE_TLS,
		.tls = s->tls,
	};
	if (s->throughout != NULL)
		r->drip = s->throughout->drip;
	if (rule != NULL) {
		if (rule->has_starttls)
			r->tls = rule->starttls;
		r->ending = rule_ending_of(rule, &limit);
		r->delay = rule->delay;
		if (rule->drip.portions.count > 0)
			r->drip = rule->drip;
		r->stall = rule->stall.way == RULE_STALL_FOREVER
		    ? UTIME_NEVER
		    : rule->stall.span;
	}
	r->code = append_said(s, rule, n, out);
	if (rule != NULL && rule->as != 0)
		r->code = rule->as;
	if (s->occasion->stage == STAGE_IDLE && r->code == 421 &&
	    r->ending == RULE_KEEP)
		r->ending = RULE_CLOSE;
	/* What an attacker would slip in (CVE-2011-0411). */
	if (s->occasion->stage == STAGE_STARTTLS && r->code == 220 &&
	    r->tls == MOCK_TLS_INJECTED)
		buf_append_cstr(out, "250-injected\r\n250 AUTH PLAIN\r\n");
	if (rule != NULL)
		r->is_endless = append_again(&rule->repeat, before, out);
	len = buf_len(out) - before;
	r->is_whole = len <= limit;
	if (!r->is_whole)
		buf_truncate(out, before + (size_t)limit);
	r->bytes = slice_skip(buf_slice(out), before);
}

void
reaction_format(const struct reaction *r, struct buf *out)
{
	static const char *const endings[] = {
		[RULE_KEEP] = "",
		[RULE_CLOSE] = ", close",
		[RULE_HALF] = ", half-close",
		[RULE_DISCARD] = ", discard",
		[RULE_VANISH] = ", vanish",
		[RULE_DROP] = ", drop",
		[RULE_RESET] = ", reset",
		[RULE_STALL] = ", stall",
	};
	char text[UTIME_TEXT_MAX];

	if (r->delay > 0)
		buf_printf(
		    out, "after %s, ", utime_format_duration(r->delay, text));
	buf_printf(out, "%d \"", r->code);
	for (size_t i = 0; i < r->bytes.len; i++) {
		const char c = r->bytes.at[i];

		if (c == '\r')
			buf_append_cstr(out, "\\r");
		else if (c == '\n')
			buf_append_cstr(out, "\\n");
		else
			buf_append_byte(out, c);
	}
	buf_append_byte(out, '"');
	if (r->is_endless)
		buf_append_cstr(out, " endless");
	if (r->drip.portions.count > 0)
		buf_printf(out, " %llu bytes every %s",
		    (unsigned long long)r->drip.portions.at[0],
		    utime_format_duration(r->drip.every, text));
	buf_append_cstr(out, endings[r->ending]);
	if (r->ending == RULE_STALL && r->stall != UTIME_NEVER)
		buf_printf(out, " %s", utime_format_duration(r->stall, text));
}

static void
append_garbage(uint64_t dice, uint64_t count, struct buf *out)
{
	struct rng rng;

	rng_init(&rng, dice);
	for (uint64_t i = 0; i < count; i++)
		buf_append_byte(out, (char)(rng_next(&rng) >> 56));
}

/* What is said once, in the manner of the connection if it is a reply; gives
 * its code. */
static int
append_said(const struct situation *s, const struct rule *rule, uint64_t n,
    struct buf *out)
{
	const bool is_raw = rule != NULL && rule->raw.at != NULL;
	const size_t before = buf_len(out);
	int code;

	if (rule != NULL && (rule->reply.wire.at != NULL || rule->garbage > 0))
		code = append_reply(s, rule, n, out);
	else
		code = reply_of_host(s, out);
	if (rule != NULL && rule->garbage > 0)
		append_garbage(s->dice, rule->garbage, out);
	else if (s->throughout != NULL && !is_raw)
		manner_apply(s->throughout, before, out);
	return code;
}

/* Repeats what there is from there on; whether without end. */
static bool
append_again(const struct rule_repeat *repeat, size_t from, struct buf *out)
{
	const bool is_endless = repeat->way == RULE_REPEAT_ENDLESS;
	const size_t len = buf_len(out) - from;
	struct buf once = { 0 };
	uint64_t times = repeat->times;

	if (len == 0)
		return false;
	if (is_endless)
		times = ENDLESS_BYTES / len + 1;
	buf_append(&once, slice_skip(buf_slice(out), from));
	for (uint64_t i = 1; i < times; i++)
		buf_append(out, buf_slice(&once));
	buf_fini(&once);
	return is_endless;
}

/* Bytes that are no reply leave the session as a good answer would, save that
 * they take no message. */
static int
append_reply(const struct situation *s, const struct rule *rule, uint64_t n,
    struct buf *out)
{
	const size_t before = buf_len(out);
	int code = rule->reply.code;

	if (code == 0 && s->occasion->stage != STAGE_EOD)
		code = reply_of_host(s, out);
	buf_truncate(out, before);
	if (rule->reply.has_templates)
		append_templates(s, rule->reply.wire, n, out);
	else
		buf_append(out, rule->reply.wire);
	return code;
}

/* ---- a well-behaved server ---- */

/* Appends the answer and gives its code. */
static int
reply_of_host(const struct situation *s, struct buf *out)
{
	const enum smtp_stage stage = s->occasion->stage;
	enum refusal refusal;

	if (stage == STAGE_CONNECT || stage == STAGE_TLS)
		return 220;
	if (stage == STAGE_BODY || stage == STAGE_COMMAND)
		return 0;
	if (s->wrong.code != 0)
		return append_wrong(s, s->wrong, out);
	if (stage == STAGE_AUTH)
		return append_wrong(s, s->login, out);
	refusal = refusal_of(s);
	if (refusal != REFUSE_NOTHING)
		return append_answer(s, &refusals[refusal], out);
	if (stage == STAGE_BANNER)
		return append_greeting(s, out);
	if (stage == STAGE_EHLO)
		return append_ehlo(s, out);
	if (stage == STAGE_EOD)
		return append_accepted(s, out);
	assert(answers[stage].code != 0);
	return append_answer(s, &answers[stage], out);
}

static enum refusal
refusal_of(const struct situation *s)
{
	const struct mock_limits *limits = &s->host->limits;
	const enum smtp_stage stage = s->occasion->stage;

	if (stage == STAGE_BANNER && limits->connections != 0 &&
	    s->connections > limits->connections)
		return REFUSE_CONNECTIONS;
	if (stage == STAGE_MAIL && limits->messages != 0 &&
	    s->messages >= limits->messages)
		return REFUSE_MESSAGES;
	if ((stage == STAGE_MAIL || stage == STAGE_BDAT ||
		stage == STAGE_EOD) &&
	    s->occasion->size > limits->size_bytes)
		return REFUSE_SIZE;
	if (stage == STAGE_RCPT && s->recipients >= limits->recipients)
		return REFUSE_RECIPIENTS;
	return REFUSE_NOTHING;
}

static bool
has_status(const struct situation *s)
{
	return (s->host->extensions & SMTP_EXT_ENHANCEDSTATUSCODES) != 0;
}

static int
append_answer(
    const struct situation *s, const struct answer *answer, struct buf *out)
{
	buf_append_u64(out, (uint64_t)answer->code);
	buf_append_byte(out, ' ');
	if (answer->status[0] != '\0' && has_status(s)) {
		buf_append_cstr(out, answer->status);
		buf_append_byte(out, ' ');
	}
	buf_append_cstr(
	    out, answer->text != NULL ? answer->text : s->host->name);
	buf_append_cstr(out, "\r\n");
	return answer->code;
}

static int
append_wrong(
    const struct situation *s, struct smtp_syntax_error wrong, struct buf *out)
{
	struct slice text = slice_cstr(wrong.text);
	struct smtp_status status;
	size_t used;

	if (!has_status(s) && smtp_status_parse(text, &status, &used))
		text = slice_skip(text, used);
	smtp_reply_format(out, wrong.code, text);
	return wrong.code;
}

static int
append_greeting(const struct situation *s, struct buf *out)
{
	buf_append_cstr(out, "220 ");
	buf_append_cstr(out, s->host->name);
	buf_append_cstr(out, " ESMTP\r\n");
	return 220;
}

static int
append_ehlo(const struct situation *s, struct buf *out)
{
	static const struct {
		enum smtp_extension bit;
		const char *keyword;
	} offers[] = {
		{ SMTP_EXT_PIPELINING, "PIPELINING" },
		{ SMTP_EXT_SIZE, "SIZE " },
		{ SMTP_EXT_8BITMIME, "8BITMIME" },
		{ SMTP_EXT_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES" },
		{ SMTP_EXT_SMTPUTF8, "SMTPUTF8" },
		{ SMTP_EXT_CHUNKING, "CHUNKING" },
		{ SMTP_EXT_DSN, "DSN" },
		{ SMTP_EXT_STARTTLS, "STARTTLS" },
		{ SMTP_EXT_AUTH, "AUTH PLAIN LOGIN" },
	};
	unsigned left = mock_host_offers(s->host, s->is_secured);

	if (!s->host->tls.is_offered)
		left &= ~(unsigned)SMTP_EXT_STARTTLS;
	buf_append_cstr(out, left != 0 ? "250-" : "250 ");
	buf_append_cstr(out, s->host->name);
	buf_append_cstr(out, "\r\n");
	for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
		if ((left & offers[i].bit) == 0)
			continue;
		left &= ~(unsigned)offers[i].bit;
		buf_append_cstr(out, left != 0 ? "250-" : "250 ");
		buf_append_cstr(out, offers[i].keyword);
		if (offers[i].bit == SMTP_EXT_SIZE)
			buf_append_u64(out, s->host->limits.size_bytes);
		buf_append_cstr(out, "\r\n");
	}
	assert(left == 0);
	return 250;
}

static int
append_accepted(const struct situation *s, struct buf *out)
{
	buf_append_cstr(out, has_status(s) ? "250 2.0.0 " : "250 ");
	buf_append_cstr(out, "Ok: queued as ");
	buf_append_cstr(out, s->host->name);
	buf_append_byte(out, '-');
	buf_append_u64(out, s->connection);
	buf_append_byte(out, '.');
	buf_append_u64(out, s->messages + 1);
	buf_append_cstr(out, "\r\n");
	return 250;
}

/* ---- templates ---- */

static void
append_templates(
    const struct situation *s, struct slice wire, uint64_t n, struct buf *out)
{
	while (wire.len > 0) {
		const size_t brace = slice_find_byte(wire, '{');

		buf_append(out, slice_sub(wire, 0, brace));
		wire = slice_skip(wire, brace);
		if (wire.len > 0)
			wire =
			    slice_skip(wire, append_template(s, wire, n, out));
	}
}

/* Fills in the template that `text` begins with; how many bytes it has.  What
 * is not known at the stage is empty. */
static size_t
append_template(
    const struct situation *s, struct slice text, uint64_t n, struct buf *out)
{
	const struct occasion *o = s->occasion;
	const struct slice name = slice_skip(text, 1);
	char scratch[UTIME_TEXT_MAX + IP_TEXT_MAX];

	if (slice_starts_with(name, SLICE("{"))) {
		buf_append_byte(out, '{');
		return 2;
	}
	if (slice_starts_with(name, SLICE("rcpt}"))) {
		if (o->to_count > 0)
			buf_append(out, o->to[o->to_count - 1]);
	} else if (slice_starts_with(name, SLICE("from}"))) {
		buf_append(out, o->from);
	} else if (slice_starts_with(name, SLICE("client}"))) {
		buf_append_cstr(out, ip_format(o->client, scratch));
	} else if (slice_starts_with(name, SLICE("time}"))) {
		buf_append_cstr(out, utime_format_rfc3339(o->now, scratch));
	} else {
		assert(slice_starts_with(name, SLICE("n}")));
		buf_append_u64(out, n);
	}
	return slice_find_byte(text, '}') + 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * What a rule does, in words: for transcripts, for reports, and for whoever
 * makes a reaction of it.
 */
#include "mockserver/rule/rule.h"

static void format_reply(const struct rule *r, struct buf *out);
static void format_drip(const struct rule_drip *drip, struct buf *out);
static void format_cut(
    const char *verb, const struct rule_cut *cut, struct buf *out);
static void format_stall(const struct rule_stall *stall, struct buf *out);
static void format_tls(const struct rule *r, struct buf *out);
static void format_manner(const struct rule *r, struct buf *out);

/* ---- what it says of the end ---- */

static bool
has_answer(const struct rule *r)
{
	return r->reply.wire.at != NULL || r->garbage > 0;
}

static const struct rule_cut *
cut_of(const struct rule *r)
{
	if (r->drop.way != RULE_CUT_ABSENT)
		return &r->drop;
	return r->reset.way != RULE_CUT_ABSENT ? &r->reset : &r->vanish;
}

enum rule_ending
rule_ending_of(const struct rule *r, uint64_t *reply_bytes)
{
	const struct rule_cut *cut = cut_of(r);

	*reply_bytes = UINT64_MAX;
	if (r->stall.way != RULE_STALL_ABSENT) {
		if (!has_answer(r))
			*reply_bytes = 0;
		return RULE_STALL;
	}
	if (cut->way == RULE_CUT_ABSENT)
		return r->then;
	*reply_bytes = cut->after.bytes;
	if (cut == &r->vanish)
		return RULE_VANISH;
	return cut == &r->drop ? RULE_DROP : RULE_RESET;
}

size_t
rule_drip_portion(const struct rule_drip *drip, size_t index, size_t left)
{
	const size_t count = drip->portions.count;
	const size_t at = count == 1 ? 0 : index;

	if (at >= count || drip->portions.at[at] >= left)
		return left;
	return (size_t)drip->portions.at[at];
}

/* ---- in words ---- */

static void PRINTF_LIKE(2, 3) add(struct buf *out, const char *fmt, ...)
{
	va_list ap;

	if (buf_len(out) > 0)
		buf_append_cstr(out, ", ");
	va_start(ap, fmt);
	buf_vprintf(out, fmt, ap);
	va_end(ap);
}

void
rule_format_action(const struct rule *r, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	assert(buf_len(out) == 0);
	if (r->delay > 0)
		add(out, "delay %s", utime_format_duration(r->delay, text));
	format_manner(r, out);
	format_reply(r, out);
	if (r->as != 0)
		add(out, "as %d", r->as);
	format_drip(&r->drip, out);
	format_stall(&r->stall, out);
	format_cut("drop", &r->drop, out);
	format_cut("reset", &r->reset, out);
	format_cut("vanish", &r->vanish, out);
	if (r->then != RULE_KEEP)
		add(out, "%s", rule_then_name(r->then));
	format_tls(r, out);
	if (r->set.at != NULL)
		add(out, "set %.*s", SLICE_ARG(r->set));
}

const char *
rule_then_name(enum rule_ending then)
{
	static const char *const names[] = {
#define X(constant, name) [constant] = (name),
		RULE_THENS(X)
#undef X
	};

	assert((size_t)then < ARRAY_LEN(names));
	assert(names[then] != NULL);
	return names[then];
}

static void
format_reply(const struct rule *r, struct buf *out)
{
	if (r->raw.at != NULL)
		add(out, "%zu raw bytes", r->raw.len);
	else if (r->reply.wire.at != NULL)
		add(out, "reply %d", r->reply.code);
	else if (r->garbage > 0)
		add(out, "%llu bytes of garbage",
		    (unsigned long long)r->garbage);
	if (r->repeat.way == RULE_REPEAT_ENDLESS)
		add(out, "endless");
	else if (r->repeat.times > 1)
		add(out, "%llu times", (unsigned long long)r->repeat.times);
}

static void
format_drip(const struct rule_drip *drip, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	if (drip->portions.count == 0)
		return;
	add(out, "drip ");
	for (size_t i = 0; i < drip->portions.count; i++)
		buf_printf(out, "%s%llu", i > 0 ? ", " : "",
		    (unsigned long long)drip->portions.at[i]);
	buf_printf(
	    out, " bytes every %s", utime_format_duration(drip->every, text));
}

static void
format_stall(const struct rule_stall *stall, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	if (stall->way == RULE_STALL_FOREVER)
		add(out, "stall");
	else if (stall->way == RULE_STALL_SPAN)
		add(out, "stall %s", utime_format_duration(stall->span, text));
}

static void
format_cut(const char *verb, const struct rule_cut *cut, struct buf *out)
{
	if (cut->way == RULE_CUT_ABSENT)
		return;
	add(out, "%s", verb);
	if (cut->way == RULE_CUT_AFTER)
		buf_printf(out, " after %llu bytes",
		    (unsigned long long)cut->after.bytes);
}

/* What holds for the rest of the connection. */
static void
format_manner(const struct rule *r, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	if (r->throttle > 0)
		add(out, "throttle %llu bytes a second",
		    (unsigned long long)r->throttle);
	else if (r->read.way == RULE_READ_NOTHING)
		add(out, "read nothing");
	else if (r->read.way == RULE_READ_SLOWLY)
		add(out, "read %llu bytes every %s",
		    (unsigned long long)r->read.pace.bytes,
		    utime_format_duration(r->read.pace.every, text));
	if (r->linger > 0)
		add(out, "linger %s", utime_format_duration(r->linger, text));
	if (!r->has_throughout || r->throttle > 0)
		return;
	add(out, "throughout");
	if (r->throughout.line_end.at != NULL)
		buf_append_cstr(out, " other line ends");
	if (!r->throughout.text)
		buf_append_cstr(out, " bare codes");
	if (r->throughout.drip.portions.count > 0)
		buf_append_cstr(out, " drip");
}

static void
format_tls(const struct rule *r, struct buf *out)
{
	const char *comma = buf_len(out) > 0 ? ", " : "";

	if (r->has_starttls)
		buf_printf(out, "%sstarttls %s", comma,
		    mock_tls_kind_name(r->starttls));
	if (r->tls_fault.deed == MOCK_TLS_DO_NOTHING)
		return;
	buf_printf(out, "%stls_fault ", comma);
	mock_tls_fault_format(&r->tls_fault, out);
}

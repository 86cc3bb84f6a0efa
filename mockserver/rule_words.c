/* SPDX-License-Identifier: MIT */
/*
 * What a rule does, in words: for transcripts, for reports, and for whoever
 * makes a reaction of it.
 */
#include "mockserver/rule.h"

static void format_tls(const struct rule *r, struct buf *out);
static void format_cut(
    const char *verb, const struct rule_cut *cut, struct buf *out);

enum rule_ending
rule_ending_of(const struct rule *r, uint64_t *reply_bytes)
{
	const struct rule_cut *cut =
	    r->drop.way != RULE_CUT_ABSENT ? &r->drop : &r->reset;

	*reply_bytes = UINT64_MAX;
	if (r->stall.way != RULE_STALL_ABSENT) {
		*reply_bytes = 0;
		return RULE_STALL;
	}
	if (cut->way == RULE_CUT_ABSENT)
		return r->then;
	*reply_bytes = cut->after.bytes;
	return cut == &r->drop ? RULE_DROP : RULE_RESET;
}

void
rule_format_action(const struct rule *r, struct buf *out)
{
	char text[UTIME_TEXT_MAX];

	assert(buf_len(out) == 0);
	if (r->delay > 0)
		buf_printf(
		    out, "delay %s", utime_format_duration(r->delay, text));
	if (r->raw.at != NULL)
		buf_printf(out, "%s%zu raw bytes", buf_len(out) > 0 ? ", " : "",
		    r->reply.wire.len);
	else if (r->reply.wire.at != NULL)
		buf_printf(out, "%sreply %d", buf_len(out) > 0 ? ", " : "",
		    r->reply.code);
	if (r->drip.bytes > 0)
		buf_printf(out, "%sdrip %llu bytes every %s",
		    buf_len(out) > 0 ? ", " : "",
		    (unsigned long long)r->drip.bytes,
		    utime_format_duration(r->drip.every, text));
	if (r->stall.way == RULE_STALL_FOREVER)
		buf_append_cstr(out, "stall");
	if (r->stall.way == RULE_STALL_SPAN)
		buf_printf(out, "stall %s",
		    utime_format_duration(r->stall.span, text));
	format_cut("drop", &r->drop, out);
	format_cut("reset", &r->reset, out);
	if (r->then == RULE_CLOSE)
		buf_printf(out, "%sclose", buf_len(out) > 0 ? ", " : "");
	format_tls(r, out);
	if (r->set.at != NULL)
		buf_printf(out, "%sset %.*s", buf_len(out) > 0 ? ", " : "",
		    SLICE_ARG(r->set));
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

static void
format_cut(const char *verb, const struct rule_cut *cut, struct buf *out)
{
	if (cut->way == RULE_CUT_ABSENT)
		return;
	buf_printf(out, "%s%s", buf_len(out) > 0 ? ", " : "", verb);
	if (cut->way == RULE_CUT_AFTER)
		buf_printf(out, " after %llu bytes",
		    (unsigned long long)cut->after.bytes);
}

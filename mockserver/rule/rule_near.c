/* SPDX-License-Identifier: MIT */
/* Which occasion was the nearest, and how it is told; see rule_near.h. */
#include "mockserver/rule/rule_near.h"

#include "mockserver/rule/rule_glob.h"

/* Of a list so many are told. */
#define LIST_MAX 4

static uint64_t gap_of(
    enum rule_condition failed, const struct rule_near_facts *facts);
static uint64_t gap_of_count(enum rule_counting counting,
    const struct rule_count *count, const struct rule *r);
static bool is_nearer(
    const struct rule_near *n, enum rule_condition failed, uint64_t gap);
static bool is_same(const struct rule_near *n, const struct occasion *o);
static void copy_text(char *out, size_t room, struct slice text);
static void copy_argument(struct rule_near *n, const struct occasion *occasion);
static void copy_was(char out[RULE_NEAR_TEXT], enum rule_condition failed,
    const struct rule_near_facts *facts);
static void format_wanted(
    const struct rule_near *n, const struct rule *r, struct buf *out);
static void format_counted(
    const struct rule_near *n, const struct rule *r, struct buf *out);
static void format_list(
    const struct slice *texts, size_t count, struct buf *out);

bool
rule_near_note(struct rule_near *n, enum rule_condition failed,
    const struct rule_near_facts *facts)
{
	uint64_t gap;

	if (n->looks == RULE_NEAR_LOOKS)
		return false;
	n->looks++;
	/* The same words again are no nearer. */
	if (n->is_set && n->failed == failed && is_same(n, facts->occasion))
		return true;
	gap = gap_of(failed, facts);
	if (!is_nearer(n, failed, gap))
		return true;
	n->is_set = true;
	n->failed = failed;
	n->gap = gap;
	n->at = facts->at;
	n->number = facts->occasion->size;
	copy_argument(n, facts->occasion);
	copy_was(n->was, failed, facts);
	return true;
}

void
rule_near_note_count(struct rule_near *n, enum rule_counting counting,
    const struct rule_count *count, const struct rule_near_facts *facts)
{
	const uint64_t gap = gap_of_count(counting, count, facts->rule);

	if (!is_nearer(n, RULE_IF_COUNTED, gap))
		return;
	n->is_set = true;
	n->failed = RULE_IF_COUNTED;
	n->counting = counting;
	n->gap = gap;
	n->at = facts->at;
	n->number =
	    counting == RULE_COUNTING_QUOTA ? count->taken : count->held;
	copy_argument(n, facts->occasion);
}

/* ---- how near ---- */

/* One that only has to wait for its number is nearer than any other. */
static bool
is_nearer(const struct rule_near *n, enum rule_condition failed, uint64_t gap)
{
	const bool is_counted = failed == RULE_IF_COUNTED;
	const bool was_counted = n->failed == RULE_IF_COUNTED;

	if (!n->is_set || is_counted != was_counted)
		return !n->is_set || is_counted;
	return gap < n->gap;
}

/* The one address that the condition asks for is the one that is noted, as
 * mostly in a load.  Others may be the same and are measured again. */
static bool
is_same(const struct rule_near *n, const struct occasion *o)
{
	struct slice text = { 0 };

	if (n->failed == RULE_IF_FROM)
		text = o->from;
	else if (n->failed == RULE_IF_TO && o->to_count == 1)
		text = o->to[0];
	return text.len > 0 && text.len < sizeof(n->was) &&
	    slice_eq(text, slice_cstr(n->was));
}

static uint64_t
gap_of(enum rule_condition failed, const struct rule_near_facts *facts)
{
	const struct rule *r = facts->rule;
	const struct occasion *o = facts->occasion;

	if (failed == RULE_IF_SIZE)
		return r->size - o->size;
	if (failed == RULE_IF_DURING)
		return facts->at < r->during.at[0]
		    ? (uint64_t)(r->during.at[0] - facts->at)
		    : (uint64_t)(facts->at - r->during.at[1]);
	if (failed == RULE_IF_FROM)
		return rule_globs_distance(
		    r->from.at, r->from.count, &o->from, 1);
	if (failed == RULE_IF_TO)
		return rule_globs_distance(
		    r->to.at, r->to.count, o->to, o->to_count);
	return 0;
}

/* How many more of what is counted were wanted.  A number of nth that is past
 * was hidden by another rule: the least one ahead is meant, or none. */
static uint64_t
gap_of_count(enum rule_counting counting, const struct rule_count *count,
    const struct rule *r)
{
	uint64_t gap = UINT64_MAX;

	if (counting == RULE_COUNTING_EVERY)
		return r->every - count->held % r->every;
	if (counting == RULE_COUNTING_RATE)
		return r->rate.count - count->held + 1;
	if (counting == RULE_COUNTING_QUOTA)
		return r->quota.messages + r->quota.bytes - count->taken;
	if (counting != RULE_COUNTING_NTH)
		return gap;
	for (size_t i = 0; i < r->nth.count; i++)
		if (r->nth.at[i] > count->held &&
		    r->nth.at[i] - count->held < gap)
			gap = r->nth.at[i] - count->held;
	return gap;
}

/* ---- what is kept ---- */

/* As much of it as fits, with "..." for the rest. */
static void
copy_text(char *out, size_t room, struct slice text)
{
	const bool is_cut = text.len >= room;
	const size_t len = is_cut ? room - 4 : text.len;

	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text.at[i];

		out[i] = c < ' ' || c >= 0x7f ? '?' : (char)c;
	}
	if (is_cut)
		memcpy(out + len, "...", 4);
	else
		out[len] = '\0';
}

/* As it came, for it may have to be kept often and is told once. */
static void
copy_argument(struct rule_near *n, const struct occasion *occasion)
{
	const struct slice text =
	    slice_sub(occasion->argument, 0, sizeof(n->argument));

	if (text.len > 0)
		memcpy(n->argument, text.at, text.len);
	n->argument_len = occasion->argument.len;
}

static void
copy_was(char out[RULE_NEAR_TEXT], enum rule_condition failed,
    const struct rule_near_facts *facts)
{
	const struct occasion *o = facts->occasion;
	struct buf list = { 0 };
	char client[IP_TEXT_MAX];

	out[0] = '\0';
	if (failed == RULE_IF_IN)
		copy_text(out, RULE_NEAR_TEXT, slice_cstr(facts->state));
	if (failed == RULE_IF_CLIENT)
		copy_text(out, RULE_NEAR_TEXT,
		    slice_cstr(ip_format(o->client, client)));
	if (failed == RULE_IF_FROM)
		format_list(&o->from, 1, &list);
	if (failed == RULE_IF_TO)
		format_list(o->to, o->to_count, &list);
	if (buf_len(&list) > 0)
		copy_text(out, RULE_NEAR_TEXT, buf_slice(&list));
	buf_fini(&list);
}

/* ---- in words ---- */

void
rule_near_format(
    const struct rule_near *n, const struct rule *r, struct buf *out)
{
	char span[UTIME_TEXT_MAX];

	rule_near_format_command(n, r, out);
	buf_printf(out, " at %s: only \"%s\" was not true, which ",
	    utime_format_span(n->at, span), rule_near_condition(n));
	rule_near_format_detail(n, r, out);
}

const char *
rule_near_condition(const struct rule_near *n)
{
	static const char *const names[] = {
#define X(constant, name) [constant] = name,
		RULE_CONDITIONS(X)
#undef X
	};
	static const char *const countings[] = {
#define X(constant, name) [constant] = name,
		RULE_COUNTINGS(X)
#undef X
	};

	return n->failed == RULE_IF_COUNTED ? countings[n->counting]
					    : names[n->failed];
}

void
rule_near_format_detail(
    const struct rule_near *n, const struct rule *r, struct buf *out)
{
	if (n->failed == RULE_IF_COUNTED)
		format_counted(n, r, out);
	else
		format_wanted(n, r, out);
}

void
rule_near_format_command(
    const struct rule_near *n, const struct rule *r, struct buf *out)
{
	const bool is_named = r->on != STAGE_UNKNOWN;
	const size_t kept = n->argument_len < sizeof(n->argument)
	    ? n->argument_len
	    : sizeof(n->argument);
	char text[RULE_NEAR_TEXT];

	if (is_named)
		for (const char *c = smtp_stage_name(r->on); *c != '\0'; c++)
			buf_append_byte(out,
			    *c >= 'a' && *c <= 'z' ? (char)(*c - ('a' - 'A'))
						   : *c);
	if (n->argument_len == 0)
		return;
	copy_text(text, sizeof(text), slice_of(n->argument, kept));
	buf_printf(out, "%s%s", is_named ? " " : "", text);
}

static void
format_wanted(const struct rule_near *n, const struct rule *r, struct buf *out)
{
	char a[UTIME_TEXT_MAX], b[UTIME_TEXT_MAX];
	char network[IP_NETWORK_TEXT_MAX];

	buf_append_cstr(out, "wants ");
	switch (n->failed) {
	case RULE_IF_SECURED:
		buf_append_cstr(out, "TLS, and it was in clear");
		break;
	case RULE_IF_WRONG:
		buf_append_cstr(out, "a command that is wrong");
		break;
	case RULE_IF_NOBODY:
		buf_append_cstr(out,
		    r->nobody ? "no recipient, and there was one"
			      : "a recipient, and there was none");
		break;
	case RULE_IF_SIZE:
		buf_printf(out, "%llu bytes, and there were %llu",
		    (unsigned long long)r->size, (unsigned long long)n->number);
		break;
	case RULE_IF_DURING:
		buf_printf(out, "%s to %s",
		    utime_format_duration(r->during.at[0], a),
		    utime_format_duration(r->during.at[1], b));
		break;
	case RULE_IF_IN:
		format_list(r->in.at, r->in.count, out);
		break;
	case RULE_IF_CLIENT:
		buf_append_cstr(out, ip_network_format(&r->client, network));
		break;
	case RULE_IF_FROM:
		format_list(r->from.at, r->from.count, out);
		break;
	case RULE_IF_TO:
		format_list(r->to.at, r->to.count, out);
		break;
	case RULE_IF_MATCH:
		buf_printf(out, "/%.*s/", SLICE_ARG(r->match.text));
		break;
	case RULE_IF_PROBABILITY:
		buf_printf(out, "a chance of %g", r->probability);
		break;
	case RULE_IF_COUNTED:
		break;
	}
	if (n->was[0] != '\0')
		buf_printf(out, ", and it was %s", n->was);
}

static void
format_counted(const struct rule_near *n, const struct rule *r, struct buf *out)
{
	const unsigned long long was = n->number;
	const uint64_t limit = r->quota.messages + r->quota.bytes;

	buf_append_cstr(out, "wants ");
	if (n->counting == RULE_COUNTING_NTH) {
		buf_append_cstr(out, "number ");
		for (size_t i = 0; i < r->nth.count; i++)
			buf_printf(out, "%s%llu", i > 0 ? " or " : "",
			    (unsigned long long)r->nth.at[i]);
	} else if (n->counting == RULE_COUNTING_EVERY) {
		buf_printf(
		    out, "each number %llu", (unsigned long long)r->every);
	} else if (n->counting == RULE_COUNTING_RATE) {
		buf_printf(out, "more than %llu in a window",
		    (unsigned long long)r->rate.count);
	} else {
		buf_printf(out, "%llu %s taken", (unsigned long long)limit,
		    r->quota.bytes > 0 ? "bytes" : "messages");
	}
	if (n->counting == RULE_COUNTING_QUOTA)
		buf_printf(out, ", and there were %llu", was);
	else
		buf_printf(out, ", and it was number %llu", was);
}

/* "a@b or c@d", the null path as "". */
static void
format_list(const struct slice *texts, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count && i < LIST_MAX; i++)
		buf_printf(out, "%s%s%.*s%s", i > 0 ? " or " : "",
		    texts[i].len == 0 ? "\"" : "", SLICE_ARG(texts[i]),
		    texts[i].len == 0 ? "\"" : "");
	if (count > LIST_MAX)
		buf_printf(out, " or %zu others", count - LIST_MAX);
}

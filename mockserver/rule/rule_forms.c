/* SPDX-License-Identifier: MIT */
/* The forms of what rules do; see rule_forms.h. */
#include "mockserver/rule/rule_forms.h"

#include "core/json/bytes.h"

#define BYTES_MAX 1000000000000
/* Of an answer, which a connection keeps in memory. */
#define REPEAT_MAX   20000
#define PORTIONS_MAX 1000

static bool read_true(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool read_false(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

static const struct json_custom only_true = {
	.name = "true",
	.types = JSON_ACCEPTS_BOOLEAN,
	.schema = "{\"const\": true}",
	.read = read_true,
};
static const struct json_custom only_false = {
	.name = "false",
	.types = JSON_ACCEPTS_BOOLEAN,
	.schema = "{\"const\": false}",
	.read = read_false,
};

static const struct json_field cut_fields[] = {
	{ "after", JF_INTEGER(0, BYTES_MAX),
	    JSON_AT(struct rule_cut_after, bytes), JSON_REQUIRED,
	    "How many bytes of the reply are sent before the end." },
};
static const struct json_table cut_table = {
	.name = "cut",
	.help = "Where in a reply a connection ends.",
	.size = sizeof(struct rule_cut_after),
	JSON_FIELDS(cut_fields),
};
const struct json_choice rule_cut_ways[] = {
	{ JF_CUSTOM(&only_true), JSON_AT(struct rule_cut, after),
	    RULE_CUT_TRUE },
	{ JF_OBJECT(&cut_table), JSON_AT(struct rule_cut, after),
	    RULE_CUT_AFTER },
};

static const struct json_field drip_fields[] = {
	{ "bytes",
	    JF_ARRAY_OR_ONE(
		uint64_t, JF_INTEGER(1, BYTES_MAX), 1, PORTIONS_MAX),
	    JSON_AT(struct rule_drip, portions), JSON_REQUIRED,
	    "How many bytes at a time; a list of two or more: the first "
	    "portions, behind which the rest comes at once." },
	{ "every", JF_DURATION_SOME, JSON_AT(struct rule_drip, every),
	    JSON_REQUIRED, "How long from one time to the next." },
};
const struct json_table rule_drip_table = {
	.name = "drip",
	.help = "An answer in small portions.",
	.size = sizeof(struct rule_drip),
	JSON_FIELDS(drip_fields),
};

const struct json_choice rule_stall_ways[] = {
	{ JF_CUSTOM(&only_true), JSON_AT(struct rule_stall, span),
	    RULE_STALL_FOREVER },
	{ JF_DURATION_SOME, JSON_AT(struct rule_stall, span), RULE_STALL_SPAN },
};

static const struct json_word endless_words[] = {
	{ "endless", 0 },
};
const struct json_choice rule_repeat_ways[] = {
	{ JF_INTEGER(1, REPEAT_MAX), JSON_AT(struct rule_repeat, times),
	    RULE_REPEAT_TIMES },
	{ JF_WORD(endless_words), JSON_AT(struct rule_repeat, times),
	    RULE_REPEAT_ENDLESS },
};

static const struct json_field read_fields[] = {
	{ "bytes", JF_INTEGER(1, BYTES_MAX),
	    JSON_AT(struct rule_read_pace, bytes), JSON_REQUIRED,
	    "How many bytes at most ..." },
	{ "every", JF_DURATION_SOME, JSON_AT(struct rule_read_pace, every),
	    JSON_REQUIRED, "... in each span of this length." },
};
static const struct json_table read_table = {
	.name = "read",
	.help = "How slowly a host reads.",
	.size = sizeof(struct rule_read_pace),
	JSON_FIELDS(read_fields),
};
const struct json_choice rule_read_ways[] = {
	{ JF_CUSTOM(&only_false), JSON_AT(struct rule_read, pace),
	    RULE_READ_NOTHING },
	{ JF_OBJECT(&read_table), JSON_AT(struct rule_read, pace),
	    RULE_READ_SLOWLY },
};

static const struct json_field throughout_fields[] = {
	{ "line_end", JF_CUSTOM(&json_bytes),
	    JSON_AT(struct rule_throughout, line_end), JSON_OPTIONAL,
	    "What the lines of replies end with instead of \\r\\n (escapes as "
	    "in raw); nothing, if it is empty." },
	{ "text", JF_BOOLEAN, JSON_AT(struct rule_throughout, text), "true",
	    "Whether the lines of replies have more than their code." },
	{ "drip", JF_OBJECT(&rule_drip_table),
	    JSON_AT(struct rule_throughout, drip), JSON_OPTIONAL,
	    "Replies come bit by bit." },
};
const struct json_table rule_throughout_table = {
	.name = "throughout",
	.help = "The manner of all replies of a connection, save raw bytes.",
	.size = sizeof(struct rule_throughout),
	JSON_FIELDS(throughout_fields),
};

/* A tenth of it ten times a second; if that is no whole number, the first one
 * above, so much more seldom that the second has its bytes. */
void
rule_throttle(struct rule *r, struct arena *arena)
{
	uint64_t *portion = arena_alloc(arena, sizeof(*portion));
	utime every;

	*portion = (r->throttle + 9) / 10;
	every = (utime)(*portion * (uint64_t)UTIME_S / r->throttle);
	r->read.way = RULE_READ_SLOWLY;
	r->read.pace = (struct rule_read_pace){ *portion, every };
	r->has_throughout = true;
	r->throughout.text = true;
	r->throughout.drip.portions.at = portion;
	r->throughout.drip.portions.count = 1;
	r->throughout.drip.every = every;
}

static bool
read_true(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	(void)to;
	(void)arena;
	if (json_is_true(at->value))
		return true;
	return json_fail(
	    at, err, "expected true; leave the key out for the contrary");
}

static bool
read_false(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	(void)to;
	(void)arena;
	if (json_is_false(at->value))
		return true;
	return json_fail(
	    at, err, "expected false; leave the key out for the contrary");
}

/* SPDX-License-Identifier: MIT */
/*
 * A struct and its table with a row of every form, for the tests of reader and
 * schema.
 */
#ifndef FAULTPOST_TESTS_JSON_THING_H
#define FAULTPOST_TESTS_JSON_THING_H

#include "core/json/table.h"

enum colour {
	COLOUR_RED = 3,
	COLOUR_GREEN,
	COLOUR_BLUE
};

enum shape_tag {
	SHAPE_NONE,
	SHAPE_TEXT,
	SHAPE_COUNT,
	SHAPE_PART
};

struct part {
	struct slice name;
	uint8_t weight;
	const struct part *inner;
	const char *pointer;
};

struct shape {
	enum shape_tag tag;
	bool has_part;
	const char *text;
	int16_t count;
	struct part part;
};

struct score {
	const char *who;
	uint64_t points;
};

struct thing {
	struct slice title;
	const char *note;
	bool on;
	int64_t big;
	uint32_t port;
	bool has_port;
	int times;
	double share;
	utime delay, pause, until, start;
	enum colour colour;
	struct part part;
	const struct part *spare;
	JSON_ARRAY_OF(struct part) parts;
	JSON_ARRAY_OF(const char *) to;
	JSON_ARRAY_OF(struct part) named;
	JSON_ARRAY_OF(struct score) scores;
	struct shape shape;
	struct json_any any;
	uint32_t even;
	size_t sum; /* of the scores; the check fills it in */
};

static bool even_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool name_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool thing_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

static const struct json_word colours[] = {
	{ "red", COLOUR_RED },
	{ "green", COLOUR_GREEN },
	{ "blue", COLOUR_BLUE },
};
static const struct json_word forever[] = { { "forever", -1 } };
static const struct json_word idle[] = { { "idle", UTIME_NEVER } };

static const struct json_custom even_form = {
	.name = "even number",
	.types = JSON_ACCEPTS_INTEGER,
	.schema = "{\"type\": \"integer\", \"multipleOf\": 2,"
		  " \"minimum\": 0, \"maximum\": 1000}",
	.read = even_read,
};
static const struct json_custom name_form = {
	.name = "name",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[a-z]+",
	.read = name_read,
};

static const struct json_table part_table;
static const struct json_field part_fields[] = {
	{ "weight", JF_INTEGER(1, 255), JSON_AT(struct part, weight), "7",
	    "Grams." },
	{ "inner", JF_OBJECT_POINTER(&part_table), JSON_AT(struct part, inner),
	    JSON_OPTIONAL, "A part of the part." },
};
static const struct json_table part_table = {
	.name = "part",
	.help = "A part.",
	.size = sizeof(struct part),
	JSON_FIELDS(part_fields),
	.pointer = offsetof(struct part, pointer),
};

static const struct json_choice shapes[] = {
	{ JF_STRING(1, 9), offsetof(struct shape, text), sizeof(const char *),
	    0, SHAPE_TEXT },
	{ JF_INTEGER(-9, 9), offsetof(struct shape, count), sizeof(int16_t), 0,
	    SHAPE_COUNT },
	{ JF_OBJECT(&part_table), offsetof(struct shape, part),
	    sizeof(struct part), offsetof(struct shape, has_part), SHAPE_PART },
};

static const struct json_field thing_fields[] = {
	{ "title", JF_STRING(1, 5), JSON_AT(struct thing, title), JSON_REQUIRED,
	    "Title." },
	{ "note", JF_STRING(0, 99), JSON_AT(struct thing, note), "none",
	    "Note." },
	{ "on", JF_BOOLEAN, JSON_AT(struct thing, on), "true", "On." },
	{ "big", JF_INTEGER(INT64_MIN, INT64_MAX), JSON_AT(struct thing, big),
	    JSON_OPTIONAL, "Big." },
	{ "port", JF_INTEGER(0, 65535),
	    JSON_AT_HAS(struct thing, port, has_port), "25", "Port." },
	{ "times", JF_INTEGER_OR(1, 1000, forever),
	    JSON_AT(struct thing, times), "forever", "Times." },
	{ "share", JF_NUMBER(0, 1), JSON_AT(struct thing, share), "0.5",
	    "Share." },
	{ "delay", JF_DURATION, JSON_AT(struct thing, delay), "1.5s",
	    "Delay." },
	{ "pause", JF_DURATION_SOME, JSON_AT(struct thing, pause),
	    JSON_OPTIONAL, "Pause." },
	{ "until", JF_DURATION_OR(idle), JSON_AT(struct thing, until), "idle",
	    "Until." },
	{ "start", JF_MOMENT, JSON_AT(struct thing, start), JSON_OPTIONAL,
	    "Start." },
	{ "colour", JF_WORD(colours), JSON_AT(struct thing, colour), "green",
	    "Colour." },
	{ "part", JF_OBJECT(&part_table), JSON_AT(struct thing, part), "{}",
	    "Part." },
	{ "spare", JF_OBJECT_POINTER(&part_table), JSON_AT(struct thing, spare),
	    JSON_OPTIONAL, "Spare." },
	{ "parts", JF_ARRAY(struct part, JF_OBJECT(&part_table), 1, 3),
	    JSON_AT(struct thing, parts), JSON_OPTIONAL, "Parts." },
	{ "to", JF_ARRAY_OR_ONE(const char *, JF_STRING(1, 99), 0, 3),
	    JSON_AT(struct thing, to), "[\"a\", \"b\"]", "To." },
	{ "named",
	    JF_MAP_OF(struct part, name, JF_CUSTOM(&name_form),
		JF_OBJECT(&part_table), 1, 2),
	    JSON_AT(struct thing, named), JSON_OPTIONAL, "Named." },
	{ "scores",
	    JF_MAP(struct score, who, JF_STRING(1, 3), points,
		JF_INTEGER(0, INT64_MAX), 0, 9),
	    JSON_AT(struct thing, scores), JSON_OPTIONAL, "Scores." },
	{ "shape", JF_CHOICE(struct shape, tag, shapes),
	    JSON_AT(struct thing, shape), JSON_OPTIONAL, "Shape." },
	{ "any", JF_ANY, JSON_AT(struct thing, any), JSON_OPTIONAL, "Any." },
	{ "even", JF_CUSTOM(&even_form), JSON_AT(struct thing, even), "2",
	    "Even | not odd." },
	{ "$schema", JF_STRING(0, 99), JSON_NOWHERE, JSON_OPTIONAL, "Schema." },
};
static const struct json_group thing_groups[] = {
	{ JSON_AT_MOST_ONE, "delay pause" },
	{ JSON_NEEDS_ONE, "times colour port" },
	{ JSON_NEEDS_ALL, "big on note" },
};
static const struct json_table thing_table = {
	.name = "thing",
	.help = "A thing.",
	.size = sizeof(struct thing),
	JSON_FIELDS(thing_fields),
	JSON_GROUPS(thing_groups),
	.check = thing_check,
};

static bool
even_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	int64_t number;
	uint32_t kept;

	(void)arena;
	if (!json_at_integer(at, &number) || number < 0 || number > 1000)
		return json_fail(at, err, "out of range");
	if (number % 2 != 0)
		return json_fail(at, err, "%lld is odd", (long long)number);
	kept = (uint32_t)number;
	memcpy(to, &kept, sizeof(kept));
	return true;
}

static bool
name_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);

	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 'a' || text.at[i] > 'z')
			return json_fail_inside(
			    at, i, err, "a name is letters");
	if (text.len == 0)
		return json_fail(at, err, "a name is letters");
	text = arena_slice(arena, text);
	memcpy(to, &text, sizeof(text));
	return true;
}

static bool
thing_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct thing *thing = value;
	struct json_at scores = json_at_key(at, "scores");

	(void)arena;
	for (size_t i = 0; i < thing->scores.count; i++)
		thing->sum += thing->scores.at[i].points;
	if (thing->sum > 100)
		return json_fail(&scores, err, "more than 100 points in all");
	return true;
}

#endif

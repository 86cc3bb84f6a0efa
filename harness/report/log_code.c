/* SPDX-License-Identifier: MIT */
/* Coding a log by shapes and steps; see log_code.h. */
#include "harness/report/log_code.h"

#include "core/maillog/maillog.h"
#include "harness/report/text_json.h"
#include "harness/report/vlq.h"

#include <uthash.h>

#define VALUES_MAX (LOG_CODE_SLOTS + 2) /* the attempt and the message, too */
#define SLOT       '\0'                 /* stands for a number in a shape */

struct log_shape {
	struct slice text; /* of the arena: flags, then a line's with SLOTs */
	uint64_t number;
	int64_t last[VALUES_MAX];
	UT_hash_handle hh;
};

struct log_step {
	int64_t *key; /* of the arena: the shape's number, and differences */
	uint64_t number;
	UT_hash_handle hh;
};

/* A line that is taken apart. */
struct parts {
	struct buf shape;
	int64_t value[VALUES_MAX];
	size_t count;
};

static struct log_shape *shape_of(struct log_code *c, const struct parts *p);
static uint64_t step_of(
    struct log_code *c, struct log_shape *shape, const struct parts *p);

void
log_code_fini(struct log_code *c)
{
	HASH_CLEAR(hh, c->shapes);
	HASH_CLEAR(hh, c->steps);
	arena_fini(&c->arena);
	buf_fini(&c->step_text);
	buf_fini(&c->line_text);
}

/* ---- taking apart ---- */

static void
value_add(struct parts *p, int64_t value)
{
	p->value[p->count++] = value;
}

/* How many of the bytes are a number that its value gives back. */
static size_t
number_at(struct slice text, int64_t *value)
{
	size_t len = 0;

	*value = 0;
	while (len < text.len && ascii_is_digit(text.at[len]) &&
	    len <= LOG_CODE_DIGITS)
		*value = *value * 10 + (text.at[len++] - '0');
	if (len > LOG_CODE_DIGITS || (len > 1 && text.at[0] == '0'))
		return 0;
	return len;
}

/* Digits are a number as a whole or not at all. */
static size_t
digits_at(struct slice text)
{
	size_t len = 0;

	while (len < text.len && ascii_is_digit(text.at[len]))
		len++;
	return len;
}

static void
text_take_apart(struct parts *p, struct slice text)
{
	const size_t most = p->count + LOG_CODE_SLOTS;

	while (text.len > 0) {
		int64_t value;
		size_t used = p->count < most ? number_at(text, &value) : 0;

		if (used > 0) {
			value_add(p, value);
			buf_append_byte(&p->shape, SLOT);
		} else {
			used = digits_at(text);
			used += used == 0;
			buf_append(&p->shape, slice_sub(text, 0, used));
		}
		text = slice_skip(text, used);
	}
}

static void
line_take_apart(struct parts *p, const struct log_code_line *line)
{
	struct buf text = { 0 };

	if (line->has_attempt) {
		buf_append_byte(&p->shape, 'a');
		value_add(p, (int64_t)line->attempt);
	}
	if (line->has_message) {
		buf_append_byte(&p->shape, 'm');
		value_add(p, (int64_t)(line->message % VLQ_LIMIT));
	}
	buf_append_byte(&p->shape, SLOT);
	maillog_escape(&text, line->text);
	text_take_apart(p, buf_slice(&text));
	buf_fini(&text);
}

/* ---- keeping ---- */

static size_t
bytes_used(const struct log_code *c)
{
	return c->shape_bytes + buf_len(&c->step_text) + buf_len(&c->line_text);
}

static bool
has_room(const struct log_code *c, const struct log_code_line *line)
{
	size_t used = bytes_used(c) + line->text.len;

	return used <= (line->has_attempt ? c->limit : c->limit / 2);
}

static void
gap_note(struct log_code *c)
{
	if (c->left_out == 0)
		return;
	vlq_append(&c->line_text, 0);
	vlq_append(&c->line_text, (int64_t)c->left_out);
	c->left_out = 0;
}

void
log_code_skip(struct log_code *c, uint64_t count)
{
	c->count += count;
	c->left_out += count;
	c->left_out_all += count;
}

void
log_code_add(struct log_code *c, const struct log_code_line *line)
{
	int64_t ms = line->since_start / UTIME_MS;
	struct parts parts = { 0 };

	if (!has_room(c, line)) {
		log_code_skip(c, 1);
		return;
	}
	c->count++;
	gap_note(c);
	line_take_apart(&parts, line);
	vlq_append(&c->line_text,
	    (int64_t)step_of(c, shape_of(c, &parts), &parts) + 1);
	vlq_append(&c->line_text, ms - c->last_ms);
	c->last_ms = ms;
	buf_fini(&parts.shape);
}

static struct log_shape *
shape_of(struct log_code *c, const struct parts *p)
{
	struct slice text = buf_slice(&p->shape);
	struct log_shape *shape;

	HASH_FIND(hh, c->shapes, text.at, text.len, shape);
	if (shape != NULL)
		return shape;
	shape = arena_alloc(&c->arena, sizeof(*shape));
	shape->text = arena_slice(&c->arena, text);
	shape->number = c->shape_count++;
	c->shape_bytes += text.len + 3 * p->count;
	HASH_ADD_KEYPTR(hh, c->shapes, shape->text.at, shape->text.len, shape);
	return shape;
}

static uint64_t
step_of(struct log_code *c, struct log_shape *shape, const struct parts *p)
{
	int64_t key[1 + VALUES_MAX] = { (int64_t)shape->number };
	const size_t key_bytes = (1 + p->count) * sizeof(key[0]);
	struct log_step *step;

	for (size_t i = 0; i < p->count; i++) {
		key[1 + i] = p->value[i] - shape->last[i];
		shape->last[i] = p->value[i];
	}
	HASH_FIND(hh, c->steps, key, key_bytes, step);
	if (step != NULL)
		return step->number;
	step = arena_alloc(&c->arena, sizeof(*step));
	step->key = arena_alloc(&c->arena, key_bytes);
	memcpy(step->key, key, key_bytes);
	step->number = c->step_count++;
	HASH_ADD_KEYPTR(hh, c->steps, step->key, key_bytes, step);
	for (size_t i = 0; i <= p->count; i++)
		vlq_append(&c->step_text, key[i]);
	return step->number;
}

/* ---- what is written ---- */

static json_t *
shape_json(const struct log_shape *shape)
{
	json_t *list = json_array();
	struct slice rest = shape->text;

	for (;;) {
		size_t end = slice_find_byte(rest, SLOT);

		json_array_append_new(list, json_stringn(rest.at, end));
		if (end == rest.len)
			return list;
		rest = slice_skip(rest, end + 1);
	}
}

json_t *
log_code_json(struct log_code *c)
{
	json_t *object = json_object(), *shapes = json_array();
	struct log_shape *shape, *next;

	gap_note(c);
	HASH_ITER(hh, c->shapes, shape, next)
	{
		json_array_append_new(shapes, shape_json(shape));
	}
	json_object_set_new(object, "shapes", shapes);
	json_object_set_new(object, "steps", text_json(&c->step_text));
	json_object_set_new(object, "lines", text_json(&c->line_text));
	json_object_set_new(
	    object, "count", json_integer((json_int_t)c->count));
	json_object_set_new(
	    object, "left_out", json_integer((json_int_t)c->left_out_all));
	return object;
}

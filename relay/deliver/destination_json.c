/* SPDX-License-Identifier: MIT */
/* Destination controls as lines of a JSON text; see config_json.h. */
#include "core/base/buf.h"
#include "relay/config_json.h"

static bool line_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

const struct json_custom relay_destconfig_line = {
	.name = "destconfig line",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[^\\n\\r]*",
	.read = line_read,
};

static bool
line_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);

	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\n' || text.at[i] == '\r')
			return json_fail_inside(
			    at, i, err, "an end of line; expected a line each");
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

/* The offset of the character in column `col`. */
static size_t
offset_of(struct slice line, int col)
{
	size_t at = 0;

	while (at < line.len && (col > 1 || (line.at[at] & 0xc0) == 0x80)) {
		at++;
		if (at < line.len && (line.at[at] & 0xc0) != 0x80)
			col--;
	}
	return at;
}

/* Moves an error from its line and column to its place in the JSON text. */
static void
place_error(const struct json_at *array, const struct relay_destconfig *lines,
    const struct err *from, struct err_list *errors)
{
	size_t index = (size_t)from->line - 1;
	struct json_at at = json_at_index(array, index);
	struct err *err = err_list_next(errors);

	assert(index < lines->count);
	if (err != NULL)
		(void)json_fail_inside(&at,
		    offset_of(lines->at[index], from->col), err, "%s",
		    from->msg);
}

static void
place_notes(const struct json_at *array, const struct relay_destconfig *lines,
    struct err_list *notes)
{
	struct err_list placed = { 0 };

	for (size_t i = 0; i < notes->count; i++)
		place_error(array, lines, &notes->list[i], &placed);
	placed.total += notes->total - notes->count;
	err_list_fini(notes);
	*notes = placed;
}

struct relay_destinations *
relay_destconfig_read(const struct json_at *array,
    const struct relay_destconfig *lines, struct err_list *errors)
{
	struct err_list own = { 0 };
	struct buf text = { 0 };
	struct relay_destinations *d;

	for (size_t i = 0; i < lines->count; i++) {
		buf_append(&text, lines->at[i]);
		buf_append_byte(&text, '\n');
	}
	d = relay_destinations_parse(buf_slice(&text), NULL, &own);
	for (size_t i = 0; i < own.count; i++)
		place_error(array, lines, &own.list[i], errors);
	errors->total += own.total - own.count;
	err_list_fini(&own);
	for (enum relay_lack lack = 0; d != NULL && lack < LACK_KINDS; lack++)
		place_notes(array, lines, relay_destinations_notes(d, lack));
	buf_fini(&text);
	return d;
}

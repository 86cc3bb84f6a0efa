/* SPDX-License-Identifier: MIT */
/* Changes as text; see compare.h. */
#include "harness/report/text_json.h"
#include "harness/routes/compare_impl.h"

static void
who_format(const struct compare_change *change, struct buf *out)
{
	if (slice_eq(change->domain, SLICE("ALL")))
		buf_append_cstr(out, "ALL, every name without a line");
	else if (slice_starts_with(change->domain, SLICE(".")))
		buf_printf(out, "%.*s, names without a better line",
		    SLICE_ARG(change->domain));
	else
		buf_append(out, change->domain);
	buf_append_byte(out, '\n');
}

static void
order_format(const char *what, const struct route *route, struct buf *out)
{
	buf_printf(out, "    %s", what);
	compare_order(route, out);
	if (route != NULL && route->line > 0)
		buf_printf(out, " (line %d)", route->line);
	buf_append_byte(out, '\n');
}

void
compare_format(const struct compare *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct compare_change *change = &c->changes[i];

		who_format(change, out);
		for (size_t k = 0; k < change->word_count; k++)
			buf_printf(out, "  - %s\n", change->words[k]);
		order_format("was: ", change->before, out);
		order_format("now: ", change->after, out);
	}
	if (c->count == 0)
		buf_append_cstr(out, "Mail goes as before");
	else
		buf_printf(out, "%zu line%s for mail that goes otherwise",
		    c->count, c->count == 1 ? " is" : "s are");
	if (c->idle_count > 0)
		buf_printf(out, "; %zu %s%s", c->idle_count,
		    c->count == 0 ? "of its lines " : "more ",
		    c->idle_count == 1 ? "differs, and changes nothing"
				       : "differ, and change nothing");
	buf_append_cstr(out, ".\n");
}

static json_t *
route_json(const struct route *route)
{
	json_t *object = json_object();
	struct buf text = { 0 };

	if (route == NULL) {
		json_decref(object);
		return json_null();
	}
	route_format(route, &text);
	json_object_set_new(object, "text", text_json(&text));
	json_object_set_new(object, "line", json_integer(route->line));
	buf_clear(&text);
	compare_order(route, &text);
	json_object_set_new(object, "order", text_json(&text));
	buf_fini(&text);
	return object;
}

void
compare_json(const struct compare *c, struct buf *out)
{
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < c->count; i++) {
		const struct compare_change *change = &c->changes[i];
		json_t *entry = json_object(), *words = json_array();

		for (size_t k = 0; k < change->word_count; k++)
			json_array_append_new(
			    words, json_string(change->words[k]));
		json_object_set_new(entry, "domain",
		    json_stringn(change->domain.at, change->domain.len));
		json_object_set_new(entry, "changes", words);
		json_object_set_new(
		    entry, "before", route_json(change->before));
		json_object_set_new(entry, "after", route_json(change->after));
		json_array_append_new(list, entry);
	}
	json_object_set_new(object, "changes", list);
	json_object_set_new(
	    object, "without_effect", json_integer((json_int_t)c->idle_count));
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
}

/* SPDX-License-Identifier: MIT */
/*
 * The SMTP routes while the relay runs: shown, changed, replaced.  A change is
 * a whole new table, read by the same grammar as the configuration's: it holds
 * or it changes nothing.  It lasts until the configuration is read again.
 */
#include "relay/operate/operate.h"

#include "relay/deliver/destination.h"

/* The table so far, a line each. */
static void
append_table(const struct operation *op, struct buf *text)
{
	routes_format(relay_routes(op->relay), text);
}

/* The first of the errors, and how many there are beside it. */
static bool
tell_errors(struct err_list *errors, struct err *err)
{
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	if (errors->total > 1) {
		err_format(&errors->list[0], text, sizeof(text));
		(void)err_set(
		    err, "%s (and %zu more)", text, errors->total - 1);
	} else {
		*err = errors->list[0];
	}
	return false;
}

/* Puts the table that the text is in force. */
static bool
take_table(
    struct operation *op, struct slice text, const char *file, struct err *err)
{
	struct err_list errors = { 0 };
	bool ok = relay_import_routes(op->relay, text, file, &errors);

	if (!ok)
		(void)tell_errors(&errors, err);
	err_list_fini(&errors);
	return ok;
}

static void
answer_count(struct operation *op)
{
	op->answer->object = json_pack("{s:I}", "routes",
	    (json_int_t)routes_count(relay_routes(op->relay)));
}

/* ---- print and export ---- */

static bool
print_routes(struct operation *op)
{
	struct buf *text = &op->answer->text;
	size_t count = routes_count(relay_routes(op->relay));
	json_t *lines = json_array();
	struct buf line = { 0 };

	if (count == 0)
		buf_append_cstr(text, "There are no routes configured.\n");
	append_table(op, text);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&line);
		route_format(routes_at(relay_routes(op->relay), i), &line);
		json_array_append_new(lines, status_json_text(buf_cstr(&line)));
	}
	buf_fini(&line);
	op->answer->object = json_pack("{s:o}", "routes", lines);
	return true;
}

/* The client writes it to its file. */
static bool
export_routes(struct operation *op)
{
	append_table(op, &op->answer->text);
	answer_count(op);
	return true;
}

/* ---- changes ---- */

static bool
import_routes(struct operation *op, struct err *err)
{
	char *file = slice_dup(operation_word(op, 2));
	bool ok = take_table(op, op->command->payload, file, err);

	free(file);
	if (!ok)
		return false;
	buf_printf(&op->answer->text,
	    "There are currently %zu routes configured.\n",
	    routes_count(relay_routes(op->relay)));
	answer_count(op);
	return true;
}

/* Words 3 and on, with a comma between them unless they have it. */
static void
append_destinations(const struct operation *op, struct buf *text)
{
	for (size_t i = 3; i < op->command->count; i++) {
		struct slice word = operation_word(op, i);

		if (word.len > 0 && word.at[word.len - 1] == ',')
			word.len--;
		buf_printf(text, "%s%.*s", i > 3 ? ", " : "", SLICE_ARG(word));
	}
}

static bool
add_route(struct operation *op, struct err *err)
{
	struct buf table = { 0 }, to = { 0 };
	struct slice domain = operation_word(op, 2);
	bool ok;

	append_destinations(op, &to);
	append_table(op, &table);
	buf_printf(&table, "%.*s: %.*s\n", SLICE_ARG(domain),
	    SLICE_ARG(buf_slice(&to)));
	ok = take_table(op, buf_slice(&table), NULL, err);
	if (ok) {
		buf_printf(&op->answer->text,
		    "Mapping for %.*s to %.*s "
		    "created.\n",
		    SLICE_ARG(domain), SLICE_ARG(buf_slice(&to)));
		answer_count(op);
	}
	buf_fini(&table);
	buf_fini(&to);
	return ok;
}

static bool
delete_route(struct operation *op, struct err *err)
{
	const struct routes *routes = relay_routes(op->relay);
	struct slice domain = operation_word(op, 2);
	struct buf table = { 0 };
	bool found = false, ok;

	for (size_t i = 0; i < routes_count(routes); i++) {
		const struct route *route = routes_at(routes, i);

		if (slice_eq_nocase(route->domain, domain)) {
			found = true;
			continue;
		}
		route_format(route, &table);
		buf_append_byte(&table, '\n');
	}
	ok = found
	    ? take_table(op, buf_slice(&table), NULL, err)
	    : err_set(err, "there is no route for %.*s", SLICE_ARG(domain));
	buf_fini(&table);
	if (!ok)
		return false;
	buf_printf(&op->answer->text, "Mapping for %.*s deleted.\n",
	    SLICE_ARG(domain));
	answer_count(op);
	return true;
}

static bool
clear_routes(struct operation *op, struct err *err)
{
	if (!take_table(op, SLICE(""), NULL, err))
		return false;
	buf_append_cstr(&op->answer->text, "There are no routes configured.\n");
	answer_count(op);
	return true;
}

bool
operate_smtproutes(struct operation *op, struct err *err)
{
	struct slice what = operation_word(op, 1);
	size_t count = op->command->count;

	if (slice_eq(what, SLICE("print")) && count == 2)
		return print_routes(op);
	if (slice_eq(what, SLICE("export")) && count <= 3)
		return export_routes(op);
	if (slice_eq(what, SLICE("import")) && count == 3)
		return import_routes(op, err);
	if (slice_eq(what, SLICE("new")) && count >= 4)
		return add_route(op, err);
	if (slice_eq(what, SLICE("delete")) && count == 3)
		return delete_route(op, err);
	if (slice_eq(what, SLICE("clear")) && count == 2)
		return clear_routes(op, err);
	return err_set(err,
	    "expected: smtproutes print|new DOMAIN HOST...|delete DOMAIN"
	    "|import FILE|export FILE|clear");
}

/* ---- destination controls ---- */

bool
operate_destconfig(struct operation *op, struct err *err)
{
	const struct relay_destinations *d = op->relay->config->destinations;

	if (!slice_eq(operation_word(op, 1), SLICE("print")))
		return err_set(err, "expected: destconfig print");
	relay_destinations_format(d, &op->answer->text);
	if (buf_len(&op->answer->text) == 0)
		buf_append_cstr(&op->answer->text,
		    "There are no destination controls configured.\n");
	op->answer->object = json_pack("{s:I,s:o}", "sections",
	    (json_int_t)relay_destinations_count(d), "text",
	    status_json_text(buf_cstr(&op->answer->text)));
	return true;
}

/* SPDX-License-Identifier: MIT */
/* Answers of the admin API as JSON, and what is wrong with requests; see
 * admin_impl.h. */
#include "mockserver/admin/admin_impl.h"

#include "core/smtp/utf8.h"

/* Nothing of an answer is for a browser to run or to show inside of a page. */
#define POLICY_OF_DATA "default-src 'none'; frame-ancestors 'none'; sandbox"

static void
send_with(
    struct admin_call *call, struct http_answer *answer, const char *policy)
{
	const struct http_pair always[] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy", policy },
	};
	const struct admin_options *options = &call->admin->options;

	if (options->before_answer != NULL)
		options->before_answer(options->owner);
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		answer->fields[answer->field_count++] = always[i];
	assert(answer->field_count <= HTTP_FIELDS_MAX);
	http_answer(call->x, answer);
}

static void
send(struct admin_call *call, struct http_answer *answer)
{
	send_with(call, answer, POLICY_OF_DATA);
}

/* ---- JSON ---- */

static int
append_text(const char *text, size_t len, void *out)
{
	buf_append(out, slice_of(text, len));
	return 0;
}

static void
send_json(struct admin_call *call, struct http_answer *answer, json_t *value)
{
	struct buf text = { 0 };
	const int failed =
	    json_dump_callback(value, append_text, &text, JSON_INDENT(1));

	assert(failed == 0);
	json_decref(value);
	buf_append_byte(&text, '\n');
	answer->body = buf_slice(&text);
	send(call, answer);
	buf_fini(&text);
}

void
admin_answer(struct admin_call *call, unsigned status, json_t *value)
{
	struct http_answer answer = {
		.status = status,
		.content_type = "application/json",
	};

	send_json(call, &answer, value);
}

void
admin_answer_text(
    struct admin_call *call, unsigned status, const char *type, struct slice s)
{
	struct http_answer answer = {
		.status = status,
		.content_type = type,
		.body = s,
	};

	send(call, &answer);
}

void
admin_answer_page(
    struct admin_call *call, const char *policy, struct slice page)
{
	struct http_answer answer = {
		.status = 200,
		.content_type = "text/html; charset=utf-8",
		.body = page,
	};

	send_with(call, &answer, policy);
}

void
admin_answer_file(
    struct admin_call *call, const char *type, struct slice content)
{
	struct http_answer answer = {
		.status = 200,
		.content_type = type,
		.body = content,
		.fields = { { "Content-Disposition", "attachment" } },
		.field_count = 1,
	};

	send(call, &answer);
}

void
admin_answer_made(struct admin_call *call, const char *location, json_t *value)
{
	struct http_answer answer = {
		.status = 201,
		.content_type = "application/json",
		.fields = { { "Location", location } },
		.field_count = 1,
	};

	send_json(call, &answer, value);
}

static bool
is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		const size_t len =
		    (unsigned char)s.at[i] < 0x80 ? 1 : smtp_utf8_scan(s, i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

json_t *
admin_text(struct slice bytes, bool *is_latin1)
{
	struct buf text = { 0 };
	json_t *value;

	if (is_utf8(bytes))
		return json_stringn(bytes.len > 0 ? bytes.at : "", bytes.len);
	*is_latin1 = true;
	for (size_t i = 0; i < bytes.len; i++) {
		const unsigned char c = (unsigned char)bytes.at[i];

		if (c >= 0x80)
			buf_append_byte(&text, (char)(0xc0 | (c >> 6)));
		buf_append_byte(
		    &text, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
	}
	value = json_stringn(buf_slice(&text).at, buf_len(&text));
	buf_fini(&text);
	return value;
}

json_t *
admin_time(utime at)
{
	char text[UTIME_TEXT_MAX];

	return at == UTIME_NEVER ? json_null()
				 : json_string(utime_format_rfc3339(at, text));
}

json_t *
admin_endpoint(const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];

	return e == NULL ? json_null() : json_string(endpoint_format(e, text));
}

/* ---- problems ---- */

/* X(status, its name: RFC 9110) */
#define STATUSES(X)                                                            \
	X(400, "Bad Request")                                                  \
	X(401, "Unauthorized")                                                 \
	X(403, "Forbidden")                                                    \
	X(404, "Not Found")                                                    \
	X(405, "Method Not Allowed")                                           \
	X(409, "Conflict")                                                     \
	X(411, "Length Required")                                              \
	X(413, "Content Too Large")                                            \
	X(415, "Unsupported Media Type")                                       \
	X(422, "Unprocessable Content")                                        \
	X(503, "Service Unavailable")                                          \
	X(504, "Gateway Timeout")

static const char *
status_name(unsigned status)
{
	static const struct {
		unsigned status;
		const char *name;
	} names[] = {
#define X(status, name) { status, name },
		STATUSES(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "Error";
}

/* `errors` is taken over; NULL: none.  `field` is one more of the head. */
static void
send_problem(struct admin_call *call, unsigned status, const char *detail,
    json_t *errors, struct http_pair field)
{
	bool is_latin1 = false;
	json_t *problem = json_pack("{s:s, s:s, s:i, s:o, s:o}", "type",
	    "about:blank", "title", status_name(status), "status", (int)status,
	    "detail", admin_text(slice_cstr(detail), &is_latin1), "instance",
	    admin_text(slice_cstr(call->request->path), &is_latin1));
	struct http_answer answer = {
		.status = status,
		.content_type = "application/problem+json",
		.fields = { field },
		.field_count = field.name != NULL,
	};

	if (errors != NULL)
		json_object_set_new(problem, "errors", errors);
	send_json(call, &answer, problem);
}

void
admin_fail(struct admin_call *call, unsigned status, const char *fmt, ...)
{
	const struct http_pair none = { 0 };
	const struct http_pair scheme = { "WWW-Authenticate", "Bearer" };
	struct buf detail = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&detail, fmt, ap);
	va_end(ap);
	send_problem(call, status, buf_cstr(&detail), NULL,
	    status == 401 ? scheme : none);
	buf_fini(&detail);
}

void
admin_fail_method(struct admin_call *call, const char *allowed)
{
	send_problem(call, 405, "the path is there, the method is not", NULL,
	    (struct http_pair){ "Allow", allowed });
}

/* Messages about JSON are "/pointer: what is wrong", or ": what" at the top;
 * those without a line are not about a place. */
static struct slice
split_pointer(const struct err *err, struct slice *what)
{
	const struct slice message = slice_cstr(err->msg);
	const size_t end = slice_find(message, SLICE(": "));

	*what = message;
	if (err->line == 0 || message.len == 0 || message.at[0] != '/' ||
	    end == message.len)
		return SLICE("");
	*what = slice_skip(message, end + 2);
	return slice_sub(message, 0, end);
}

void
admin_fail_body(struct admin_call *call, unsigned status, const struct err *err)
{
	const struct http_pair none = { 0 };
	struct slice what;
	const struct slice pointer = split_pointer(err, &what);
	bool is_latin1 = false;
	json_t *errors = json_pack("[{s:o, s:o, s:i, s:i}]", "pointer",
	    admin_text(pointer, &is_latin1), "detail",
	    admin_text(what, &is_latin1), "line", err->line, "column",
	    err->col);

	send_problem(call, status, err->msg, errors, none);
}

/* ---- reading requests ---- */

bool
admin_query_number(struct admin_call *call, const char *name, uint64_t max,
    uint64_t preset, uint64_t *number)
{
	const char *text = http_query(call->request, name);

	*number = preset;
	if (text == NULL || slice_to_u64(slice_cstr(text), max, number))
		return true;
	admin_fail(call, 400, "%s=%s is wrong; expected a number up to %llu",
	    name, text, (unsigned long long)max);
	return false;
}

bool
admin_read_body(struct admin_call *call, const struct json_table *table,
    const char *name, struct json_doc *doc, void *value, struct arena *arena)
{
	struct json_at root;
	struct err err = { 0 };

	if (!json_doc_parse(doc, name, call->request->body, &err)) {
		admin_fail_body(call, 400, &err);
		return false;
	}
	root = json_at_root(doc);
	if (!json_table_read(table, &root, value, arena, &err)) {
		admin_fail_body(call, 422, &err);
		return false;
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * Every row of the table there and back: an event that is written and read is
 * the same event, and a line that is read and written the same line, with
 * ordinary values and with the nastiest.
 */
#include "core/maillog/maillog.h"

#include "core/maillog/parser.h"
#include "core/maillog/table.h"

/* cmocka.h wants these. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NASTY_BYTES                                                            \
	" a'b\"c\\ [x] (y), n: \n\r\t\x00\x7f\x80\xc3\xa9\xc2\x85\xe2\x80\xa8 "

static const struct slice plain_words = SLICE_INIT("some words");
static const struct slice nasty_words = SLICE_INIT(NASTY_BYTES);
static const struct slice plain_word = SLICE_INIT("word.example");
static const struct slice nasty_mailbox = SLICE_INIT("<" NASTY_BYTES "@x>");
static const struct slice plain_mailbox = SLICE_INIT("<user@example.com>");

enum {
	ROW_COUNT_MAX = 200
};

struct row_case {
	char name[80];
	enum maillog_form form;
	unsigned spelling;
};

/* The values of one made event, and the buffers that some borrow from. */
struct made {
	struct maillog_event ev;
	struct buf list, details;
};

static void
make_init(struct made *m, bool nasty)
{
	struct slice lines[] = { nasty ? nasty_words : plain_words,
		SLICE("second line") };

	*m = (struct made){ 0 };
	maillog_reply_list(&m->list, lines, 2);
	maillog_reply_details(&m->details, 452, lines, 2);
}

static void
make_fini(struct made *m)
{
	buf_fini(&m->list);
	buf_fini(&m->details);
}

static struct slice
value_of(struct made *m, enum field_kind kind, bool nasty)
{
	switch (kind) {
	case KIND_WORD:
		return nasty ? nasty_words : plain_word;
	case KIND_MAILBOX:
		return nasty ? nasty_mailbox : plain_mailbox;
	case KIND_RIDS:
		return SLICE("0, 1, 18446744073709551615");
	case KIND_LIST:
		return buf_slice(&m->list);
	case KIND_DETAILS:
		return buf_slice(&m->details);
	case KIND_TEXT:
	case KIND_QUOTED:
	case KIND_NUMBER:
	case KIND_CODE:
	case KIND_SIGNED:
	case KIND_MOMENT:
	case KIND_TIME:
	case KIND_ATTRIBUTE:
		break;
	}
	return nasty ? nasty_words : plain_words;
}

static void
make_field(struct made *m, enum maillog_field field, bool nasty)
{
	enum field_kind kind = maillog_field_rows[field].kind;
	char *member = (char *)&m->ev + maillog_field_rows[field].at;
	int64_t number = 10 + (int64_t)field;
	struct slice text;

	m->ev.present |= UINT64_C(1) << field;
	if (kind == KIND_TIME)
		number = 1404292507 * UTIME_S;
	if (kind == KIND_MOMENT)
		number = 1404292507 * UTIME_S + 34 * UTIME_MS;
	if (kind == KIND_SIGNED)
		number = -number;
	if (kind <= KIND_TIME) {
		memcpy(member, &number, sizeof(number));
		return;
	}
	text = value_of(m, kind, nasty);
	memcpy(member, &text, sizeof(text));
}

/* An event of the row with all of its fields, or with those only that no
 * optional part holds. */
static void
make_event(
    struct made *m, const struct row_case *row, bool nasty, bool with_options)
{
	const char *p = maillog_pattern_of(row->form, row->spelling);

	make_init(m, nasty);
	m->ev.form = row->form;
	m->ev.spelling = (uint8_t)row->spelling;
	m->ev.time = 1404292507 * UTIME_S;
	while (*p != '\0') {
		if (*p == PATTERN_OPEN && !with_options) {
			p = maillog_pattern_after(p);
			continue;
		}
		if (pattern_is_field(*p))
			make_field(m, pattern_field(*p), nasty);
		p++;
	}
}

static void
assert_same_text(struct slice got, struct slice want)
{
	if (got.len != want.len)
		print_message("got |%.*s|\nwant |%.*s|\n", SLICE_ARG(got),
		    SLICE_ARG(want));
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.at, want.at, want.len);
}

static void
assert_same_field(const struct maillog_event *got,
    const struct maillog_event *want, enum maillog_field field)
{
	enum field_kind kind = maillog_field_rows[field].kind;
	int64_t got_number = 0, want_number = 0;
	struct slice got_text = { 0 }, want_text = { 0 };
	struct buf plain = { 0 };

	(void)maillog_field_get(want, field, &want_number, &want_text);
	if (maillog_field_get(got, field, &got_number, &got_text)) {
		assert_int_equal(got_number, want_number);
		return;
	}
	if (kind == KIND_RIDS || kind == KIND_LIST || kind == KIND_DETAILS)
		buf_append(&plain, got_text);
	else if (kind == KIND_ATTRIBUTE)
		maillog_attribute_plain(&plain, got_text);
	else
		maillog_unescape(&plain, got_text);
	assert_same_text(buf_slice(&plain), want_text);
	buf_fini(&plain);
}

static void
assert_same_event(
    const struct maillog_event *got, const struct maillog_event *want)
{
	assert_string_equal(
	    maillog_form_name(got->form), maillog_form_name(want->form));
	assert_int_equal(got->spelling, want->spelling);
	assert_int_equal(got->time, want->time);
	assert_int_equal(got->level, want->level);
	assert_true(got->present == want->present);
	for (unsigned f = 0; f < MAILLOG_FIELD_COUNT; f++)
		if (maillog_has(want, (enum maillog_field)f))
			assert_same_field(got, want, (enum maillog_field)f);
}

static void
assert_one_line(struct slice line)
{
	assert_int_equal(slice_find_byte(line, '\n'), line.len - 1);
	for (size_t i = 0; i + 1 < line.len; i++)
		assert_true((unsigned char)line.at[i] >= ' ');
}

static void
check_round_trip(const struct row_case *row, bool nasty, bool with_options)
{
	struct maillog_parser parser;
	struct maillog_event got;
	struct made made;
	struct buf line = { 0 }, again = { 0 };

	make_event(&made, row, nasty, with_options);
	maillog_format(&line, &made.ev);
	assert_one_line(buf_slice(&line));
	maillog_parser_init(&parser, 0);
	assert_true(maillog_parse(&parser, buf_slice(&line), &got));
	if (got.form != made.ev.form)
		print_message("%s", buf_cstr(&line));
	assert_same_event(&got, &made.ev);
	maillog_format(&again, &got);
	assert_same_text(buf_slice(&again), buf_slice(&line));
	maillog_parser_fini(&parser);
	make_fini(&made);
	buf_fini(&line);
	buf_fini(&again);
}

static void
test_row(void **state)
{
	const struct row_case *row = *state;

	for (unsigned variant = 0; variant < 4; variant++)
		check_round_trip(row, (variant & 1) != 0, (variant & 2) != 0);
}

static void
test_patterns_in_words(void **state)
{
	struct buf out = { 0 };

	(void)state;
	maillog_form_pattern(&out, MAILLOG_DCID_NEW, 0);
	assert_string_equal(buf_cstr(&out),
	    "New SMTP DCID {dcid} interface {interface} address {address} "
	    "port {port}");
	buf_clear(&out);
	maillog_form_pattern(&out, MAILLOG_MESSAGE_DONE, 1);
	assert_string_equal(buf_cstr(&out),
	    "Message done DCID {dcid} MID {mid} to [{rids}]{? [{headers}]}");
	buf_clear(&out);
	maillog_form_pattern(&out, MAILLOG_VERSION, 0);
	assert_string_equal(buf_cstr(&out), "Version: {version} SN: {serial}");
	buf_fini(&out);
}

/* As the appliance's converter writes it. */
static void
test_writes_delivery(void **state)
{
	struct buf line = { 0 };
	struct maillog_event ev = {
		.form = MAILLOG_DELIVERY_LOG_BOUNCE,
		.delivered = 1404292507 * UTIME_S + 5 * UTIME_MS,
		.injected = 1404292506 * UTIME_S,
		.bytes = 4074,
		.mid = 94157762,
		.address = SLICE("10.1.1.1"),
		.sender = SLICE("\"a <b>\"@x&y"),
		.source = SLICE("0.0.0.0"),
		.enhanced = SLICE("5.1.0"),
		.text = SLICE("Unknown address error"),
		.code = 550,
		.reply = SLICE("no\nway"),
		.recipient = SLICE("u@x"),
		.attempts = 1,
	};

	(void)state;
	maillog_format(&line, &ev);
	assert_string_equal(buf_cstr(&line),
	    "<bounce del_time=\"Wed Jul 02 09:15:07.005 2014\" "
	    "inj_time=\"Wed Jul 02 09:15:06.000 2014\" bytes=\"4074\" "
	    "mid=\"94157762\" ip=\"10.1.1.1\" "
	    "from=\"&quot;a &lt;b&gt;&quot;@x&amp;y\" source_ip=\"0.0.0.0\" "
	    "reason=\"5.1.0 - Unknown address error\" code=\"550\" "
	    "error=\"no\\nway\"><rcpt rid=\"0\" to=\"u@x\" attempts=\"1\" "
	    "/></bounce>\n");
	buf_fini(&line);
}

static void
test_names_differ(void **state)
{
	(void)state;
	for (unsigned a = 0; a < MAILLOG_FORM_COUNT; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(
			    maillog_form_name((enum maillog_form)a),
			    maillog_form_name((enum maillog_form)b));
}

static void
test_writes_connection_error(void **state)
{
	struct slice banner[] = { SLICE("4.3.1 Mail system full") };
	struct buf line = { 0 }, details = { 0 };
	struct maillog_event ev = {
		.form = MAILLOG_CONNECTION_ERROR,
		.time = 1404292507 * UTIME_S,
		.dcid = 299,
		.domain = SLICE("example.com"),
		.address = SLICE("10.1.1.11"),
		.port = 25,
		.interface = SLICE("10.0.0.5"),
		.reason = SLICE("unexpected SMTP response"),
	};

	(void)state;
	maillog_reply_details(&details, 431, banner, 1);
	ev.details = buf_slice(&details);
	maillog_format(&line, &ev);
	assert_string_equal(buf_cstr(&line),
	    "Wed Jul  2 09:15:07 2014 Info: Connection Error: DCID 299 domain: "
	    "example.com IP: 10.1.1.11 port: 25 details: 431-'4.3.1 Mail system"
	    " full' interface: 10.0.0.5 reason: unexpected SMTP response\n");
	buf_fini(&line);
	buf_fini(&details);
}

/* Values that were never escaped cannot end a line or begin one. */
static void
test_cannot_forge_a_record(void **state)
{
	static const char forged[] =
	    "x'\r\nWed Jul  2 09:15:07 2014 Info: DCID 1 close";
	struct buf line = { 0 };
	struct maillog_event ev = {
		.form = MAILLOG_CONNECTION_ERROR,
		.level = MAILLOG_WARNING,
		.domain = SLICE_INIT(forged),
		.details = SLICE_INIT(forged),
		.reason = SLICE_INIT(forged),
	};

	(void)state;
	for (int escaped = 0; escaped < 2; escaped++) {
		ev.escaped = escaped != 0;
		buf_clear(&line);
		maillog_format(&line, &ev);
		assert_one_line(buf_slice(&line));
	}
	buf_fini(&line);
}

static void
test_unknown_is_written(void **state)
{
	struct buf line = { 0 };
	struct maillog_event ev = { .text = SLICE("a new\nform"),
		.level = MAILLOG_LEVEL_NONE };

	(void)state;
	maillog_format(&line, &ev);
	assert_string_equal(
	    buf_cstr(&line), "Thu Jan  1 00:00:00 1970 a new\\nform\n");
	buf_fini(&line);
}

int
main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(test_patterns_in_words),
		cmocka_unit_test(test_names_differ),
		cmocka_unit_test(test_writes_delivery),
		cmocka_unit_test(test_writes_connection_error),
		cmocka_unit_test(test_cannot_forge_a_record),
		cmocka_unit_test(test_unknown_is_written),
	};
	static struct row_case rows[ROW_COUNT_MAX];
	static struct CMUnitTest tests[ROW_COUNT_MAX + ARRAY_LEN(others)];
	size_t n = 0;

	for (unsigned form = 1; form < MAILLOG_FORM_COUNT; form++) {
		enum maillog_form f = (enum maillog_form)form;

		for (unsigned s = 0; s < maillog_form_spellings(f); s++, n++) {
			assert_true(n < ROW_COUNT_MAX);
			(void)snprintf(rows[n].name, sizeof(rows[n].name),
			    "row %s %u", maillog_form_name(f), s);
			rows[n].form = f;
			rows[n].spelling = s;
			tests[n] = (struct CMUnitTest){ .name = rows[n].name,
				.test_func = test_row,
				.initial_state = &rows[n] };
		}
	}
	memcpy(&tests[n], others, sizeof(others));
	for (size_t i = n + ARRAY_LEN(others); i < ARRAY_LEN(tests); i++)
		tests[i].test_func = NULL;
	return _cmocka_run_group_tests(
	    "maillog", tests, n + ARRAY_LEN(others), NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Rows that widen and lose nothing, and spells of failure. */
#include "harness/log/log_timeline.h"

#include "tests/unit/kit.h"

#include <jansson.h>

static void
take(struct log_timeline *t, utime at, const char *text)
{
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };
	char stamp[UTIME_TEXT_MAX];

	buf_printf(&line, "%s Info: %s", utime_format_asctime(at, stamp), text);
	maillog_parser_init(&parser, 0);
	assert_true(maillog_parse(&parser, buf_slice(&line), &ev));
	assert_int_not_equal(ev.form, MAILLOG_UNKNOWN);
	log_timeline_take(t, &(struct log_record){ .event = &ev });
	buf_fini(&line);
}

static json_t *
told(const struct log_timeline *t)
{
	struct buf text = { 0 };
	json_t *object;

	log_timeline_json(t, &text);
	object = json_loadb(buf_slice(&text).at, buf_len(&text), 0, NULL);
	assert_non_null(object);
	buf_fini(&text);
	return object;
}

static json_int_t
sum_of(const json_t *object, const char *key)
{
	const json_t *rows = json_object_get(object, "rows");
	json_int_t sum = 0;

	for (size_t i = 0; i < json_array_size(rows); i++)
		sum += json_integer_value(
		    json_object_get(json_array_get(rows, i), key));
	return sum;
}

static void
test_nothing(void **state)
{
	struct log_timeline *t = log_timeline_new();
	struct buf page = { 0 };

	(void)state;
	log_timeline_format(t, &page);
	assert_slice(buf_slice(&page), "no record\n");
	buf_fini(&page);
	log_timeline_destroy(&t);
}

static void
test_rows(void **state)
{
	static const utime steps[] = { UTIME_S, 7 * UTIME_S, UTIME_MINUTE,
		UTIME_HOUR, 3 * UTIME_DAY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct log_timeline *t = log_timeline_new();
		json_t *object;

		for (unsigned n = 0; n < 500; n++)
			take(t, 1404292507 * UTIME_S + n * steps[i],
			    "MID 1 queued for delivery");
		/* The clock goes back. */
		take(t, 1404292507 * UTIME_S - UTIME_DAY,
		    "MID 1 queued for delivery");
		object = told(t);
		assert_int_equal(sum_of(object, "received"), 501);
		assert_true(json_array_size(json_object_get(object, "rows")) <=
		    LOG_TIMELINE_ROWS_MAX);
		json_decref(object);
		log_timeline_destroy(&t);
	}
}

#define ERROR(dcid, details)                                                   \
	"Connection Error: DCID " dcid " domain: d.example IP: 10.1.1.1 "      \
	"port: 25 details: " details                                           \
	" interface: 10.0.0.5 reason: network error"

static void
test_spells(void **state)
{
	struct log_timeline *t = log_timeline_new();
	utime at = 1404292507 * UTIME_S;
	const json_t *spells;
	json_t *object;

	(void)state;
	take(t, at, ERROR("1", "[Errno 61] Connection refused"));
	take(t, at + 60 * UTIME_S, ERROR("2", "timeout"));
	take(t, at + 120 * UTIME_S,
	    "New SMTP DCID 3 interface 10.0.0.5 address 10.1.1.1 port 25");
	take(t, at + 121 * UTIME_S, "Delivery start DCID 3 MID 1 to RID [0]");
	take(t, at + 200 * UTIME_S, ERROR("4", "431-'full'"));
	object = told(t);
	spells = json_object_get(object, "failing");
	assert_int_equal(json_array_size(spells), 2);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(spells, 0), "until")),
	    "2014-07-02T09:17:08.000000Z");
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(spells, 0), "failures")),
	    2);
	assert_null(json_object_get(json_array_get(spells, 1), "until"));
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(spells, 1), "code")),
	    431);
	json_decref(object);
	log_timeline_destroy(&t);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_nothing);
	TEST(&kit, test_rows);
	TEST(&kit, test_spells);
	return kit_run(&kit, "log_timeline");
}

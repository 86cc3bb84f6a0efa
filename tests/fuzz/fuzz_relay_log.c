/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the log of a relay that is not ours, in the dialect that the
 * first byte chooses: what is told of it are records of the mail log, each of a
 * known form; a message begins and is finished once, a connection ends once;
 * and what waits, and how long, can be asked at every moment.
 */
#include "core/maillog/parser.h"
#include "harness/live/reader.h"
#include "harness/plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct reader_dialect *const dialects[] = { &reader_postfix,
	&reader_exim, &reader_opensmtpd };

/* What a line takes of the clock. */
#define LINE_TIME  UTIME_S
#define NUMBER_MAX 4096

/* What has been told; by number. */
struct told {
	struct maillog_parser parser;
	bool is_queued[NUMBER_MAX], is_finished[NUMBER_MAX];
	bool is_open[NUMBER_MAX], is_closed[NUMBER_MAX];
};

/* It comes before all else that is told of it, and once. */
static void
check_begin(bool *begun, uint64_t number, bool begins)
{
	assert(number < NUMBER_MAX && begun[number] != begins);
	begun[number] = true;
}

static bool
is_any(enum maillog_form form, const enum maillog_form *forms, size_t count)
{
	size_t i = 0;

	while (i < count && forms[i] != form)
		i++;
	return i < count;
}

static void
take(struct told *t, const struct maillog_event *ev)
{
	static const enum maillog_form of_message[] = { MAILLOG_MID_QUEUED,
		MAILLOG_DELIVERY_START, MAILLOG_MESSAGE_DONE, MAILLOG_BOUNCED,
		MAILLOG_DOUBLE_BOUNCE, MAILLOG_DELAYED, MAILLOG_PENDING,
		MAILLOG_MESSAGE_FINISHED };
	static const enum maillog_form of_connection[] = { MAILLOG_DCID_NEW,
		MAILLOG_DELIVERY_START, MAILLOG_MESSAGE_DONE,
		MAILLOG_DCID_CLOSE };

	assert(ev->form != MAILLOG_UNKNOWN);
	if (is_any(ev->form, of_message, ARRAY_LEN(of_message)))
		check_begin(
		    t->is_queued, ev->mid, ev->form == MAILLOG_MID_QUEUED);
	if (is_any(ev->form, of_connection, ARRAY_LEN(of_connection)))
		check_begin(t->is_open, ev->dcid, ev->form == MAILLOG_DCID_NEW);
	assert(!is_any(ev->form, of_connection, ARRAY_LEN(of_connection)) ||
	    !t->is_closed[ev->dcid]);
	if (ev->form == MAILLOG_DCID_CLOSE)
		t->is_closed[ev->dcid] = true;
	if (ev->form == MAILLOG_MESSAGE_FINISHED) {
		assert(!t->is_finished[ev->mid]);
		t->is_finished[ev->mid] = true;
	}
}

static void
take_all(struct told *t, struct reader *r)
{
	struct slice rest = buf_slice(&r->out), line;
	struct maillog_event ev;

	assert(rest.len == 0 || rest.at[rest.len - 1] == '\n');
	while (slice_split(&rest, '\n', &line)) {
		const bool is_record = maillog_parse(&t->parser, line, &ev);

		assert(is_record && ev.time == r->now);
		take(t, &ev);
	}
	buf_clear(&r->out);
}

static void
read_log(const struct reader_dialect *dialect, const struct plan *plan,
    struct slice log)
{
	struct told *told = xcalloc(1, sizeof(*told));
	void *memory = dialect->create();
	struct reader r;
	struct slice line;

	reader_init(&r, plan);
	maillog_parser_init(&told->parser, plan->start);
	r.now = plan->start;
	while (r.mids < NUMBER_MAX - 2 && r.dcids < NUMBER_MAX - 2 &&
	    slice_split(&log, '\n', &line)) {
		r.now += LINE_TIME;
		dialect->line(memory, &r, line);
		take_all(told, &r);
		assert(reader_due(&r) > 0);
		assert(reader_overdue(&r, r.now) <= HASH_COUNT(r.messages));
	}
	dialect->destroy(memory);
	reader_fini(&r);
	maillog_parser_fini(&told->parser);
	free(told);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan *plan;
	struct err err;

	if (plan == NULL)
		plan = plan_parse("t",
		    SLICE("{\"title\": \"t\", \"start\":"
			  " \"2014-07-02T09:16:00Z\", \"hosts\": {\"mx\":"
			  " {\"address\": \"10.1.1.1\"}}}"),
		    &err);
	assert(plan != NULL);
	if (size > 0)
		read_log(dialects[data[0] % ARRAY_LEN(dialects)], plan,
		    slice_of((const char *)data + 1, size - 1));
	return 0;
}

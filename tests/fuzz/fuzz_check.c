/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a log that something else wrote, judged by a scenario with each
 * kind of expectation, with the log read as often as it is asked for.  The
 * first byte says whether nothing is missing from it.  Whatever it is, there is
 * a verdict for each expectation and each invariant, and the page and the JSON
 * of it.
 */
#include "harness/check/check.h"
#include "harness/report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char scenario[] =
    "{\"title\": \"t\","
    "\"routes\": [\"one.example 10.1.1.1/pri=0, 10.1.1.2/pri=0,"
    " 10.1.1.3/pri=10\", \"two.example 10.1.2.1/pri=0, 10.1.2.2/pri=10\"],"
    "\"hosts\": {\"a\": {\"address\": \"10.1.1.1\"},"
    " \"b\": {\"address\": \"10.1.1.2\"}, \"c\": {\"address\": \"10.1.1.3\"},"
    " \"d\": {\"address\": \"10.1.2.1\"}, \"e\": {\"address\": \"10.1.2.2\"}},"
    "\"relay\": {\"destconfig\": [\"[two.example]\","
    " \"recipient_minutes = 1\", \"recipient_limit = 2\", \"limit_type = host\", \"limit_apply = system\"]},"
    "\"timeline\": [{\"at\": \"30s\", \"ctl\": \"delivernow all\"}],"
    "\"inject\": [{\"count\": 30, \"to\": [\"a@one.example\"]}],"
    "\"expect\": [{\"delivered\": {\"a\": 1}}, {\"delivered\": 3},"
    " {\"bounced\": {\"550\": 1}}, {\"dropped\": 0}, {\"queued\": 0},"
    " {\"attempts\": [\"a\", \"b\"]},"
    " {\"attempts\": [\"d\"], \"domain\": \"two.example\"},"
    " {\"fair\": [\"a\", \"b\"], \"by\": \"messages\"},"
    " {\"requeue\": [\"1m\", \"3m\"], \"message\": 2},"
    " {\"log\": [\"New SMTP DCID {d} interface {}\", \"DCID {d} close\"]},"
    " {\"no_log\": [\"MID {m} ICID {m}\"]},"
    " {\"host_status\": {\"d\": \"down\"}, \"at\": \"40s\"}]}";

static void
read_log(struct check *c, struct slice log)
{
	struct slice line;

	while (slice_split(&log, '\n', &line))
		check_line(c, line);
	check_finish(c);
}

static void
report(const struct report_format *format, const struct result *result)
{
	struct report_style style = { .verbose = true };
	struct report_entry entry = {
		.number = 1,
		.verdict = report_verdict_of(result),
		.file = "t",
		.variant = "",
		.title = "t",
		.replay = "r",
		.is_of_log = true,
		.result = result,
	};
	struct buf text = { 0 };

	format->scenario(&entry, &style, &text);
	assert(buf_len(&text) > 0);
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice log = slice_of((const char *)data, size);
	struct result result = { 0 };
	struct check check;
	struct err err;
	struct plan *plan = plan_parse("t", SLICE(scenario), &err);

	assert(plan != NULL);
	check_init(&check, plan, &result, NULL, plan->start);
	check.is_whole = size > 0 && data[0] == 'w';
	do
		read_log(&check, log);
	while (check_again(&check, true));
	assert(
	    result.finding_count == plan->expectation_count + INVARIANT_COUNT);
	report(&report_human, &result);
	report(&report_json, &result);
	check_fini(&check);
	result_fini(&result);
	plan_destroy(&plan);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a mail log: each line is in one record, or counted as none; and
 * whatever is asked of it, there are stories that can be told, as a page and as
 * JSON; figures; pseudonyms, behind which each record still is what it was; and
 * a scenario that can be read.
 */
#include "harness/log/log_anonymize.h"
#include "harness/log/log_cause.h"
#include "harness/log/log_follow.h"
#include "harness/log/log_reader.h"
#include "harness/log/log_rule.h"
#include "harness/log/log_scenario.h"
#include "harness/log/log_stats.h"
#include "harness/log/log_telling.h"
#include "harness/log/log_timeline.h"
#include "harness/plan/plan.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = { "1", "MID 9001", "DCID 299",
	"user@example.com", "example.com", "10.1.1.11" };

static void
take(void *owner, const struct log_record *record)
{
	log_stories_take(owner, record);
}

static void
read_log(struct log_reader *r, struct slice log)
{
	struct slice line;

	log_reader_begin(r, "a", 0);
	while (slice_split(&log, '\n', &line))
		log_reader_line(r, line);
	log_reader_rest(r);
	assert(r->records == r->parser.records);
	assert(r->flaws.stray.count == r->parser.stray);
	assert(
	    r->records + r->parser.stray + r->parser.folded <= r->parser.lines);
}

static void
tell(const struct log_stories *s)
{
	struct buf page = { 0 }, line = { 0 };

	for (size_t i = 0; i < log_stories_count(s); i++) {
		json_t *object;

		log_story_format(log_stories_at(s, i), "esa1", &page);
		log_why_format(log_stories_at(s, i), "", &page);
		buf_clear(&line);
		log_story_json(log_stories_at(s, i), "esa1", &line);
		object =
		    json_loadb(buf_slice(&line).at, buf_len(&line), 0, NULL);
		assert(object != NULL);
		json_decref(object);
	}
	buf_fini(&page);
	buf_fini(&line);
}

/* Everything that is asked of the whole log at once. */
struct whole {
	struct log_stats *stats;
	struct log_timeline *timeline;
	struct log_follower *follower;
	struct log_anonymizer anonymizer;
	struct log_case as_case;
};

static void
take_whole(void *owner, const struct log_record *record)
{
	struct whole *w = owner;
	struct log_record shown = *record;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };

	log_stats_take(w->stats, record);
	log_timeline_take(w->timeline, record);
	log_follower_take(w->follower, record, &line);
	buf_clear(&line);
	log_anonymize_record(&w->anonymizer, record, &line);
	maillog_parser_init(&parser, record->event->time);
	assert(!maillog_parser_feed(&parser, buf_slice(&line), &ev));
	if (maillog_parser_flush(&parser, &ev))
		assert(ev.form == record->event->form || parser.cut > 0);
	maillog_parser_fini(&parser);
	shown.event = log_anonymize_event(&w->anonymizer, record->event);
	log_case_take(&w->as_case, &shown);
	buf_fini(&line);
}

/* Beside a run in which nothing happened. */
static void
tell_causes(const struct log_case *theirs)
{
	const struct log_case ours = { 0 };
	struct log_comparison comparison = { 0 };
	struct log_partings partings = { 0 };
	struct buf told = { 0 };

	log_compare(&comparison, theirs, &ours);
	log_causes_find(&partings, &comparison, theirs, &ours, false);
	assert((partings.count == 0) == (comparison.missing == 0));
	for (size_t i = 0; i < partings.count; i++)
		log_parting_format(
		    &partings.at[i], &comparison, theirs, &ours, &told);
	buf_fini(&told);
	log_partings_fini(&partings);
	log_comparison_fini(&comparison);
}

static void
read_scenario(const struct whole *w)
{
	enum log_scenario_with with = (enum log_scenario_with)(
	    w->as_case.event_count % LOG_SCENARIO_WITHS);
	json_t *scenario = log_scenario_make(
	    &w->as_case, &(struct log_scenario_given){ .title = "t" }, with);
	char *text = json_dumps(scenario, 0);
	struct err err;
	struct plan *plan;

	assert(text != NULL);
	plan = plan_parse("t", slice_cstr(text), &err);
	if (plan == NULL)
		fprintf(stderr, "%s\n", err.msg);
	assert(plan != NULL || w->as_case.host_count == 0);
	plan_destroy(&plan);
	free(text);
	json_decref(scenario);
}

static void
ask_whole(struct slice log)
{
	struct whole w = { .stats = log_stats_new(),
		.timeline = log_timeline_new(),
		.follower = log_follower_new(true),
		.as_case = { .is_customers = true } };
	struct buf page = { 0 };
	struct log_reader r;

	log_reader_init(&r, &w, take_whole);
	read_log(&r, log);
	log_case_finish(&w.as_case);
	log_stats_format(w.stats, NULL, 5, &page);
	log_stats_json(w.stats, NULL, &page);
	log_timeline_format(w.timeline, &page);
	log_timeline_json(w.timeline, &page);
	if (w.as_case.event_count > 0)
		read_scenario(&w);
	tell_causes(&w.as_case);
	buf_fini(&page);
	log_reader_fini(&r);
	log_stats_destroy(&w.stats);
	log_timeline_destroy(&w.timeline);
	log_follower_destroy(&w.follower);
	log_anonymizer_fini(&w.anonymizer);
	log_case_fini(&w.as_case);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice log = slice_of((const char *)data, size);

	ask_whole(log);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct log_want want;
		struct log_stories *s;
		struct log_reader r;
		struct err err;

		assert(log_want_parse(words[i], &want, &err));
		s = log_stories_new(&want, 10);
		log_reader_init(&r, s, take);
		read_log(&r, log);
		tell(s);
		log_reader_fini(&r);
		log_stories_destroy(&s);
	}
	return 0;
}

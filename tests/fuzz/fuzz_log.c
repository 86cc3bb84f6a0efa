/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a mail log: each line is in one record, or counted as none; and
 * whatever is asked of it, there are stories that can be told, as a page and as
 * JSON.
 */
#include "harness/log/log_reader.h"
#include "harness/log/log_telling.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice log = slice_of((const char *)data, size);

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

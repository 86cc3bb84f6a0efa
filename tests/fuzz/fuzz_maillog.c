/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a mail log: whatever the parser reads, the writer writes as one
 * line, which reads as the same form again; but for records within which
 * another begins, of which only what reads a log says that they are unknown.
 */
#include "core/maillog/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_event(const struct maillog_event *ev, bool is_welded)
{
	struct maillog_parser p;
	struct maillog_event again;
	struct buf line = { 0 }, plain = { 0 };

	maillog_parser_init(&p, 0);
	maillog_format(&line, ev);
	assert(slice_find_byte(buf_slice(&line), '\n') + 1 == buf_len(&line));
	assert(maillog_parse(&p, buf_slice(&line), &again));
	assert(again.form == ev->form || p.cut > 0 || is_welded);
	maillog_unescape(&plain, ev->text);
	buf_fini(&line);
	buf_fini(&plain);
	maillog_parser_fini(&p);
}

static void
read_lists(const struct maillog_event *ev)
{
	struct slice rest = ev->lines, line;
	uint64_t rid;
	unsigned code;

	while (maillog_line_next(&rest, &line))
		assert(line.at >= ev->lines.at);
	rest = ev->rids;
	while (maillog_rid_next(&rest, &rid))
		assert(rest.len <= ev->rids.len);
	(void)maillog_details_reply(ev->details, &code, &line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size), line;
	struct maillog_parser p;
	struct maillog_event ev;
	uint64_t welded = 0;

	maillog_parser_init(&p, 0);
	while (slice_split(&rest, '\n', &line)) {
		if (maillog_parser_feed(&p, line, &ev)) {
			read_lists(&ev);
			check_event(&ev, p.welded > welded);
			welded = p.welded;
		}
	}
	if (maillog_parser_flush(&p, &ev)) {
		read_lists(&ev);
		check_event(&ev, p.welded > welded);
	}
	maillog_parser_fini(&p);
	return 0;
}

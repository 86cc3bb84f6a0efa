/* SPDX-License-Identifier: MIT */
/* The files of a log, as they stand or as they grow; see main_log.h. */
#include "core/cli/follow.h"
#include "core/cli/lines.h"
#include "core/maillog/stamp.h"
#include "harness/log/log_order.h"
#include "harness/main_log.h"

#include <inttypes.h>

#define ROUTES_TEXT_MAX ((size_t)16 << 20)
/* Of a file so many lines are looked at for its first record. */
#define PEEK_LINES 10000

struct routes *
main_log_routes(const char *path, struct err *err)
{
	struct err_list errors = { 0 };
	struct routes *routes;
	size_t len;
	char *text = cli_read_file(path, ROUTES_TEXT_MAX, &len, err);

	if (text == NULL)
		return NULL;
	routes = routes_parse(slice_of(text, len), path, &errors);
	if (routes == NULL)
		*err = errors.list[0];
	err_list_fini(&errors);
	free(text);
	return routes;
}

/* For stamps without a year: a file was changed behind its last record. */
static utime
near_of(const struct cli_lines *lines)
{
	return maillog_clock_before(cli_lines_changed(lines) * UTIME_S);
}

/* ---- the order of files ---- */

/* When the first record of a file was written, if it has one. */
static bool
peek(struct log_file *file, struct err *err)
{
	struct cli_lines *lines = cli_lines_open(file->path, err);
	struct slice line;
	utime near;

	if (lines == NULL)
		return false;
	near = near_of(lines);
	for (int i = 0; i < PEEK_LINES && !file->has_first; i++) {
		if (!cli_lines_next(lines, &line, err))
			break;
		file->has_first = log_reader_peek(line, near, &file->first);
	}
	cli_lines_close(&lines);
	return true;
}

static bool
order_files(struct log_file *files, size_t count, char **paths, struct err *err)
{
	bool is_once = count == 1;

	for (size_t i = 0; i < count; i++) {
		files[i] = (struct log_file){ .path = paths[i], .given = i };
		is_once |= strcmp(paths[i], "-") == 0;
	}
	/* What can be read once only is not looked at beforehand. */
	if (is_once)
		return true;
	for (size_t i = 0; i < count; i++)
		if (!peek(&files[i], err))
			return false;
	log_order_sort(files, count);
	return true;
}

/* ---- files that stand ---- */

static bool
read_file(struct log_reader *r, const char *path, struct err *err)
{
	struct cli_lines *lines = cli_lines_open(path, err);
	struct slice line;

	if (lines == NULL)
		return false;
	log_reader_begin(r, path, near_of(lines));
	while (cli_lines_next(lines, &line, err))
		log_reader_line(r, line);
	log_reader_rest(r);
	cli_lines_close(&lines);
	if (err->msg[0] != '\0') {
		(void)cli_report(err, CLI_OK);
		log_reader_broke(r);
	}
	return true;
}

void
main_log_tell(const struct log_reader *r, const char *command)
{
	struct buf text = { 0 };

	(void)fflush(stdout);
	if (!log_reader_has_flaws(r))
		return;
	buf_printf(&text, "faultpost log %s: of %" PRIu64 " records\n", command,
	    r->records);
	log_reader_flaws_format(r, &text);
	fwrite(buf_slice(&text).at, 1, buf_len(&text), stderr);
	buf_fini(&text);
}

bool
main_log_read(struct log_reader *r, int count, char **paths, struct err *err)
{
	struct log_file *files = xcalloc((size_t)count, sizeof(files[0]));
	bool good = order_files(files, (size_t)count, paths, err);

	for (int i = 0; i < count && good; i++)
		good = read_file(r, files[i].path, err);
	free(files);
	return good;
}

int
main_log_run(const struct main_log_task *task, int count, char **paths)
{
	struct log_reader reader;
	struct err err;
	int code;

	log_reader_init(&reader, task->owner, task->take);
	reader.only = task->only;
	if (main_log_read(&reader, count, paths, &err)) {
		code = task->tell(task->owner, &reader);
		main_log_tell(&reader, task->command);
	} else {
		code = cli_report(&err, CLI_USAGE);
	}
	log_reader_fini(&reader);
	return code;
}

/* ---- files that grow ---- */

/* The last record is given at once: who follows waits for it. */
static bool
follow_steps(struct log_reader *r, struct cli_follow *follow, const char *path,
    void (*on_rest)(void *owner), struct err *err)
{
	struct slice line;

	for (;;)
		switch (cli_follow_next(follow, &line, err)) {
		case CLI_FOLLOW_LINE:
			log_reader_line(r, line);
			break;
		case CLI_FOLLOW_REST:
			log_reader_rest(r);
			on_rest(r->owner);
			break;
		case CLI_FOLLOW_ANEW:
			log_reader_rest(r);
			on_rest(r->owner);
			log_reader_begin(r, path, r->parser.clock);
			break;
		case CLI_FOLLOW_END:
			log_reader_rest(r);
			on_rest(r->owner);
			return true;
		case CLI_FOLLOW_ERROR:
			return false;
		}
}

bool
main_log_follow(struct log_reader *r, const char *path,
    void (*on_rest)(void *owner), struct err *err)
{
	struct cli_follow *follow = cli_follow_open(path, err);
	bool good;

	if (follow == NULL)
		return false;
	log_reader_begin(r, path, 0);
	good = follow_steps(r, follow, path, on_rest, err);
	cli_follow_close(&follow);
	return good;
}

/* SPDX-License-Identifier: MIT */
/* Lines on standard error; see main_log.h. */
#include "mockserver/main_log.h"

#include "core/base/buf.h"
#include "core/base/utime.h"
#include "core/cli/cli.h"

#include <time.h>

static bool writes_json;

void
main_log_set_json(bool is_json)
{
	writes_json = is_json;
}

bool
main_log_is_json(void)
{
	return writes_json;
}

static void
say_json(const char *event, const char *message, json_t *more)
{
	struct timespec now;
	char time[UTIME_TEXT_MAX];
	json_t *line;
	char *text;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	line = json_pack("{s:s, s:s, s:s}", "time",
	    utime_format_rfc3339(
		(utime)now.tv_sec * UTIME_S + now.tv_nsec / 1000, time),
	    "event", event, "message", message);
	/* A message with bytes that are no text is left out. */
	if (line == NULL)
		line = json_pack("{s:s}", "event", event);
	if (more != NULL)
		json_object_update(line, more);
	text = json_dumps(line, JSON_COMPACT);
	fprintf(stderr, "%s\n", text);
	free(text);
	json_decref(line);
}

PRINTF_LIKE(3, 0)
static void
say(const char *event, json_t *more, const char *fmt, va_list ap)
{
	struct buf message = { 0 };

	buf_vprintf(&message, fmt, ap);
	if (writes_json)
		say_json(event, buf_cstr(&message), more);
	else
		fprintf(stderr, "%s\n", buf_cstr(&message));
	buf_fini(&message);
	json_decref(more);
}

void
main_say(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(event, NULL, fmt, ap);
	va_end(ap);
}

void
main_say_more(const char *event, json_t *more, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(event, more, fmt, ap);
	va_end(ap);
}

int
main_report(const struct err *err, int code)
{
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 64];

	if (!writes_json)
		return cli_report(err, code);
	main_say_more("error",
	    json_pack("{s:s, s:i, s:i}", "file", err->file, "line", err->line,
		"column", err->col),
	    "%s", err_format(err, text, sizeof(text)));
	return code;
}

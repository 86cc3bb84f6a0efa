/* SPDX-License-Identifier: MIT */
/* Operating errors; see err.h. */
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* U+0080 to U+009F (C1) are control characters, too. */
static bool
is_c1(const char *text)
{
	return (text[0] & 0xff) == 0xc2 && (text[1] & 0xff) >= 0x80 &&
	    (text[1] & 0xff) < 0xa0;
}

static void
make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if (is_c1(text))
			text[0] = text[1] = '?';
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

bool
err_set(struct err *err, const char *fmt, ...)
{
	va_list ap;

	*err = (struct err){ 0 };
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	make_plain(err->msg);
	return false;
}

bool
err_at(
    struct err *err, const char *file, int line, int col, const char *fmt, ...)
{
	va_list ap;

	*err = (struct err){ .line = line, .col = col };
	if (file != NULL)
		(void)snprintf(err->file, sizeof(err->file), "%s", file);
	make_plain(err->file);
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	make_plain(err->msg);
	return false;
}

bool
err_prefix(struct err *err, const char *fmt, ...)
{
	char old[ERR_MSG_MAX];
	va_list ap;
	int n;

	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(
		    err->msg + n, sizeof(err->msg) - (size_t)n, "%s", old);
	make_plain(err->msg);
	return false;
}

char *
err_format(const struct err *err, char *out, size_t out_bytes)
{
	const char *sep = err->file[0] != '\0' ? ": " : "";

	if (err->line > 0 && err->col > 0)
		(void)snprintf(out, out_bytes, "%s:%d:%d%s%s", err->file,
		    err->line, err->col, sep, err->msg);
	else if (err->line > 0)
		(void)snprintf(out, out_bytes, "%s:%d%s%s", err->file,
		    err->line, sep, err->msg);
	else
		(void)snprintf(
		    out, out_bytes, "%s%s%s", err->file, sep, err->msg);
	return out;
}

void
err_list_fini(struct err_list *errors)
{
	free(errors->list);
	*errors = (struct err_list){ 0 };
}

struct err *
err_list_next(struct err_list *errors)
{
	errors->total++;
	if (errors->count == ERR_LIST_MAX)
		return NULL;
	errors->list = xgrow(errors->list, &errors->cap, errors->count + 1,
	    sizeof(*errors->list));
	return &errors->list[errors->count++];
}

/* SPDX-License-Identifier: MIT */
/*
 * What the daemon says of itself: lines for people, or JSON, an object a line.
 * For main.c and what stands beside it.
 */
#ifndef FAULTPOST_MOCK_MAIN_LOG_H
#define FAULTPOST_MOCK_MAIN_LOG_H

#include "core/base/err.h"

#include <jansson.h>

/* Whether main_say() writes JSON. */
void main_log_set_json(bool is_json);
bool main_log_is_json(void);
/* A line on standard error; `event` is a word that programs know. */
void main_say(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same with more members in JSON, which are taken over. */
void main_say_more(const char *event, json_t *more, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* An error; returns `code`. */
int main_report(const struct err *err, int code);

#endif

/* SPDX-License-Identifier: MIT */
/* What a main asks of the terminal that its output may go to. */
#ifndef FAULTPOST_TERMINAL_H
#define FAULTPOST_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Colours are for people who look at a terminal, and did not switch them off
 * by NO_COLOR (no-color.org); the two values are the environment's, or NULL. */
bool cli_wants_colour(const char *no_color, const char *term);
/* A line of progress is for people who look at a terminal: standard error. */
bool cli_wants_progress(const char *term);
/* The width of standard output; 0 when it is no terminal or has none. */
size_t cli_columns(void);

#endif

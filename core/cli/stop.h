/* SPDX-License-Identifier: MIT */
/*
 * A program that is told to stop, by SIGINT (Ctrl-C) or SIGTERM, and first
 * tells what it knows.
 */
#ifndef FAULTPOST_STOP_H
#define FAULTPOST_STOP_H

#include <stdbool.h>

/* From now on the first of these signals is noted only; a second one finds the
 * default again, and ends the program at once. */
void cli_stop_watch(void);
/* Whether one came. */
bool cli_is_stopped(void);

#endif

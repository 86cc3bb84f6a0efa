/* SPDX-License-Identifier: MIT */
/* `faultpost-relay queue`: looks at a queue, or changes one of a relay that
 * does not run. */
#ifndef FAULTPOST_RELAY_MAIN_QUEUE_H
#define FAULTPOST_RELAY_MAIN_QUEUE_H

#include "core/base/err.h"

/* argv begins with the word "queue"; returns the exit code. */
int main_queue(int argc, char **argv);

/* The three files of a queue that is damaged, for what `why` says, get other
 * names, with `stamp` in them; *aside says so. */
bool main_queue_set_aside(
    const char *path, int64_t stamp, const struct err *why, struct err *aside);

#endif

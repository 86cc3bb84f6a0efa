/* SPDX-License-Identifier: MIT */
/* What dialects take from the lines of a program's log; see reader.h.  Pure. */
#ifndef FAULTPOST_READER_WORDS_H
#define FAULTPOST_READER_WORDS_H

#include "core/base/slice.h"
#include "core/maillog/status.h"

/* Takes what stands before `mark` off *rest, and the mark; false when it is not
 * there. */
bool reader_take(struct slice *rest, struct slice mark, struct slice *part);
/* What stands between two marks; empty when they do not. */
struct slice reader_between(
    struct slice text, struct slice from, struct slice to);
/* A copy of the value takes the place of *text. */
void reader_set(char **text, struct slice value);
/* The words of the mail log for what a program says of a connection that was
 * not made or broke, as connect(2) and read(2) have it. */
struct slice reader_failure(struct slice text);
/* What kept a program from delivering, by its words, where no reply refused: a
 * name that DNS does not have, say, or what came was none. */
enum maillog_phase reader_phase_unanswered(struct slice why);

/* The two addresses differ in their domains at most. */
bool reader_is_namesake(struct slice a, struct slice b);

#endif

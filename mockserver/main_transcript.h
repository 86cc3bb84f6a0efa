/* SPDX-License-Identifier: MIT */
/* The file that the daemon writes its transcript to.  For main.c. */
#ifndef FAULTPOST_MOCK_MAIN_TRANSCRIPT_H
#define FAULTPOST_MOCK_MAIN_TRANSCRIPT_H

#include "core/transcript/transcript.h"
#include "core/world/world.h"

struct transcript_file {
	const char *path;    /* NULL: none is wanted; "-": standard output */
	struct world *world; /* borrowed; NULL until it is there */
	int fd;              /* -1: none */
	bool is_cut;         /* of a message's content it shows ... */
	uint64_t shown_max;  /* ... so much */
	struct buf lines;    /* of the last few milliseconds */
	struct timer flush;  /* writes them */
	bool has_failed;     /* and the daemon ends */
};

/* The value of --transcript-bytes. */
bool transcript_file_read_bytes(
    struct transcript_file *t, const char *value, struct err *err);
/* Whoever is told as much as the file is. */
struct transcript_sink transcript_file_sink(const struct transcript_file *t,
    void (*on_event)(void *owner, const struct transcript_event *ev),
    void *owner);
/* False with *err set when the file cannot be made. */
bool transcript_file_open(struct transcript_file *t, struct err *err);
/* From now on events may come. */
void transcript_file_begin(struct transcript_file *t, struct world *w);
void transcript_file_add(
    struct transcript_file *t, const struct transcript_event *ev);
/* Writes what waits for more. */
void transcript_file_flush(struct transcript_file *t);
/* Writes what is left. */
void transcript_file_close(struct transcript_file *t);

#endif

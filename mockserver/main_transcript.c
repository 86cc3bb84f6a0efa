/* SPDX-License-Identifier: MIT */
/* Lines of a transcript, written many at a time; see main_transcript.h. */
#include "mockserver/main_transcript.h"

#include "core/cli/cli.h"
#include "core/cli/file.h"
#include "mockserver/main_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BUFFER_BYTES 65536
/* So long a line waits at most for others to be written with it: what a mock
 * that is killed has not told. */
#define WAIT_MAX (5 * UTIME_MS)

bool
transcript_file_read_bytes(
    struct transcript_file *t, const char *value, struct err *err)
{
	t->is_cut = true;
	return cli_number(
	    "transcript-bytes", value, 0, INT64_MAX, &t->shown_max, err);
}

struct transcript_sink
transcript_file_sink(const struct transcript_file *t,
    void (*on_event)(void *owner, const struct transcript_event *ev),
    void *owner)
{
	return (struct transcript_sink){
		.owner = owner,
		.on_event = on_event,
		.cuts_content = t->is_cut,
		.shown_max = (size_t)t->shown_max,
	};
}

bool
transcript_file_open(struct transcript_file *t, struct err *err)
{
	t->fd = -1;
	if (t->path == NULL)
		return true;
	t->fd = strcmp(t->path, "-") == 0
	    ? STDOUT_FILENO
	    : open(t->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return t->fd >= 0 || err_at(err, t->path, 0, 0, "%s", strerror(errno));
}

/* A transcript with holes is no witness: the daemon ends. */
void
transcript_file_flush(struct transcript_file *t)
{
	struct err err;

	if (buf_len(&t->lines) > 0 && !t->has_failed &&
	    !cli_write_all(t->fd, buf_slice(&t->lines))) {
		err_at(&err, t->path, 0, 0, "%s", strerror(errno));
		main_report(&err, CLI_TROUBLE);
		t->has_failed = true;
		world_stop(t->world);
	}
	buf_clear(&t->lines);
}

static void
on_flush(struct timer *t)
{
	transcript_file_flush(CONTAINER_OF(t, struct transcript_file, flush));
}

void
transcript_file_begin(struct transcript_file *t, struct world *w)
{
	t->world = w;
	t->flush.fire = on_flush;
}

void
transcript_file_add(
    struct transcript_file *t, const struct transcript_event *ev)
{
	if (t->fd < 0)
		return;
	transcript_format(&t->lines, ev);
	if (buf_len(&t->lines) >= BUFFER_BYTES)
		transcript_file_flush(t);
	else if (!timer_is_set(&t->flush))
		timer_set(t->world, &t->flush, world_now(t->world) + WAIT_MAX);
}

void
transcript_file_close(struct transcript_file *t)
{
	if (t->world != NULL) {
		transcript_file_flush(t);
		timer_stop(t->world, &t->flush);
	}
	buf_fini(&t->lines);
	if (t->fd > STDERR_FILENO)
		(void)close(t->fd);
	t->fd = -1;
}

/* SPDX-License-Identifier: MIT */
/* Programs under a clock that they do not know; see live_outsiders.h. */
#include "harness/live/live_outsiders.h"

#include "harness/live/live_wait.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLOCK_FILE   "clock"
#define PROC_FOLDER  "proc"
#define LIBRARY_GLOB "/usr/lib*/{,*/}faketime/libfaketime.so.1"
#define EXCEPT_MAX   8
/* "1404292507.123456" */
#define CLOCK_TEXT_MAX 32

/* A thread that was there when all were looked at last. */
struct outsider {
	int thread;
	struct live_wait wait;
	utime since; /* when it was first seen in that wait */
	uint64_t look;
};

struct live_outsiders {
	int proc_fd, clock_fd; /* owned */
	char *clock_path;      /* owned */
	char *library;         /* owned */
	int except[EXCEPT_MAX];
	size_t except_count;
	struct outsider *threads; /* owned */
	size_t count, cap;
	uint64_t look;   /* how often all have been looked at */
	bool is_changed; /* anything, since the look before */
	utime due;
};

/* ---- making and ending ---- */

static bool
find_library(struct live_outsiders *o, struct err *err)
{
	glob_t found;
	bool good = glob(LIBRARY_GLOB, GLOB_BRACE, NULL, &found) == 0;

	if (good)
		o->library = xstrdup(found.gl_pathv[0]);
	globfree(&found);
	return good ||
	    err_set(err,
		"programs that are not ours need libfaketime (Debian's package "
		"libfaketime), which is not at " LIBRARY_GLOB);
}

static bool
make_clock(struct live_outsiders *o, struct err *err)
{
	o->clock_fd = open(CLOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	o->clock_path = realpath(CLOCK_FILE, NULL);
	return (o->clock_fd >= 0 && o->clock_path != NULL) ||
	    err_at(err, CLOCK_FILE, 0, 0, "%s", strerror(errno));
}

static bool
mount_proc(struct live_outsiders *o, struct err *err)
{
	if (mkdir(PROC_FOLDER, 0755) == 0 &&
	    mount("proc", PROC_FOLDER, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		NULL) == 0)
		o->proc_fd =
		    open(PROC_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->proc_fd >= 0 ||
	    err_set(err, "no /proc of its own: %s", strerror(errno));
}

/* A text of always the same length, so that no reader finds half of two. */
static void
clock_show(struct live_outsiders *o, utime now)
{
	char text[CLOCK_TEXT_MAX];
	int len = snprintf(text, sizeof(text), "%010lld.%06lld\n",
	    (long long)(now / UTIME_S), (long long)(now % UTIME_S));

	if (pwrite(o->clock_fd, text, (size_t)len, 0) != len)
		perror("faultpost: the clock of the run");
}

struct live_outsiders *
live_outsiders_new(utime now, struct err *err)
{
	struct live_outsiders *o = xcalloc(1, sizeof(*o));

	o->proc_fd = o->clock_fd = -1;
#ifndef __x86_64__
	(void)err_set(err, "waits are ended on x86-64 only");
	live_outsiders_destroy(&o);
	return NULL;
#endif
	if (!find_library(o, err) || !make_clock(o, err) ||
	    !mount_proc(o, err)) {
		live_outsiders_destroy(&o);
		return NULL;
	}
	clock_show(o, now);
	return o;
}

void
live_outsiders_destroy(struct live_outsiders **op)
{
	struct live_outsiders *o = *op;

	*op = NULL;
	if (o == NULL)
		return;
	if (o->proc_fd >= 0)
		(void)close(o->proc_fd);
	if (o->clock_fd >= 0)
		(void)close(o->clock_fd);
	free(o->clock_path);
	free(o->library);
	free(o->threads);
	free(o);
}

void
live_outsiders_environment(const struct live_outsiders *o, struct buf *out)
{
	buf_printf(out, "LD_PRELOAD=%s", o->library);
	buf_append_byte(out, '\0');
	buf_printf(out, "FAKETIME_TIMESTAMP_FILE=%s", o->clock_path);
	buf_append_byte(out, '\0');
	buf_append(out,
	    SLICE("FAKETIME_FMT=%s\0FAKETIME_NO_CACHE=1\0"
		  "FAKETIME_DISABLE_SHM=1\0TZ=UTC\0"));
}

void
live_outsiders_except(struct live_outsiders *o, int pid)
{
	assert(o->except_count < EXCEPT_MAX);
	o->except[o->except_count++] = pid;
}

/* ---- looking ---- */

static struct outsider *
outsider_get(struct live_outsiders *o, int thread)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->threads[i].thread == thread)
			return &o->threads[i];
	o->threads =
	    xgrow(o->threads, &o->cap, o->count + 1, sizeof(*o->threads));
	o->threads[o->count] =
	    (struct outsider){ .thread = thread, .wait.switches = UINT64_MAX };
	return &o->threads[o->count++];
}

static void
look_at(struct live_outsiders *o, int pid, int thread, utime now)
{
	struct live_wait wait;
	struct outsider *t;

	if (!live_wait_read(o->proc_fd, pid, thread, &wait))
		return;
	t = outsider_get(o, thread);
	if (t->wait.switches != wait.switches || !wait.is_waiting) {
		o->is_changed = true;
		t->since = now;
	}
	t->wait = wait;
	t->look = o->look;
}

static void
look_at_process(struct live_outsiders *o, int pid, utime now)
{
	char path[32];
	const struct dirent *entry;
	DIR *threads;
	int fd;

	for (size_t i = 0; i < o->except_count; i++)
		if (o->except[i] == pid)
			return;
	(void)snprintf(path, sizeof(path), "%d/task", pid);
	fd = openat(o->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	threads = fd >= 0 ? fdopendir(fd) : NULL;
	if (threads == NULL) {
		o->is_changed = true;
		return;
	}
	while ((entry = readdir(threads)) != NULL)
		if (ascii_is_digit(entry->d_name[0]))
			look_at(
			    o, pid, (int)strtol(entry->d_name, NULL, 10), now);
	(void)closedir(threads);
}

/* Forgets those that are gone, and finds what is due first. */
static void
conclude(struct live_outsiders *o)
{
	size_t kept = 0;

	o->due = UTIME_NEVER;
	for (size_t i = 0; i < o->count; i++) {
		const struct outsider *t = &o->threads[i];
		const utime due = utime_add(t->since, t->wait.span);

		if (t->look != o->look) {
			o->is_changed = true;
			continue;
		}
		o->due = due < o->due ? due : o->due;
		o->threads[kept++] = *t;
	}
	o->count = kept;
}

static bool
are_waiting(void *owner, utime now, utime *due)
{
	struct live_outsiders *o = owner;
	int fd = openat(o->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *processes = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	o->look++;
	o->is_changed = processes == NULL;
	while (processes != NULL && (entry = readdir(processes)) != NULL)
		if (ascii_is_digit(entry->d_name[0]))
			look_at_process(
			    o, (int)strtol(entry->d_name, NULL, 10), now);
	if (processes != NULL)
		(void)closedir(processes);
	conclude(o);
	*due = o->due;
	return !o->is_changed;
}

/* ---- turning ---- */

static void
on_turned(void *owner, utime now)
{
	struct live_outsiders *o = owner;

	clock_show(o, now);
	for (size_t i = 0; i < o->count; i++) {
		const struct outsider *t = &o->threads[i];

		if (t->wait.span != UTIME_NEVER &&
		    utime_add(t->since, t->wait.span) <= now)
			live_wait_end(t->thread);
	}
}

struct world_clock_outsiders
live_outsiders_hooks(struct live_outsiders *o)
{
	return (struct world_clock_outsiders){ o, are_waiting, on_turned };
}

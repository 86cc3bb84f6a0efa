/* SPDX-License-Identifier: MIT */
/*
 * The shared clock: a page of memory that all members map, and for each of them
 * a bell (an eventfd) in its loop; see world_ev_clock.h.
 */
#include "core/world/world_ev_clock_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* An acknowledgement may wait for 200 ms, and so may a window that opens. */
#define KERNEL_DELAY_NS 250000000
/* So far the clock may be turned meanwhile. */
#define HELD_UP_MAX (20 * UTIME_MS)

static utime
monotonic_now(void)
{
	struct timespec ts;
	int failed = clock_gettime(CLOCK_MONOTONIC, &ts);

	assert(failed == 0);
	return (utime)ts.tv_sec * UTIME_S + ts.tv_nsec / 1000;
}

/* ---- making and ending ---- */

static struct world_clock *
clock_map(int page_fd, struct err *err)
{
	struct world_clock *c = xcalloc(1, sizeof(*c));

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		c->bells[i] = -1;
	c->page_fd = page_fd;
	c->page = mmap(NULL, sizeof(*c->page), PROT_READ | PROT_WRITE,
	    MAP_SHARED, page_fd, 0);
	if (c->page != MAP_FAILED)
		return c;
	(void)err_set(err, "no memory to share: %s", strerror(errno));
	c->page = NULL;
	world_clock_destroy(&c);
	return NULL;
}

struct world_clock *
world_clock_new(const struct world_clock_options *options, struct err *err)
{
	int fd = memfd_create("clock", MFD_CLOEXEC);
	struct world_clock *c;

	if (fd < 0 || ftruncate(fd, sizeof(struct clock_page)) != 0) {
		(void)err_set(err, "no memory to share: %s", strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	c = clock_map(fd, err);
	if (c == NULL)
		return NULL;
	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++) {
		c->bells[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (c->bells[i] >= 0)
			continue;
		(void)err_set(err, "no bell: %s", strerror(errno));
		world_clock_destroy(&c);
		return NULL;
	}
	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		world_clock_admit(c, i, i == 0);
	c->page->options = *options;
	atomic_store(&c->page->now, options->start);
	return c;
}

/* "PAGE,BELL,MEMBER". */
static bool
description_read(const char *text, int *page_fd, int *bell, unsigned *self)
{
	struct slice rest = slice_cstr(text), word;
	uint64_t numbers[3];

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (!slice_split(&rest, ',', &word) ||
		    !slice_to_u64(word, 1 << 20, &numbers[i]))
			return false;
	*page_fd = (int)numbers[0];
	*bell = (int)numbers[1];
	*self = (unsigned)numbers[2];
	return rest.len == 0 && numbers[2] < WORLD_CLOCK_MEMBERS_MAX &&
	    lseek(*page_fd, 0, SEEK_END) == (off_t)sizeof(struct clock_page) &&
	    fcntl(*bell, F_SETFD, FD_CLOEXEC) == 0 &&
	    fcntl(*page_fd, F_SETFD, FD_CLOEXEC) == 0;
}

struct world_clock *
world_clock_open(const char *text, struct err *err)
{
	struct world_clock *c;
	int page_fd, bell;
	unsigned self;

	if (!description_read(text, &page_fd, &bell, &self)) {
		(void)err_set(err, "%s is no clock that is shared", text);
		return NULL;
	}
	c = clock_map(page_fd, err);
	if (c == NULL)
		return NULL;
	c->self = self;
	c->bells[self] = bell;
	return c;
}

void
world_clock_destroy(struct world_clock **cp)
{
	struct world_clock *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	if (c->page != NULL)
		(void)munmap(c->page, sizeof(*c->page));
	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		if (c->bells[i] >= 0)
			(void)close(c->bells[i]);
	(void)close(c->page_fd);
	free(c);
}

void
world_clock_describe(
    const struct world_clock *c, unsigned member, int fds[2], struct buf *out)
{
	fds[0] = c->page_fd;
	fds[1] = c->bells[member];
	buf_printf(out, "%d,%d,%u", fds[0], fds[1], member);
}

utime
world_clock_now(const struct world_clock *c)
{
	const struct world_clock_options *o = &c->page->options;
	const utime anchor = atomic_load(&c->page->anchor);

	if (o->is_turned)
		return atomic_load(&c->page->now);
	if (anchor == 0)
		return o->start;
	return o->start +
	    (utime)((double)(monotonic_now() - anchor) * o->scale);
}

void
world_clock_start(struct world_clock *c)
{
	atomic_store(&c->page->anchor, monotonic_now());
}

void
world_clock_skip(struct world_clock *c, utime span)
{
	const double real = (double)span / c->page->options.scale;

	assert(!c->page->options.is_turned);
	atomic_fetch_sub(&c->page->anchor, (utime)real);
}

utime
world_clock_due(const struct world_clock *c)
{
	utime first = UTIME_NEVER;

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++) {
		const utime due =
		    atomic_load(&c->page->members[i].due_foreground);

		first = due < first ? due : first;
	}
	return first;
}

double
world_clock_scale(const struct world_clock *c)
{
	return c->page->options.is_turned ? 1 : c->page->options.scale;
}

/* ---- waiting for each other ---- */

void
world_clock_tell_news(struct clock_page *page)
{
	atomic_fetch_add(&page->news, 1);
	(void)syscall(SYS_futex, &page->news, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* False when there is none for too long. */
static bool
await_news(struct clock_page *page, unsigned seen, const struct timespec *until)
{
	return syscall(SYS_futex, &page->news, FUTEX_WAIT, seen, until, NULL,
		   0) == 0 ||
	    errno != ETIMEDOUT;
}

static void
ring(const struct world_clock *c, unsigned member)
{
	const uint64_t one = 1;
	ssize_t ignored = write(c->bells[member], &one, sizeof(one));

	/* It is full only when it rings already. */
	(void)ignored;
}

void
world_clock_admit(struct world_clock *c, unsigned member, bool is_member)
{
	struct clock_member *m = &c->page->members[member];

	atomic_store(&m->due, UTIME_NEVER);
	atomic_store(&m->due_foreground, UTIME_NEVER);
	/* Until its loop begins it answers nothing. */
	atomic_store(&m->answered, 0);
	atomic_store(&m->is_held_up, false);
	atomic_store(&m->is_here, is_member);
	atomic_fetch_add(&c->page->comings, 1);
	world_clock_tell_news(c->page);
}

enum world_clock_end
world_clock_ended(const struct world_clock *c)
{
	return (enum world_clock_end)atomic_load(&c->page->end);
}

/* ---- the turner ---- */

static bool
have_answered(struct clock_page *page, unsigned long long question)
{
	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++) {
		struct clock_member *m = &page->members[i];

		if (atomic_load(&m->is_here) &&
		    atomic_load(&m->answered) != question)
			return false;
	}
	return true;
}

/* Asks everybody; false when somebody does not answer. */
static bool
ask_all(struct world_clock *c)
{
	static const struct timespec patience = { WORLD_CLOCK_PATIENCE_S, 0 };
	struct clock_page *page = c->page;
	const unsigned long long comings = atomic_load(&page->comings);
	const unsigned long long question =
	    atomic_fetch_add(&page->asked, 1) + 1;

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		if (atomic_load(&page->members[i].is_here))
			ring(c, i);
	for (;;) {
		const unsigned seen = atomic_load(&page->news);

		/* Who comes must be asked, too. */
		if (atomic_load(&page->comings) != comings ||
		    have_answered(page, question))
			return true;
		if (!await_news(page, seen, &patience))
			return false;
	}
}

/* Whether anybody says so; see there. */
static bool
is_held_up(struct clock_page *page)
{
	bool any = false;

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		any |= atomic_load(&page->members[i].is_here) &&
		    atomic_load(&page->members[i].is_held_up);
	return any;
}

/* What all have done, in one number that changes when anybody does anything. */
static unsigned long long
work_done(struct clock_page *page)
{
	unsigned long long sum = atomic_load(&page->comings);

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		sum += atomic_load(&page->members[i].work);
	return sum;
}

static utime
next_due(struct clock_page *page)
{
	utime next = UTIME_NEVER;

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++) {
		const utime due = atomic_load(&page->members[i].due);

		next = due < next ? due : next;
	}
	return next;
}

/* The clock would leave behind what the kernel has not sent yet. */
static bool
is_too_far(struct clock_page *page)
{
	const utime now =
	    page->options.is_turned ? atomic_load(&page->now) : UTIME_NEVER;

	return is_held_up(page) && next_due(page) > utime_add(now, HELD_UP_MAX);
}

/* Puts the clock to the first thing that is due, if there is any that is no
 * matter of the background. */
static bool
turn_on(struct world_clock *c)
{
	struct clock_page *page = c->page;
	const utime next = next_due(page);
	utime foreground = UTIME_NEVER;

	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++) {
		const utime more =
		    atomic_load(&page->members[i].due_foreground);

		foreground = more < foreground ? more : foreground;
	}
	if (foreground == UTIME_NEVER)
		return false;
	if (!page->options.is_turned)
		return true;
	if (next > atomic_load(&page->now))
		atomic_store(&page->now, next);
	for (unsigned i = 0; i < WORLD_CLOCK_MEMBERS_MAX; i++)
		if (atomic_load(&page->members[i].due) <= next)
			ring(c, i);
	return true;
}

static enum world_clock_end
clock_stop(struct world_clock *c, enum world_clock_end end)
{
	atomic_store(&c->page->end, (int)end);
	ring(c, 0);
	return end;
}

enum world_clock_end
world_clock_turn(struct world_clock *c)
{
	static const struct timespec kernel_delay = { 0, KERNEL_DELAY_NS };
	struct clock_page *page = c->page;
	bool was_held_up = false;

	for (;;) {
		const unsigned long long before = work_done(page);
		unsigned heard;

		if (!ask_all(c))
			return clock_stop(c, WORLD_CLOCK_STUCK);
		/* The answers are news, too; what comes behind them is not
		 * known yet. */
		heard = atomic_load(&page->news);
		if (work_done(page) != before) {
			was_held_up = false;
			continue;
		}
		/* All have done nothing for as long as the kernel delays. */
		if (is_too_far(page) && !was_held_up) {
			was_held_up = true;
			(void)await_news(
			    page, atomic_load(&page->news), &kernel_delay);
			continue;
		}
		was_held_up = false;
		if (!turn_on(c))
			return clock_stop(c, WORLD_CLOCK_IDLE);
		/* A clock that runs needs no help. */
		if (!page->options.is_turned)
			(void)await_news(page, heard, NULL);
	}
}

/* SPDX-License-Identifier: MIT */
/* Addresses of 127.0.0.0/8 in the place of others; see world_ev_places.h. */
#include "core/world/world_ev_places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Of 127.BLOCK.x.y; 127.0 and 127.255 are left to others. */
#define BLOCKS_MAX 254
/* So that no address ends with 0 or 255. */
#define A_PART 250u
/* The first that the machine lets anybody have. */
#define PORTS_MOVED 1024

struct place {
	struct ip_address ip; /* constant once it is counted */
	atomic_bool is_there;
};

struct places_page {
	unsigned block; /* constant */
	atomic_uint count;
	struct place at[WORLD_PLACES_MAX];
};

struct world_places {
	struct places_page *page; /* owned: mapped */
	int fd;                   /* owned */
	int lock_fd; /* owned; while it is open, the block is ours; -1 */
};

/* ---- making and ending ---- */

static struct world_places *
places_map(int fd, struct err *err)
{
	struct world_places *p = xcalloc(1, sizeof(*p));

	p->fd = fd;
	p->lock_fd = -1;
	p->page = mmap(
	    NULL, sizeof(*p->page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p->page != MAP_FAILED)
		return p;
	(void)err_set(err, "no memory to share: %s", strerror(errno));
	p->page = NULL;
	world_places_destroy(&p);
	return NULL;
}

/* A name that only one process can have, and that ends with it: it is in no
 * folder. */
static bool
lock_block(int fd, unsigned block)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
	    "faultpost-127.%u", block);

	return bind(fd, (const struct sockaddr *)&name,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		       (size_t)len)) == 0;
}

static bool
take_block(struct world_places *p, struct err *err)
{
	p->lock_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (unsigned block = 1; p->lock_fd >= 0 && block <= BLOCKS_MAX;
	     block++) {
		if (!lock_block(p->lock_fd, block))
			continue;
		p->page->block = block;
		return true;
	}
	return err_set(
	    err, "no part of 127.0.0.0/8 is left: %s", strerror(errno));
}

struct world_places *
world_places_new(struct err *err)
{
	int fd = memfd_create("places", MFD_CLOEXEC);
	struct world_places *p;

	if (fd < 0 || ftruncate(fd, sizeof(struct places_page)) != 0) {
		(void)err_set(err, "no memory to share: %s", strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	p = places_map(fd, err);
	if (p != NULL && !take_block(p, err))
		world_places_destroy(&p);
	return p;
}

struct world_places *
world_places_open(const char *text, struct err *err)
{
	uint64_t fd;

	if (!slice_to_u64(slice_cstr(text), 1 << 20, &fd) ||
	    lseek((int)fd, 0, SEEK_END) != (off_t)sizeof(struct places_page) ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0) {
		(void)err_set(err, "%s is no table of places", text);
		return NULL;
	}
	return places_map((int)fd, err);
}

void
world_places_destroy(struct world_places **pp)
{
	struct world_places *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	if (p->page != NULL)
		(void)munmap(p->page, sizeof(*p->page));
	if (p->lock_fd >= 0)
		(void)close(p->lock_fd);
	(void)close(p->fd);
	free(p);
}

int
world_places_describe(const struct world_places *p, struct buf *out)
{
	buf_printf(out, "%d", p->fd);
	return p->fd;
}

/* ---- looking up ---- */

/* Its number, or the number of all. */
static unsigned
place_number(const struct world_places *p, const struct ip_address *ip)
{
	const unsigned count = atomic_load(&p->page->count);
	unsigned i = 0;

	while (i < count && !ip_equal(&p->page->at[i].ip, ip))
		i++;
	return i;
}

bool
world_places_set(struct world_places *p, const struct ip_address *ip,
    bool is_there, struct err *err)
{
	const unsigned i = place_number(p, ip);

	if (i == WORLD_PLACES_MAX)
		return err_set(err, "too many addresses; expected at most %d",
		    WORLD_PLACES_MAX);
	atomic_store(&p->page->at[i].is_there, is_there);
	if (i < atomic_load(&p->page->count))
		return true;
	p->page->at[i].ip = *ip;
	atomic_store(&p->page->count, i + 1);
	return true;
}

bool
world_places_find(const struct world_places *p, const struct endpoint *at,
    struct endpoint *place)
{
	const unsigned i = place_number(p, &at->ip);

	if (i == atomic_load(&p->page->count) ||
	    !atomic_load(&p->page->at[i].is_there))
		return false;
	place->ip = ip_v4(127, (uint8_t)p->page->block, (uint8_t)(i / A_PART),
	    (uint8_t)(i % A_PART + 1));
	place->port = at->port;
	if (at->port != 0 && at->port < PORTS_MOVED)
		place->port = (uint16_t)(WORLD_PLACES_PORT + at->port);
	return true;
}

struct endpoint
world_places_name(const struct world_places *p, const struct endpoint *place)
{
	struct endpoint at = *place;
	unsigned i;

	if (place->ip.family != 4 || place->ip.bytes[0] != 127 ||
	    place->ip.bytes[1] != p->page->block || place->ip.bytes[3] == 0)
		return at;
	i = place->ip.bytes[2] * A_PART + place->ip.bytes[3] - 1u;
	if (place->ip.bytes[3] > A_PART || i >= atomic_load(&p->page->count))
		return at;
	at.ip = p->page->at[i].ip;
	if (at.port >= WORLD_PLACES_PORT &&
	    at.port < WORLD_PLACES_PORT + PORTS_MOVED)
		at.port = (uint16_t)(at.port - WORLD_PLACES_PORT);
	return at;
}

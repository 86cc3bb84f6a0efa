/* SPDX-License-Identifier: MIT */
/*
 * The virtual world.  Bytes in flight, connects, DNS answers and timers are
 * entries of one heap ordered by (time, sequence number); running is taking
 * the first entry and setting the clock to it.  There is nothing else: two runs
 * with the same inputs are the same run.
 *
 * Addresses need no set-up: any can be listened on and connected from.  What
 * the network does to an address is its state; what it does between two
 * addresses is a link.
 */
#ifndef FAULTPOST_WORLD_SIM_H
#define FAULTPOST_WORLD_SIM_H

#include "core/dns/zone.h"
#include "core/world/world.h"

/* The network's view of an address.  X(constant, name in scenarios) */
#define HOST_STATES(X)                                                         \
	X(HOST_UP, "up")                   /* delivers */                      \
	X(HOST_REFUSE, "refuse")           /* RST answers each SYN */          \
	X(HOST_SILENT, "silent")           /* nothing answers */               \
	X(HOST_UNREACHABLE, "unreachable") /* a router says so */
enum host_state {
#define X(constant, name) constant,
	HOST_STATES(X)
#undef X
};

struct sim_options {
	utime start;             /* the clock at the beginning */
	utime latency;           /* one way, of links not set otherwise */
	struct ip_address self;  /* source of connects that name none */
	const struct zone *zone; /* borrowed, outlives the world; may be NULL */
	utime span_max;          /* bound on virtual time; UTIME_NEVER: none */
	uint64_t events_max;     /* bound on heap entries taken; 0: none */
	uint64_t seed;           /* of SQLite's generator, one in a process */
	utime sync_time;         /* how long a sync of a file takes */
};

/* A world in which nothing has happened yet: each host is up, the disk empty.
 * The options are copied; world_destroy() ends it. */
struct world *world_sim_new(const struct sim_options *options);

/* From now on; connections that are open stay (a partition stops their bytes,
 * see below). */
void sim_set_host(
    struct world *w, const struct ip_address *ip, enum host_state state);

/* From now on the resolver answers from this zone (borrowed); questions that
 * are open get the answer that was true when they were asked. */
void sim_set_zone(struct world *w, const struct zone *zone);

struct sim_link {
	utime latency;      /* one way; bytes never overtake each other */
	uint64_t bandwidth; /* bytes per second each way; 0: no limit */
	bool partitioned;   /* nothing passes until it is mended: bytes and
	                     * connects wait, as TCP would send them again */
};
/* Both ways between two addresses; an address of family 0 stands for any, and
 * the most specific link counts.  Takes effect for what is sent from now on. */
void sim_set_link(struct world *w, const struct ip_address *a,
    const struct ip_address *b, const struct sim_link *link);
/* Kills every open connection between the two with RST at both ends. */
void sim_reset_link(
    struct world *w, const struct ip_address *a, const struct ip_address *b);

/* Runs until `until` at the latest, the clock standing there when nothing came
 * before: for tests that watch a world from outside. */
bool sim_run_until(struct world *w, utime until, struct err *err);

struct sim_counts {
	uint64_t events;      /* heap entries taken */
	uint64_t connections; /* world_connect() calls */
	uint64_t bytes;       /* delivered to on_input */
	size_t streams_open;  /* ends whose owner still holds them */
};
struct sim_counts sim_counts(const struct world *w);
/* ---- the disk ---- */

/* How often a file was synced to the virtual disk. */
uint64_t sim_storage_syncs(const struct world *w);

/* What the disk does.  X(constant, name in scenarios) */
#define DISK_STATES(X)                                                         \
	X(DISK_OK, "ok")                                                       \
	X(DISK_FULL, "full")           /* no file grows */                     \
	X(DISK_EIO, "eio")             /* nothing is read, written, synced */  \
	X(DISK_EIO_READ, "eio-read")   /* nothing is read */                   \
	X(DISK_EIO_WRITE, "eio-write") /* nothing is written */                \
	X(DISK_EIO_SYNC, "eio-sync")   /* syncs fail */
enum disk_state {
#define X(constant, name) constant,
	DISK_STATES(X)
#undef X
};
/* From now on. */
void sim_set_disk(struct world *w, enum disk_state state);

/* What a crash leaves of what was written and not synced.
 * X(constant, name in scenarios) */
#define DISK_CRASHES(X)                                                        \
	X(CRASH_LOSES, "lost") /* nothing: power was cut */                    \
	X(CRASH_TEARS, "torn") /* some sectors, by the seed */                 \
	X(CRASH_KEEPS, "kept") /* all: only the program died */
enum disk_crash {
#define X(constant, name) constant,
	DISK_CRASHES(X)
#undef X
};
/* The program that has files open is gone: to whoever still has a connection
 * to a database of this world each operation fails but closing it.  The disk
 * is as it was when last synced, save what `left` says. */
void sim_crash_disk(struct world *w, enum disk_crash left);
/* Behind `operations` more writes and syncs the disk refuses everything,
 * beginning with the one after; then on_trap is called, within that one.  0:
 * never. */
void sim_trap_disk(struct world *w, uint64_t operations,
    void (*on_trap)(void *owner), void *owner);

#endif

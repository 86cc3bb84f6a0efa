/* SPDX-License-Identifier: MIT */
/*
 * The inside of the virtual world, shared by its files: world_sim.c (time),
 * sim_net.c (addresses and what lies between them), sim_connect.c (how a
 * connection comes to be), sim_pipe.c and sim_stream.c (what passes over it),
 * sim_storage.c, sim_file.c, sim_disk.c and sim_sync.c (the disk).
 */
#ifndef FAULTPOST_SIM_IMPL_H
#define FAULTPOST_SIM_IMPL_H

#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/world/pace.h"
#include "core/world/world_impl.h"
#include "core/world/world_sim.h"

#include <uthash.h>

/* What a sender may have under way: in flight, or not read by the peer. */
#define SIM_WINDOW 262144
/* The grain in which a link with a bandwidth passes bytes on. */
#define SIM_SEGMENT 1460

struct sim_host {
	struct ip_address ip;
	enum host_state state;
	uint32_t ports_given;
	UT_hash_handle hh;
};

/* What sim_set_link() was told. */
struct sim_rule {
	struct list node;
	struct ip_address ip[2];
	struct sim_link link;
};

/* Two addresses that have met, ip[0] the lower. */
struct sim_path {
	struct ip_address ip[2];
	struct sim_link link; /* the rule that counts */
	struct list conns;    /* of struct sim_conn, the oldest first */
	struct {
		utime busy_until;
		uint64_t carry; /* of the division by the bandwidth */
	} way[2];               /* from ip[0], from ip[1] */
	UT_hash_handle hh;
};

struct sim_listener {
	struct listener base;
	struct listener_tuning tuning;
	bool paused, muted;
	bool in_callback, closed; /* to be freed behind the callback */
	struct list waiting;      /* of struct sim_conn: the backlog */
	size_t waiting_count;
	struct timer wake; /* those that wait are to be accepted */
	uint8_t key[sizeof(struct ip_address) + sizeof(uint16_t)];
	UT_hash_handle hh;
};

struct sim_storage;

struct sim_world {
	struct world base;
	struct sim_options options;
	utime now;
	struct sim_counts counts;
	struct sim_host *hosts;         /* owned */
	struct sim_path *paths;         /* owned */
	struct sim_listener *listeners; /* owned by their openers */
	struct list rules;              /* owned; the newest last */
	struct buf input;               /* what a callback is being shown */
	struct sim_storage *storage;    /* owned */
};

/* Something under way on one direction of a connection. */
enum sim_cargo {
	CARGO_BYTES,
	CARGO_FIN,
	CARGO_RST,
};
struct sim_segment {
	utime at;
	uint64_t seq;
	size_t len;
	enum sim_cargo cargo;
};

/* One direction. */
struct sim_pipe {
	struct buf bytes; /* first unread, then in flight, then queued */
	size_t unread, in_flight;
	struct sim_segment *segments; /* owned ring of `cap`, a power of 2 */
	size_t first, count, cap;
	utime last_at;        /* nothing may arrive before */
	struct timer arrival; /* of the first segment */
};

/* What an end still has to say.  OPEN and SHUT may go on to RST, all to DEAD.
 */
enum sim_sending {
	SENDING_OPEN,
	SENDING_SHUT, /* FIN when the queue is empty */
	SENDING_FIN,  /* FIN is on its way, or there */
	SENDING_RST,  /* RST as soon as the path lets it */
	SENDING_DEAD, /* nothing goes out any more */
};

/* What an end still listens to. */
enum sim_hearing {
	HEARING_OPEN,
	HEARING_FIN,   /* FIN has come; the owner has not been told */
	HEARING_EOF,   /* the owner has been told */
	HEARING_DRAIN, /* closed by its owner: what comes is thrown away */
	HEARING_DEAD,  /* what comes is answered by RST */
	HEARING_GONE,  /* what comes is not even acknowledged */
};

struct sim_conn;

struct sim_end {
	struct stream base;
	struct sim_conn *conn;
	struct sim_pipe out;
	enum sim_sending sending;
	enum sim_hearing hearing;
	bool owned; /* an owner holds it, or is about to be given it */
	bool paused;
	struct pace pace;
	struct timer renewal; /* of the pace */
	size_t receive_max;   /* of what is under way to this end */
	size_t send_max;      /* from it */
	bool above_high;      /* on_drained is owed once the queue is short */
	bool drained_due;     /* told at the next wake */
	bool failure_due;
	enum net_failure failure;
	struct timer wake; /* something is due to the owner */
	struct timer linger;
};

enum sim_stage {
	STAGE_SYN,     /* on its way to the peer */
	STAGE_SYN_ACK, /* on its way back */
	STAGE_REFUSAL, /* on its way back */
	STAGE_SILENCE, /* no answer will come, or it has been told */
	STAGE_ACK,     /* the caller is connected, the peer about to be */
	STAGE_BACKLOG, /* nobody has accepted yet */
	STAGE_OPEN,
};

/* Both ends of a connection, freed when neither has an owner any more. */
struct sim_conn {
	struct list node; /* in path->conns */
	struct sim_world *world;
	struct sim_path *path;
	struct sim_end ends[2]; /* the caller's, the peer's */
	enum sim_stage stage;
	unsigned syns;     /* sent in vain */
	struct timer step; /* the next packet of the handshake arrives */
	struct sim_listener *waits_at; /* borrowed: its backlog; or NULL */
	struct list waiting;           /* there */
	bool step_held;                /* it waits for the path to be mended */
	bool in_callback;
};

/* ---- sim_net.c ---- */

void sim_net_init(struct sim_world *sw);
void sim_net_fini(struct sim_world *sw);
/* The host of that address, made when it is not there yet. */
struct sim_host *sim_host_get(
    struct sim_world *sw, const struct ip_address *ip);
uint16_t sim_host_next_port(struct sim_host *h);
/* The path between two addresses, made when it is not there yet. */
struct sim_path *sim_path_get(struct sim_world *sw, const struct ip_address *a,
    const struct ip_address *b);
struct listener *sim_listen(
    struct world *w, const struct endpoint *at, struct err *err);
void sim_listener_close(struct listener *base);
void sim_listener_tune(
    struct listener *base, const struct listener_tuning *tuning);
void sim_listener_pause(struct listener *base, bool paused);
bool sim_listener_mute(struct listener *base, bool muted, struct err *err);
/* Who listens there, on that address or on all of its family; or NULL. */
struct sim_listener *sim_listener_find(
    struct sim_world *sw, const struct endpoint *at);

/* ---- sim_storage.c ---- */

/* Gives the world an empty disk: a VFS of a name of its own, registered with
 * SQLite until sim_storage_fini(). */
void sim_storage_init(struct sim_world *sw);
void sim_storage_fini(struct sim_world *sw);
uint64_t sim_storage_free(const struct world *w, const char *path);

/* ---- sim_sync.c ---- */

/* What world_storage_synced() and world_storage_wait() do here. */
utime sim_storage_synced(const struct world *w);
void sim_storage_wait(struct world *w);

/* ---- sim_connect.c ---- */

struct stream *sim_connect(
    struct world *w, const struct endpoint *from, const struct endpoint *to);
/* Hands the connection to whoever listens, or refuses it (NULL). */
void sim_conn_accept(struct sim_conn *c, struct sim_listener *l);
/* The path has been mended: what waited goes on. */
void sim_conn_mend(struct sim_conn *c);
/* The link between the two has died: both ends will be told. */
void sim_conn_kill(struct sim_conn *c);
/* Frees the connection if no end of it has an owner and none is being
 * called. */
void sim_conn_reap(struct sim_conn *c);
void sim_conn_free(struct sim_conn *c);

/* ---- sim_pipe.c ---- */

/* Bytes that wait. */
size_t sim_pipe_queued(const struct sim_pipe *p);
void sim_pipe_drop_queued(struct sim_pipe *p);
/* So much of what has arrived is read. */
void sim_pipe_read(struct sim_pipe *p, size_t len);
void sim_pipe_drop_unread(struct sim_pipe *p);
/* Something goes on its way; it arrives at `at` or behind what went before.
 * Bytes join a segment that arrives at the same moment. */
void sim_pipe_push(struct sim_pipe *p, struct world *w, utime at, size_t len,
    enum sim_cargo cargo);
/* What arrives now. */
struct sim_segment sim_pipe_pop(struct sim_pipe *p, struct world *w);
/* Nothing is left in it. */
void sim_pipe_clear(struct sim_pipe *p, struct world *w);

/* ---- sim_stream.c ---- */

void sim_end_init(struct sim_end *e, struct sim_conn *c);
void sim_end_fini(struct sim_end *e);
/* Puts on its way what may go. */
void sim_end_send(struct sim_end *e);
/* Nothing goes in or out any more; the owner, if any, learns why. */
void sim_end_fail(struct sim_end *e, enum net_failure why);
void sim_write(struct stream *s, struct slice bytes);
size_t sim_queued(const struct stream *s);
void sim_pause(struct stream *s, bool paused);
void sim_pace(struct stream *s, size_t bytes, utime every);
void sim_shutdown(struct stream *s);
void sim_vanish(struct stream *s);
void sim_close(struct stream *s);
void sim_reset(struct stream *s);

static inline struct sim_end *
sim_end_peer(const struct sim_end *e)
{
	struct sim_conn *c = e->conn;

	return e == &c->ends[0] ? &c->ends[1] : &c->ends[0];
}

#endif

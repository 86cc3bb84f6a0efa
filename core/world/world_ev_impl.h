/* SPDX-License-Identifier: MIT */
/*
 * The inside of the real world, shared by world_ev.c (loop and clock),
 * world_ev_stream.c (connections), world_ev_net.c (addresses, connecting,
 * listening), world_ev_local.c (the same for sockets of this machine),
 * world_ev_udp.c (datagrams) and world_ev_usage.c (what it takes of the
 * machine): the only files that know libev and sockets.
 *
 * A turn of the loop is: timers that are due, then the streams that want
 * attention (output to write, a failure to tell), then waiting, then what the
 * sockets say.  As attention waits for the turn, no call of an owner ever calls
 * it back, and what an owner writes in several pieces goes out in one.
 */
#ifndef FAULTPOST_WORLD_EV_IMPL_H
#define FAULTPOST_WORLD_EV_IMPL_H

#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/world/pace.h"
#include "core/world/world_ev.h"
#include "core/world/world_ev_clock.h"
#include "core/world/world_ev_places.h"
#include "core/world/world_impl.h"

#include <ev.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define EV_INPUT_MAX 65536 /* taken from one stream in one turn */

struct ev_world {
	struct world base;
	struct ev_loop *loop; /* owned */
	struct ev_prepare turn;
	struct ev_timer due; /* for the first entry of the calendar */
	utime due_at;        /* the entry's time; UTIME_NEVER: another */
	utime anchor;        /* what the clock showed ... */
	utime anchor_mono;   /* ... when the monotonic clock showed this */
	double scale;
	struct list streams;       /* of struct ev_stream */
	struct list attention;     /* of those, by their `attention` */
	struct list dead;          /* to be freed once no callback runs */
	size_t owned;              /* streams and listeners with an owner */
	struct ev_dns *dns;        /* owned; NULL: name servers are not asked */
	struct ev_signal *signals; /* owned, `signal_count` of them */
	size_t signal_count;
	void (*on_signal)(void *owner, int signo);
	void *signal_owner;
	const struct world_places *places; /* borrowed; NULL: none */
	/* Under a clock that is shared: */
	struct world_clock *clock; /* borrowed; NULL: under its own */
	struct ev_check polled;
	struct ev_io bell;
	unsigned found;       /* events of this turn ... */
	unsigned found_aside; /* ... that are no work */
	uint64_t work;        /* turns in which anything was done */
	uint64_t question;    /* the last that it heard */
	bool has_looked;      /* once more, since then */
	utime latency;        /* one way, of what has none */
	char input[EV_INPUT_MAX];
};

enum ev_phase {
	PHASE_CONNECTING,
	PHASE_OPEN,
	PHASE_FAILED, /* the socket is closed; the owner is told, or was */
};

struct ev_stream {
	struct stream base;
	struct list node;      /* in streams or in dead */
	struct list attention; /* in world->attention, or in no list */
	int fd;                /* owned; -1: none */
	enum ev_phase phase;
	bool owned;
	bool paused;
	struct pace pace;
	struct timer renewal; /* of the pace */
	bool is_near;         /* no network lies between */
	struct timer arrival; /* of what the kernel has already */
	bool has_arrived;
	bool is_told; /* the kernel has said so, and it is in `attention` */
	int connect_error; /* to be told when it would have come */
	bool vanished;
	bool heard_eof;
	bool shut; /* FIN when the queue is empty */
	bool fin_sent;
	bool has_sent;   /* and what it sent may still be here */
	bool above_high; /* on_drained is owed once the queue is short */
	bool failure_due;
	enum net_failure failure;
	struct buf out;
	struct ev_io reading, writing;
	struct timer linger;
};

struct ev_listener {
	struct listener base;
	int fd;      /* owned */
	char *path;  /* owned; of a local socket; NULL: TCP */
	bool is_any; /* listens on all addresses */
	bool in_callback;
	bool closed; /* to be freed behind the callback */
	bool paused, muted;
	uint32_t backlog; /* of listen() */
	int filler;       /* owned; what fills the backlog; -1: nothing */
	struct endpoint filler_at;
	struct ev_io accepting;
	struct timer rest;
	struct timer arrival; /* of a caller whom the kernel has already */
	bool has_arrived;
};

static inline struct ev_world *
ev_world_of(const struct stream *s)
{
	return (struct ev_world *)s->world;
}

/* ---- world_ev_clock_member.c ---- */

/* Goes by this clock from now on, which is not running yet for it. */
void ev_world_join(struct ev_world *ew, struct world_clock *c);
void ev_world_leave(struct ev_world *ew);
/* Its clock stands still until somebody turns it. */
bool ev_world_is_turned(const struct ev_world *ew);
/* Counts what the loop has told since the last turn. */
void ev_world_note_work(struct ev_world *ew);
/* There is nothing to do before the next timer: tells the others.  False when
 * the descriptors must be looked at once more first. */
bool ev_world_rest(struct ev_world *ew);

/* ---- world_ev_dns.c ---- */

bool ev_dns_ask(struct world *w, struct dns_query *q, struct slice name,
    enum dns_type type);
void ev_dns_release(struct dns_question *question);
/* NULL inside is fine. */
void ev_dns_destroy(struct ev_dns **dp);

/* ---- world_ev_net.c ---- */

struct stream *ev_world_connect(
    struct world *w, const struct endpoint *from, const struct endpoint *to);
struct listener *ev_world_listen(
    struct world *w, const struct endpoint *at, struct err *err);
void ev_listener_close(struct listener *base);
void ev_listener_tune(
    struct listener *base, const struct listener_tuning *tuning);
void ev_listener_pause(struct listener *base, bool paused);
bool ev_listener_mute(struct listener *base, bool muted, struct err *err);
/* Accepts on a socket that it takes over. */
struct ev_listener *ev_listener_new(struct ev_world *ew, int fd);
union ev_sockaddr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};
/* Gives how long it is. */
socklen_t ev_sockaddr_set(union ev_sockaddr *a, const struct endpoint *e);
void ev_sockaddr_get(const union ev_sockaddr *a, struct endpoint *e);
/* A socket at an address, of that type (SOCK_STREAM: listening); -1 with errno
 * set. */
int ev_socket_bind(const struct endpoint *at, int type);
/* What the socket says about its own address. */
void ev_socket_local(const struct ev_world *ew, int fd, struct endpoint *local);
/* Where that endpoint really is; false when it is nowhere. */
bool ev_place_find(const struct ev_world *ew, const struct endpoint *at,
    struct endpoint *place);
/* Which endpoint is at that place. */
struct endpoint ev_place_name(
    const struct ev_world *ew, const union ev_sockaddr *place);
/* Why a stream ended, from errno. */
enum net_failure ev_failure_of(int error);

/* ---- world_ev_udp.c ---- */

/* What world_datagrams() and the rest do here. */
struct datagrams *ev_datagrams_open(
    struct world *w, const struct endpoint *at, struct err *err);
void ev_datagrams_send(
    struct datagrams *base, const struct endpoint *to, struct slice bytes);
void ev_datagrams_close(struct datagrams *base);

/* ---- world_ev_local.c ---- */

/* What world_connect_local() and world_listen_local() do here. */
struct stream *ev_world_connect_local(struct world *w, const char *path);
struct listener *ev_world_listen_local(
    struct world *w, const char *path, struct err *err);

/* ---- world_ev_stream.c ---- */

/* A stream with an owner, on a socket that it takes over (or -1). */
struct ev_stream *ev_stream_new(struct ev_world *ew, int fd);
/* Watches the socket: of an open stream for input, of a connecting one for the
 * outcome. */
void ev_stream_watch(struct ev_stream *s);
/* The connection is dead; the owner, if any, learns why in the next turn. */
void ev_stream_fail(struct ev_stream *s, enum net_failure why);
/* Tells a failure, or writes what is queued. */
void ev_stream_attend(struct ev_stream *s);
void ev_stream_free(struct ev_stream *s);
/* It is attended to in the next turn. */
void ev_stream_ask_attention(struct ev_stream *s);
/* Listens to the socket, or not. */
void ev_stream_watch_input(struct ev_stream *s);
/* Takes what the socket has, or its end. */
void ev_stream_read(struct ev_stream *s);
void ev_stream_write(struct stream *base, struct slice bytes);
size_t ev_stream_queued(const struct stream *base);
void ev_stream_pause(struct stream *base, bool paused);
void ev_stream_pace(struct stream *base, size_t bytes, utime every);
void ev_stream_shutdown(struct stream *base);
void ev_stream_vanish(struct stream *base);
void ev_stream_close(struct stream *base);
void ev_stream_reset(struct stream *base);

/* ---- world_ev_arrival.c ---- */

/* The socket has something: it is looked at in the next turn, in the order of
 * those of this one. */
void ev_stream_defer(struct ev_stream *s, struct ev_io *io);
/* Does so: tells it, or sets the time at which it is here. */
void ev_stream_attend_socket(struct ev_stream *s);
/* For the timer of that. */
void ev_stream_on_arrival(struct timer *t);
/* As ev_stream_fail(), of a connect that failed at once: when an answer would
 * have come. */
void ev_stream_fail_connect(struct ev_stream *s, int error);

/* ---- world_ev_usage.c ---- */

/* What world_usage() says here. */
struct world_usage ev_world_usage(const struct world *w);

#endif

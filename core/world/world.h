/* SPDX-License-Identifier: MIT */
/*
 * The world: the only way in which the mock server and the relay meet a clock,
 * a network, a resolver and a disk.  Two worlds stand behind it: world_sim.c
 * (virtual time, everything in memory, deterministic) and world_ev.c (libev,
 * TCP, the machine's clock).  Code above this line never knows which.
 *
 * One thread.  All callbacks come from world_run(), never from inside the call
 * that caused them, so that an owner is never re-entered.  A callback may call
 * anything here, closing the very stream that called it included.
 */
#ifndef FAULTPOST_WORLD_H
#define FAULTPOST_WORLD_H

#include "core/base/address.h"
#include "core/base/err.h"
#include "core/base/heap.h"
#include "core/dns/dns.h"
#include "core/tls/session.h"

struct world;

/* ---- clock and timers ---- */

/* The only clock there is: microseconds since the epoch.  Monotonic. */
utime world_now(const struct world *w);

/* Embedded in its owner and zeroed before first use; fires once.  `fire` is
 * set by the owner and stays. */
struct timer {
	struct heap_node node;
	void (*fire)(struct timer *t);
	bool is_background; /* as it is set */
};

/* (Re)arms the timer; a moment that has passed fires as soon as the callback
 * that is running has returned.  UTIME_NEVER stops it.  Timers of the same
 * moment fire in the order in which they were set. */
void timer_set(struct world *w, struct timer *t, utime at);
/* Likewise one that is no reason to go on: a virtual world ends when none but
 * such are set. */
void timer_set_background(struct world *w, struct timer *t, utime at);
/* Harmless when the timer is not set. */
void timer_stop(struct world *w, struct timer *t);
bool timer_is_set(const struct timer *t);

/* ---- network ---- */

/* Why a stream ended otherwise than by the peer's FIN.
 * X(constant, what the ESA prints as `details:`) -- FreeBSD's errno numbers,
 * as the appliance is one. */
#define NET_FAILURES(X)                                                        \
	X(NET_REFUSED, "[Errno 61] Connection refused")                        \
	X(NET_TIMED_OUT, "timeout")                                            \
	X(NET_UNREACHABLE, "[Errno 65] No route to host")                      \
	X(NET_RESET, "[Errno 54] Connection reset by peer")                    \
	X(NET_LOCAL, "[Errno 49] Can't assign requested address")              \
	X(NET_TLS, "[Errno 0] Error")
enum net_failure {
#define X(constant, text) constant,
	NET_FAILURES(X)
#undef X
};
const char *net_failure_text(enum net_failure f);

/* A TCP connection.  Made by world_connect() or handed to an accept callback;
 * its owner ends it with stream_close() or stream_reset(), also after on_eof
 * and on_failure, and must not touch it after that. */
struct stream;

/* What the owner of a stream is told; each with the owner pointer it gave.
 * All members but the last two are set. */
struct stream_handler {
	/* The connect has succeeded (never for accepted streams). */
	void (*on_connected)(void *owner);
	/* Bytes arrived; they are borrowed for the call and must be taken
	 * whole.  To stop them, stream_pause(). */
	void (*on_input)(void *owner, struct slice bytes);
	/* What was queued has fallen below STREAM_LOW_WATER again after it
	 * had been above STREAM_HIGH_WATER. */
	void (*on_drained)(void *owner);
	/* The peer sent FIN: no more input will come; output still may go. */
	void (*on_eof)(void *owner);
	/* The connection is dead; queued output is lost. */
	void (*on_failure)(void *owner, enum net_failure why);
	/* The handshake that stream_start_tls() began has been done; the
	 * verdict lives as long as the stream.  NULL with owners that never
	 * begin one. */
	void (*on_secured)(void *owner, const struct tls_verdict *verdict);
	/* The handshake has come to where stream_tls_stop_at() stops it.  NULL
	 * with owners that never do. */
	void (*on_stopped)(void *owner);
};

/* Back-pressure: an owner that produces on its own pauses above the high mark
 * and goes on at on_drained. */
#define STREAM_HIGH_WATER 262144
#define STREAM_LOW_WATER  65536

/* Starts connecting from `from` (NULL, or family 0: any address of the world,
 * see world_sim.h) to `to`; the outcome always comes later.  There is no
 * time-out here: the owner sets a timer and calls stream_reset(). */
struct stream *world_connect(struct world *w, const struct endpoint *from,
    const struct endpoint *to, const struct stream_handler *handler,
    void *owner);
/* The same to a socket of this machine, by its path; only in a world that has a
 * machine. */
struct stream *world_connect_local(struct world *w, const char *path,
    const struct stream_handler *handler, void *owner);
/* Changes who is told.  Accepted streams have no handler until their owner
 * calls this, which it must before its accept callback returns. */
void stream_attach(
    struct stream *s, const struct stream_handler *handler, void *owner);
/* Queues a copy of the bytes. */
void stream_write(struct stream *s, struct slice bytes);
/* Bytes queued and not yet given to the network. */
size_t stream_queued(const struct stream *s);
/* Stops or resumes on_input and on_eof: the peer's window fills up. */
void stream_pause(struct stream *s, bool paused);
/* From now on, and however often stream_pause() is called, at most so many
 * bytes are taken in each span: the peer's window fills up.  0 bytes: none,
 * ever. */
void stream_pace(struct stream *s, size_t bytes, utime every);
/* FIN once what is queued has gone; input still comes. */
void stream_shutdown(struct stream *s);
/* FIN once what is queued has gone, and no more callbacks.  Input that still
 * arrives is thrown away. */
void stream_close(struct stream *s);
/* RST now; what is queued is lost; no more callbacks. */
void stream_reset(struct stream *s);
/* No more callbacks; the end is gone without a word: what comes is not even
 * acknowledged, and nothing is said any more, until STREAM_VANISHED has passed
 * and the end is there again, like a machine that was rebooted: with RST.  What
 * was queued goes out before, as far as the network takes it at once. */
void stream_vanish(struct stream *s);
#define STREAM_VANISHED UTIME_HOUR
const struct endpoint *stream_local(const struct stream *s);
const struct endpoint *stream_remote(const struct stream *s);

/* ---- TLS over a stream ---- */

/*
 * From here on the stream is TLS; once only, and not behind on_eof or
 * on_failure.  The context says which side this end is and is borrowed for the
 * call; `peer` is whom a client means to reach (NULL: no matter whom, and for
 * servers).  What was written before goes out in clear, first: a server writes
 * its 220 and calls this at once.
 *
 * Everything that arrives from now on is taken for TLS, so that plaintext which
 * somebody slipped in makes the handshake fail.  What on_input has shown by now
 * was in clear: the owner must not act on any of it that came behind the
 * command or the reply that led here (CVE-2011-0411), but forget it, or give
 * up.
 *
 * Until on_secured the owner writes nothing.  Then on_input and stream_write()
 * speak plaintext, stream_queued() counts bytes of plaintext whose records the
 * network has not taken whole, and the marks of back-pressure hold.
 * stream_close() and stream_shutdown() say so to the peer in TLS; the peer's
 * saying so, like its FIN without a word, is on_eof.
 *
 * What the peer does wrong, in the handshake (a FIN included) or later, is
 * on_failure with NET_TLS and stream_tls_failure() in words; the alert that
 * says so is on its way, and stream_close() lets it go out.  A peer whose
 * certificate does not stand up is no failure: see the verdict, whose check is
 * as of world_now().
 */
void stream_start_tls(struct stream *s, const struct tls_context *context,
    const struct tls_peer *peer);
/* What the handshake came to; NULL in clear and before it is done. */
const struct tls_verdict *stream_tls_verdict(const struct stream *s);
/* Why TLS failed: "no shared cipher"; "" when it has not.  Lives as long as the
 * stream. */
const char *stream_tls_failure(const struct stream *s);

/*
 * For servers that break the protocol, at once behind stream_start_tls(): the
 * handshake stops behind that message, and on_stopped is told; nothing more is
 * sent, nor told save that the peer is gone, until stream_tls_go_on().
 */
void stream_tls_tamper(struct stream *s);
void stream_tls_stop_at(struct stream *s, enum tls_point at);
void stream_tls_go_on(struct stream *s);
/* See tls_session_insert() and tls_session_update_keys(). */
void stream_tls_insert(struct stream *s, unsigned type, struct slice content);
bool stream_tls_update_keys(struct stream *s);
/* stream_close() and stream_shutdown() will say nothing in TLS. */
void stream_tls_mute(struct stream *s);

struct listener;
/* Port 0 takes a free one: ask listener_local().  NULL with *err set when the
 * address cannot be had. */
struct listener *world_listen(struct world *w, const struct endpoint *at,
    void (*on_accept)(void *owner, struct stream *s), void *owner,
    struct err *err);
/* The longest path of a local socket, terminator included. */
#define WORLD_LOCAL_PATH_MAX 108
/* Listens on a socket of this machine that only its owner may connect to (mode
 * 0600).  One that a program left behind is replaced, one that somebody listens
 * on is not; closing removes it.  NULL with *err set, as in a world without a
 * machine. */
struct listener *world_listen_local(struct world *w, const char *path,
    void (*on_accept)(void *owner, struct stream *s), void *owner,
    struct err *err);
const struct endpoint *listener_local(const struct listener *l);

/* How it treats those that connect from now on; zeroed is the world's way. */
struct listener_tuning {
	uint32_t backlog; /* connections that wait while it is paused; a SYN
	                   * beyond gets no answer, and is sent again */
	/* The buffers of accepted streams: what a peer may have under way, and
	 * what it may be sent ahead of its acknowledgement.  The real world
	 * takes them for a hint. */
	uint32_t receive_bytes, send_bytes;
};
#define LISTENER_BACKLOG_MAX 4096
void listener_tune(struct listener *l, const struct listener_tuning *tuning);
/* Stops or resumes accepting.  Meanwhile callers are connected and wait, as
 * many as the backlog takes; one that leaves while it waits may never be seen.
 */
void listener_pause(struct listener *l, bool paused);
/* As if its backlog were full at all times: no SYN gets an answer, or they do
 * again.  False with *err set when the world cannot bring it about. */
bool listener_mute(struct listener *l, bool muted, struct err *err);
/* Stops listening; accepted streams live on. */
void listener_close(struct listener *l);

/* ---- datagrams ---- */

/* UDP at an address of one's own. */
struct datagrams;

/* Tells of each datagram that comes there; its bytes are borrowed for the call.
 * Only in a world that has a machine.  Port 0 takes a free one: ask
 * datagrams_local().  NULL with *err set when the address cannot be had. */
struct datagrams *world_datagrams(struct world *w, const struct endpoint *at,
    void (*on_datagram)(
	void *owner, const struct endpoint *from, struct slice bytes),
    void *owner, struct err *err);
/* Sends one, or loses it. */
void datagrams_send(
    struct datagrams *d, const struct endpoint *to, struct slice bytes);
const struct endpoint *datagrams_local(const struct datagrams *d);
void datagrams_close(struct datagrams *d);

/* ---- resolver ---- */

struct dns_question;

/* A question, embedded in its owner and zeroed before first use. */
struct dns_query {
	struct timer timer; /* the world's, as all but on_answer */
	struct world *world;
	struct dns_answer answer;
	struct dns_question *question; /* to a name server; NULL: to the zone */
	void (*on_answer)(struct dns_query *q, const struct dns_answer *answer);
};
/* Asks for the records of `name`; the answer comes later through
 * q->on_answer and is borrowed for that call.  A time-out takes 30 s unless the
 * zone, or whoever set up a resolver, says otherwise.  What the zone has it
 * answers; for other names a real world may ask name servers (world_ev.h), and
 * without them they are not there. */
void dns_ask(struct world *w, struct dns_query *q, struct slice name,
    enum dns_type type);
/* No answer will come. */
void dns_cancel(struct dns_query *q);

/* ---- storage ---- */

/* The SQLite VFS through which this world's databases are opened, by the name
 * that sqlite3_open_v2() takes; NULL is SQLite's default, the disk. */
const char *world_storage_vfs(const struct world *w);
/* Bytes that are free on the disk where that file is; UINT64_MAX: that cannot
 * be known. */
uint64_t world_storage_free(const struct world *w, const char *path);
/* From when on all that SQLite has synced so far is on the disk.  In a real
 * world that is so when SQLite says so.  In a simulation with syncs that take
 * time it is later, and whoever depends on it has to wait: a crash before that
 * finds the disk as it was when the sync began. */
utime world_storage_synced(const struct world *w);
/* Waits for that where one cannot come back later; in a simulation no time
 * passes. */
void world_storage_wait(struct world *w);

/* ---- the machine ---- */

/* What the program uses of it; zeroes in a simulation, which has none. */
struct world_usage {
	utime cpu;                     /* time on a processor since it began */
	uint64_t memory, memory_total; /* bytes: its own, and all there are */
};
struct world_usage world_usage(const struct world *w);

/* ---- running ---- */

/* Lets time pass until world_stop(), or in a simulation until nothing is in
 * flight and no timer is set (see world_sim.h for bounds).  True unless a bound
 * ended it; then *err says which. */
bool world_run(struct world *w, struct err *err);
/* world_run() returns after the callback that is running. */
void world_stop(struct world *w);
/* All streams, listeners and timers of the world must have been given back. */
void world_destroy(struct world **wp);

#endif

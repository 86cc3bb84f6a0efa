/* SPDX-License-Identifier: MIT */
/*
 * What every world has in common, and what each does in its own way.  Only the
 * files of core/world/ include this.
 */
#ifndef FAULTPOST_WORLD_IMPL_H
#define FAULTPOST_WORLD_IMPL_H

#include "core/dns/zone.h"
#include "core/world/world.h"

/* How long a stream that its owner has closed tries to get its output across
 * and takes in what still comes. */
#define STREAM_LINGER (30 * UTIME_S)

struct world_ops {
	utime (*now)(const struct world *w);
	bool (*run)(struct world *w, struct err *err);
	void (*destroy)(struct world *w);
	uint64_t (*storage_free)(const struct world *w, const char *path);
	/* These NULL in a world where a sync returns when it is over. */
	utime (*storage_synced)(const struct world *w);
	void (*storage_wait)(struct world *w);
	struct stream *(*connect)(struct world *w, const struct endpoint *from,
	    const struct endpoint *to);
	struct listener *(*listen)(
	    struct world *w, const struct endpoint *at, struct err *err);
	/* These NULL in a world without a machine. */
	struct world_usage (*usage)(const struct world *w);
	struct datagrams *(*datagrams_open)(
	    struct world *w, const struct endpoint *at, struct err *err);
	void (*datagrams_send)(
	    struct datagrams *d, const struct endpoint *to, struct slice bytes);
	void (*datagrams_close)(struct datagrams *d);
	struct stream *(*connect_local)(struct world *w, const char *path);
	struct listener *(*listen_local)(
	    struct world *w, const char *path, struct err *err);
	void (*listener_close)(struct listener *l);
	void (*listener_tune)(
	    struct listener *l, const struct listener_tuning *tuning);
	void (*listener_pause)(struct listener *l, bool paused);
	bool (*listener_mute)(struct listener *l, bool muted, struct err *err);
	void (*write)(struct stream *s, struct slice bytes);
	size_t (*queued)(const struct stream *s);
	void (*pause)(struct stream *s, bool paused);
	void (*pace)(struct stream *s, size_t bytes, utime every);
	void (*shutdown)(struct stream *s);
	void (*vanish)(struct stream *s);
	void (*close)(struct stream *s);
	void (*reset)(struct stream *s);
	/* Asks for what the zone does not have: sets q->question, the answer
	 * that holds if no other comes and the timer for it.  NULL, or false:
	 * nobody is asked. */
	bool (*ask)(struct world *w, struct dns_query *q, struct slice name,
	    enum dns_type type);
	/* Nobody waits for its answer any more. */
	void (*ask_release)(struct dns_question *question);
};

/* The first member of each world. */
struct world {
	const struct world_ops *ops;
	struct heap calendar; /* of struct timer */
	/* Of timers in the background, if they are apart: in virtual time. */
	struct heap background;
	bool has_background;
	uint64_t seq; /* of the entry set next */
	bool stopping;
	const struct zone *zone; /* borrowed; may be NULL */
	utime dns_latency;       /* on top of what the zone says */
	const char *vfs; /* borrowed from the world's storage, or NULL */
};

struct stream_tls;

/* The first member of each world's stream.  Under TLS the handler that the
 * world sees is world_tls.c's, and the owner's is in `tls`. */
struct stream {
	struct world *world;
	const struct stream_handler *handler;
	void *owner;
	struct endpoint local, remote;
	struct stream_tls *tls; /* owned until closed; NULL: in clear */
};

/* The first member of each world's listener. */
struct listener {
	struct world *world;
	struct endpoint local;
	void (*on_accept)(void *owner, struct stream *s);
	void *owner;
};

/* The first member of each world's datagrams. */
struct datagrams {
	struct world *world;
	struct endpoint local;
	void (*on_datagram)(
	    void *owner, const struct endpoint *from, struct slice bytes);
	void *owner;
};

/* ---- world_tls.c: what a stream under TLS does instead ---- */

void stream_tls_attach(
    struct stream *s, const struct stream_handler *handler, void *owner);
void stream_tls_write(struct stream *s, struct slice bytes);
size_t stream_tls_queued(const struct stream *s);
void stream_tls_pause(struct stream *s, bool paused);
/* Says goodbye, as far as there is somebody to say it to. */
void stream_tls_end(struct stream *s);
/* The owner lets go of the stream: frees s->tls, at once or behind the callback
 * that is running. */
void stream_tls_release(struct stream *s);

/* Before SQLite is first used: this program has one thread, and nobody asks how
 * much memory SQLite has; so it need neither lock nor count. */
void world_begin_storage(void);

/* The entry that is due first, in the background or not; NULL: none is set. */
struct heap_node *world_next(const struct world *w);
/* Takes the entry that is due first out of the calendar if it is due by
 * `until`; NULL when none is. */
struct timer *world_take_due(struct world *w, utime until);

#endif

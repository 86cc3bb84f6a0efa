/* SPDX-License-Identifier: MIT */
/* The inside of a live run: live.c puts it together in a cage, live_elsewhere.c
 * with a relay that runs elsewhere, live_run.c has what both are made of and
 * ends it, live_network.c has its addresses, live_step.c does what the timeline
 * says.  For these only. */
#ifndef FAULTPOST_LIVE_IMPL_H
#define FAULTPOST_LIVE_IMPL_H

#include "harness/live/live.h"
#include "harness/live/live_pulse.h"
#include "harness/live/live_relay.h"
#include "harness/sim/sim_endings.h"
#include "mockserver/mock.h"
#include "mockserver/mock_dns.h"

/* A command on its way to the relay. */
struct live_command {
	struct live *live;
	struct stream *stream; /* owned; NULL: answered */
	struct buf answer;
};

struct live {
	struct result *result;   /* borrowed */
	const struct plan *plan; /* borrowed */
	const struct live_options *options;
	struct tape *tape; /* borrowed */
	struct endings endings;
	struct world_clock *clock;   /* owned */
	struct world_places *places; /* owned; NULL: each is where it says */
	struct world *world;         /* owned */
	struct mock *mock;           /* owned */
	struct mock_dns *names;      /* owned */
	struct zone *front; /* owned: what the relay alone is told of names */
	struct injection *injection; /* owned; NULL until the relay listens */
	struct live_relay relay;
	/* Of a program that is not ours: what it says, and its clock. */
	struct reader reader;
	void *memory; /* owned: of its dialect */
	struct live_pulse pulse;
	utime nudged_at; /* when it was asked for mail that is due; 0: never */
	struct timer step_timer, until_timer, bound_timer, again_timer;
	size_t steps_done;
	struct live_command *commands; /* owned: one for each step */
	utime down_for;                /* between two lives of the relay */
	bool is_out_of_bounds;
	bool is_lost; /* the run cannot go on; told as an ending */
	bool is_over; /* nobody is told of what still happens */
};

/* Something went otherwise than it had to. */
void live_trouble(struct live *live, const char *wanted, const char *found);

/* ---- live_foreign.c ---- */

/* Before and behind the life of a program that is not ours; nothing for one
 * that is. */
bool live_foreign_prepare(struct live *live, struct err *err);
void live_foreign_fini(struct live *live);
/* It listens. */
void live_foreign_begin(struct live *live);
/* A line of its log. */
void live_foreign_log(struct live *live, struct slice line);

/* ---- live_run.c ---- */

/* Of one that is not ours or not turned, by the second only. */
bool live_is_turned(const struct live *live);
/* The world, which ends when the scenario says; signals (a list ended by 0)
 * come to `on_signal`. */
bool live_start_world(struct live *live, const int *signals,
    void (*on_signal)(void *owner, int number), struct err *err);
/* The hosts, as the options say; their events go to the tape by way of
 * `on_event`. */
bool live_start_hosts(struct live *live, const struct mock_hosts *hosts,
    const struct mock_options *options,
    void (*on_event)(void *owner, const struct transcript_event *ev),
    struct err *err);
/* The relay listens there: mail is injected, and the timeline begins. */
void live_start_injection(struct live *live, const struct inject_target *relay);
/* Shows the tape to the judge; `now` is the end.  `is_late`: its log begins in
 * the midst of the relay's work. */
void live_finish(
    struct live *live, const struct sim_hooks *hooks, utime now, bool is_late);
/* The run is over before its end: a bound, or the machine. */
bool live_is_whole(const struct live *live);
void live_take_apart(struct live *live);

/* ---- live.c ---- */

/* The relay listens: all of it begins. */
void live_begin(struct live *live);

/* ---- live_step.c ---- */

/* Begins the timeline. */
void live_steps_begin(struct live *live);
void live_steps_fini(struct live *live);

/* ---- live_network.c ---- */

/* Of the name server. */
extern const struct endpoint live_name_server;
/* Has the network know all addresses.  False with *err set. */
bool live_network_begin(struct live *live, struct err *err);
/* Behind the hosts, which listen before that: takes the addresses of those away
 * that begin unreachable. */
bool live_network_hide(struct live *live, struct err *err);
/* What the network makes of a host: an address that nobody has, or a host that
 * refuses or keeps silent. */
bool live_set_host(struct live *live, size_t host, enum mock_host_state state,
    struct err *err);

#endif

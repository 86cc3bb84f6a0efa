/* SPDX-License-Identifier: MIT */
/*
 * The program under test as a process of a cage: started, listened to, told
 * what an operator says, ended, and started again on what it left on its disk.
 */
#ifndef FAULTPOST_LIVE_RELAY_H
#define FAULTPOST_LIVE_RELAY_H

#include "core/world/world.h"
#include "core/world/world_ev_clock.h"
#include "core/world/world_ev_places.h"
#include "harness/live/adapter.h"

#include <sys/types.h>

#define LIVE_RELAY_MEMBER 1 /* of the clock */
/* Of what it says on standard error so much is kept. */
#define LIVE_RELAY_WORDS_MAX 4096
/* A line of its log that is longer is told in parts. */
#define LIVE_RELAY_LINE_MAX (1 << 20)

struct live_relay_hooks {
	void *owner;
	/* A line of its log, its end included. */
	void (*on_log)(void *owner, struct slice line);
	/* It listens. */
	void (*on_ready)(void *owner);
	/* It has ended: as it was told to, or not; `how` is in words. */
	void (*on_end)(void *owner, bool is_wanted, const char *how);
};

/* What is set before the first start; zeroed otherwise. */
struct live_relay {
	struct world *world;               /* borrowed */
	struct world_clock *clock;         /* borrowed */
	const struct world_places *places; /* borrowed; NULL: none */
	const struct adapter *adapter;
	int program_fd; /* borrowed; the program, opened */
	struct live_relay_hooks hooks;
	/* Private from here. */
	pid_t pid;                              /* 0: it does not run */
	struct stream *log, *complaint, *ready; /* owned; NULL: closed */
	struct buf line;                        /* of the log, not whole yet */
	struct buf words; /* on standard error, in this life */
	bool is_ending;   /* it was told to end */
	bool is_stopped;  /* for a moment */
	int status;       /* of the end; valid once it is reaped */
	bool is_reaped;
};

/* False with *err set when no process can be made. */
bool live_relay_start(struct live_relay *r, struct err *err);
bool live_relay_runs(const struct live_relay *r);
/* SIGTERM, at which it drains, or SIGKILL. */
void live_relay_end(struct live_relay *r, int number);
/* Sends it a signal of which it does not end.  SIGSTOP goes to all of its
 * processes, until it is to continue. */
void live_relay_nudge(struct live_relay *r, int number);
/* It goes on, if it was stopped. */
void live_relay_continue(struct live_relay *r);
/* For whoever is told of SIGCHLD: this process has ended so.  False: it is
 * another. */
bool live_relay_reap(struct live_relay *r, pid_t pid, int status);
void live_relay_fini(struct live_relay *r);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The clock of a program that is not ours: it goes by the time of a file
 * (libfaketime), which is kept here, and its waits on descriptors are as many
 * times shorter as the clock of the run is faster.  When nothing is in flight
 * the clock is set on to what comes first: something of the run, or the moment
 * until which the program said that its mail waits.
 */
#ifndef FAULTPOST_LIVE_PULSE_H
#define FAULTPOST_LIVE_PULSE_H

#include "core/world/world.h"
#include "core/world/world_ev_clock.h"

/* Where it runs. */
#define LIVE_PULSE_FILE "clock"

/* Zeroed before use. */
struct live_pulse {
	struct world *world;       /* borrowed */
	struct world_clock *clock; /* borrowed: it runs */
	void *owner;
	/* When the program has something to do of which it said so; the present
	 * moment: it is at work; UTIME_NEVER: it has nothing. */
	utime (*due)(void *owner);
	/* A connection stands, or is being made. */
	bool (*is_in_flight)(void *owner);
	/* Again and again, when the file shows the present. */
	void (*on_beat)(void *owner);
	bool jumps;
	/* Private from here. */
	struct timer beat, hold;
	utime start, shown;
	long long base; /* what the file shows at the start */
	unsigned quiet; /* beats since anything happened */
};

/* The file is there, and shows the present. */
bool live_pulse_prepare(struct live_pulse *p, struct err *err);
/* The clock has begun to go. */
void live_pulse_start(struct live_pulse *p);
void live_pulse_stop(struct live_pulse *p);
/* The program has said something. */
void live_pulse_note(struct live_pulse *p);

#endif

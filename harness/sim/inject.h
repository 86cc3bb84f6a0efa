/* SPDX-License-Identifier: MIT */
/*
 * The load of a scenario: real SMTP dialogues with the relay's listener, from
 * the injector's address.  Messages are made as they are sent, so that memory
 * does not grow with their number or their size.
 *
 * The sessions of an entry share its messages: whoever is free takes the next
 * one and waits until it is due.  A connection stays open for a next message
 * that is due within INJECT_LINGER, and is ended by QUIT otherwise.  What the
 * relay refuses, 4xx or 5xx, is counted and reported, and not sent again,
 * unless the entry has a "retry": then a message of which no recipient was
 * accepted, for a 4xx or for want of an answer, is.
 *
 * An entry may have one dialogue instead, whose lines go out as they are
 * written (inject_dialogue.c).
 */
#ifndef FAULTPOST_INJECT_H
#define FAULTPOST_INJECT_H

#include "core/world/world.h"
#include "harness/plan/plan.h"

#define INJECT_LINGER (5 * UTIME_S)

/* A recipient that the relay did not take. */
struct inject_refusal {
	uint64_t message;       /* from 1, over all entries of the plan */
	struct slice recipient; /* borrowed for the call */
	enum smtp_stage stage;
	int code;          /* 0: no reply */
	struct slice text; /* of the reply, or what happened; borrowed */
};

/* A dialogue that goes otherwise than its lines say. */
struct inject_surprise {
	const char *place;  /* of the line */
	const char *wanted; /* how the reply should begin, or what else */
	struct slice found; /* borrowed for the call */
};

struct inject_hooks {
	void *owner;
	/* Of a recipient that was not to be refused. */
	void (*on_refusal)(void *owner, const struct inject_refusal *refusal);
	void (*on_surprise)(
	    void *owner, const struct inject_surprise *surprise);
};

/* Where the relay is. */
struct inject_target {
	const struct endpoint *listeners; /* each of the plan's; copied */
	/* Clients come from the address that the machine gives them, not from
	 * that of the plan. */
	bool is_elsewhere;
};

struct injection;

/* Begins now.  `plan` is borrowed until injection_destroy(), `hooks` are
 * copied. */
struct injection *injection_new(struct world *w, const struct plan *plan,
    const struct inject_target *relay, const struct inject_hooks *hooks);
/* Resets what is open. */
void injection_destroy(struct injection **ip);
/* Every message has had its answer and every connection is closed. */
bool injection_is_done(const struct injection *i);
/* Messages of which the relay has accepted any recipient; not those of
 * dialogues. */
uint64_t injection_accepted(const struct injection *i);
/* Recipients that were to be refused with this code and were not: of entry
 * `index` of the plan, of its code `code` there. */
uint64_t injection_missing_refusals(
    const struct injection *i, size_t index, size_t code);

#endif

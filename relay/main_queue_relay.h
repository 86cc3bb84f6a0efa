/* SPDX-License-Identifier: MIT */
/*
 * Changes of a queue by the relay that runs and has it, for `faultpost-relay
 * queue`: over its control socket, which is found beside the queue.
 */
#ifndef FAULTPOST_RELAY_MAIN_QUEUE_RELAY_H
#define FAULTPOST_RELAY_MAIN_QUEUE_RELAY_H

#include "core/base/err.h"

struct main_queue_relay;

/* What a change came to, in recipients. */
struct main_queue_change {
	uint64_t recipients;
	uint64_t left_alone; /* they are being sent */
	bool is_silent;      /* the relay does not answer */
};

/* The relay that has the queue; NULL with *err set when its socket is not to be
 * found. */
struct main_queue_relay *main_queue_relay_new(
    const char *queue_path, struct err *err);
void main_queue_relay_destroy(struct main_queue_relay **rp);
/* Has it delete the message, or end its wait (mid 0: all); false with *err
 * set. */
bool main_queue_ask(struct main_queue_relay *r, bool is_delete, uint64_t mid,
    struct main_queue_change *done, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The inside of the operator's commands: operate.c reads them and controls
 * deliveries, operate_status.c looks at the relay, the others act on its queue
 * and its routes.  For nobody else.
 */
#ifndef FAULTPOST_RELAY_OPERATE_H
#define FAULTPOST_RELAY_OPERATE_H

#include "relay/relay_impl.h"
#include "relay/status.h"

/* A command under way. */
struct operation {
	struct relay *relay; /* borrowed */
	const struct relay_command *command;
	struct relay_answer *answer;
};
/* Word `index` of the command, or an empty slice. */
struct slice operation_word(const struct operation *op, size_t index);
/* The domain of that name if there is one in memory, else NULL. */
struct domain *operation_domain(const struct operation *op, struct slice name);

/* Each group of the domain, those being sent included. */
void operate_each_group(struct domain *domain,
    void (*on_group)(void *owner, struct group *g), void *owner);

/* ---- operate_status.c ---- */
/* Each carries one command out; false with *err set. */
bool operate_hoststatus(struct operation *op, struct err *err);
bool operate_tophosts(struct operation *op, struct err *err);
bool operate_status(struct operation *op, struct err *err);
bool operate_resetcounters(struct operation *op, struct err *err);
/* What `status` shows now. */
void operate_fill_status(struct relay *r, struct system_status *s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What of the daemon is for its operators: the control socket and the page of
 * metrics.  For main.c.
 */
#ifndef FAULTPOST_RELAY_MAIN_OPERATE_H
#define FAULTPOST_RELAY_MAIN_OPERATE_H

#include "core/world/world_ev_http.h"
#include "relay/control.h"

/* Zeroed before first use. */
struct operating {
	struct control *control;        /* owned */
	char *control_path;             /* owned; where it listens */
	struct ev_page_server *metrics; /* owned; or NULL */
	struct endpoint metrics_at;     /* as configured */
};

/* Offers what the configuration says, and nothing else; what is offered there
 * already stays.  False with *err set when something cannot be had. */
bool operating_open(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err);
/* Ends all of it; before the relay. */
void operating_close(struct operating *o);

#endif

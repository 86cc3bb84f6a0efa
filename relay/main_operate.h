/* SPDX-License-Identifier: MIT */
/*
 * What of the daemon is for its operators: the control socket and the page of
 * metrics.  For main.c.
 */
#ifndef FAULTPOST_RELAY_MAIN_OPERATE_H
#define FAULTPOST_RELAY_MAIN_OPERATE_H

#include "core/world/http_page.h"
#include "core/world/world_ev_http.h"
#include "relay/operate/control.h"

/* Zeroed before first use. */
struct operating {
	struct control *control; /* owned */
	char *control_path;      /* owned; where it listens */
	char *control_link;      /* owned; leads there, or NULL */
	struct http_page page;
	struct ev_http_server *metrics; /* owned; or NULL */
	struct endpoint metrics_at;     /* as configured */
	FILE *side[SIDE_LOG_COUNT];     /* owned, or NULL */
};

/* The path beside the queue at which its control socket is found: the socket,
 * or a link to it. */
void operating_control_beside(const char *queue_path, struct buf *path);
/* Offers what the configuration says, and nothing else; what is offered there
 * already stays.  False with *err set when something cannot be had. */
bool operating_open(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err);
/* Writes to the file where all of it, and each listener, is found (JSON).
 * False with *err set when it cannot be written. */
bool operating_write_ports(const struct operating *o, const struct relay *r,
    const struct relay_config *config, const char *path, struct err *err);
/* Opens the side logs that the configuration names, and no others; also to
 * open them anew.  False with *err set when one cannot be had. */
bool operating_open_side_logs(
    struct operating *o, const struct relay_config *config, struct err *err);
/* Writes a line of one. */
void operating_side_line(
    struct operating *o, enum relay_side_log log, struct slice line);
/* Ends all of it; before the relay. */
void operating_close(struct operating *o);

#endif

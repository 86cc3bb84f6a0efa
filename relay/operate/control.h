/* SPDX-License-Identifier: MIT */
/*
 * The control socket: a local socket over which an operator's commands come
 * (docs/operating.md).  A request is a line, a JSON object:
 *
 *	{"command": ["hoststatus", "example.com"], "payload": "..."}
 *
 * and so is its answer: {"ok": true, "text": "...", "result": {...}}, or
 * {"ok": false, "error": "..."}.  Clients are few, their lines bounded, and one
 * that is slow is cut; none holds the relay up.
 */
#ifndef FAULTPOST_RELAY_CONTROL_H
#define FAULTPOST_RELAY_CONTROL_H

#include "relay/relay.h"

/* A longer request is refused, and its client closed: an import of 40,000
 * routes has room. */
#define CONTROL_LINE_MAX ((size_t)16 << 20)
/* Clients at a time; one more is closed. */
#define CONTROL_CLIENTS_MAX 8
/* Patience with a client that neither asks nor takes its answer. */
#define CONTROL_IDLE_TIMEOUT (30 * UTIME_S)

struct control;

/* Listens at `path` for commands to the relay (borrowed); NULL with *err set
 * when it cannot. */
struct control *control_new(
    struct world *w, struct relay *r, const char *path, struct err *err);
/* Cuts its clients. */
void control_destroy(struct control **cp);

#endif

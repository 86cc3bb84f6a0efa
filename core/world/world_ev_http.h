/* SPDX-License-Identifier: MIT */
/*
 * HTTP over TCP: libmicrohttpd in the loop of the real world, without a thread.
 * Whom it asks for answers is a struct http_handler.
 */
#ifndef FAULTPOST_WORLD_EV_HTTP_H
#define FAULTPOST_WORLD_EV_HTTP_H

#include "core/world/http.h"
#include "core/world/world.h"

/* Clients at a time; the next ones wait to be accepted. */
#define EV_HTTP_CLIENTS_MAX 100

struct ev_http_server;

/* Serves at the address; the handler is copied.  Clients that send or take
 * nothing for 10 s are cut, and so are those that 4 MiB wait for.  NULL with
 * *err set when the address cannot be had. */
struct ev_http_server *ev_http_server_new(struct world *w,
    const struct endpoint *at, const struct http_handler *handler,
    struct err *err);
/* Where it listens: for port 0 the one it got. */
const struct endpoint *ev_http_server_local(const struct ev_http_server *s);
/* Cuts its clients; nobody is told. */
void ev_http_server_destroy(struct ev_http_server **sp);

#endif

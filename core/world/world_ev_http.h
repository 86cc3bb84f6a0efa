/* SPDX-License-Identifier: MIT */
/*
 * A page over HTTP, for those who scrape it: libmicrohttpd in the loop of the
 * real world, without a thread.  GET and HEAD of one path; everything else is
 * 404 or 405.
 */
#ifndef FAULTPOST_WORLD_EV_HTTP_H
#define FAULTPOST_WORLD_EV_HTTP_H

#include "core/base/buf.h"
#include "core/world/world.h"

struct ev_page_server;

struct ev_page {
	const char *path;         /* "/metrics"; borrowed */
	const char *content_type; /* borrowed */
	void *owner;
	/* Appends the page as it is now. */
	void (*write)(void *owner, struct buf *out);
};

/* Serves the page (copied) at the address; NULL with *err set when that cannot
 * be had. */
struct ev_page_server *ev_page_server_new(struct world *w,
    const struct endpoint *at, const struct ev_page *page, struct err *err);
/* Where it listens: for port 0 the one it got. */
const struct endpoint *ev_page_server_local(const struct ev_page_server *s);
/* Cuts its clients. */
void ev_page_server_destroy(struct ev_page_server **sp);

#endif

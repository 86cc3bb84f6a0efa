/* SPDX-License-Identifier: MIT */
/*
 * A page over HTTP, for those who scrape it: GET and HEAD of one path;
 * everything else is 404 or 405.
 */
#ifndef FAULTPOST_HTTP_PAGE_H
#define FAULTPOST_HTTP_PAGE_H

#include "core/base/buf.h"
#include "core/world/http.h"

struct http_page {
	const char *path;         /* "/metrics"; borrowed */
	const char *content_type; /* borrowed */
	void *owner;
	/* Appends the page as it is now. */
	void (*write)(void *owner, struct buf *out);
};

/* Whoever answers with the page, which is borrowed. */
struct http_handler http_page_handler(struct http_page *page);

#endif

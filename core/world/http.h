/* SPDX-License-Identifier: MIT */
/*
 * HTTP as those see it who answer: a request that has come whole, and its
 * exchange, which is answered at once, later, or bit by bit.  Whoever has the
 * connection (world_ev_http.c, a test) stands behind struct http_ops.
 */
#ifndef FAULTPOST_HTTP_H
#define FAULTPOST_HTTP_H

#include "core/base/slice.h"

#define HTTP_BODY_MAX   ((size_t)1 << 20)
#define HTTP_QUERY_MAX  16
#define HTTP_FIELDS_MAX 6

struct http_pair {
	const char *name, *value; /* both are there */
};

enum http_body {
	HTTP_BODY_WHOLE,      /* or there is none */
	HTTP_BODY_TOO_LARGE,  /* more than HTTP_BODY_MAX; `body` is empty */
	HTTP_BODY_UNMEASURED, /* without Content-Length; likewise */
};

/* All of it is borrowed for the call. */
struct http_request {
	const char *method;
	const char *path; /* without the query; percent signs are resolved */
	/* Header fields; NULL: absent.  A field that came twice is the first
	 * of the two, save Host, which is absent then. */
	const char *host, *origin, *authorization, *content_type, *fetch_site;
	struct http_pair query[HTTP_QUERY_MAX];
	size_t query_count; /* further ones are counted, not kept */
	enum http_body body_state;
	struct slice body;
};

struct http_answer {
	unsigned status;
	const char *content_type;
	struct slice body;
	struct http_pair fields[HTTP_FIELDS_MAX]; /* further header fields */
	size_t field_count;
};

struct http_exchange;

struct http_ops {
	void (*answer)(
	    struct http_exchange *x, const struct http_answer *answer);
	void (*begin)(struct http_exchange *x, const struct http_answer *head);
	bool (*push)(struct http_exchange *x, struct slice bytes);
	void (*drop)(struct http_exchange *x);
	bool (*is_there)(struct http_exchange *x);
};

struct http_exchange {
	const struct http_ops *ops;
	void *tag; /* the answerer's own */
};

struct http_handler {
	void *owner;
	/* Answers, begins to, or keeps the exchange and does so later. */
	void (*on_request)(void *owner, struct http_exchange *x,
	    const struct http_request *request);
	/* The client of an exchange that was kept, or begun, is gone; the
	 * exchange is no more. */
	void (*on_gone)(void *owner, struct http_exchange *x);
};

/* Answers, once; everything is borrowed for the call, and the exchange belongs
 * to the answerer no longer. */
static inline void
http_answer(struct http_exchange *x, const struct http_answer *answer)
{
	x->ops->answer(x, answer);
}

/* Begins an answer without end, whose head this is (its body is not looked
 * at). */
static inline void
http_begin(struct http_exchange *x, const struct http_answer *head)
{
	x->ops->begin(x, head);
}

/* More of an answer that was begun.  False: the client does not read, and so
 * much waits for it that no more is kept; drop it. */
static inline bool
http_push(struct http_exchange *x, struct slice bytes)
{
	return x->ops->push(x, bytes);
}

/* Cuts the client off; on_gone is not called. */
static inline void
http_drop(struct http_exchange *x)
{
	x->ops->drop(x);
}

/* Whether the client of an exchange that is kept, or begun, has not left, as
 * far as is known now.  on_gone may come much later, when it is found out. */
static inline bool
http_is_there(struct http_exchange *x)
{
	return x->ops->is_there(x);
}

/* The first value of that name in the query; NULL: there is none. */
static inline const char *
http_query(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query_count && i < HTTP_QUERY_MAX; i++)
		if (strcmp(request->query[i].name, name) == 0)
			return request->query[i].value;
	return NULL;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The admin API of a mock: what its hosts are doing, what they received, and
 * how to change their rules while they are at work; docs/mock-api.md.  It
 * answers requests and has no socket.
 */
#ifndef FAULTPOST_MOCK_ADMIN_H
#define FAULTPOST_MOCK_ADMIN_H

#include "core/json/doc.h"
#include "core/transcript/transcript.h"
#include "core/world/http.h"
#include "mockserver/mock.h"

struct admin;

struct admin_options {
	/* All are borrowed until admin_destroy(). */
	struct mock *mock;
	struct capture *capture;
	const struct json_doc *scenario; /* rules are shown as it has them */
	const char *token;               /* NULL: none is asked for */
	void *owner;
	/* What an operator should know, in a line.  NULL: nobody is told. */
	void (*on_note)(void *owner, const char *note);
	/* What an answer tells must be in the transcript's file, too, before
	 * anyone has the answer.  NULL: there is none. */
	void (*before_answer)(void *owner);
};

struct admin *admin_new(struct world *w, const struct admin_options *options);
/* Behind the HTTP server's end. */
void admin_destroy(struct admin **ap);
/* From now on rules are shown as this one has them. */
void admin_set_scenario(struct admin *a, const struct json_doc *scenario);
/* Who answers. */
struct http_handler admin_handler(struct admin *a);
/* An event of the mock's transcript. */
void admin_tell(struct admin *a, const struct transcript_event *ev);

/* The API as its document and the tests see it. */
struct admin_route {
	const char *method, *path; /* "/v1/messages/{number}" */
	const char *query;         /* names with single spaces between */
};
/* The route of that index, or NULL behind the last. */
const struct admin_route *admin_route(size_t index);

#endif

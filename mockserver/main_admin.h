/* SPDX-License-Identifier: MIT */
/*
 * What of the daemon is for those who watch it: messages that are kept, the
 * maildir, and the admin API.  For main.c.
 */
#ifndef FAULTPOST_MOCK_MAIN_ADMIN_H
#define FAULTPOST_MOCK_MAIN_ADMIN_H

#include "core/world/world_ev_http.h"
#include "mockserver/admin/admin.h"
#include "mockserver/capture/capture_maildir.h"
#include "mockserver/main_transcript.h"

/* What main.c finds on the command line; zeroed before first use. */
struct watching {
	bool has_admin;
	struct endpoint at;       /* of the API */
	const char *token_path;   /* or NULL */
	const char *maildir_path; /* or NULL */
	uint64_t keep, keep_bytes;

	char *token; /* owned; or NULL */
	struct world *world;
	struct transcript_file *transcript; /* borrowed; or NULL */
	struct capture *capture;       /* owned; NULL: messages are not kept */
	struct maildir *maildir;       /* owned; or NULL */
	struct admin *admin;           /* owned; or NULL */
	struct ev_http_server *server; /* owned; or NULL */
	bool has_failed;               /* and the daemon ends */
};

/* "8025", "127.0.0.1:8025", "[::1]:0"; false with *err set. */
bool watching_read_at(struct watching *x, const char *value, struct err *err);
/* "1000", "1000,67108864". */
bool watching_read_keep(struct watching *x, const char *value, struct err *err);
/* Reads the token; an address that others can reach must have one.  False with
 * *err set. */
bool watching_check(struct watching *x, struct err *err);
/* Before there is a mock: where it keeps messages, if it does. */
bool watching_begin(struct watching *x, struct world *w, struct err *err);
/* Behind it: the API, if it is wanted. */
bool watching_serve(struct watching *x, struct mock *mock,
    const struct json_doc *scenario, struct err *err);
/* Rules are shown as this one has them, from now on. */
void watching_set_scenario(struct watching *x, const struct json_doc *scenario);
/* Where the API is; NULL: nowhere. */
const struct endpoint *watching_local(const struct watching *x);
/* Before the mock ends, and behind that. */
void watching_stop(struct watching *x);
void watching_fini(struct watching *x);

#endif

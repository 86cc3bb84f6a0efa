/* SPDX-License-Identifier: MIT */
/*
 * The inside of the admin API: admin.c takes requests to the functions that
 * answer them, which are grouped by noun in admin_*.c.  For nobody else.
 */
#ifndef FAULTPOST_MOCK_ADMIN_IMPL_H
#define FAULTPOST_MOCK_ADMIN_IMPL_H

#include "core/json/table.h"
#include "mockserver/admin/admin.h"
#include "mockserver/capture/journal.h"
#include "mockserver/mock_impl.h"

#define ADMIN_STREAMS_MAX 16
#define ADMIN_WAITERS_MAX 64
#define ADMIN_LIST_MAX    1000 /* entries of an answer */
#define ADMIN_LIST_COUNT  100  /* unless the request says otherwise */

struct admin {
	struct world *world; /* borrowed */
	struct admin_options options;
	struct journal *journal; /* owned */
	utime started;
	struct list streams, waiters; /* of struct admin_guest */
	size_t stream_count, waiter_count;
	uint64_t event_count; /* so far */
	struct timer beat;    /* tells dead streams */
	struct buf line;      /* of the event that is being told */
};

/* A request while it is being answered. */
struct admin_call {
	struct admin *admin;
	struct http_exchange *x;
	const struct http_request *request;
	struct slice argument; /* what stands for the {} of the path */
};

/* ---- admin_answer.c ---- */

/* Answers with the value, whose reference is taken over. */
void admin_answer(struct admin_call *call, unsigned status, json_t *value);
/* Answers with text of another type. */
void admin_answer_text(
    struct admin_call *call, unsigned status, const char *type, struct slice s);
/* The same as a page, which may do what its policy (CSP) says. */
void admin_answer_page(
    struct admin_call *call, const char *policy, struct slice page);
/* The same as a file that no browser shows. */
void admin_answer_file(
    struct admin_call *call, const char *type, struct slice content);
/* Answers 201, with the place of what was made. */
void admin_answer_made(
    struct admin_call *call, const char *location, json_t *value);
/* Problem details (RFC 9457). */
void admin_fail(struct admin_call *call, unsigned status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* 405, with the methods that there are. */
void admin_fail_method(struct admin_call *call, const char *allowed);
/* The same with what is wrong in the body of the request, and where. */
void admin_fail_body(
    struct admin_call *call, unsigned status, const struct err *err);
/* Any bytes as a JSON string: UTF-8 as it is; otherwise each byte becomes the
 * character of its number, and *is_latin1 true. */
json_t *admin_text(struct slice bytes, bool *is_latin1);
json_t *admin_time(utime at);
json_t *admin_endpoint(const struct endpoint *e);
/* A number of the query; false when it was wrong, and the request has been
 * answered. */
bool admin_query_number(struct admin_call *call, const char *name, uint64_t max,
    uint64_t preset, uint64_t *number);
/* The body read by the table; false when it was wrong, and the request has been
 * answered.  `name` is that of the document in places. */
bool admin_read_body(struct admin_call *call, const struct json_table *table,
    const char *name, struct json_doc *doc, void *value, struct arena *arena);

/* ---- by noun ---- */

/* The host of that name; NULL: there is none, and the request has been
 * answered. */
struct site *admin_find_site(struct admin_call *call, struct slice name);
/* Hosts that a request asks for. */
struct admin_choice {
	struct site **sites; /* owned; not the sites */
	size_t count;
	size_t found; /* as many there would be without a limit */
};
/* Those of `with`, a part of their names; of more than `limit` those with
 * connections.  False: the query is wrong, and the request has been answered.
 */
bool admin_choose_hosts(struct admin_call *call, struct admin_choice *choice);
void admin_choice_fini(struct admin_choice *choice);
/* How often its rules have acted. */
uint64_t admin_count_acted(const struct site *site);

/* admin_page.c */
void admin_get_page(struct admin_call *call);

/* admin_hosts.c */
void admin_get_hosts(struct admin_call *call);
void admin_get_host(struct admin_call *call);
void admin_patch_host(struct admin_call *call);

/* admin_state.c */
void admin_get_state(struct admin_call *call);
void admin_patch_state(struct admin_call *call);
void admin_reset(struct admin_call *call);

/* admin_metrics.c */
void admin_get_metrics(struct admin_call *call);

/* admin_rules.c */
void admin_get_rules(struct admin_call *call);
void admin_post_rule(struct admin_call *call);
void admin_get_rule(struct admin_call *call);
void admin_put_rule(struct admin_call *call);
void admin_patch_rule(struct admin_call *call);
void admin_delete_rule(struct admin_call *call);

/* admin_messages.c */
void admin_get_messages(struct admin_call *call);
void admin_delete_messages(struct admin_call *call);
void admin_get_message(struct admin_call *call);
void admin_delete_message(struct admin_call *call);
void admin_get_content(struct admin_call *call);

/* admin_live.c */
void admin_get_connections(struct admin_call *call);
void admin_get_connection(struct admin_call *call);
void admin_get_events(struct admin_call *call);
void admin_get_wait(struct admin_call *call);
/* An event: to those who listen, and to those who wait for it. */
void admin_live_tell(struct admin *a, const struct transcript_event *ev);
void admin_live_gone(struct admin *a, struct http_exchange *x);
void admin_live_init(struct admin *a);
void admin_live_fini(struct admin *a);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The relay under test: accepts mail, makes it durable, delivers it as the ESA
 * does (docs/delivery.md) and says so in the ESA's mail-log lines.  This is the
 * whole of it that others see.
 */
#ifndef FAULTPOST_RELAY_H
#define FAULTPOST_RELAY_H

#include "core/base/buf.h"
#include "core/world/world.h"
#include "relay/config.h"

struct relay;

/* Logs beside the mail log, for those that the configuration asks for. */
enum relay_side_log {
	SIDE_DOMAIN_DEBUG,
	SIDE_INJECTION_DEBUG,
	SIDE_CONVERSATION,
	SIDE_STATUS,
	SIDE_BOUNCE,
	SIDE_DELIVERY,
	SIDE_LOG_COUNT,
};

struct relay_hooks {
	void *owner;
	/* A line of the mail log, with its newline.  Borrowed. */
	void (*on_log)(void *owner, struct slice line);
	/* relay_drain() has finished. */
	void (*on_drained)(void *owner);
	/* The relay cannot go on (the queue's disk failed); it has stopped
	 * answering 250.  May be called more than once. */
	void (*on_fault)(void *owner, const struct err *err);
	/* A line of a side log that the configuration asks for; NULL: nobody
	 * wants any. */
	void (*on_side_line)(
	    void *owner, enum relay_side_log log, struct slice line);
	/* The queue is damaged, as *err says.  True when its files were set
	 * aside, and an empty one may be made; `aside` then says in words what
	 * was done.  NULL: the relay does not start. */
	bool (*on_damage)(
	    void *owner, const struct err *err, struct err *aside);
};

/* Opens the queue (creating it if needed), takes up what is in it and listens.
 * `config` is borrowed until relay_destroy() or the next reload.  NULL with
 * *err set when the queue cannot be opened or an address cannot be had. */
struct relay *relay_new(struct world *w, const struct relay_config *config,
    const struct relay_hooks *hooks, struct err *err);
/* Closes connections as they are; what is not finished stays queued. */
void relay_destroy(struct relay **rp);
/* Ends it as if the program had been killed: connections are reset, and nothing
 * is written, neither to the log nor to the queue. */
void relay_kill(struct relay **rp);

/* Takes a new configuration: routes, zone, delivery, bounce profile and access
 * at once; listeners that are no longer named close, new ones open, the others
 * stay (for port 0 with the port they got).  The queue stays where it is.  On
 * an error nothing has changed. */
bool relay_reload(
    struct relay *r, const struct relay_config *config, struct err *err);

/* Puts another routes table in force, as `smtproutes import` does: all of it,
 * or when there is an error (added to *errors, as places in `file`) nothing.
 * Hosts that both tables lead to keep their cursors and what is known of them.
 * It holds until the next reload or import. */
bool relay_import_routes(struct relay *r, struct slice text, const char *file,
    struct err_list *errors);
/* The routes in force; until the next reload or import. */
const struct routes *relay_routes(const struct relay *r);

/* Stops listening, lets the sessions and transactions that are under way end
 * (at most config->drain_timeout), then calls on_drained. */
void relay_drain(struct relay *r);

/* The address that listener `index` got (for port 0). */
const struct endpoint *relay_listen_address(
    const struct relay *r, size_t index);

/* Recipients accepted and not finished. */
uint64_t relay_queued_recipients(const struct relay *r);

/* What `status` says, as metrics for Prometheus (relay/operate/metrics.h):
 * appends the page. */
void relay_metrics(struct relay *r, struct buf *out);

/* ---- operating it: docs/operating.md ---- */

struct json_t;

/* An operator's command, in words: "hoststatus", "example.com".  All borrowed.
 */
struct relay_command {
	const struct slice *words;
	size_t count;
	struct slice payload; /* the file of `smtproutes import` */
};
/* What it says: the appliance's text, and the same as an object.  Both are the
 * caller's to free. */
struct relay_answer {
	struct buf text;
	struct json_t *object; /* or NULL */
};
void relay_answer_fini(struct relay_answer *answer);
/* Carries it out.  False with *err set when it is no command, lacks something
 * or cannot be done; then nothing has changed. */
bool relay_operate(struct relay *r, const struct relay_command *command,
    struct relay_answer *answer, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The inside of the operator's commands: operate.c reads them and controls
 * deliveries, operate_status.c looks at the relay, the others act on its queue
 * and its routes.  For nobody else.
 */
#ifndef FAULTPOST_RELAY_OPERATE_H
#define FAULTPOST_RELAY_OPERATE_H

#include "relay/operate/status.h"
#include "relay/relay_impl.h"

/* A command under way. */
struct operation {
	struct relay *relay; /* borrowed */
	const struct relay_command *command;
	struct relay_answer *answer;
};
/* Word `index` of the command, or an empty slice. */
struct slice operation_word(const struct operation *op, size_t index);
/* The domain of that name if there is one in memory, else NULL. */
struct domain *operation_domain(const struct operation *op, struct slice name);

/* Each group of the domain, those being sent included. */
void operate_each_group(struct domain *domain,
    void (*on_group)(void *owner, struct group *g), void *owner);

/* The groups that a command is about, in the order of MIDs. */
struct selection {
	struct slice sender;   /* at NULL: any */
	uint64_t mid;          /* 0: any */
	bool with_active;      /* those being sent, too */
	struct group **groups; /* owned by whoever selects */
	size_t count, cap;
	uint64_t messages, recipients;
	uint64_t active; /* recipients left alone, as they are being sent */
};

/* ---- operate_queue.c ---- */
/* The groups of the message whose MID is word `word`; false with *err set when
 * it is not in the queue. */
bool select_message(
    struct operation *op, size_t word, struct selection *s, struct err *err);
/* Each carries one command out; false with *err set. */
bool operate_showrecipients(struct operation *op, struct err *err);
bool operate_delivernow(struct operation *op, struct err *err);
bool operate_deleterecipients(struct operation *op, struct err *err);
bool operate_bouncerecipients(struct operation *op, struct err *err);
bool operate_redirectrecipients(struct operation *op, struct err *err);
bool operate_removemessage(struct operation *op, struct err *err);

/* ---- operate_routes.c ---- */
/* Each carries one command out; false with *err set. */
bool operate_smtproutes(struct operation *op, struct err *err);
bool operate_destconfig(struct operation *op, struct err *err);

/* ---- operate_message.c ---- */
/* Appends what the message's Subject says; nothing when it has none. */
void operate_read_subject(
    struct relay *r, const struct message *m, struct buf *out);
/* Each carries one command out; false with *err set. */
bool operate_showmessage(struct operation *op, struct err *err);
bool operate_oldmessage(struct operation *op, struct err *err);

/* ---- operate_host.c ---- */
/* Carries the command out; false with *err set. */
bool operate_hoststatus(struct operation *op, struct err *err);

/* ---- operate_status.c ---- */
/* What waits for the domain, and what carries it. */
struct gauges operate_gauges(const struct domain *domain);
/* Down when all of its addresses are; what was never tried is unknown. */
enum host_state_shown operate_state(const struct domain *domain);
/* Each carries one command out; false with *err set. */
bool operate_tophosts(struct operation *op, struct err *err);
bool operate_status(struct operation *op, struct err *err);
bool operate_resetcounters(struct operation *op, struct err *err);
bool operate_metrics(struct operation *op, struct err *err);
/* What `status` shows now. */
void operate_fill_status(struct relay *r, struct system_status *s);
/* The relay starts: its load counts from now on. */
void operate_begin_load(struct relay *r);

#endif

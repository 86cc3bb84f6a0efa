/* SPDX-License-Identifier: MIT */
/*
 * What is remembered while a log is counted; see log_stats.h.  For
 * log_stats*.c.
 */
#ifndef FAULTPOST_LOG_STATS_IMPL_H
#define FAULTPOST_LOG_STATS_IMPL_H

#include "core/base/list.h"
#include "harness/log/log_stats.h"

#include <uthash.h>

/* Recipients of one message that are remembered. */
#define RECIPIENTS_MAX 10000

struct log_stats_name {
	size_t index;
	UT_hash_handle hh;
	char name[]; /* lower case */
};

/* Without padding. */
struct log_stats_key {
	uint64_t number, appliance;
};

struct log_stats_recipient {
	uint64_t rid;
	uint32_t domain; /* index */
	bool is_open;
};

struct log_stats_message {
	struct log_stats_key key;
	utime queued, started; /* started: the last Delivery start */
	struct log_stats_recipient *recipients; /* owned */
	uint32_t count;
	size_t cap;
	struct list node;
	UT_hash_handle hh;
};

struct log_stats_connection {
	struct log_stats_key key;
	size_t host;
	utime opened;
	bool is_shared; /* counted among those of its domain */
	struct list node;
	UT_hash_handle hh;
};

struct log_stats {
	utime first, last;
	struct log_host *hosts; /* owned */
	size_t host_count, host_cap;
	struct log_domain *domains; /* owned */
	size_t domain_count, domain_cap;
	struct log_stats_name *host_names, *domain_names;
	struct log_stats_message *messages;
	struct list message_order;
	size_t message_count;
	struct log_stats_connection *connections;
	struct list connection_order;
	size_t connection_count;
	uint64_t forgotten;
};

/* The index of the record's host; of the domain of that name; and the host's
 * share in the domain's mail.  Each is made if it is not there. */
size_t log_stats_host_get(struct log_stats *s, const struct maillog_event *ev);
size_t log_stats_domain_get(struct log_stats *s, struct slice name);
struct log_share *log_stats_share_get(struct log_domain *d, size_t host);

/* The message of the record's MID, or NULL; and the same, made if it is not
 * there: the oldest one goes when there are too many. */
struct log_stats_message *log_stats_message_find(
    const struct log_stats *s, const struct log_record *record);
struct log_stats_message *log_stats_message_get(
    struct log_stats *s, const struct log_record *record);
void log_stats_message_forget(struct log_stats *s, struct log_stats_message *m);
/* NULL: not known. */
struct log_stats_recipient *log_stats_recipient_find(
    struct log_stats_message *m, uint64_t rid);

/* The connection of the record's DCID, or NULL; and one that begins with it. */
struct log_stats_connection *log_stats_connection_find(
    const struct log_stats *s, const struct log_record *record);
struct log_stats_connection *log_stats_connection_open(
    struct log_stats *s, const struct log_record *record);
void log_stats_connection_forget(
    struct log_stats *s, struct log_stats_connection *c);

void log_stats_names_fini(struct log_stats_name **names);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Figures of a log: of each host what it was asked and what it said, of each
 * domain its queue, its retries, and how its hosts shared the mail.  Memory is
 * bounded by hosts, domains and what is under way, not by the log's length.
 * Pure.
 */
#ifndef FAULTPOST_LOG_STATS_H
#define FAULTPOST_LOG_STATS_H

#include "core/routes/routes.h"
#include "harness/log/log_failure.h"
#include "harness/log/log_reader.h"

/* More hosts, or domains, are one: "others". */
#define LOG_STATS_HOSTS_MAX   50000
#define LOG_STATS_DOMAINS_MAX 200000
/* Messages and connections that may be under way. */
#define LOG_STATS_MESSAGES_MAX 500000
/* Different answers that are told apart of a host. */
#define LOG_STATS_TEXTS_MAX 20

#define LOG_SPAN_BUCKETS 160

/* Spans by the second, coarser as they get longer (an eighth). */
struct log_spans {
	uint64_t count;
	uint32_t buckets[LOG_SPAN_BUCKETS];
	utime longest;
};
void log_spans_add(struct log_spans *s, utime span);
/* The span in seconds that `percent` of them do not exceed; 0: there is none.
 */
uint64_t log_spans_percentile(const struct log_spans *s, unsigned percent);

struct log_text_count {
	unsigned code; /* 0: no reply */
	char *text;    /* owned; as people read it */
	uint64_t count;
};

struct log_host {
	char *name;         /* owned: "10.1.1.11:25" */
	struct endpoint at; /* family 0: "others", or it was no address */
	uint64_t attempts;  /* connections, those that failed included */
	uint64_t failed[LOG_FAILURE_KINDS];
	uint64_t starts, done;                /* messages */
	uint64_t delivered, delayed, refused; /* recipients */
	uint64_t codes_4xx, codes_5xx;        /* answers, greetings included */
	struct log_text_count *texts; /* owned; in the order of their coming */
	size_t text_count, text_cap;
	uint64_t other_texts;
	struct log_spans spans; /* from Delivery start to Message done */
};

/* A host's part in the mail of a domain. */
struct log_share {
	size_t host;
	uint64_t connections, messages;
	bool is_first; /* was asked without a failure just before */
};

struct log_domain {
	char *name; /* owned */
	uint64_t recipients, delivered, delayed, bounced, deleted;
	uint64_t retries;             /* "pending till" lines */
	uint64_t queued, queued_most; /* recipients now, and at most */
	struct log_spans waits;       /* from queued to delivered */
	struct log_share *shares;     /* owned; in the order of their coming */
	size_t share_count, share_cap;
	utime trouble; /* the last failure or delay; 0: there was none */
	size_t last;   /* host that was asked last, + 1 */
	bool stays;    /* one was asked twice running, and none had failed */
};

struct log_stats;

struct log_stats *log_stats_new(void);
void log_stats_destroy(struct log_stats **sp);
void log_stats_take(struct log_stats *s, const struct log_record *record);
/* When the first and the last record were written; 0: there is none. */
utime log_stats_first(const struct log_stats *s);
utime log_stats_last(const struct log_stats *s);
/* Messages that were still under way when there were too many to remember. */
uint64_t log_stats_forgotten(const struct log_stats *s);

/* Hosts, and domains, in the order of their coming. */
size_t log_stats_host_count(const struct log_stats *s);
const struct log_host *log_stats_host(const struct log_stats *s, size_t i);
size_t log_stats_domain_count(const struct log_stats *s);
const struct log_domain *log_stats_domain(const struct log_stats *s, size_t i);

/* Appends the figures as pages: the hosts and domains with most to do, `top` of
 * each; `routes` (or NULL) tells the priorities of hosts that it has by their
 * addresses. */
void log_stats_format(const struct log_stats *s, const struct routes *routes,
    size_t top, struct buf *out);
/* Appends all of them as one line of JSON. */
void log_stats_json(
    const struct log_stats *s, const struct routes *routes, struct buf *out);

/* The priority of the host in the route of the domain; -1: not known. */
int log_stats_priority(const struct routes *routes, const struct log_domain *d,
    const struct log_host *host);
/* Whether it was asked only behind failures of others, of which one was asked
 * again and again: equal hosts would have taken turns. */
bool log_stats_is_backup(const struct log_domain *d, size_t share);

/* A host's part of what went to the hosts that stand beside it, and how even
 * these shared: Jain's index (1: all equal). */
struct log_parts {
	double connections, connections_jain, messages, messages_jain;
};
/* Beside it are those of its priority; without routes those that are backups,
 * too, or those that are none, too. */
struct log_parts log_stats_parts(const struct log_stats *s,
    const struct routes *routes, const struct log_domain *d, size_t share);

#endif

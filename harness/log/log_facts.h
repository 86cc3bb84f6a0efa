/* SPDX-License-Identifier: MIT */
/*
 * What a story comes to: who wrote to whom, what became of each recipient, what
 * each host did.  Verdicts and explanations are made of these alone.  Pure.
 */
#ifndef FAULTPOST_LOG_FACTS_H
#define FAULTPOST_LOG_FACTS_H

#include "harness/log/log_failure.h"
#include "harness/log/log_story.h"

enum log_fate {
	LOG_FATE_OPEN,
	LOG_FATE_DELIVERED,
	LOG_FATE_BOUNCED,
	LOG_FATE_DELETED,
};

/* Texts are of the facts' arena; NULL: the log does not say. */
struct log_addressee {
	uint64_t rid;
	const char *to;
	enum log_fate fate;
	utime when;     /* of its fate */
	utime till;     /* when it is tried again; 0: it does not wait */
	bool is_active; /* on a connection */
	uint64_t code;  /* of the last reply that was none of 2xx */
	const char *enhanced, *text, *reply; /* of the same */
	const char *host; /* that it was about, or which took it */
};

/* A host's part in the story. */
struct log_party {
	const char *host; /* "10.1.1.11 port 25" */
	uint64_t connections, failed, took, delayed, refused;
};

struct log_dcid {
	uint64_t dcid;
	const char *host;
	utime opened;
};

/* How often each thing was seen. */
struct log_sights {
	uint64_t failed[LOG_FAILURE_KINDS]; /* connections */
	uint64_t greeted_4xx, greeted_5xx;  /* of those that answered */
	uint64_t delayed_4xx, delayed_lost; /* recipients; lost: no reply */
	uint64_t bounced_5xx, bounced_dns, bounced_expired, bounced_other;
	uint64_t bounced_twice; /* of these: nobody is told */
	uint64_t pending;       /* rounds without success */
	uint64_t tls_success, tls_failed, tls_required, no_starttls;
	uint64_t possible, deleted, suspended, rejected, dns_soft;
	uint64_t starts, connections;
};

struct log_facts {
	struct arena arena;
	utime first, last; /* records; 0: there is none */
	utime received;    /* its Start or, if that is missing, 0 */
	bool is_queued, is_finished, is_aborted, is_generated;
	const char *from, *subject, *client, *domain, *abort;
	uint64_t bytes, icid;
	uint64_t now;   /* the MID that it has in the end; 0: its first one */
	uint64_t parts; /* messages that were split off it */
	struct log_addressee *to; /* owned */
	size_t to_count, to_cap;
	struct log_party *parties; /* owned; in the order of their coming */
	size_t party_count, party_cap;
	struct log_dcid *dcids; /* owned */
	size_t dcid_count, dcid_cap;
	struct log_sights saw;
	/* The last failure that was no recipient's. */
	const char *failed_host, *failed_how;
	/* The last reply, or loss, for which a recipient was put off. */
	const char *delayed_host, *delayed_reply;
	uint64_t delayed_code;
};

/* Zeroed facts are those of no story. */
void log_facts_fini(struct log_facts *f);
/* Takes the next record of the story, and what it was before. */
void log_facts_take(struct log_facts *f, const struct maillog_event *ev);
/* All of a story. */
void log_facts_of(struct log_facts *f, const struct log_story *story);
/* Reads a record of a story again; the event borrows from it. */
bool log_story_event(
    const struct log_story_record *record, struct maillog_event *ev);

/* The addressee of that RID, or NULL; the host of that DCID, or NULL. */
const struct log_addressee *log_facts_addressee(
    const struct log_facts *f, uint64_t rid);
const char *log_facts_host(const struct log_facts *f, uint64_t dcid);
/* How many addressees have that fate. */
size_t log_facts_count(const struct log_facts *f, enum log_fate fate);

#endif

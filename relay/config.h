/* SPDX-License-Identifier: MIT */
/*
 * What the relay is told: its configuration file, also used by scenarios for
 * their "relay" key.  Pure: text in, struct out.
 */
#ifndef FAULTPOST_RELAY_CONFIG_H
#define FAULTPOST_RELAY_CONFIG_H

#include "core/base/network.h"
#include "core/base/utime.h"
#include "core/dns/cache.h"
#include "core/dns/zone.h"
#include "core/json/table.h"
#include "core/routes/routes.h"
#include "core/tls/context.h"
#include "relay/deliver/destination.h"

/* What follows a 5xx greeting or EHLO (docs/decisions.md, D3). */
enum relay_on_5xx_greeting {
	ON_5XX_NEXT,
	ON_5XX_BOUNCE
};
/* What becomes of 8-bit content where 8BITMIME is not offered. */
enum relay_on_no_8bitmime {
	ON_NO_8BITMIME_BOUNCE,
	ON_NO_8BITMIME_SEND
};
/* What becomes of mail that may go in clear after a handshake has failed
 * (docs/decisions.md, D10). */
enum relay_tls_fallback {
	TLS_FALLBACK_NEVER,
	TLS_FALLBACK_CLEAR /* to the same host, in a later round */
};
/* What becomes of mail to a host whose certificate does not stand up where it
 * is looked at and not required. */
enum relay_tls_unverified {
	TLS_UNVERIFIED_SEND, /* goes there, under TLS */
	TLS_UNVERIFIED_NEXT  /* the host has failed */
};
enum relay_growth {
	GROWTH_DOUBLE,
	GROWTH_CONSTANT
};

/* What a domain that takes no mail (RFC 7505) bounces as. */
enum relay_null_mx {
	NULL_MX_OWN_CODE,  /* 5.1.10 */
	NULL_MX_AS_NO_HOST /* 5.1.2, as for other hard DNS errors */
};
/* When a period of destination controls begins. */
enum relay_period {
	PERIOD_FIRST, /* with its first recipient */
	PERIOD_CLOCK, /* when the clock shows a multiple of it */
};

/* Whether a round goes on to a worse priority when a host of the better one
 * has answered (docs/decisions.md, D2). */
enum relay_priorities {
	PRIORITIES_ALL,
	PRIORITIES_ONE
};
/* Which connections move a cursor (docs/decisions.md, D9). */
enum relay_rotation {
	ROTATION_CONNECTIONS,
	ROTATION_ROUNDS
};
/* What follows a 5xx to EHLO (docs/decisions.md, D11). */
enum relay_on_ehlo_refused {
	ON_EHLO_REFUSED_HELO,
	ON_EHLO_REFUSED_FAIL
};
/* What a connection means that comes to nothing while others of its domain to
 * the same host carry mail (docs/decisions.md, D14). */
enum relay_on_turned_away {
	ON_TURNED_AWAY_WAIT, /* the host takes no more than those */
	ON_TURNED_AWAY_FAIL  /* the host has failed */
};
/* How often a success cuts a wait short (docs/decisions.md, D15). */
enum relay_releases {
	RELEASES_ONCE,  /* the round is an extra one, and the wait goes on */
	RELEASES_ALWAYS /* the wait is over, and the round counts */
};
/* Whom a code without meaning speaks of (docs/decisions.md, D12). */
enum relay_on_nonsense {
	ON_NONSENSE_HOST,
	ON_NONSENSE_BOUNCE
};

/* docs/delivery.md says what each means. */
struct relay_delivery {
	unsigned failover_on; /* bits 1 << enum smtp_stage */
	enum relay_on_5xx_greeting on_5xx_greeting;
	enum relay_priorities priorities;
	enum relay_rotation rotation;
	enum relay_on_ehlo_refused on_ehlo_refused;
	enum relay_on_nonsense on_nonsense;
	enum relay_on_turned_away on_turned_away;
	bool release_on_success;
	enum relay_releases releases;
	bool down_counts; /* a round in which all are down is an attempt */
	enum relay_null_mx null_mx;
	bool pipelining, chunking; /* used where they are offered */
	enum relay_on_no_8bitmime on_no_8bitmime;
	/* Connections at a time, to all domains; those that use TLS. */
	uint32_t concurrency, tls_concurrency;
	enum relay_period recipient_period;
	utime slow_after;
	bool possible_delivery;
	utime possible_delivery_timeout;
	enum relay_tls_fallback tls_fallback;
	enum relay_tls_unverified tls_unverified;
	uint16_t port; /* of routes and MX that name none */
	utime idle_timeout, connect_timeout;
	utime greeting_timeout, command_timeout, data_timeout, body_timeout,
	    eod_timeout;
	utime host_retry_initial, host_retry_max;
};

/* What a bounce message looks like. */
enum relay_bounce_format {
	BOUNCE_FORMAT_DSN,
	BOUNCE_FORMAT_PLAIN
};

/* When a recipient is tried again, and who is told that it has failed. */
struct relay_bounce_profile {
	struct slice name;
	uint32_t max_retries;
	utime max_time, initial_wait, max_wait;
	enum relay_growth growth;
	bool hard_bounces; /* the sender is told */
	enum relay_bounce_format format;
	bool use_bounce_response_code;
	bool delay_warnings;
	utime delay_warning_interval;
	uint32_t delay_warning_max;
	struct slice recipient; /* who is told; empty: the sender */
	uint64_t max_bounce_copy;
};

/* What becomes of a bounce that answers no mail of ours. */
enum relay_invalid_bounce {
	INVALID_BOUNCE_REJECT,
	INVALID_BOUNCE_HEADER, /* it is marked */
};
struct relay_bounce_verification {
	/* The first one tags; tags of all are known.  None: nothing is tagged
	 * or verified. */
	JSON_ARRAY_OF(struct slice) keys;
	enum relay_invalid_bounce invalid;
	struct slice header; /* a line, without its end */
};

/* A certificate of the relay's own, by the name that [DEFAULT] of the
 * destination controls may have. */
struct relay_certificate {
	struct slice name;
	struct slice certificate_path, key_path; /* terminated */
};

/* How deliveries speak TLS. */
struct relay_tls {
	enum tls_version min_version;
	struct slice ca_file; /* terminated; empty: the system's */
	JSON_ARRAY_OF(struct relay_certificate) certificates;
};

/* What a listener takes; 0 where a number may be absent: no limit. */
struct relay_limits {
	uint64_t message_bytes;
	uint32_t recipients;             /* per message */
	uint32_t messages;               /* per connection */
	uint32_t connections;            /* at once; 0: by the kind */
	uint32_t connections_per_client; /* at once, from one address */
	/* From one address, in a minute or an hour. */
	uint32_t connections_per_minute, connections_per_hour;
	uint32_t recipients_per_minute, recipients_per_hour;
	utime idle_timeout;        /* a client that says nothing */
	utime session_timeout;     /* the whole connection */
	uint32_t bad_commands;     /* after so many: 421 */
	uint32_t received_headers; /* more of them are a loop */
	/* Of the whole queue. */
	uint64_t queue_messages, queue_bytes;
	uint64_t disk_free; /* bytes that the disk must have left */
};

/* Who the relay is to the hosts of a route that names this profile. */
struct relay_auth_profile {
	struct slice name, user;
	struct slice password;      /* in the end, wherever it came from */
	struct slice password_file; /* terminated; empty: none */
};

/* Whom the resolver asks for names that the zone does not have. */
struct relay_resolver {
	JSON_ARRAY_OF(struct endpoint) servers; /* none: the machine's */
	utime timeout;
	uint32_t tries;
};

/* Conversations that somebody wants to read; absent: no log. */
struct relay_debug {
	struct slice domain;      /* of domain_debug */
	struct ip_network client; /* of injection_debug */
	uint32_t sessions;        /* so many, since the start */
	struct slice log;         /* terminated */
};

/* Whether strangers may talk to it at all. */
enum relay_listener_kind {
	LISTENER_PUBLIC,
	LISTENER_PRIVATE,
};

enum relay_listener_tls_mode {
	LISTENER_TLS_OFF,
	LISTENER_TLS_PREFERRED,
	LISTENER_TLS_REQUIRED,
};
struct relay_listener_tls {
	enum relay_listener_tls_mode mode;
	/* Empty: a certificate is made. */
	struct slice certificate_path, key_path;
	struct slice certificate, key; /* what these files hold */
};

struct relay_user {
	struct slice name, hash; /* crypt(3)'s; terminated */
};
struct relay_auth {
	JSON_ARRAY_OF(struct relay_user) users;
	bool clear;     /* offered without TLS, too */
	uint32_t tries; /* wrong passwords, then 421 */
	utime delay;    /* of the answer to a wrong one */
};

/* Where the relay listens, and what it takes from whom there. */
struct relay_listener_config {
	struct slice name; /* of the interface, in the injection lines */
	struct endpoint at;
	enum relay_listener_kind kind;
	/* Clients that may send to any domain. */
	JSON_ARRAY_OF(struct ip_network) relay_from;
	/* Domains to which anyone may send. */
	JSON_ARRAY_OF(struct slice) accept_for;
	/* Clients that may say XCLIENT. */
	JSON_ARRAY_OF(struct ip_network) xclient_from;
	bool open_relay;       /* any network in relay_from is meant */
	bool delayed_reject;   /* strangers are refused at RCPT, not greeted */
	bool untagged_bounces; /* are as good as tagged ones */
	struct relay_listener_tls tls;
	struct relay_auth auth;
	struct relay_limits limits;
	struct slice bounce_profile; /* empty: none is named */
};

struct relay_config {
	struct slice hostname;       /* greeting, HELO name, DSN sender */
	struct ip_address interface; /* source of deliveries; family 0: any */
	/* The source over IPv6 when `interface` is of IPv4; family 0: none. */
	struct ip_address interface_v6;
	JSON_ARRAY_OF(struct relay_listener_config) listeners;
	struct slice postmaster; /* who gets mail to <postmaster> */
	struct slice queue_path; /* terminated */
	struct slice log_path;   /* terminated; empty: standard output */
	struct relay_debug domain_debug, injection_debug;
	struct slice conversation_log; /* terminated; empty: none */
	/* Likewise. */
	struct slice status_log, bounce_log, delivery_log;
	struct endpoint metrics;   /* family 0: not served */
	struct slice control_path; /* empty: beside the queue */
	struct relay_delivery delivery;
	struct relay_bounce_profile bounce; /* the default one */
	JSON_ARRAY_OF(struct relay_bounce_profile) bounce_profiles;
	struct relay_bounce_verification bounce_verification;
	JSON_ARRAY_OF(struct relay_auth_profile) smtp_auth_profiles;
	struct dns_cache_limits dns_cache;
	struct relay_resolver resolver;
	bool has_resolver; /* otherwise nobody is asked */
	utime drain_timeout;
	const struct routes *routes; /* owned by the config's owner */
	const struct zone *zone;     /* likewise; may be NULL */
	/* Likewise; NULL: the appliance's own for all domains. */
	const struct relay_destinations *destinations;
	struct relay_tls tls;
	/* Of deliveries; likewise.  NULL will do when no domain uses TLS. */
	const struct tls_context *tls_context;
};

#endif

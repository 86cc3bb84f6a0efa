/* SPDX-License-Identifier: MIT */
/*
 * The mock hosts of a scenario, read from its "hosts" object into const
 * structs: addresses, what they offer, their limits and their rules.  Pure.
 *
 * Whoever reads a whole scenario puts the row
 *	{ "hosts", MOCK_HOSTS_FORM, JSON_AT(struct x, hosts), ... }
 * into its table (the member is a struct mock_hosts) and calls
 * mock_hosts_check() and profiles_apply() once it has been read.
 */
#ifndef FAULTPOST_MOCK_HOSTS_H
#define FAULTPOST_MOCK_HOSTS_H

#include "core/smtp/server.h"
#include "mockserver/play/login.h"
#include "mockserver/rule/profile_use.h"
#include "mockserver/rule/rule.h"

/* The network's view of a host.  X(constant, name in scenarios) */
#define MOCK_HOST_STATES(X)                                                    \
	X(MOCK_HOST_UP, "up")                   /* delivers */                 \
	X(MOCK_HOST_REFUSE, "refuse")           /* RST answers each SYN */     \
	X(MOCK_HOST_SILENT, "silent")           /* nothing answers */          \
	X(MOCK_HOST_UNREACHABLE, "unreachable") /* a router says so */
enum mock_host_state {
#define X(constant, name) constant,
	MOCK_HOST_STATES(X)
#undef X
};
const char *mock_host_state_name(enum mock_host_state state);
/* The same as a JSON form: member enum mock_host_state. */
extern const struct json_word mock_host_state_words[4];
#define MOCK_HOST_STATE_FORM JF_WORD(mock_host_state_words)

/* Whether MAIL needs EHLO or HELO before it.  X(constant, name) */
#define MOCK_HELLOS(X)                                                         \
	X(MOCK_HELLO_REQUIRED, "required")                                     \
	X(MOCK_HELLO_OPTIONAL, "optional")
enum mock_hello {
#define X(constant, name) constant,
	MOCK_HELLOS(X)
#undef X
};

struct mock_limits {
	uint64_t size_bytes;  /* of a message; 552 5.3.4 above */
	uint64_t recipients;  /* of a message; 452 4.5.3 above */
	uint64_t messages;    /* of a connection; 421 4.7.0 above; 0: any */
	uint64_t connections; /* at once; 421 4.7.0 above; 0: any */
	uint64_t accepted;    /* at once; further ones wait; 0: any */
	uint64_t backlog;     /* that may wait; no SYN is answered above; 0:
	                       * any */
	uint64_t receive_buffer, send_buffer; /* 0: the world's */
	utime idle_timeout; /* 421 4.4.2 to a client silent for so long */
};

struct mock_host {
	const char *name;
	const char *pointer;                        /* JSON pointer */
	const char *place;                          /* FILE:LINE:COL */
	JSON_ARRAY_OF(struct ip_address) addresses; /* at least one */
	uint16_t port;
	enum mock_host_state state; /* at the start */
	enum mock_hello hello;
	JSON_ARRAY_OF(enum smtp_extension) extension_list;
	unsigned extensions; /* the list as bits, STARTTLS and AUTH */
	JSON_ARRAY_OF(struct mock_user) user_list; /* "auth" */
	struct mock_users users;                   /* the same */
	struct mock_tls_offer tls;
	bool has_tls;
	struct mock_limits limits;
	JSON_ARRAY_OF(struct profile_use) profiles;
	JSON_ARRAY_OF(struct rule) rules; /* its own, then its profiles' */
};

struct mock_hosts {
	const struct mock_host *at; /* in the order of the file */
	size_t count;
};

/* A value of the "hosts" object. */
extern const struct json_table mock_host_table;
extern const struct json_custom mock_host_name;
#define MOCK_HOSTS_MAX 10000
#define MOCK_HOSTS_FORM                                                        \
	JF_MAP_OF(struct mock_host, name, JF_CUSTOM(&mock_host_name),          \
	    JF_OBJECT(&mock_host_table), 0, MOCK_HOSTS_MAX)

/* What one host cannot see: two hosts at one address and port.  `at` is the
 * place of the "hosts" object. */
bool mock_hosts_check(
    const struct mock_hosts *hosts, const struct json_at *at, struct err *err);
/* What it offers in clear, or under TLS: enum smtp_extension bits. */
unsigned mock_host_offers(const struct mock_host *host, bool is_secured);
/* The host of that name, or NULL. */
const struct mock_host *mock_hosts_find(
    const struct mock_hosts *hosts, struct slice name);

#endif

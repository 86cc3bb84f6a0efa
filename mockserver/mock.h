/* SPDX-License-Identifier: MIT */
/*
 * The mock server: every host of a scenario, listening on its addresses in a
 * world and playing its rules.  This is the whole of it that others see.
 *
 * What lies before a host is not the mock's business: whoever owns a simulated
 * network sets it from the hosts' states and tells the mock by
 * mock_set_host_state(), which listens, or keeps silent, or not accordingly.
 * For what is unreachable it listens.
 */
#ifndef FAULTPOST_MOCK_H
#define FAULTPOST_MOCK_H

#include "core/dns/zone.h"
#include "core/tls/certificate.h"
#include "core/transcript/transcript.h"
#include "core/world/world.h"
#include "mockserver/capture/capture.h"
#include "mockserver/hosts.h"

struct mock;

struct mock_options {
	uint64_t seed;           /* of the rules with a probability */
	const struct zone *zone; /* borrowed until mock_destroy(): names for
	                          * certificates; NULL: none */
	enum tls_key_kind keys;  /* of certificates */
	struct capture *capture; /* borrowed likewise: where messages are kept;
	                          * NULL: nowhere */
	/* Where a host's endpoint is really bound, for worlds that lack its
	 * address; NULL: where it says.  Transcripts show what the scenario
	 * says. */
	struct endpoint (*place)(void *owner, const struct endpoint *at);
	void *owner;
};

/* Listens for every host that does not refuse; a silent one answers no SYN.
 * `hosts` is borrowed until mock_destroy(); `sink` may be NULL and is copied
 * otherwise.  `during` of rules counts from now.  NULL with *err set (the place
 * of the host included) when an address cannot be had. */
struct mock *mock_new(struct world *w, const struct mock_hosts *hosts,
    const struct mock_options *options, const struct transcript_sink *sink,
    struct err *err);
/* Resets what is open. */
void mock_destroy(struct mock **mp);

/* From now on; open connections stay.  REFUSE stops listening, SILENT listens
 * and answers nobody, every other state listens.  False with *err set when
 * there is no such host or its address cannot be had. */
bool mock_set_host_state(struct mock *m, struct slice name,
    enum mock_host_state state, struct err *err);

/* What another set of hosts changed. */
struct mock_change {
	size_t added, removed, changed, same;
};
/* Who says that nothing about a host has changed. */
struct mock_sameness {
	void *owner;
	bool (*is_same)(void *owner, const struct mock_host *old,
	    const struct mock_host *fresh);
};
/* From now on these are the hosts, and `zone` has their names; both are
 * borrowed until mock_uses() says no and mock_destroy() has been called.  A
 * host that is the same goes on with all that it has counted; any other begins
 * anew.  Addresses that stay are listened at without a break.  Connections that
 * stand go on with the host and the rules that they began with.  False with
 * *err set when an address cannot be had; then nothing has changed. */
bool mock_reload(struct mock *m, const struct mock_hosts *hosts,
    const struct zone *zone, const struct mock_sameness *sameness,
    struct mock_change *change, struct err *err);
/* Whether one of these hosts, or a connection of it, is still there. */
bool mock_uses(const struct mock *m, const struct mock_hosts *hosts);

/* The host listens at a local socket, too, in a world that has a machine; one
 * of all hosts may.  False with *err set when it cannot be had. */
bool mock_listen_local(struct mock *m, const struct mock_host *host,
    const char *path, struct err *err);

/* As at the start, but for the connections that stand and what the network
 * makes of hosts: their rules are the scenario's, and nothing has been counted.
 */
void mock_reset(struct mock *m);

/* Calls `found` for each rule of the scenario that has not acted, is not
 * optional, and has neither been taken away nor switched off; in the order of
 * the file.  Returns how many. */
size_t mock_unused_rules(const struct mock *m,
    void (*found)(
	void *owner, const struct mock_host *host, const struct rule *rule),
    void *owner);
/* Why that rule of the host, which never acted, did not: as
 * rule_book_explain(). */
utime mock_explain_rule(const struct mock *m, const struct mock_host *host,
    const struct rule *rule, struct buf *out);
/* Its condition that was not true when all others were, as scenarios write it;
 * NULL: there was no such occasion. */
const char *mock_near_condition(const struct mock *m,
    const struct mock_host *host, const struct rule *rule);
/* Connections that are open, of one host or (NULL) of all. */
size_t mock_open_sessions(const struct mock *m, const struct mock_host *host);
/* Messages that were answered 2xx, of one host or (NULL) of all. */
uint64_t mock_message_count(const struct mock *m, const struct mock_host *host);
/* The host's rules met more recipients or senders than it remembers
 * (RULE_KEYS_MAX); the further ones shared one count. */
bool mock_has_forgotten(const struct mock *m, const struct mock_host *host);
/* The certificate, PEM, of the authority that signed those of the hosts; empty
 * when no host offers TLS. */
struct slice mock_authority(const struct mock *m);
/* Appends a certificate for a client of that name, signed by this authority,
 * and its key, both PEM; false when no host offers TLS. */
bool mock_issue(const struct mock *m, struct slice name,
    struct buf *certificate, struct buf *key);
/* Where the host's address of that index is bound (port 0 resolved); NULL when
 * it does not listen. */
const struct endpoint *mock_listen_address(
    const struct mock *m, const struct mock_host *host, size_t address_index);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The "tls" section of configurations: whom deliveries trust and what they
 * speak.  Whether a domain's mail goes by TLS is in its destination controls.
 * Pure.
 */
#ifndef FAULTPOST_RELAY_TLS_JSON_H
#define FAULTPOST_RELAY_TLS_JSON_H

#include "core/json/table.h"
#include "relay/receive/listener_json.h"

/* For struct relay_tls: of a configuration, and of a scenario, whose relay
 * trusts the authority of the scenario's hosts. */
extern const struct json_table relay_tls_table;
extern const struct json_table relay_tls_scenario_table;

/* Who the relay is to hosts that ask: PEM; empty: nobody. */
struct relay_identity {
	struct slice certificate, key;
};

/* The context for deliveries that trust these authorities (PEM; empty:
 * nobody).  NULL with *err set when they, or what is its own, are none. */
struct tls_context *relay_tls_context(const struct relay_tls *tls,
    struct slice authorities, const struct relay_identity *own,
    struct err *err);

/* Whether `certificates` has one of that name; empty: none is needed. */
bool relay_tls_has(const struct relay_tls *tls, struct slice certificate);

/* The same for the authorities of ca_file and the certificate of that name
 * (empty: none), which is there; `load` reads them.  Without a ca_file it
 * trusts nobody: the system's are the daemon's to add. */
struct tls_context *relay_tls_load(const struct relay_tls *tls,
    struct slice certificate, relay_config_load *load, struct err *err);

#endif

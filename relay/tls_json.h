/* SPDX-License-Identifier: MIT */
/*
 * The "tls" section of configurations: whom deliveries trust and what they
 * speak.  Whether a domain's mail goes by TLS is in its destination controls.
 * Pure.
 */
#ifndef FAULTPOST_RELAY_TLS_JSON_H
#define FAULTPOST_RELAY_TLS_JSON_H

#include "core/json/table.h"
#include "relay/config.h"

/* For struct relay_tls: of a configuration, and of a scenario, whose relay
 * trusts the authority of the scenario's hosts. */
extern const struct json_table relay_tls_table;
extern const struct json_table relay_tls_scenario_table;

/* The context for deliveries that trust these authorities (PEM; empty:
 * nobody).  NULL with *err set when they are none. */
struct tls_context *relay_tls_context(
    const struct relay_tls *tls, struct slice authorities, struct err *err);

/* The same for those of ca_file, which `load` reads as for
 * relay_config_parse(); without one it trusts nobody: the system's are the
 * daemon's to add. */
struct tls_context *relay_tls_load(const struct relay_tls *tls,
    char *(*load)(const char *path, size_t *len, struct err *err),
    struct err *err);

#endif

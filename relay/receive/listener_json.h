/* SPDX-License-Identifier: MIT */
/*
 * Listeners as JSON: the rows of a listener and of its limits, which the
 * configuration file and scenarios use, and what a table cannot check.  Pure.
 */
#ifndef FAULTPOST_RELAY_LISTENER_JSON_H
#define FAULTPOST_RELAY_LISTENER_JSON_H

#include "core/json/table.h"
#include "relay/config.h"

/* A file's text, malloc'd; NULL with *err set. */
typedef char *relay_config_load(const char *path, size_t *len, struct err *err);

/* For struct relay_limits and struct relay_listener_config; the latter is
 * complete when it has been read. */
extern const struct json_table relay_limits_table;
extern const struct json_table relay_listener_table;
/* A mailbox.  Member: struct slice. */
extern const struct json_custom relay_mailbox_json;

/* Reads the files that the listeners name; *list becomes a copy, in `arena`. */
bool relay_listeners_load(const struct relay_listener_config **list,
    size_t count, relay_config_load *load, struct arena *arena,
    struct err *err);

/* Fills in what depends on the kind.  False with *err set at `at`, the object
 * that describes the listener, when it would let (nearly) anybody send
 * anywhere and does not say that this is meant. */
bool relay_listener_finish(
    struct relay_listener_config *l, const struct json_at *at, struct err *err);

#endif

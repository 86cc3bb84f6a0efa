/* SPDX-License-Identifier: MIT */
/*
 * The relay's configuration as JSON: the tables of its sections, which
 * scenarios use too, and the reading of a whole file.  Pure.
 */
#ifndef FAULTPOST_RELAY_CONFIG_JSON_H
#define FAULTPOST_RELAY_CONFIG_JSON_H

#include "core/json/table.h"
#include "relay/config.h"
#include "relay/receive/listener_json.h"

/* With all defaults of docs/delivery.md; for struct relay_delivery and struct
 * dns_cache_limits. */
extern const struct json_table relay_delivery_table;
extern const struct json_table relay_dns_cache_table;
/* For struct relay_resolver, of a daemon only: a simulation has no network. */
extern const struct json_table relay_resolver_table;

/* "destconfig": the lines of destination controls, each a JSON string. */
struct relay_destconfig {
	struct slice const *at;
	size_t count;
};
extern const struct json_custom relay_destconfig_line;
#define RELAY_DESTCONFIG_FORM                                                  \
	JF_ARRAY(struct slice, JF_CUSTOM(&relay_destconfig_line), 0, 1000000)
/* Reads them, as relay_destinations_parse() does; `array` is where they
 * stand, and where the errors are. */
struct relay_destinations *relay_destconfig_read(const struct json_at *array,
    const struct relay_destconfig *lines, struct err_list *errors);

/* A configuration and all it points at. */
struct relay_config_file {
	struct relay_config config;
	struct arena arena;
	struct json_doc doc;
	struct routes *routes;
	struct zone *zone;
	struct relay_destinations *destinations;
	struct tls_context *tls_context; /* trusts ca_file, if it is said */
};

/* Reads a configuration; `file` is its name for messages, and routes and
 * destination controls may be in files that `load` reads (malloc'd text; NULL
 * with *err set): the path is taken as written.  On false *file is empty.  All
 * errors of these tables are appended to `errors`, *err being the first of
 * them. */
bool relay_config_parse(struct relay_config_file *out, const char *file,
    struct slice text, relay_config_load *load, struct err_list *errors,
    struct err *err);
void relay_config_fini(struct relay_config_file *file);

/* The JSON Schema of such a file, and its reference page in Markdown. */
void relay_config_schema(struct buf *out);
void relay_config_fields(struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a configuration offers its operators: the tables of the debug logs, each
 * for a struct relay_debug, and the address of the metrics, a struct endpoint.
 * For config_json.c.
 */
#ifndef FAULTPOST_RELAY_DEBUG_JSON_H
#define FAULTPOST_RELAY_DEBUG_JSON_H

#include "core/json/table.h"

extern const struct json_table relay_domain_debug_table;
extern const struct json_table relay_injection_debug_table;
extern const struct json_custom relay_metrics_json;

#endif

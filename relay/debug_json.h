/* SPDX-License-Identifier: MIT */
/*
 * The tables by which the debug logs of a configuration are read: into a struct
 * relay_debug each.  For config_json.c.
 */
#ifndef FAULTPOST_RELAY_DEBUG_JSON_H
#define FAULTPOST_RELAY_DEBUG_JSON_H

#include "core/json/table.h"

extern const struct json_table relay_domain_debug_table;
extern const struct json_table relay_injection_debug_table;

#endif

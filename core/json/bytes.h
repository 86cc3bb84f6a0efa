/* SPDX-License-Identifier: MIT */
/*
 * Bytes in a JSON string, those that are no text as escapes: what hosts and
 * clients of a scenario send as it is.
 */
#ifndef FAULTPOST_JSON_BYTES_H
#define FAULTPOST_JSON_BYTES_H

#include "core/json/table.h"

/* More characters than this are refused. */
#define JSON_BYTES_MAX 4000

/* A string of at most JSON_BYTES_MAX characters in which \r \n \t \\ and \x00
 * to \xff stand for a byte.  Member: struct slice, escapes undone. */
extern const struct json_custom json_bytes;

#endif

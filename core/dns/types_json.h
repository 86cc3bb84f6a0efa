/* SPDX-License-Identifier: MIT */
/*
 * Addresses, domain names and MX records as JSON strings: the types of their
 * own that tables (core/json/table.h) name by JF_CUSTOM().  Their patterns and
 * the C parsers accept the same texts.
 */
#ifndef FAULTPOST_DNS_TYPES_JSON_H
#define FAULTPOST_DNS_TYPES_JSON_H

#include "core/json/table.h"

/* Member: struct ip_address; of any family, or of one. */
extern const struct json_custom ip_address_json;
extern const struct json_custom ipv4_address_json;
extern const struct json_custom ipv6_address_json;
/* Member: struct ip_network. */
extern const struct json_custom ip_network_json;
/* "127.0.0.1:25" or "[::1]:25"; without a port, 25.  Member: struct
 * endpoint. */
extern const struct json_custom endpoint_json;
/* Member: struct slice, terminated; as written. */
extern const struct json_custom domain_name_json;
/* "10 mx1.example.com", or "0 ." for a domain that takes no mail (RFC 7505).
 * Member: struct dns_record, whose ttl_s stays 0. */
extern const struct json_custom mx_record_json;

#endif

/* SPDX-License-Identifier: MIT */
/* Addresses and names as JSON strings; see types_json.h. */
#include "core/dns/types_json.h"

#include "core/base/network.h"
#include "core/dns/dns.h"
#include "core/dns/name.h"

/* What inet_pton() accepts, as regular expressions. */
#define OCTET     "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4      "(" OCTET "\\.){3}" OCTET
#define GROUP     "[0-9A-Fa-f]{1,4}"
#define COLONS(n) "(" GROUP ":){" n "}"
#define AFTER(n)  "(:" GROUP "){" n "}"
#define IPV6_PLAIN                                                             \
	COLONS("7")                                                            \
	GROUP "|" COLONS("1,7") ":|:" AFTER("1,7") "|::|" COLONS("1")          \
	    AFTER("1,6") "|" COLONS("2") AFTER("1,5") "|" COLONS("3")          \
		AFTER("1,4") "|" COLONS("4") AFTER("1,3") "|" COLONS("5")      \
		    AFTER("1,2") "|" COLONS("6") AFTER("1")
/* The last two groups as a dotted quad (RFC 4291, 2.2, form 3). */
#define IPV6_MIXED                                                             \
	COLONS("6")                                                            \
	IPV4 "|:" AFTER("0,5") ":" IPV4 "|" COLONS("1")                        \
	    AFTER("0,4") ":" IPV4 "|" COLONS("2")                              \
		AFTER("0,3") ":" IPV4 "|" COLONS("3")                          \
		    AFTER("0,2") ":" IPV4 "|" COLONS("4")                      \
			AFTER("0,1") ":" IPV4 "|" COLONS("5") ":" IPV4
#define IPV6      IPV6_PLAIN "|" IPV6_MIXED
#define SMTP_PORT 25
#define U16                                                                    \
	"(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|"     \
	"655[0-2][0-9]|6553[0-5])"

static bool ip_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool ipv4_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool ipv6_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool network_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool endpoint_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool name_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool mx_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool name_check(
    const struct json_at *at, struct slice name, struct err *err);

const struct json_custom ip_address_json = {
	.name = "IP address",
	.types = JSON_ACCEPTS_STRING,
	.pattern = IPV4 "|" IPV6,
	.read = ip_read,
};
const struct json_custom ipv4_address_json = {
	.name = "IPv4 address",
	.types = JSON_ACCEPTS_STRING,
	.pattern = IPV4,
	.read = ipv4_read,
};
const struct json_custom ipv6_address_json = {
	.name = "IPv6 address",
	.types = JSON_ACCEPTS_STRING,
	.pattern = IPV6,
	.read = ipv6_read,
};
const struct json_custom ip_network_json = {
	.name = "IP network",
	.types = JSON_ACCEPTS_STRING,
	.pattern = IPV4 "(/(3[0-2]|[12]?[0-9]))?|(" IPV6
			")(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?",
	.read = network_read,
};
const struct json_custom endpoint_json = {
	.name = "address and port",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "(" IPV4 "|\\[(" IPV6 ")\\])(:0*" U16 ")?|" IPV6,
	.read = endpoint_read,
};
const struct json_custom domain_name_json = {
	.name = "domain name",
	.types = JSON_ACCEPTS_STRING,
	.pattern = DNS_NAME_PATTERN,
	.read = name_read,
};
const struct json_custom mx_record_json = {
	.name = "MX record",
	.types = JSON_ACCEPTS_STRING,
	.pattern = U16 "[ \\t]+(\\.|" DNS_NAME_PATTERN ")",
	.read = mx_read,
};

static bool
ip_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	return ip_parse(json_at_text(at), to) ||
	    json_fail(at, err,
		"%s is no IP address; expected one as \"10.1.1.11\" or "
		"\"2001:db8::1\"",
		json_quote(json_at_text(at), quoted));
}

static bool
ipv4_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct ip_address ip = { 0 };
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	if (!ip_parse(json_at_text(at), &ip) || ip.family != 4)
		return json_fail(at, err,
		    "%s is no IPv4 address; expected one as \"10.1.1.11\"",
		    json_quote(json_at_text(at), quoted));
	memcpy(to, &ip, sizeof(ip));
	return true;
}

static bool
ipv6_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct ip_address ip = { 0 };
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	if (!ip_parse(json_at_text(at), &ip) || ip.family != 6)
		return json_fail(at, err,
		    "%s is no IPv6 address; expected one as \"2001:db8::1\"",
		    json_quote(json_at_text(at), quoted));
	memcpy(to, &ip, sizeof(ip));
	return true;
}

static bool
network_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	return ip_network_parse(json_at_text(at), to) ||
	    json_fail(at, err,
		"%s is neither an IP address nor a network; expected one as "
		"\"10.1.1.11\" or \"10.0.0.0/8\"",
		json_quote(json_at_text(at), quoted));
}

static bool
endpoint_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	return endpoint_parse(json_at_text(at), SMTP_PORT, to) ||
	    json_fail(at, err,
		"%s is no address; expected one such as \"127.0.0.1:25\" or "
		"\"[::1]:25\"",
		json_quote(json_at_text(at), quoted));
}

static bool
name_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice *name = to;

	if (!name_check(at, json_at_text(at), err))
		return false;
	*name = arena_slice(arena, json_at_text(at));
	return true;
}

static bool
mx_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct dns_record *record = to;
	struct slice text = json_at_text(at);
	size_t digits = 0, blanks = 0;
	uint64_t preference;
	char quoted[JSON_QUOTE_MAX];

	while (digits < text.len && ascii_is_digit(text.at[digits]))
		digits++;
	while (digits + blanks < text.len &&
	    (text.at[digits + blanks] == ' ' ||
		text.at[digits + blanks] == '\t'))
		blanks++;
	if (digits == 0 || blanks == 0 || digits + blanks == text.len)
		return json_fail(at, err,
		    "%s is no MX record; expected a preference and a name, as "
		    "in \"10 mx1.example.com\"",
		    json_quote(text, quoted));
	if (!slice_to_u64(
		slice_sub(text, 0, digits), UINT16_MAX, &preference) ||
	    (digits > 1 && text.at[0] == '0'))
		return json_fail(at, err,
		    "%s is no preference; expected 0 to 65535",
		    json_quote(slice_sub(text, 0, digits), quoted));
	text = slice_skip(text, digits + blanks);
	if (!slice_eq(text, SLICE(".")) && !name_check(at, text, err))
		return false;
	*record = (struct dns_record){ .type = DNS_MX,
		.preference = (uint16_t)preference,
		.name = dns_name_copy(arena, text) };
	return true;
}

/* `name` is a part of the string's text. */
static bool
name_check(const struct json_at *at, struct slice name, struct err *err)
{
	size_t wrong_at;
	const char *why = dns_name_check(dns_name_trim(name), &wrong_at);
	char quoted[JSON_QUOTE_MAX];

	return why == NULL ||
	    json_fail_inside(at,
		(size_t)(name.at - json_at_text(at).at) + wrong_at, err,
		"%s is no domain name: %s", json_quote(name, quoted), why);
}

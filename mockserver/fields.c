/* SPDX-License-Identifier: MIT */
/*
 * Addresses and networks as scenarios write them.  The patterns have the
 * language of ip_parse(), so that the schema refuses what the reader refuses.
 */
#include "mockserver/fields.h"

#include "core/base/address.h"
#include "mockserver/rule.h"

static bool read_address(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool read_network(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

#define OCTET "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define V4    "(" OCTET "\\.){3}" OCTET
#define H     "[0-9A-Fa-f]{1,4}"
/* RFC 4291, 2.2: eight groups, or fewer around one "::", the last two of which
 * may be written as a dotted quad. */
#define V6                                                                     \
	"((" H ":){7}" H "|(" H ":){1,7}:|(" H ":){1,6}:" H "|(" H             \
	":){1,5}(:" H "){1,2}|(" H ":){1,4}(:" H "){1,3}|(" H ":){1,3}(:" H    \
	"){1,4}|(" H ":){1,2}(:" H "){1,5}|" H ":(:" H "){1,6}|:(:" H          \
	"){1,7}|::|(" H ":){6}" V4 "|::(" H ":){0,5}" V4 "|" H "::(" H         \
	":){0,4}" V4 "|(" H ":){2}:(" H ":){0,3}" V4 "|(" H ":){3}:(" H        \
	":){0,2}" V4 "|(" H ":){4}:(" H ":)?" V4 "|(" H ":){5}:" V4 ")"

const struct json_custom fields_address = {
	.name = "IP address",
	.types = JSON_ACCEPTS_STRING,
	.pattern = V4 "|" V6,
	.read = read_address,
};

const struct json_custom fields_network = {
	.name = "IP network",
	.types = JSON_ACCEPTS_STRING,
	.pattern = V4 "(/(3[0-2]|[12]?[0-9]))?|" V6
		      "(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?",
	.read = read_network,
};

const char *
fields_place(const struct json_at *at, struct arena *arena)
{
	char *pointer = json_at_format(at);
	struct buf text = { 0 };
	const char *place;
	int line, col;

	json_doc_place(at->doc, pointer, &line, &col);
	buf_printf(&text, "%s:%d:%d", at->doc->file, line, col);
	place = arena_strdup(arena, buf_slice(&text));
	buf_fini(&text);
	free(pointer);
	return place;
}

static bool
read_address(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	if (ip_parse(json_at_text(at), to))
		return true;
	return json_fail(at, err,
	    "%s is no IP address; expected one such as \"10.1.1.11\" or "
	    "\"2001:db8::25\"",
	    json_quote(json_at_text(at), quoted));
}

static bool
read_network(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	const struct slice text = json_at_text(at);
	const size_t slash = slice_find_byte(text, '/');
	const struct slice bits = slice_skip(text, slash + 1);
	struct rule_network *n = to;
	uint64_t prefix, most;
	char quoted[JSON_QUOTE_MAX];
	bool is_good = ip_parse(slice_sub(text, 0, slash), &n->ip);

	(void)arena;
	most = n->ip.family == 6 ? 128 : 32;
	prefix = most;
	if (is_good && slash < text.len)
		is_good = slice_to_u64(bits, most, &prefix) &&
		    (bits.len == 1 || bits.at[0] != '0');
	n->prefix_bits = (unsigned)prefix;
	if (is_good)
		return true;
	return json_fail(at, err,
	    "%s is neither an IP address nor a network; expected one such as "
	    "\"10.1.1.11\" or \"10.0.0.0/8\"",
	    json_quote(text, quoted));
}

/* SPDX-License-Identifier: MIT */
/* Networks; see network.h. */
#include "core/base/network.h"

bool
ip_network_parse(struct slice text, struct ip_network *n)
{
	size_t slash = slice_find_byte(text, '/');
	struct slice bits = slice_skip(text, slash + 1);
	struct ip_network read = { 0 };
	uint64_t most, prefix;

	if (!ip_parse(slice_sub(text, 0, slash), &read.ip))
		return false;
	most = read.ip.family == 6 ? 128 : 32;
	prefix = most;
	if (slash < text.len &&
	    (!slice_to_u64(bits, most, &prefix) ||
		(bits.len > 1 && bits.at[0] == '0')))
		return false;
	read.prefix_bits = (uint8_t)prefix;
	*n = read;
	return true;
}

char *
ip_network_format(const struct ip_network *n, char *out)
{
	unsigned most = n->ip.family == 6 ? 128 : 32;
	char ip[IP_TEXT_MAX];

	(void)snprintf(out, IP_NETWORK_TEXT_MAX,
	    n->prefix_bits == most ? "%s" : "%s/%u", ip_format(&n->ip, ip),
	    n->prefix_bits);
	return out;
}

bool
ip_network_contains(const struct ip_network *n, const struct ip_address *ip)
{
	unsigned whole = n->prefix_bits / 8, bits = n->prefix_bits % 8;

	if (n->ip.family != ip->family ||
	    memcmp(n->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return bits == 0 ||
	    (n->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - bits) == 0;
}

/* SPDX-License-Identifier: MIT */
/* Addresses as values; see address.h.  inet_pton() and inet_ntop() are pure. */
#include "core/base/address.h"

#include <arpa/inet.h>
#include <string.h>

/* FNV-1a: short keys, no seed. */
#define HASH_START UINT32_C(2166136261)
#define HASH_PRIME UINT32_C(16777619)

static uint32_t hash_bytes(uint32_t hash, const void *bytes, size_t len);
static bool text_to_bytes(struct slice text, int af, uint8_t *bytes);
static bool endpoint_split(
    struct slice text, struct ip_address *ip, struct slice *port);

bool
ip_parse(struct slice text, struct ip_address *ip)
{
	struct ip_address parsed = { 0 };

	if (text_to_bytes(text, AF_INET, parsed.bytes))
		parsed.family = 4;
	else if (text_to_bytes(text, AF_INET6, parsed.bytes))
		parsed.family = 6;
	else
		return false;
	*ip = parsed;
	return true;
}

char *
ip_format(const struct ip_address *ip, char *out)
{
	int af = ip->family == 4 ? AF_INET : AF_INET6;
	const char *done;

	if (ip_is_none(ip)) {
		(void)snprintf(out, IP_TEXT_MAX, "none");
		return out;
	}
	done = inet_ntop(af, ip->bytes, out, IP_TEXT_MAX);
	assert(done != NULL);
	return out;
}

bool
ip_equal(const struct ip_address *a, const struct ip_address *b)
{
	return ip_compare(a, b) == 0;
}

int
ip_compare(const struct ip_address *a, const struct ip_address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

uint32_t
ip_hash(const struct ip_address *ip)
{
	uint32_t hash = hash_bytes(HASH_START, &ip->family, sizeof(ip->family));

	return hash_bytes(hash, ip->bytes, sizeof(ip->bytes));
}

bool
ip_is_loopback(const struct ip_address *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t one[16] = { [15] = 1 };

	if (ip->family == 4)
		return ip->bytes[0] == 127;
	if (ip->family != 6)
		return false;
	if (memcmp(ip->bytes, mapped, sizeof(mapped)) == 0)
		return ip->bytes[12] == 127;
	return memcmp(ip->bytes, one, sizeof(one)) == 0;
}

bool
endpoint_parse(struct slice text, int port_default, struct endpoint *e)
{
	struct ip_address ip;
	struct slice port;
	uint64_t number;

	assert(port_default <= UINT16_MAX);
	if (!endpoint_split(text, &ip, &port))
		return false;
	if (port.at != NULL) {
		if (!slice_to_u64(port, UINT16_MAX, &number))
			return false;
	} else {
		if (port_default < 0)
			return false;
		number = (uint64_t)port_default;
	}
	*e = (struct endpoint){ ip, (uint16_t)number };
	return true;
}

char *
endpoint_format(const struct endpoint *e, char *out)
{
	char ip[IP_TEXT_MAX];

	(void)snprintf(out, ENDPOINT_TEXT_MAX,
	    e->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip_format(&e->ip, ip),
	    (unsigned)e->port);
	return out;
}

bool
endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return endpoint_compare(a, b) == 0;
}

int
endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
	int order = ip_compare(&a->ip, &b->ip);

	if (order != 0 || a->port == b->port)
		return order;
	return a->port < b->port ? -1 : 1;
}

uint32_t
endpoint_hash(const struct endpoint *e)
{
	uint8_t port[2] = { (uint8_t)(e->port >> 8),
		(uint8_t)(e->port & 0xff) };

	return hash_bytes(ip_hash(&e->ip), port, sizeof(port));
}

static uint32_t
hash_bytes(uint32_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * HASH_PRIME;
	return hash;
}

static bool
text_to_bytes(struct slice text, int af, uint8_t *bytes)
{
	char terminated[IP_TEXT_MAX];

	if (text.len >= sizeof(terminated) ||
	    slice_find_byte(text, '\0') < text.len)
		return false;
	if (text.len > 0)
		memcpy(terminated, text.at, text.len);
	terminated[text.len] = '\0';
	return inet_pton(af, terminated, bytes) == 1;
}

/* Takes the address off the front of "v4:port", "[v6]:port", "v4", "[v6]" or
 * "v6"; *port is what stands behind the colon, at == NULL without one. */
static bool
endpoint_split(struct slice text, struct ip_address *ip, struct slice *port)
{
	bool bracketed = text.len > 0 && text.at[0] == '[';
	size_t end = slice_find_byte(text, bracketed ? ']' : ':');

	*port = slice_of(NULL, 0);
	if (!bracketed && ip_parse(text, ip))
		return true;
	if (end == text.len)
		return false;
	if (!ip_parse(slice_sub(text, bracketed, end - bracketed), ip))
		return false;
	if (ip->family != (bracketed ? 6 : 4))
		return false;
	text = slice_skip(text, end + bracketed);
	if (text.len == 0)
		return true;
	*port = slice_skip(text, 1);
	return text.at[0] == ':';
}

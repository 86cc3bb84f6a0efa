/* SPDX-License-Identifier: MIT */
/* The words of DNS as text; see dns.h. */
#include "core/dns/dns.h"

const char *
dns_type_name(enum dns_type type)
{
	switch (type) {
#define X(constant, number, name)                                              \
	case constant:                                                         \
		return name;
		DNS_TYPES(X)
#undef X
	}
	assert(false);
	return NULL;
}

bool
dns_type_parse(struct slice name, enum dns_type *type)
{
#define X(constant, number, text)                                              \
	if (slice_eq_nocase(name, SLICE(text))) {                              \
		*type = constant;                                              \
		return true;                                                   \
	}
	DNS_TYPES(X)
#undef X
	return false;
}

const char *
dns_status_name(enum dns_status status)
{
	static const char *const names[] = {
#define X(constant, hard, name, text) [constant] = (name),
		DNS_STATUSES(X)
#undef X
	};

	assert((size_t)status < ARRAY_LEN(names));
	return names[status];
}

const char *
dns_status_text(enum dns_status status)
{
	static const char *const texts[] = {
#define X(constant, hard, name, text) [constant] = (text),
		DNS_STATUSES(X)
#undef X
	};

	assert((size_t)status < ARRAY_LEN(texts));
	return texts[status];
}

bool
dns_status_is_hard(enum dns_status status)
{
	static const bool is_hard[] = {
#define X(constant, hard, name, text) [constant] = (hard),
		DNS_STATUSES(X)
#undef X
	};

	assert((size_t)status < ARRAY_LEN(is_hard));
	return is_hard[status];
}

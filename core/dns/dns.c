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

void
dns_answer_travel(struct dns_answer *answer, utime round_trip)
{
	const utime first = DNS_PATIENCE / ((1 << DNS_TRIES) - 1);
	/* The connection takes one, the question in it another. */
	const int trips = answer->is_cut ? 3 : 1;

	if (answer->drop >= DNS_TRIES) {
		answer->status = DNS_TIMEOUT;
		answer->records = NULL;
		answer->count = 0;
		answer->ttl_s = 0;
		answer->delay = 0;
	}
	if (answer->status == DNS_TIMEOUT) {
		if (answer->delay == 0)
			answer->delay = DNS_PATIENCE;
		answer->delay = utime_add(answer->delay, round_trip);
		return;
	}
	if (answer->is_cut)
		answer->delay = utime_add(answer->delay, answer->delay);
	answer->delay = utime_add(answer->delay,
	    trips * round_trip + first * ((1 << answer->drop) - 1));
}

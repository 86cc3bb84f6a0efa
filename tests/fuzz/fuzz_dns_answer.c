/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer of a name server: whatever they are, the answer is
 * sound: records only when it is good, of the type asked for, with names that
 * fit; and what may be kept is so for no longer than a TTL can say.
 */
#include "core/dns/name.h"
#include "core/world/ev_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check(const struct dns_answer *answer, enum dns_type type)
{
	assert((answer->count > 0) == (answer->status == DNS_OK));
	assert(answer->status != DNS_TIMEOUT);
	if (answer->status != DNS_OK && !dns_status_is_hard(answer->status))
		assert(answer->ttl_s == 0);
	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		assert(record->type == type);
		assert(record->ip.family ==
		    (type == DNS_A             ? 4
			    : type == DNS_AAAA ? 6
					       : 0));
		for (size_t k = 0; k < record->name.len; k++)
			assert(!ascii_is_alpha(record->name.at[k]) ||
			    ascii_lower(record->name.at[k]) ==
				record->name.at[k]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct arena arena = { 0 };
		struct dns_answer answer = { 0 };

		ev_answer_read(slice_of((const char *)bytes, len),
		    SLICE("d.ex"), types[i], &arena, &answer);
		check(&answer, types[i]);
		arena_fini(&arena);
	}
	return 0;
}

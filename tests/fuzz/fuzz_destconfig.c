/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as destination controls: they are refused with places inside of
 * them, or what they print reads as the same table, and each section is the one
 * that its domain finds.
 */
#include "relay/deliver/destination.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check_again(const struct relay_destinations *d)
{
	struct err_list errors = { 0 };
	struct buf once = { 0 }, twice = { 0 };
	struct relay_destinations *again;

	relay_destinations_format(d, &once);
	again = relay_destinations_parse(buf_slice(&once), "again", &errors);
	assert(again != NULL);
	assert(relay_destinations_count(again) == relay_destinations_count(d));
	relay_destinations_format(again, &twice);
	assert(slice_eq(buf_slice(&once), buf_slice(&twice)));
	relay_destinations_destroy(&again);
	buf_fini(&once);
	buf_fini(&twice);
}

static void
check_sections(const struct relay_destinations *d)
{
	for (size_t i = 0; i < relay_destinations_count(d); i++) {
		const struct relay_destination *s = relay_destinations_at(d, i);
		bool is_default = slice_eq(s->domain, SLICE("DEFAULT"));

		assert(
		    is_default || relay_destinations_find(d, s->domain) == s);
		assert(s->max_host_concurrency >= 1);
		assert(s->max_messages_per_connection >= 1);
		assert(s->recipient_minutes >= 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice text = slice_of((const char *)bytes, len);
	struct err_list errors = { 0 };
	struct relay_destinations *d =
	    relay_destinations_parse(text, "destconfig", &errors);

	assert((d == NULL) == (errors.total > 0));
	for (size_t i = 0; i < errors.count; i++) {
		assert(errors.list[i].line >= 1);
		assert(errors.list[i].col >= 1);
		assert((size_t)errors.list[i].col <= len + 1);
	}
	if (d != NULL) {
		check_again(d);
		check_sections(d);
		(void)relay_destinations_find(d, text);
	}
	relay_destinations_destroy(&d);
	err_list_fini(&errors);
	return 0;
}

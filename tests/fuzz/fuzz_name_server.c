/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the query to a name server, over UDP and TCP: what it answers
 * has the query's number, is a response, is no longer than it may be, and says
 * no more than its header counts.
 */
#include "core/dns/name_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct name_server *
server_get(void)
{
	static struct name_server *server;
	struct dns_record a = { .type = DNS_A, .ip = ip_v4(10, 1, 1, 1) };
	struct dns_record mx = { .type = DNS_MX, .name = SLICE("m.d.ex") };
	struct dns_record alias = { .type = DNS_CNAME, .name = SLICE("d.ex") };
	struct err err;
	struct zone *zone;

	if (server != NULL)
		return server;
	zone = zone_new();
	if (!zone_add(zone, SLICE("m.d.ex"), &a, &err) ||
	    !zone_add(zone, SLICE("d.ex"), &mx, &err) ||
	    !zone_add(zone, SLICE("c.ex"), &alias, &err) ||
	    !zone_drop(zone, SLICE("m.d.ex"), 1, &err))
		abort();
	server = name_server_new(zone);
	return server;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct slice query = slice_of((const char *)bytes, len);

	for (int over = DNS_OVER_UDP; over <= DNS_OVER_TCP; over++) {
		struct buf out = { 0 };
		utime delay;
		struct slice answer;

		if (name_server_answer(server_get(), query,
			(enum dns_transport)over, &out, &delay)) {
			answer = buf_slice(&out);
			assert(len >= 12);
			assert(answer.len >= 12 && answer.len <= 65535);
			assert(over == DNS_OVER_TCP || answer.len <= 4096);
			assert(memcmp(answer.at, bytes, 2) == 0);
			assert((answer.at[2] & 0x80) != 0);
		}
		buf_fini(&out);
	}
	return 0;
}

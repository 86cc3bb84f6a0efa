/* SPDX-License-Identifier: MIT */
/* The kinds of expectations, and what they share. */
#include "harness/expect/expect.h"

const struct expect_kind *
expect_kind_of(enum plan_expectation_kind kind)
{
	static const struct expect_kind *const kinds[] = {
		[EXPECT_DELIVERED] = &expect_delivered,
		[EXPECT_BOUNCED] = &expect_bounced,
		[EXPECT_DROPPED] = &expect_dropped,
		[EXPECT_QUEUED] = &expect_queued,
		[EXPECT_ATTEMPTS] = &expect_attempts,
		[EXPECT_FAIR] = &expect_fair,
		[EXPECT_FAILOVER] = &expect_failover,
		[EXPECT_REQUEUE] = &expect_requeue,
		[EXPECT_WITHIN] = &expect_within,
		[EXPECT_LOG] = &expect_log,
		[EXPECT_NO_LOG] = &expect_no_log,
		[EXPECT_RECEIVED] = &expect_received,
		[EXPECT_NO_RECEIVED] = &expect_no_received,
		[EXPECT_HOST_STATUS] = &expect_host_status,
	};

	assert((size_t)kind < ARRAY_LEN(kinds));
	return kinds[kind];
}

const char *
expect_host_name(const struct expectation *e, size_t host)
{
	return host < e->plan->hosts.count ? e->plan->hosts.at[host].name
					   : "elsewhere";
}

bool
expect_speaks_of(const struct expectation *e, size_t host)
{
	if (host != e->plan->sender_host || host == PLAN_NO_HOST)
		return true;
	for (size_t i = 0; i < e->said->host_count; i++)
		if (e->said->hosts[i] == host)
			return true;
	for (size_t i = 0; i < e->said->count_count; i++)
		if (e->said->counts[i].host == host)
			return true;
	return false;
}

void
expect_hosts_list(const struct expectation *e, const size_t *hosts,
    size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "",
		    expect_host_name(e, hosts[i]));
	if (count == 0)
		buf_append_cstr(out, "none");
}

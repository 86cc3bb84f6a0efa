/* SPDX-License-Identifier: MIT */
/* The pairs of code and phase, the seen ones and the rest by class. */
#include "core/maillog/status.h"

/* cmocka.h wants these. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct status_case {
	const char *name;
	unsigned code;
	enum maillog_phase phase;
	const char *enhanced, *text;
} cases[] = {
	{ "421 to RCPT", 421, MAILLOG_PHASE_ENVELOPE, "4.3.2",
	    "Not accepting messages at this time" },
	{ "421 to the final dot", 421, MAILLOG_PHASE_CONTENT, "4.3.2",
	    "Not accepting messages at this time" },
	{ "452 to MAIL", 452, MAILLOG_PHASE_ENVELOPE, "4.3.1",
	    "Mail system full" },
	{ "452 to the final dot", 452, MAILLOG_PHASE_CONTENT, "4.3.1",
	    "Mail system full" },
	{ "451 to RCPT", 451, MAILLOG_PHASE_ENVELOPE, "4.1.0",
	    "Unknown address error" },
	{ "450 to RCPT", 450, MAILLOG_PHASE_ENVELOPE, "4.1.0",
	    "Unknown address error" },
	{ "451 to the final dot", 451, MAILLOG_PHASE_CONTENT, "4.3.0",
	    "Other mail system problem" },
	{ "550 to RCPT", 550, MAILLOG_PHASE_ENVELOPE, "5.1.0",
	    "Unknown address error" },
	{ "501 to MAIL", 501, MAILLOG_PHASE_ENVELOPE, "5.1.0",
	    "Unknown address error" },
	{ "554 to RCPT", 554, MAILLOG_PHASE_ENVELOPE, "5.1.0",
	    "Unknown address error" },
	{ "354 to RCPT", 354, MAILLOG_PHASE_ENVELOPE, "5.1.0",
	    "Unknown address error" },
	{ "250 to DATA", 250, MAILLOG_PHASE_CONTENT, "5.3.0",
	    "Other mail system problem" },
	{ "550 to the final dot", 550, MAILLOG_PHASE_CONTENT, "5.3.0",
	    "Other mail system problem" },
	{ "552 to the final dot", 552, MAILLOG_PHASE_CONTENT, "5.3.0",
	    "Other mail system problem" },
	{ "reset", 0, MAILLOG_PHASE_NETWORK, "4.4.0", "Other network problem" },
	{ "expired", 0, MAILLOG_PHASE_EXPIRED, "5.4.7",
	    "Delivery expired (message too old)" },
	{ "expired after a 452", 452, MAILLOG_PHASE_EXPIRED, "5.4.7",
	    "Delivery expired (message too old)" },
	{ "no such domain", 0, MAILLOG_PHASE_DNS, "5.1.2",
	    "Bad destination host" },
	{ "operator", 0, MAILLOG_PHASE_ADMINISTRATOR, "5.x.0",
	    "Message bounced by administrator" },
};

static void
test_case(void **state)
{
	const struct status_case *c = *state;
	struct maillog_status got = maillog_status_for(c->code, c->phase);

	assert_true(slice_eq(got.enhanced, slice_cstr(c->enhanced)));
	assert_true(slice_eq(got.text, slice_cstr(c->text)));
}

int
main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* cmocka's state is not const; the test only reads it. */
		union {
			const struct status_case *row;
			void *state;
		} row = { .row = &cases[i] };

		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
			.test_func = test_case,
			.initial_state = row.state };
	}
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}

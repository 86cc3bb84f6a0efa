/* SPDX-License-Identifier: MIT */
/* What is to fail, as a command line says it, and what is wrong with it. */
#include "harness/draft/draft.h"

#include "tests/unit/kit.h"

struct row {
	const char *name;
	const char *said; /* kind, code and stage; or the error */
};

static struct row rows[] = {
	{ "mx1=452", "2 452 banner" },
	{ "mx1=550", "2 550 rcpt" },
	{ "mx1 = 431@eod", "2 431 eod" },
	{ "mx1=drop@data", "1 0 data" },
	{ "10.1.1.1=stall", "1 0 banner" },
	{ "mx1=refuse", "0 0 banner" },
	{ "mx1", "\"mx1\": expected HOST=FAULT, as in mx1.example.com=452" },
	{ "=452", "\"=452\": expected HOST=FAULT, as in mx1.example.com=452" },
	{ "mx1=refused", "\"refused\" is no fault (did you mean refuse?)" },
	{ "mx1=250",
	    "\"250\" is no fault; expected a code (452, 550), refuse, silent, "
	    "unreachable, drop, reset or stall" },
	{ "mx1=600",
	    "\"600\" is no fault; expected a code (452, 550), refuse, silent, "
	    "unreachable, drop, reset or stall" },
	{ "mx1=452@maill", "\"maill\" is no stage (did you mean mail?)" },
	{ "mx1=452@quit",
	    "\"quit\" is no stage for this; expected banner, ehlo, mail, rcpt, "
	    "data or eod" },
	{ "mx1=550@banner",
	    "\"banner\" is no stage for this; expected mail, rcpt, data or "
	    "eod" },
	{ "mx1=silent@rcpt",
	    "\"mx1=silent@rcpt\": a host that is silent has no stages; "
	    "expected it alone" },
};

static void
test_fault(void **state)
{
	const struct row *row = *state;
	struct draft_fault fault;
	struct buf said = { 0 };
	struct err err;

	if (draft_fault_parse(row->name, &fault, &err))
		buf_printf(&said, "%d %d %s", (int)fault.kind, fault.code,
		    smtp_stage_name(fault.stage));
	else
		buf_append_cstr(&said, err.msg);
	assert_string_equal(buf_cstr(&said), row->said);
	draft_fault_fini(&fault);
	buf_fini(&said);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_fault);
	return kit_run(&kit, "draft");
}

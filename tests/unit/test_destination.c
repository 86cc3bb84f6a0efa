/* SPDX-License-Identifier: MIT */
/*
 * Destination controls: what a section says, what it takes from [DEFAULT], each
 * error with its exact place and words, and that what is printed reads as the
 * same table.
 */
#include "relay/deliver/destination_impl.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

/* A [DEFAULT] that says everything it must. */
#define DEFAULT                                                                \
	"[DEFAULT]\nip_sort_pref = PREFER_V4\nmax_host_concurrency = 7\n"      \
	"max_messages_per_connection = 8\nrecipient_minutes = 9\n"             \
	"limit_type = MXIP\nlimit_apply = VG\ntable_tls = on\n"                \
	"bounce_validation = 0\nsend_tls_req_alert = 0\n"                      \
	"certificate = example.com\n"

static struct relay_destinations *
parse(const char *text)
{
	struct err_list errors = { 0 };
	struct relay_destinations *d =
	    relay_destinations_parse(slice_cstr(text), "d.ini", &errors);

	if (d == NULL)
		fail_msg("%s", errors.list[0].msg);
	err_list_fini(&errors);
	return d;
}

/* ---- what is printed ---- */

/* `name` is the text, `want` what it is printed as. */
static struct good_row {
	const char *name, *want;
} good_rows[] = {
	{ "", "" },
	{ "# nothing\n ; at all\r\n\n", "" },
	{ "\xef\xbb\xbf[a.example]", "[a.example]\n" },
	{ "[Example.COM.]\n", "[example.com]\n" },
	{ " [ example.com ] # mine", "[example.com]\n" },
	{ DEFAULT, DEFAULT },
	{ "[a]\nTABLE_TLS=REQUIRE_VERIFY",
	    "[a]\ntable_tls = require_verify\n" },
	{ "[a]\n\ttable_tls\t= on ; if they offer it",
	    "[a]\ntable_tls = on\n" },
	{ "[a]\nip_sort_pref = require_V6\n",
	    "[a]\nip_sort_pref = REQUIRE_v6\n" },
	{ "[a]\nip_sort_pref = PREFER_V6\n",
	    "[a]\nip_sort_pref = PREFER_V6\n" },
	{ "[a]\nip_sort_pref = REQUIRE_v4\n",
	    "[a]\nip_sort_pref = REQUIRE_v4\n" },
	{ "[a]\nlimit_type = 0\nlimit_apply = 0\n",
	    "[a]\nlimit_type = host\nlimit_apply = system\n" },
	{ "[a]\nlimit_type = 1\nlimit_apply = 1\n",
	    "[a]\nlimit_type = MXIP\nlimit_apply = VG\n" },
	{ "[a]\nlimit_apply = vg\nlimit_type = mxip\n",
	    "[a]\nlimit_type = MXIP\nlimit_apply = VG\n" },
	{ "[a]\nmax_host_concurrency = 1000\nlimit_type = host\n"
	  "limit_apply = system",
	    "[a]\nmax_host_concurrency = 1000\nlimit_type = host\n"
	    "limit_apply = system\n" },
	{ "[a]\nrecipient_limit =\n", "[a]\nrecipient_limit = \n" },
	{ "[a]\nrecipient_limit = 1\nrecipient_minutes = 60\nlimit_type = 0\n"
	  "limit_apply = 0",
	    "[a]\nrecipient_minutes = 60\nrecipient_limit = 1\n"
	    "limit_type = host\nlimit_apply = system\n" },
	{ "[a]\nbounce_profile = tls failed\n",
	    "[a]\nbounce_profile = tls failed\n" },
	{ "[a]\nbounce_profile = a#b;c=d\n",
	    "[a]\nbounce_profile = a#b;c=d\n" },
	{ "[b]\n[a]\nbounce_validation = 0\n",
	    "[b]\n[a]\nbounce_validation = 0\n" },
};

static void
check_good(void **state)
{
	const struct good_row *row = *state;
	struct relay_destinations *d = parse(row->name), *again;
	struct buf once = { 0 }, twice = { 0 };

	relay_destinations_format(d, &once);
	assert_slice(buf_slice(&once), row->want);
	again = parse(buf_cstr(&once));
	relay_destinations_format(again, &twice);
	assert_slice(buf_slice(&twice), row->want);
	relay_destinations_destroy(&again);
	relay_destinations_destroy(&d);
	buf_fini(&once);
	buf_fini(&twice);
}

/* What an export asks for and does not get is noted, kept, and no error. */
static void
test_notes(void **state)
{
	static const char text[] = "[b]\nbounce_validation = 0\n[a]\n"
				   "bounce_validation = 1\n";
	struct relay_destinations *d = parse(text);
	const struct err_list *notes = relay_destinations_notes(d, LACK_KEYS);
	struct buf again = { 0 };

	(void)state;
	assert_int_equal(notes->total, 1);
	assert_int_equal(relay_destinations_notes(d, LACK_ALERTS)->total, 0);
	assert_int_equal(notes->list[0].line, 4);
	assert_int_equal(notes->list[0].col, 21);
	assert_string_equal(notes->list[0].msg,
	    "note: bounce_validation is 1: no keys tag and verify; mail goes as "
	    "with 0");
	assert_true(relay_destinations_find(d, SLICE("a"))->bounce_validation);
	relay_destinations_format(d, &again);
	assert_slice(buf_slice(&again), text);
	buf_fini(&again);
	relay_destinations_destroy(&d);
}

/* ---- errors ---- */

/* `name` is the text, `want` all that is wrong with it. */
static struct bad_row {
	const char *name, *want;
} bad_rows[] = {
	{ "table_tls = on\n[a]\n",
	    "d.ini:1:1: table_tls stands before the first section; expected "
	    "[DEFAULT] or [domain] above it\n" },
	{ "[a\ntable_tls = on\n",
	    "d.ini:1:1: \"[\" without \"]\"; expected [domain] or "
	    "[DEFAULT]\n" },
	{ "[a] x\n",
	    "d.ini:1:4: \" x\" behind a section's name; expected the "
	    "end of the line\n" },
	{ "[]\n",
	    "d.ini:1:2: \"\" is no domain: a label of a domain name is empty\n" },
	{ "[a..b]\n",
	    "d.ini:1:4: \"a..b\" is no domain: a label of a domain name is empty\n" },
	{ "[.a.example]\n",
	    "d.ini:1:2: \".a.example\" is a partial domain; expected a whole "
	    "one, or DEFAULT\n" },
	{ "[a]\n\n [A.]\n",
	    "d.ini:3:3: \"A.\" has a section already, on line 1; a domain has "
	    "one\n" },
	{ DEFAULT "[default]\n",
	    "d.ini:12:2: \"default\" has a section already, on line 1; a "
	    "domain has one\n" },
	{ "[a]\ntable_tsl = on\n",
	    "d.ini:2:1: there is no parameter \"table_tsl\" (did you mean "
	    "\"table_tls\"?)\n" },
	{ "[a]\nsomething = on\n",
	    "d.ini:2:1: there is no parameter \"something\"\n" },
	{ "[a]\n  on\n",
	    "d.ini:2:3: \"on\" is no setting; expected NAME = VALUE\n" },
	{ "[a]\n= on\n",
	    "d.ini:2:1: \"= on\" is no setting; expected NAME = VALUE\n" },
	{ "[a]\ntable_tls = off\n\ntable_tls = on\n",
	    "d.ini:4:1: table_tls again; it stands on line 2 of this "
	    "section\n" },
	{ "[a]\ntable_tls = maybe\n",
	    "d.ini:2:13: table_tls is \"maybe\"; expected off, on, require, "
	    "on_verify or require_verify\n" },
	{ "[a]\ntable_tls = \n",
	    "d.ini:2:12: table_tls has no value; leave the line out, or write "
	    "one\n" },
	{ "[a]\nlimit_type = 2\n",
	    "d.ini:2:14: limit_type is \"2\"; expected host or MXIP\n" },
	{ "[a]\nlimit_apply = host\n",
	    "d.ini:2:15: limit_apply is \"host\"; expected system or VG\n" },
	{ "[a]\nip_sort_pref = V6\n",
	    "d.ini:2:16: ip_sort_pref is \"V6\"; expected PREFER_V6, "
	    "REQUIRE_v6, PREFER_V4 or REQUIRE_v4\n" },
	{ "[a]\nbounce_validation = yes\n",
	    "d.ini:2:21: bounce_validation is \"yes\"; expected 0 or 1\n" },
	{ "[DEFAULT]\nsend_tls_req_alert = 1\n",
	    "d.ini:1:2: [DEFAULT] lacks ip_sort_pref, max_host_concurrency, "
	    "max_messages_per_connection, recipient_minutes, limit_type, "
	    "limit_apply, table_tls, bounce_validation, certificate; expected "
	    "every parameter but bounce_profile and recipient_limit\n" },
	{ "[a]\nmax_messages_per_connection = 0\n",
	    "d.ini:2:31: max_messages_per_connection is \"0\"; expected a "
	    "number from 1 to 1000\n" },
	{ "[a]\nmax_messages_per_connection = 1001\n",
	    "d.ini:2:31: max_messages_per_connection is \"1001\"; expected a "
	    "number from 1 to 1000\n" },
	{ "[a]\nrecipient_minutes = 61\n",
	    "d.ini:2:21: recipient_minutes is \"61\"; expected a number from "
	    "1 to 60\n" },
	{ "[a]\nrecipient_minutes = +6\n",
	    "d.ini:2:21: recipient_minutes is \"+6\"; expected a number from "
	    "1 to 60\n" },
	{ "[a]\nmax_host_concurrency = 5\n",
	    "d.ini:2:1: max_host_concurrency in a section without limit_type, "
	    "limit_apply; expected them together\n" },
	{ "[a]\nlimit_type = host\nmax_host_concurrency = 5\n[b]\n"
	  "limit_apply = VG",
	    "d.ini:3:1: max_host_concurrency in a section without "
	    "limit_apply; expected them together\n" },
	{ "[a]\nrecipient_limit = 5\n",
	    "d.ini:2:1: recipient_limit in a section without "
	    "recipient_minutes, limit_type, limit_apply; expected them "
	    "together\n" },
	{ "[a]\nsend_tls_req_alert = 1\ncertificate = x\n",
	    "d.ini:2:1: send_tls_req_alert holds for all domains; expected it "
	    "in [DEFAULT] only\n"
	    "d.ini:3:1: certificate holds for all domains; expected it in "
	    "[DEFAULT] only\n" },
	{ "[a]\n [DEFAULT]\ntable_tls = on\nlimit_type = host\n",
	    "d.ini:2:3: [DEFAULT] lacks ip_sort_pref, max_host_concurrency, "
	    "max_messages_per_connection, recipient_minutes, limit_apply, "
	    "bounce_validation, send_tls_req_alert, certificate; expected "
	    "every parameter but bounce_profile and recipient_limit\n" },
	{ "[a]\nbounce_profile = a\001b\n",
	    "d.ini:2:19: a control character in bounce_profile; expected a "
	    "name\n" },
	{ "[a]\nbounce_profile = \xc3\xa4\xc3\xb6 \xc3\xbc\001\n",
	    "d.ini:2:22: a control character in bounce_profile; expected a "
	    "name\n" },
	{ "[a]\ntable_tls = x\nlimit_type = y\n[b\nbad\n",
	    "d.ini:2:13: table_tls is \"x\"; expected off, on, require, "
	    "on_verify or require_verify\n"
	    "d.ini:3:14: limit_type is \"y\"; expected host or MXIP\n"
	    "d.ini:4:1: \"[\" without \"]\"; expected [domain] or [DEFAULT]\n"
	    "d.ini:5:1: \"bad\" is no setting; expected NAME = VALUE\n" },
};

static void
check_errors(struct slice text, const char *want)
{
	struct err_list errors = { 0 };
	struct buf got = { 0 };

	assert_null(relay_destinations_parse(text, "d.ini", &errors));
	for (size_t i = 0; i < errors.count; i++) {
		char line[ERR_FILE_MAX + ERR_MSG_MAX + 32];

		buf_printf(&got, "%s\n",
		    err_format(&errors.list[i], line, sizeof(line)));
	}
	assert_slice(buf_slice(&got), want);
	assert_int_equal(errors.total, errors.count);
	buf_fini(&got);
	err_list_fini(&errors);
}

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;

	check_errors(slice_cstr(row->name), row->want);
}

static void
test_long_line(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_append_cstr(&text, "[a]\nbounce_profile = ");
	for (int i = 0; i < 256; i++)
		buf_append_byte(&text, 'x');
	check_errors(buf_slice(&text),
	    "d.ini:2:18: a name of 256 bytes; expected at most 255\n");
	for (int i = 0; i < 4096; i++)
		buf_append_byte(&text, 'x');
	check_errors(buf_slice(&text),
	    "d.ini:2:4097: a line of 4369 bytes; expected at most 4096\n");
	buf_fini(&text);
}

static void
test_too_many_sections(void **state)
{
	struct err_list errors = { 0 };
	struct relay_destinations *d;
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < DESTINATIONS_MAX; i++)
		buf_printf(&text, "[d%d.example]\n", i);
	d = parse(buf_cstr(&text));
	assert_int_equal(relay_destinations_count(d), DESTINATIONS_MAX);
	assert_slice(
	    relay_destinations_find(d, SLICE("D39999.example."))->domain,
	    "d39999.example");
	relay_destinations_destroy(&d);
	buf_append_cstr(&text, "[one.more]\n");
	assert_null(relay_destinations_parse(buf_slice(&text), NULL, &errors));
	assert_string_equal(
	    errors.list[0].msg, "one section too many; expected at most 40000");
	assert_int_equal(errors.list[0].line, 40001);
	err_list_fini(&errors);
	buf_fini(&text);
}

/* ---- what holds for a domain ---- */

static void
test_own(void **state)
{
	struct relay_destinations *d = parse("[a.example]\ntable_tls = on\n");
	const struct relay_destination *own, *a;

	(void)state;
	own = relay_destinations_find(NULL, SLICE("example.com"));
	assert_ptr_equal(relay_destinations_find(d, SLICE("b.example")), own);
	assert_int_equal(own->ip_sort_pref, IP_PREFER_V6);
	assert_int_equal(own->max_host_concurrency, 500);
	assert_int_equal(own->max_messages_per_connection, 50);
	assert_int_equal(own->recipient_limit, 0);
	assert_int_equal(own->limit_type, LIMIT_DOMAIN);
	assert_int_equal(own->limit_apply, LIMIT_SYSTEM);
	assert_int_equal(own->table_tls, TLS_OFF);
	a = relay_destinations_find(d, SLICE("A.Example."));
	assert_int_equal(a->table_tls, TLS_ON);
	assert_int_equal(a->max_host_concurrency, 500);
	assert_int_equal(a->line, 1);
	assert_int_equal(a->col, 2);
	relay_destinations_destroy(&d);
}

static void
test_inherited(void **state)
{
	struct relay_destinations *d =
	    parse("[a.example]\nmax_host_concurrency = 3\nlimit_type = host\n"
		  "limit_apply = system\nbounce_validation = 0\n"
		  "bounce_profile = slow\n" DEFAULT "recipient_limit = 300\n"
		  "[b.example]\nrecipient_limit =\n");
	const struct relay_destination *a, *b, *other;

	(void)state;
	assert_int_equal(relay_destinations_count(d), 3);
	a = relay_destinations_find(d, SLICE("a.example"));
	assert_ptr_equal(a, relay_destinations_at(d, 0));
	assert_int_equal(a->max_host_concurrency, 3);
	assert_int_equal(a->limit_type, LIMIT_DOMAIN);
	assert_int_equal(a->ip_sort_pref, IP_PREFER_V4);
	assert_int_equal(a->max_messages_per_connection, 8);
	assert_int_equal(a->recipient_minutes, 9);
	assert_int_equal(a->recipient_limit, 300);
	assert_int_equal(a->table_tls, TLS_ON);
	assert_false(a->bounce_validation);
	assert_false(a->send_tls_req_alert);
	assert_slice(a->bounce_profile, "slow");
	assert_slice(a->certificate, "example.com");
	b = relay_destinations_find(d, SLICE("b.example"));
	assert_int_equal(b->recipient_limit, 0);
	assert_int_equal(b->limit_type, LIMIT_MX_IP);
	assert_false(b->bounce_validation);
	assert_slice(b->bounce_profile, "");
	other = relay_destinations_find(d, SLICE("sub.a.example"));
	assert_slice(other->domain, "DEFAULT");
	assert_int_equal(other->recipient_limit, 300);
	relay_destinations_destroy(&d);
}

/* ---- any table ---- */

/* A section of chance: each parameter, or not, with the ones it needs. */
static void
section_make(struct rng *rng, struct buf *out)
{
	unsigned said = (unsigned)rng_below(rng, 1U << PARAMETER_COUNT);

	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		if ((said >> i & 1) != 0)
			said |= relay_parameters[i].needs;
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		const struct parameter *p = &relay_parameters[i];

		if ((said >> i & 1) == 0 || p->is_default_only)
			continue;
		buf_printf(out, "%s = ", p->name);
		if (p->words != NULL)
			buf_append_cstr(
			    out, p->words[rng_below(rng, p->word_count)].name);
		else if (p->max > 0)
			buf_append_u64(
			    out, p->min + rng_below(rng, p->max - p->min + 1));
		else
			buf_printf(
			    out, "name-%u", (unsigned)rng_below(rng, 1000));
		buf_append_byte(out, '\n');
	}
}

/* What is printed of what was read is what was written. */
static void
test_any_table(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 7);
	for (int turn = 0; turn < 2000; turn++) {
		struct buf text = { 0 }, printed = { 0 };
		struct relay_destinations *d;
		unsigned sections = (unsigned)rng_below(&rng, 5);

		if (rng_below(&rng, 2) == 0)
			buf_append_cstr(&text, DEFAULT);
		for (unsigned i = 0; i < sections; i++) {
			buf_printf(&text, "[d%u.example]\n", i);
			section_make(&rng, &text);
		}
		d = parse(buf_cstr(&text));
		relay_destinations_format(d, &printed);
		assert_slice(buf_slice(&printed), buf_cstr(&text));
		relay_destinations_destroy(&d);
		buf_fini(&text);
		buf_fini(&printed);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, good_rows, check_good);
	ROWS(&kit, bad_rows, check_bad);
	TEST(&kit, test_long_line);
	TEST(&kit, test_too_many_sections);
	TEST(&kit, test_own);
	TEST(&kit, test_notes);
	TEST(&kit, test_inherited);
	TEST(&kit, test_any_table);
	return kit_run(&kit, "destination");
}

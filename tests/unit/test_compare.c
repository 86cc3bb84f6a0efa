/* SPDX-License-Identifier: MIT */
/* Two routes tables side by side: what changes, in words. */
#include "harness/routes/compare.h"

#include "tests/unit/kit.h"

struct row {
	const char *name;
	const char *before, *after;
	const char *said; /* "DOMAIN: sentence; sentence | DOMAIN: ..." */
	size_t idle;
};

static struct row rows[] = {
	{ "nothing", "a.example h, i\nALL j\n", "ALL: j\nA.example: H, i:25\n",
	    "", 1 },
	{ "numbers that keep their order", "a.example h/pri=1, i/pri=2\n",
	    "a.example h/pri=10, i/pri=20\n", "", 1 },
	{ "the same host twice", "a.example h, h/pri=5\n", "a.example h\n", "",
	    1 },
	{ "the same host twice, the better one behind",
	    "a.example h/pri=5, i/pri=3, h\n", "a.example h, i/pri=3\n", "",
	    1 },
	{ "what was deleted is delivered", "a.example /dev/null\n",
	    "a.example h\n",
	    "a.example: it is delivered now, and was deleted; h is new, at "
	    "place 1",
	    0 },
	{ "what followed MX records has hosts", "a.example USEDNS\n",
	    "a.example h\n",
	    "a.example: hosts are named for it now, and its MX records decided; "
	    "h is new, at place 1",
	    0 },
	{ "a host goes and one comes", "a.example h, i/pri=5\n",
	    "a.example h, j/pri=5\n",
	    "a.example: i gets no mail any more; j is new, at place 2", 0 },
	{ "another port", "a.example h\n", "a.example h:26\n",
	    "a.example: h gets no mail any more; h port 26 is new, at place 1",
	    0 },
	{ "later", "a.example h, i/pri=5\n", "a.example h/pri=9, i/pri=5\n",
	    "a.example: h is tried later, at place 2 instead of 1; i is tried "
	    "earlier, at place 1 instead of 2",
	    0 },
	{ "in turns", "a.example h, i/pri=5\n", "a.example h/pri=5, i/pri=5\n",
	    "a.example: i is tried earlier, at place 1 instead of 2; at place "
	    "1: h and i in turns, and was h",
	    0 },
	{ "whose turn is first", "a.example h, i\n", "a.example i, h\n",
	    "a.example: at place 1: i and h in turns, and was h and i in turns",
	    0 },
	{ "brackets", "a.example h\n", "a.example [h]\n",
	    "a.example: [h] is looked up by its addresses only now", 0 },
	{ "a login", "a.example h\n", "a.example h auth=p\n",
	    "a.example: the relay logs in as p", 0 },
	{ "deleted", "a.example h\n", "a.example /dev/null\n",
	    "a.example: it is deleted now, and nobody is told; h gets no mail "
	    "any more",
	    0 },
	{ "a line comes", "ALL h\n", "ALL h\na.example i\n",
	    "a.example: it has a line of its own now, and was under ALL; h "
	    "gets no mail any more; i is new, at place 1",
	    0 },
	{ "a line comes and changes nothing", "ALL h\n", "ALL h\na.example h\n",
	    "", 1 },
	{ "a line goes", ".example h\na.example i\n", ".example h\n",
	    "a.example: it has no line of its own any more, and is under "
	    ".example; i gets no mail any more; h is new, at place 1",
	    0 },
	{ "MX records decide", "a.example h\n", "",
	    "a.example: it has no line any more; its MX records decide now; h "
	    "gets no mail any more",
	    0 },
	{ "USEDNS that had no line", "", "a.example USEDNS\n", "", 1 },
	{ "ALL and partial names", "ALL h\n.b.example h\n",
	    "ALL i\n.b.example j\n",
	    "ALL: h gets no mail any more; i is new, at place 1 | .b.example: "
	    "h gets no mail any more; j is new, at place 1",
	    0 },
	{ "a shorter name changes for those that have none", ".example h\n",
	    ".example i\na.example h\n",
	    ".example: h gets no mail any more; i is new, at place 1", 1 },
};

static struct routes *
must_parse(const char *text)
{
	struct err_list errors = { 0 };
	struct routes *r = routes_parse(slice_cstr(text), "t", &errors);

	assert_non_null(r);
	return r;
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct routes *before = must_parse(row->before);
	struct routes *after = must_parse(row->after);
	struct compare *c = compare_new(before, after);
	struct buf said = { 0 }, shown = { 0 };

	for (size_t i = 0; i < compare_count(c); i++) {
		const struct compare_change *change = compare_at(c, i);

		buf_printf(&said, "%s%.*s: ", i > 0 ? " | " : "",
		    SLICE_ARG(change->domain));
		for (size_t k = 0; k < change->word_count; k++)
			buf_printf(
			    &said, "%s%s", k > 0 ? "; " : "", change->words[k]);
	}
	assert_slice(buf_slice(&said), row->said);
	assert_int_equal(compare_idle_count(c), row->idle);
	compare_format(c, &shown);
	compare_json(c, &shown);
	compare_destroy(&c);
	routes_destroy(&before);
	routes_destroy(&after);
	buf_fini(&said);
	buf_fini(&shown);
}

/* No table is too large, and no line too long. */
static void
the_largest_line(void **state)
{
	struct buf before = { 0 }, after = { 0 };
	struct routes *a, *b;
	struct compare *c;

	(void)state;
	buf_append_cstr(&before, "a.example ");
	buf_append_cstr(&after, "a.example ");
	for (int i = 0; i < ROUTES_DESTS_MAX; i++) {
		buf_printf(&before, "%sh%d/pri=%d", i > 0 ? ", " : "", i, i);
		buf_printf(
		    &after, "%sh%d/pri=%d", i > 0 ? ", " : "", i, 99 - i);
	}
	a = must_parse(buf_cstr(&before));
	b = must_parse(buf_cstr(&after));
	c = compare_new(a, b);
	assert_int_equal(compare_count(c), 1);
	assert_int_equal(compare_at(c, 0)->word_count, ROUTES_DESTS_MAX);
	compare_destroy(&c);
	routes_destroy(&a);
	routes_destroy(&b);
	buf_fini(&before);
	buf_fini(&after);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, check_row);
	TEST(&kit, the_largest_line);
	return kit_run(&kit, "compare");
}

/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a table of somebody else's, in the form that the first byte
 * chooses: it is refused with places, or gives a table that prints and parses
 * back; what that is written as in each form reads back; and what the checker
 * says of the bytes as a table has places inside of them.
 */
#include "harness/routes/compare.h"
#include "harness/routes/foreign.h"
#include "harness/routes/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const forms[] = { "postfix", "postfix-relay", "exim",
	"sendmail", "exchange", "json" };

static enum foreign_form
form_of(size_t i)
{
	enum foreign_form form = FOREIGN_JSON;
	struct err err;

	assert(foreign_form_parse(slice_cstr(forms[i]), &form, &err));
	return form;
}

static void
check_form(const struct routes *r, enum foreign_form form)
{
	struct foreign_notes notes = { 0 };
	struct err_list errors = { 0 };
	struct buf out = { 0 };
	struct routes *back;
	struct compare *c;

	foreign_write(form, r, &notes, &out);
	if (notes.count == 0) {
		back = foreign_read(
		    form, buf_slice(&out), "back", &notes, &errors);
		assert(back != NULL);
		c = compare_new(r, back);
		assert(compare_count(c) == 0);
		compare_destroy(&c);
		routes_destroy(&back);
	}
	foreign_notes_fini(&notes);
	err_list_fini(&errors);
	buf_fini(&out);
}

static void
check_lint(struct slice text)
{
	struct lint *l = lint_new(text, "table");
	const struct lint_options options = { 0 };
	struct buf out = { 0 };

	lint_find(l, &options);
	for (size_t i = 0; i < lint_count(l); i++) {
		assert(lint_at(l, i)->line >= 1);
		assert((size_t)lint_at(l, i)->line <= text.len + 1);
		assert((size_t)lint_at(l, i)->col <= text.len + 1);
	}
	lint_format(l, LINT_HUMAN, &out);
	lint_format(l, LINT_SARIF, &out);
	lint_destroy(&l);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct foreign_notes notes = { 0 };
	struct err_list errors = { 0 };
	struct slice text;
	struct routes *r;

	if (len == 0)
		return 0;
	text = slice_of((const char *)bytes + 1, len - 1);
	r = foreign_read(
	    form_of(bytes[0] % ARRAY_LEN(forms)), text, "f", &notes, &errors);
	assert((r == NULL) == (errors.total > 0));
	for (size_t i = 0; r != NULL && i < ARRAY_LEN(forms); i++)
		check_form(r, form_of(i));
	check_lint(text);
	routes_destroy(&r);
	foreign_notes_fini(&notes);
	err_list_fini(&errors);
	return 0;
}

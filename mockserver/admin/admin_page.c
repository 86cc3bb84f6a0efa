/* SPDX-License-Identifier: MIT */
/*
 * The page of the admin API.  Its policy names the one script and the one style
 * that it has, by their digests: what gets into the page by any other way does
 * nothing.
 */
#include "mockserver/admin/admin_impl.h"

#include "core/tls/digest.h"
#include "mockserver/admin/admin_files.h"

/* What stands between the tags, of which the page has one pair each. */
static struct slice
between(struct slice page, struct slice begin, struct slice end)
{
	const size_t from = slice_find(page, begin) + begin.len;
	const struct slice rest = slice_skip(page, from);

	assert(from <= page.len);
	return slice_sub(rest, 0, slice_find(rest, end));
}

void
admin_get_page(struct admin_call *call)
{
	const struct slice page = admin_page_html();
	struct buf policy = { 0 };

	buf_append_cstr(&policy, "default-src 'none'; script-src ");
	digest_append_source(
	    &policy, between(page, SLICE("<script>"), SLICE("</script>")));
	buf_append_cstr(&policy, "; style-src ");
	digest_append_source(
	    &policy, between(page, SLICE("<style>"), SLICE("</style>")));
	buf_append_cstr(&policy,
	    "; connect-src 'self'; img-src data:; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'");
	admin_answer_page(call, buf_cstr(&policy), page);
	buf_fini(&policy);
}

/* SPDX-License-Identifier: MIT */
/* One page; see http_page.h. */
#include "core/world/http_page.h"

static void
answer_text(struct http_exchange *x, unsigned status, struct slice text)
{
	const struct http_answer answer = {
		.status = status,
		.content_type = "text/plain",
		.body = text,
		.fields = { { "Allow", "GET, HEAD" } },
		.field_count = status == 405,
	};

	http_answer(x, &answer);
}

static void
on_request(
    void *owner, struct http_exchange *x, const struct http_request *request)
{
	const struct http_page *page = owner;
	struct http_answer answer = {
		.status = 200,
		.content_type = page->content_type,
	};
	struct buf text = { 0 };

	if (strcmp(request->path, page->path) != 0) {
		answer_text(x, 404, SLICE("not found\n"));
		return;
	}
	if (strcmp(request->method, "GET") != 0 &&
	    strcmp(request->method, "HEAD") != 0) {
		answer_text(x, 405, SLICE("only GET and HEAD\n"));
		return;
	}
	page->write(page->owner, &text);
	answer.body = buf_slice(&text);
	http_answer(x, &answer);
	buf_fini(&text);
}

static void
on_gone(void *owner, struct http_exchange *x)
{
	/* Never: every request is answered at once. */
	(void)x;
	assert(owner == NULL);
}

struct http_handler
http_page_handler(struct http_page *page)
{
	return (struct http_handler){
		.owner = page,
		.on_request = on_request,
		.on_gone = on_gone,
	};
}

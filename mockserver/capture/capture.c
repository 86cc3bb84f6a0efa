/* SPDX-License-Identifier: MIT */
/* Messages in the order of their numbers; see capture.h. */
#include "mockserver/capture/capture.h"

struct capture {
	struct capture_options options;
	struct list messages; /* of struct capture_message, the oldest first */
	struct capture_totals totals;
	bool is_full; /* and somebody was told */
};

struct capture *
capture_new(const struct capture_options *options)
{
	struct capture *c = xcalloc(1, sizeof(*c));

	c->options = *options;
	c->totals.count_max = options->count_max;
	c->totals.bytes_max = options->bytes_max;
	list_init(&c->messages);
	return c;
}

void
capture_destroy(struct capture **cp)
{
	struct capture *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	capture_clear(c);
	free(c);
}

size_t
capture_intake_max(const struct capture *c)
{
	return c->options.intake_max > CAPTURE_CONTENT_MAX
	    ? c->options.intake_max
	    : CAPTURE_CONTENT_MAX;
}

/* ---- one piece of memory ---- */

/* Takes room from the end of what a message lies in. */
static struct slice
put(char **at, struct slice bytes)
{
	const struct slice copy = { *at, bytes.len };

	if (bytes.len > 0)
		memcpy(*at, bytes.at, bytes.len);
	(*at)[bytes.len] = '\0';
	*at += bytes.len + 1;
	return copy;
}

static const char *
put_text(char **at, const char *text)
{
	return text != NULL ? put(at, slice_cstr(text)).at : NULL;
}

static size_t
text_bytes(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static struct capture_message *
copy_message(const struct capture_message *m)
{
	const struct slice content =
	    slice_sub(m->content, 0, CAPTURE_CONTENT_MAX);
	size_t bytes = sizeof(*m) + m->recipient_count * sizeof(struct slice) +
	    text_bytes(m->host) + text_bytes(m->tls_protocol) +
	    text_bytes(m->tls_cipher) + text_bytes(m->tls_name) +
	    m->sender.len + 1 + content.len + 1;
	struct capture_message *copy;
	struct slice *recipients;
	char *at;

	for (size_t i = 0; i < m->recipient_count; i++)
		bytes += m->recipients[i].len + 1;
	copy = xmalloc(bytes);
	*copy = *m;
	copy->bytes = bytes;
	recipients = (struct slice *)(void *)(copy + 1);
	at = (char *)(recipients + m->recipient_count);
	copy->host = put_text(&at, m->host);
	copy->tls_protocol = put_text(&at, m->tls_protocol);
	copy->tls_cipher = put_text(&at, m->tls_cipher);
	copy->tls_name = put_text(&at, m->tls_name);
	copy->sender = put(&at, m->sender);
	for (size_t i = 0; i < m->recipient_count; i++)
		recipients[i] = put(&at, m->recipients[i]);
	copy->recipients = recipients;
	copy->content = put(&at, content);
	assert(at == (char *)copy + bytes);
	return copy;
}

/* ---- coming and going ---- */

static struct capture_message *
message_of(struct list *node)
{
	return CONTAINER_OF(node, struct capture_message, node);
}

static void
forget(struct capture *c, struct capture_message *m)
{
	list_remove(&m->node);
	c->totals.kept--;
	c->totals.kept_bytes -= m->bytes;
	free(m);
}

static void
make_room(struct capture *c)
{
	while (c->totals.kept > c->options.count_max ||
	    c->totals.kept_bytes > c->options.bytes_max) {
		forget(c, message_of(c->messages.next));
		c->totals.evicted++;
		if (!c->is_full && c->options.on_full != NULL)
			c->options.on_full(c->options.owner);
		c->is_full = true;
	}
}

void
capture_add(struct capture *c, const struct capture_message *message)
{
	struct capture_message m = *message, *copy;

	m.number = ++c->totals.accepted;
	if (c->options.on_message != NULL)
		c->options.on_message(c->options.owner, &m);
	if (c->options.count_max == 0)
		return;
	copy = copy_message(&m);
	list_append(&c->messages, &copy->node);
	c->totals.kept++;
	c->totals.kept_bytes += copy->bytes;
	make_room(c);
}

const struct capture_message *
capture_find(const struct capture *c, uint64_t number)
{
	LIST_FOREACH(node, &c->messages)
		if (message_of(node)->number == number)
			return message_of(node);
	return NULL;
}

const struct capture_message *
capture_next(const struct capture *c, const struct capture_message *after)
{
	struct list *next = after != NULL ? after->node.next : c->messages.next;

	return next != &c->messages ? message_of(next) : NULL;
}

void
capture_remove(struct capture *c, uint64_t number)
{
	LIST_FOREACH_SAFE(node, &c->messages)
		if (message_of(node)->number == number)
			forget(c, message_of(node));
}

void
capture_clear(struct capture *c)
{
	LIST_FOREACH_SAFE(node, &c->messages)
		forget(c, message_of(node));
	c->is_full = false;
}

struct capture_totals
capture_totals(const struct capture *c)
{
	return c->totals;
}

/* SPDX-License-Identifier: MIT */
/* Records in the words of a scenario; see sift_impl.h. */
#include "harness/live/sift_impl.h"

#include <stdio.h>

static bool
is_within(struct slice part, struct slice whole)
{
	return part.len > 0 && part.at >= whole.at &&
	    part.at + part.len <= whole.at + whole.len;
}

/* A part of a record's text, and what takes its place. */
struct part {
	struct slice at;
	char text[IP_TEXT_MAX];
};
struct parts {
	struct part at[3];
	size_t count;
};

static struct part *
part_add(struct parts *parts, struct slice at)
{
	struct part *part = &parts->at[parts->count++];
	struct part *const first = parts->at;

	/* In the order of the text. */
	for (; part > first && part[-1].at.at > at.at; part--)
		part[0] = part[-1];
	part->at = at;
	return part;
}

/* The digits of "port 25" or "port: 25" behind it. */
static struct slice
port_behind(struct slice text, struct slice address)
{
	struct slice rest =
	    slice_skip(text, (size_t)(address.at - text.at) + address.len);
	size_t len = 0;

	rest = slice_skip(rest, slice_find(rest, SLICE("port")));
	while (rest.len > 0 && !ascii_is_digit(rest.at[0]))
		rest = slice_skip(rest, 1);
	while (len < rest.len && ascii_is_digit(rest.at[len]))
		len++;
	return slice_sub(rest, 0, len);
}

static bool
is_relay(const struct sift *s, struct slice interface)
{
	struct ip_address ip;

	return ip_parse(interface, &ip) && ip_equal(&ip, &s->relay);
}

void
sift_translate(const struct sift *s, const struct log_record *record,
    const struct endpoint *said, struct buf *out)
{
	const struct maillog_event *ev = record->event;
	struct slice rest = record->text;
	struct parts parts = { .count = 0 };
	struct part *part;

	if (said != NULL && is_within(ev->address, record->text)) {
		(void)ip_format(&said->ip, part_add(&parts, ev->address)->text);
		if (maillog_has(ev, MAILLOG_FIELD_port)) {
			part = part_add(
			    &parts, port_behind(record->text, ev->address));
			(void)snprintf(
			    part->text, sizeof(part->text), "%u", said->port);
		}
	}
	if (is_within(ev->interface, record->text) &&
	    is_relay(s, ev->interface))
		(void)ip_format(
		    &s->interface, part_add(&parts, ev->interface)->text);
	for (size_t i = 0; i < parts.count; i++) {
		const struct slice at = parts.at[i].at;

		buf_append(out, slice_of(rest.at, (size_t)(at.at - rest.at)));
		buf_append_cstr(out, parts.at[i].text);
		rest = slice_skip(rest, (size_t)(at.at - rest.at) + at.len);
	}
	buf_append(out, rest);
}

/* SPDX-License-Identifier: MIT */
/* What smtp-sink's dump files hold of a message; see sink.h. */
#include "mockserver/sink.h"

static void append_client(struct buf *out, const struct ip_address *ip);
static void append_content(struct buf *out, struct slice content);
static void append_start(const char *text, struct buf *out);
static char escape_take(const char **text);

void
sink_format_dump(const struct sink_options *o,
    const struct transcript_event *ev, uint32_t number, struct buf *out)
{
	const char *protocol = ev->is_extended ? "ESMTP" : "SMTP";
	struct slice rest = ev->arguments, line;
	char date[UTIME_TEXT_MAX];

	append_start(o->start_text, out);
	buf_append_cstr(out, "X-Client-Addr: ");
	append_client(out, &ev->client.ip);
	buf_printf(out, "\nX-Client-Proto: %s\n", protocol);
	if (ev->hello.len > 0)
		buf_printf(out, "X-Helo-Args: %.*s\n", SLICE_ARG(ev->hello));
	for (const char *key = "Mail"; slice_split(&rest, '\n', &line);
	     key = "Rcpt")
		buf_printf(out, "X-%s-Args: %.*s\n", key, SLICE_ARG(line));
	buf_append_cstr(out, "Received: from ");
	if (ev->hello.len > 0) {
		buf_append(out, ev->hello);
	} else {
		buf_append_byte(out, '[');
		append_client(out, &ev->client.ip);
		buf_append_byte(out, ']');
	}
	buf_append_cstr(out, " ([");
	append_client(out, &ev->client.ip);
	buf_printf(out,
	    "])\n\tby %s (smtp-sink) with %s id %08x;\n\t%s (UTC)\n",
	    o->hostname != NULL ? o->hostname : "smtp-sink", protocol,
	    (unsigned)number, utime_format_rfc5322(ev->time, date));
	append_content(out, ev->content);
	buf_append_byte(out, '\n');
}

static void
append_client(struct buf *out, const struct ip_address *ip)
{
	char text[IP_TEXT_MAX];

	if (ip->family == 6)
		buf_append_cstr(out, "ipv6:");
	buf_append_cstr(
	    out, ip_is_none(ip) ? "127.0.0.1" : ip_format(ip, text));
}

/* Without its CRs. */
static void
append_content(struct buf *out, struct slice content)
{
	while (content.len > 0) {
		const size_t plain = slice_find_byte(content, '\r');

		buf_append(out, slice_sub(content, 0, plain));
		content = slice_skip(content, plain + 1);
	}
}

/* Escapes as in C; of others the backslash goes. */
static void
append_start(const char *text, struct buf *out)
{
	char byte;

	while (text != NULL && *text != '\0') {
		byte = *text++;
		if (byte == '\\' && *text != '\0')
			byte = escape_take(&text);
		buf_append_byte(out, byte);
	}
}

/* Takes what stands behind a backslash: a letter, or up to three octal
 * digits. */
static char
escape_take(const char **text)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	const char *found = strchr(letters, **text);
	int number = 0, digits = 0;

	if (found != NULL) {
		++*text;
		return bytes[found - letters];
	}
	while (digits < 3 && **text >= '0' && **text <= '7') {
		number = number * 8 + (**text - '0');
		digits++;
		++*text;
	}
	return digits > 0 ? (char)number : *(*text)++;
}

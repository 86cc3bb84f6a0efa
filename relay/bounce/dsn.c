/* SPDX-License-Identifier: MIT */
/* The text of bounce messages; see dsn.h. */
#include "relay/bounce/dsn.h"

/* A longer header line is folded; the limit is 998 (RFC 5322, 2.1.1). */
#define LINE_FOLD_AT 900
/* Quoted-printable lines (RFC 2045, 6.7). */
#define QP_LINE_MAX 76

/* What the actions are called. */
static const struct dsn_words {
	struct slice subject, action, status, comment, text, why;
} words[] = {
	[DSN_FAILED] = { SLICE_INIT("Failure"), SLICE_INIT("failed"),
	    SLICE_INIT("5.0.0"), SLICE_INIT("permanent failure"),
	    SLICE_INIT("was undeliverable."),
	    SLICE_INIT("The reason for the problem:") },
	[DSN_DELAYED] = { SLICE_INIT("Delay"), SLICE_INIT("delayed"),
	    SLICE_INIT("4.0.0"), SLICE_INIT("temporary failure"),
	    SLICE_INIT("has not been delivered yet; delivery will be tried "
		       "again."),
	    SLICE_INIT("The reason for the delay:") },
	[DSN_RELAYED] = { SLICE_INIT("Relayed"), SLICE_INIT("relayed"),
	    SLICE_INIT("2.0.0"), SLICE_INIT("success"),
	    SLICE_INIT("was relayed to a host that may not confirm its "
		       "delivery."),
	    SLICE_INIT("The host's answer:") },
};

static void append_base32(struct buf *out, uint64_t number);
static void make_boundary(struct buf *out, const struct dsn_report *r);
static void append_header(
    struct buf *out, const struct dsn_report *r, struct slice boundary);
static void append_text_part(
    struct buf *out, const struct dsn_report *r, struct slice boundary);
static void append_status_part(
    struct buf *out, const struct dsn_report *r, struct slice boundary);
static void append_original(
    struct buf *out, const struct dsn_report *r, struct slice boundary);

void
dsn_format(struct buf *out, const struct dsn_report *r)
{
	struct buf mark = { 0 };
	struct slice boundary;

	make_boundary(&mark, r);
	boundary = buf_slice(&mark);
	append_header(out, r, boundary);
	append_text_part(out, r, boundary);
	if (!r->is_plain)
		append_status_part(out, r, boundary);
	append_original(out, r, boundary);
	buf_printf(out, "--%.*s--\r\n", SLICE_ARG(boundary));
	buf_fini(&mark);
}

/* The header with the empty line behind it; all of it when there is none. */
static struct slice
header_of(struct slice message)
{
	size_t end;

	if (slice_starts_with(message, SLICE("\r\n")))
		return slice_sub(message, 0, 0);
	end = slice_find(message, SLICE("\r\n\r\n"));
	return slice_sub(message, 0, end + 2);
}

struct slice
dsn_copy(struct slice head, uint64_t size_bytes, uint64_t copy_max,
    bool *is_headers_only)
{
	struct slice header;

	if (size_bytes > copy_max)
		*is_headers_only = true;
	if (!*is_headers_only)
		return slice_sub(head, 0, (size_t)size_bytes);
	header = header_of(head);
	if (header.len <= copy_max)
		return header;
	header = slice_sub(header, 0, (size_t)copy_max);
	while (header.len > 0 && header.at[header.len - 1] != '\n')
		header.len--;
	return header;
}

/* ---- names that are like no other ---- */

static void
append_base32(struct buf *out, uint64_t number)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	char text[14];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[number % 32];
		number /= 32;
	} while (number > 0);
	buf_append(out, slice_of(text + at, sizeof(text) - at));
}

/* A text that the original does not hold, whoever wrote that. */
static void
make_boundary(struct buf *out, const struct dsn_report *r)
{
	uint64_t tries = 0;

	do {
		buf_clear(out);
		append_base32(out, r->mid);
		buf_append_byte(out, '.');
		append_base32(out, (uint64_t)(r->at / UTIME_S));
		buf_append_byte(out, '.');
		append_base32(out, tries++);
		buf_append_byte(out, '/');
		buf_append(out, r->host);
	} while (slice_find(r->original, buf_slice(out)) < r->original.len);
}

/* ---- the header ---- */

static void
append_header(
    struct buf *out, const struct dsn_report *r, struct slice boundary)
{
	char date[UTIME_TEXT_MAX];

	(void)utime_format_rfc5322(r->at, date);
	buf_printf(out,
	    "Received: from localhost by %.*s; %s\r\n"
	    "Message-Id: <",
	    SLICE_ARG(r->host), strchr(date, ' ') + 1);
	append_base32(out, (uint64_t)(r->at / UTIME_S));
	buf_append_byte(out, '$');
	append_base32(out, r->mid);
	buf_printf(out,
	    "@%.*s>\r\n"
	    "Date: %s\r\n"
	    "To: %.*s\r\n"
	    "From: \"Mail Delivery System\" <MAILER-DAEMON@%.*s>\r\n"
	    "Subject: Delivery Status Notification (%.*s)\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: %s;\r\n boundary=\"%.*s\"\r\n",
	    SLICE_ARG(r->host), date, SLICE_ARG(r->to), SLICE_ARG(r->host),
	    SLICE_ARG(words[r->action].subject),
	    r->is_plain ? "multipart/mixed"
			: "multipart/report; report-type=delivery-status",
	    SLICE_ARG(boundary));
	if (!slice_is_7bit(r->original) || r->is_utf8)
		buf_append_cstr(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_append_cstr(out, "\r\n");
}

/* ---- the text for people ---- */

static bool
qp_is_plain(struct slice text, size_t i)
{
	char c = text.at[i];

	if (c == ' ')
		return i + 1 < text.len;
	return c > ' ' && c <= '~' && c != '=';
}

/* One line in quoted-printable, as many as it takes. */
static void
append_qp_line(struct buf *out, struct slice text)
{
	size_t column = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool is_plain = qp_is_plain(text, i);
		size_t width = is_plain ? 1 : 3;

		if (column + width > QP_LINE_MAX - 1) {
			buf_append_cstr(out, "=\r\n");
			column = 0;
		}
		if (is_plain)
			buf_append_byte(out, text.at[i]);
		else
			buf_printf(out, "=%02X", (unsigned char)text.at[i]);
		column += width;
	}
	buf_append_cstr(out, "\r\n");
}

static void
append_text_part(
    struct buf *out, const struct dsn_report *r, struct slice boundary)
{
	struct buf line = { 0 };

	buf_printf(out,
	    "--%.*s\r\n"
	    "content-type: text/plain; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	    SLICE_ARG(boundary));
	buf_printf(&line, "The following message to <%.*s> %.*s",
	    SLICE_ARG(r->recipient), SLICE_ARG(words[r->action].text));
	append_qp_line(out, buf_slice(&line));
	append_qp_line(out, words[r->action].why);
	append_qp_line(out, r->reason);
	buf_append_cstr(out, "\r\n");
	buf_fini(&line);
}

/* ---- the status for programs ---- */

/* A field, folded where it is too long.  Its value may hold anything, and the
 * part is ASCII unless it is global. */
static void
append_field(struct buf *out, const struct dsn_report *r, const char *name,
    struct slice value)
{
	size_t column = strlen(name) + 2;

	buf_printf(out, "%s: ", name);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !r->is_utf8)) {
			buf_printf(out, "\\x%02x", c);
			column += 4;
			continue;
		}
		if ((c == ' ' && column > LINE_FOLD_AT) ||
		    column > LINE_FOLD_AT + 60) {
			buf_append_cstr(out, "\r\n ");
			column = 1;
			if (c == ' ')
				continue;
		}
		buf_append_byte(out, (char)c);
		column++;
	}
	buf_append_cstr(out, "\r\n");
}

/* "rfc822;a@example.com", or "utf-8;" where that is needed. */
static void
append_recipient(struct buf *out, const struct dsn_report *r)
{
	struct buf value = { 0 };

	buf_append_cstr(
	    &value, !slice_is_7bit(r->recipient) ? "utf-8;" : "rfc822;");
	buf_append(&value, r->recipient);
	append_field(out, r, "Final-Recipient", buf_slice(&value));
	buf_fini(&value);
}

static void
append_diagnosis(struct buf *out, const struct dsn_report *r)
{
	struct buf value = { 0 };

	buf_printf(&value, "smtp; %.*s (delivery attempts: %u)",
	    SLICE_ARG(r->reason), r->attempts);
	append_field(out, r, "Diagnostic-Code", buf_slice(&value));
	buf_fini(&value);
}

static void
append_status_part(
    struct buf *out, const struct dsn_report *r, struct slice boundary)
{
	const struct dsn_words *w = &words[r->action];
	struct slice status = r->status.len > 0 ? r->status : w->status;
	char ip[IP_TEXT_MAX];

	buf_printf(out, "--%.*s\r\ncontent-type: message/%s\r\n",
	    SLICE_ARG(boundary),
	    r->is_utf8 ? "global-delivery-status" : "delivery-status");
	if (r->is_utf8)
		buf_append_cstr(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_printf(out, "\r\nReporting-MTA: dns; %.*s\r\n", SLICE_ARG(r->host));
	if (r->envelope_id.len > 0)
		append_field(out, r, "Original-Envelope-Id", r->envelope_id);
	buf_append_cstr(out, "\r\n");
	if (r->original_recipient.len > 0)
		append_field(
		    out, r, "Original-Recipient", r->original_recipient);
	append_recipient(out, r);
	buf_printf(out, "Action: %.*s\r\nStatus: %.*s (%.*s)\r\n",
	    SLICE_ARG(w->action), SLICE_ARG(status), SLICE_ARG(w->comment));
	if (r->remote != NULL)
		buf_printf(out, "Remote-MTA: dns; [%s%s]\r\n",
		    r->remote->family == 6 ? "IPv6:" : "",
		    ip_format(r->remote, ip));
	append_diagnosis(out, r);
	buf_append_cstr(out, "\r\n");
}

/* ---- the original ---- */

static void
append_original(
    struct buf *out, const struct dsn_report *r, struct slice boundary)
{
	struct slice copy = r->original;
	const char *type = "rfc822";

	if (r->is_utf8)
		type = r->is_headers_only ? "global-headers" : "global";
	buf_printf(out, "--%.*s\r\ncontent-type: message/%s\r\n",
	    SLICE_ARG(boundary), type);
	if (!slice_is_7bit(copy))
		buf_append_cstr(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_append_cstr(out, "\r\n");
	buf_append(out, copy);
	/* The end of the line before a boundary is the boundary's. */
	buf_append_cstr(out, "\r\n");
}

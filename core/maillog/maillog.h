/* SPDX-License-Identifier: MIT */
/*
 * The ESA's text mail log: one table (forms.h) of every line form, a writer
 * that formats from it and a parser that reads by it.  An event is one record:
 * its form and the values of the form's fields.  Nothing else in the tree
 * formats or matches a log line.
 */
#ifndef FAULTPOST_MAILLOG_H
#define FAULTPOST_MAILLOG_H

#include "core/base/buf.h"
#include "core/base/utime.h"
#include "core/maillog/forms.h"

/* MAILLOG_DCID_NEW and so on; UNKNOWN is a record of no known form. */
enum maillog_form {
	MAILLOG_UNKNOWN,
#define MAILLOG_FORM_ENUM(form, name, pattern) MAILLOG_##form,
#define MAILLOG_FORM_SKIP(form, pattern)
	MAILLOG_TABLE(MAILLOG_FORM_ENUM, MAILLOG_FORM_SKIP) MAILLOG_FORM_COUNT
#undef MAILLOG_FORM_ENUM
#undef MAILLOG_FORM_SKIP
};

/* INFO first: what a zeroed event has.  NONE: the record names no level. */
enum maillog_level {
	MAILLOG_INFO,
	MAILLOG_CRITICAL,
	MAILLOG_WARNING,
	MAILLOG_DEBUG,
	MAILLOG_TRACE,
	MAILLOG_LEVEL_NONE,
};

/*
 * One record.  A zeroed event with form, time and the form's fields set is
 * ready to be written; fields of other forms are ignored.  Slices are
 * borrowed: of the writer's caller, or of the parsed line.
 *
 * When `escaped` is false the texts are plain bytes and the writer escapes
 * them; the parser sets it, since its texts are those of the line, still
 * escaped (maillog_unescape() makes them plain).  `rids`, `lines`, `details`
 * and `headers` have a syntax of their own and are always as in the line:
 * write them with maillog_rids_add(), maillog_reply_list() and
 * maillog_reply_details().
 */
struct maillog_event {
	enum maillog_form form;
	enum maillog_level level;
	uint8_t spelling; /* of the form: 0 is the newest, what we write */
	bool escaped;
	utime time;       /* whole seconds are written */
	uint64_t present; /* 1 << enum maillog_field; set by the parser only */

	uint64_t icid, mid, dcid, rid;
	uint64_t other_mid; /* the MID at the end of "... creating MID 8" */
	uint64_t port, bytes, count;
	uint64_t code;  /* of a reply; 0, written "000", is no reply */
	int64_t offset; /* of the log's clock from UTC, in seconds */
	utime till;     /* when a pending recipient is tried again */

	struct slice interface, interface_ip;
	struct slice address; /* the peer's IP address */
	struct slice host, verified;
	struct slice group, match, score, country;
	struct slice protocol, cipher, cn;
	struct slice domain;
	struct slice from, to; /* as logged: "<user@example.com>" */
	struct slice message_id, subject;
	struct slice rids;           /* "0, 1": maillog_rid_next() */
	struct slice enhanced, text; /* "4.3.1", "Mail system full" */
	struct slice lines;          /* of a reply: maillog_line_next() */
	struct slice details;        /* "EOF", "431-'...'" */
	struct slice reason;
	struct slice headers; /* "('from', 'a@b')": the logged headers */
	struct slice response;
	struct slice profile;
	struct slice policy, table, agent, filter;
	struct slice error, part, role, note, result, expected;
	struct slice query_type;
	struct slice elapsed, dns_elapsed; /* seconds, as logged */
	struct slice version, serial;

	/* Of the delivery log. */
	utime delivered, injected; /* milliseconds are written */
	uint64_t attempts;
	struct slice source; /* the client's IP address */
	struct slice sender, recipient, reply;
};

/* X(member, pattern's name, kind): the fields in the order in which they are
 * printed; MAILLOG_FIELD_icid and so on number the bits of `present`. */
#define MAILLOG_FIELDS(X)                                                      \
	X(icid, ICID, NUMBER)                                                  \
	X(mid, MID, NUMBER)                                                    \
	X(dcid, DCID, NUMBER)                                                  \
	X(rid, RID, NUMBER)                                                    \
	X(other_mid, OTHER_MID, NUMBER)                                        \
	X(port, PORT, NUMBER)                                                  \
	X(bytes, BYTES, NUMBER)                                                \
	X(count, COUNT, NUMBER)                                                \
	X(code, CODE, CODE)                                                    \
	X(offset, OFFSET, SIGNED)                                              \
	X(till, TILL, TIME)                                                    \
	X(interface, INTERFACE, TEXT)                                          \
	X(interface_ip, INTERFACE_IP, WORD)                                    \
	X(address, ADDRESS, WORD)                                              \
	X(host, HOST, WORD)                                                    \
	X(verified, VERIFIED, WORD)                                            \
	X(group, GROUP, TEXT)                                                  \
	X(match, MATCH, TEXT)                                                  \
	X(score, SCORE, TEXT)                                                  \
	X(country, COUNTRY, TEXT)                                              \
	X(protocol, PROTOCOL, WORD)                                            \
	X(cipher, CIPHER, WORD)                                                \
	X(cn, CN, TEXT)                                                        \
	X(domain, DOMAIN, WORD)                                                \
	X(from, FROM, MAILBOX)                                                 \
	X(to, TO, MAILBOX)                                                     \
	X(message_id, MESSAGE_ID, QUOTED)                                      \
	X(subject, SUBJECT, QUOTED)                                            \
	X(rids, RIDS, RIDS)                                                    \
	X(enhanced, ENHANCED, WORD)                                            \
	X(text, TEXT, TEXT)                                                    \
	X(lines, LINES, LIST)                                                  \
	X(details, DETAILS, DETAILS)                                           \
	X(reason, REASON, TEXT)                                                \
	X(headers, HEADERS, LIST)                                              \
	X(response, RESPONSE, QUOTED)                                          \
	X(profile, PROFILE, TEXT)                                              \
	X(policy, POLICY, TEXT)                                                \
	X(table, TABLE, WORD)                                                  \
	X(agent, AGENT, TEXT)                                                  \
	X(filter, FILTER, QUOTED)                                              \
	X(error, ERROR, TEXT)                                                  \
	X(part, PART, QUOTED)                                                  \
	X(role, ROLE, WORD)                                                    \
	X(note, NOTE, TEXT)                                                    \
	X(result, RESULT, WORD)                                                \
	X(expected, EXPECTED, WORD)                                            \
	X(query_type, QUERY_TYPE, WORD)                                        \
	X(elapsed, ELAPSED, WORD)                                              \
	X(dns_elapsed, DNS_ELAPSED, WORD)                                      \
	X(version, VERSION, WORD)                                              \
	X(serial, SERIAL, WORD)                                                \
	X(delivered, DEL_TIME, MOMENT)                                         \
	X(injected, INJ_TIME, MOMENT)                                          \
	X(attempts, ATTEMPTS, NUMBER)                                          \
	X(source, SOURCE_IP, WORD)                                             \
	X(sender, SENDER, ATTRIBUTE)                                           \
	X(recipient, RECIPIENT, ATTRIBUTE)                                     \
	X(reply, REPLY, ATTRIBUTE)

enum maillog_field {
#define MAILLOG_FIELD_ENUM(member, name, kind) MAILLOG_FIELD_##member,
	MAILLOG_FIELDS(MAILLOG_FIELD_ENUM) MAILLOG_FIELD_COUNT
#undef MAILLOG_FIELD_ENUM
};

/* Appends the record, one whole line with its '\n', with its stamp unless it is
 * one of the delivery log, which have none.  Whatever bytes the values
 * hold, it stays one line: controls, line separators and bytes that are not
 * UTF-8 are written as "\n", "\r", "\t", "\xNN". */
void maillog_format(struct buf *out, const struct maillog_event *ev);

/* The name of the form's event, as "dcid_new"; "unknown" of UNKNOWN. */
const char *maillog_form_name(enum maillog_form form);
/* The spellings of the form, at least 1. */
unsigned maillog_form_spellings(enum maillog_form form);
/* Appends the pattern in words: "DCID {dcid} close"; an optional part stands
 * in "{?" and "}". */
void maillog_form_pattern(
    struct buf *out, enum maillog_form form, unsigned spelling);

static inline bool
maillog_has(const struct maillog_event *ev, enum maillog_field field)
{
	return (ev->present >> field & 1) != 0;
}

const char *maillog_field_name(enum maillog_field field);
/* True when the field is a number or a time, which *number then holds; else
 * *text holds the text as it is in the event. */
bool maillog_field_get(const struct maillog_event *ev, enum maillog_field field,
    int64_t *number, struct slice *text);
/* "Info" and so on; "" of LEVEL_NONE. */
const char *maillog_level_name(enum maillog_level level);

/* --- Values with a syntax of their own (text.c) --- */

/* Appends an RID to a list: "0", then ", 1". */
void maillog_rids_add(struct buf *rids, uint64_t rid);
/* Takes the first RID off *rest; false when there is none. */
bool maillog_rid_next(struct slice *rest, uint64_t *rid);
/* How many a list has. */
uint64_t maillog_rids_count(struct slice rids);

/* Appends a reply in the form of `details`: 431-'4.3.1 Mail system full', the
 * lines joined by an escaped newline.  Code 0 leaves out the code. */
void maillog_reply_details(
    struct buf *out, unsigned code, const struct slice *lines, size_t count);
/* Reads that form; *text is escaped.  False when `details` is no reply. */
bool maillog_details_reply(
    struct slice details, unsigned *code, struct slice *text);
/* Appends a reply's lines in the form of `lines`: 'first', "it's second". */
void maillog_reply_list(
    struct buf *out, const struct slice *lines, size_t count);
/* Takes the first line, escaped and without its quotes, off *rest; false when
 * there is none. */
bool maillog_line_next(struct slice *rest, struct slice *line);

/* Appends plain bytes as the value of an XML attribute: `sender`, `recipient`
 * and `reply` as the writer writes them; and the inverse. */
void maillog_attribute(struct buf *out, struct slice plain);
void maillog_attribute_plain(struct buf *out, struct slice value);

/* Appends plain bytes as the log shows them outside of quotes. */
void maillog_escape(struct buf *out, struct slice plain);
/* Appends the plain bytes of a text of an `escaped` event; the inverse. */
void maillog_unescape(struct buf *out, struct slice escaped);

#endif

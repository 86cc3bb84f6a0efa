/* SPDX-License-Identifier: MIT */
/*
 * DNS messages as bytes: what a query asks, and how a response is written
 * (RFC 1035, 4).  Names are kept as they stand in a query, so that a response
 * repeats their letters, and are written once and then pointed at.  Pure.
 */
#ifndef FAULTPOST_DNS_WIRE_H
#define FAULTPOST_DNS_WIRE_H

#include "core/base/buf.h"
#include "core/dns/name.h"

/* Response codes (RFC 1035, 4.1.1; RFC 6891, 9).  X(constant, number) */
#define DNS_CODES(X)                                                           \
	X(DNS_CODE_NOERROR, 0)                                                 \
	X(DNS_CODE_FORMERR, 1)                                                 \
	X(DNS_CODE_SERVFAIL, 2)                                                \
	X(DNS_CODE_NXDOMAIN, 3)                                                \
	X(DNS_CODE_NOTIMP, 4)                                                  \
	X(DNS_CODE_REFUSED, 5)                                                 \
	X(DNS_CODE_BADVERS, 16)
enum dns_code {
#define X(constant, number) constant = (number),
	DNS_CODES(X)
#undef X
};

enum {
	DNS_HEADER_BYTES = 12,
	DNS_UDP_BYTES = 512,     /* without EDNS */
	DNS_MESSAGE_MAX = 65535, /* over TCP */
	DNS_WIRE_NAME_MAX = 255, /* of a name, length bytes included */
	DNS_NUMBER_SOA = 6,      /* types that are not in a zone */
	DNS_NUMBER_OPT = 41,
	DNS_NUMBER_IXFR = 251, /* what is above is no type of records */
	DNS_CLASS_IN = 1,
};

/* A query that was read, as far as it could be. */
struct dns_request {
	uint16_t id;
	unsigned opcode;
	bool wants_recursion, has_checking_disabled;
	bool has_question;
	struct slice question; /* as it came; borrowed from the query */
	/* The name asked for as text without a dot at its end; a byte that no
	 * name of a zone has stands there as a space. */
	char name[DNS_WIRE_NAME_MAX];
	size_t name_len;
	uint16_t type, class;
	bool has_edns;
	unsigned edns_version;
	uint16_t edns_bytes; /* the longest response that is taken */
};

/* False when there is nobody to answer: it is no query, or too short for one.
 * *code is NOERROR, or FORMERR when something in it is wrong. */
bool dns_request_read(
    struct dns_request *r, struct slice query, enum dns_code *code);

/* A response being written, at the end of a buffer. */
struct dns_writer {
	struct buf *out;
	size_t start; /* of the message in the buffer */
	/* Where names, or ends of names, have been written. */
	uint16_t names[128];
	size_t name_count;
};

/* The three sections behind the question, in their order. */
enum dns_section {
	DNS_ANSWER,
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
};

/* Header and question. */
void dns_write_begin(
    struct dns_writer *w, const struct dns_request *r, struct buf *out);
/* The head of a record, and its data one value behind the other; _end writes
 * how long they are. */
void dns_write_record(struct dns_writer *w, enum dns_section section,
    struct slice owner, uint16_t type, uint32_t ttl_s);
void dns_write_u16(struct dns_writer *w, unsigned value);
void dns_write_u32(struct dns_writer *w, uint32_t value);
void dns_write_bytes(struct dns_writer *w, struct slice bytes);
void dns_write_name(struct dns_writer *w, struct slice name);
void dns_write_record_end(struct dns_writer *w, size_t data_at);
/* Where the data of the record that was begun last begin, for _end. */
size_t dns_write_position(const struct dns_writer *w);
/* The OPT record (RFC 6891, 6.1), with the upper bits of the code. */
void dns_write_edns(struct dns_writer *w, uint16_t bytes, enum dns_code code);
/* The code, and whether more records were there than are. */
void dns_write_finish(
    struct dns_writer *w, enum dns_code code, bool is_truncated);
/* Only header and question are left. */
void dns_write_empty(struct dns_writer *w, const struct dns_request *r);

#endif

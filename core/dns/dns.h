/* SPDX-License-Identifier: MIT */
/*
 * The words that everyone who asks or answers DNS questions shares: types,
 * outcomes, records, answers.  A resolver stands behind world.h; the names of a
 * scenario stand in zone.h.
 */
#ifndef FAULTPOST_DNS_H
#define FAULTPOST_DNS_H

#include "core/base/address.h"
#include "core/base/utime.h"

/* X(constant, number on the wire (RFC 1035, 3.2.2; RFC 3596), name) */
#define DNS_TYPES(X)                                                           \
	X(DNS_A, 1, "A")                                                       \
	X(DNS_CNAME, 5, "CNAME")                                               \
	X(DNS_MX, 15, "MX")                                                    \
	X(DNS_AAAA, 28, "AAAA")
enum dns_type {
#define X(constant, number, name) constant = (number),
	DNS_TYPES(X)
#undef X
};
/* "A", "MX", ... */
const char *dns_type_name(enum dns_type type);
/* Letters without case; false when there is no such type here. */
bool dns_type_parse(struct slice name, enum dns_type *type);

/* How a question ended.  A hard error will not change by asking again soon: the
 * ESA bounces for it (5.1.2) and queues for a soft one.
 * X(constant, is a hard error, name in scenarios, text in the ESA's log) */
#define DNS_STATUSES(X)                                                        \
	X(DNS_OK, false, "NOERROR", "NoError")                                 \
	/* The name exists, but has no such record; an error only when that    \
	 * was its last chance, an A. */                                       \
	X(DNS_NODATA, true, "NODATA", "domain has no A record")                \
	X(DNS_NXDOMAIN, true, "NXDOMAIN", "NXDomain")                          \
	X(DNS_SERVFAIL, false, "SERVFAIL", "ServFail")                         \
	X(DNS_REFUSED, false, "REFUSED", "Refused")                            \
	X(DNS_TIMEOUT, false, "TIMEOUT", "Timeout")                            \
	/* More CNAMEs in a row than DNS_CNAME_MAX. */                         \
	X(DNS_LOOP, false, "LOOP", "CNAME loop")
enum dns_status {
#define X(constant, hard, name, text) constant,
	DNS_STATUSES(X)
#undef X
};
/* "NXDOMAIN", ... */
const char *dns_status_name(enum dns_status status);
/* What the ESA prints behind "DNS Hard Error looking up <q> (<type>):  ". */
const char *dns_status_text(enum dns_status status);
bool dns_status_is_hard(enum dns_status status);

#define DNS_CNAME_MAX     8
#define DNS_TTL_S_DEFAULT 300

struct dns_record {
	enum dns_type type;
	uint32_t ttl_s;
	struct ip_address ip; /* A, AAAA */
	uint16_t preference;  /* MX */
	/* MX: the exchange, CNAME: the target; lower case, no dot at the end,
	 * borrowed from the owner of the record.  An MX of the empty name (the
	 * root) says that the domain takes no mail (RFC 7505). */
	struct slice name;
};

struct dns_answer {
	enum dns_status status;
	uint32_t ttl_s; /* how long it may be kept, the CNAMEs that led to it
	                 * and "there is none" included */
	utime delay;    /* how long a resolver lets the asker wait for it */
	/* How a name server gives it: over UDP it is cut, and so many questions
	 * get no answer before each that does. */
	bool is_cut;
	uint32_t drop;
	const struct dns_record *records; /* all of the type asked for */
	size_t count;                     /* 0 unless status is DNS_OK */
	struct slice server; /* whom a soft error is the fault of, as messages
	                      * name it; borrowed like the records */
};

/* How long a resolver waits for servers that do not answer, and how often it
 * asks; each time it waits twice as long as the last. */
#define DNS_PATIENCE (30 * UTIME_S)
#define DNS_TRIES    4

/* Makes what a name server does of its answer what a resolver makes of that, to
 * which a question and its answer take `round_trip`: dropped questions are
 * asked again until its tries are over, and what is cut over UDP is asked for
 * again over TCP. */
void dns_answer_travel(struct dns_answer *answer, utime round_trip);

#endif

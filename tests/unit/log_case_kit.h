/* SPDX-License-Identifier: MIT */
/*
 * Logs as text in tests of harness/log: records of a morning, each a macro
 * whose moment is "MM:SS", and a case that is read of them.
 */
#ifndef FAULTPOST_TESTS_UNIT_LOG_CASE_KIT_H
#define FAULTPOST_TESTS_UNIT_LOG_CASE_KIT_H

#include "harness/log/log_case.h"

#define AT(s) "Wed Jul  2 09:" s " 2014 Info: "
#define NEW(s, dcid, ip)                                                       \
	AT(s)                                                                  \
	"New SMTP DCID " dcid " interface 10.0.0.5 address " ip " port 25\n"
#define ERROR(s, dcid, ip, details)                                            \
	AT(s)                                                                  \
	"Connection Error: DCID " dcid " domain: one.example IP: " ip          \
	" port: 25 details: " details                                          \
	" interface: 10.0.0.5 reason: network error\n"
#define COMES(s, mid, to)                                                      \
	AT(s)                                                                  \
	"Start MID " mid                                                       \
	" ICID 1\n" AT(s) "MID " mid " ICID 1 From: <a@x.example>\n" AT(       \
	    s) "MID " mid " ICID 1 RID 0 To: <" to                             \
	       "@one.example>\n" AT(s) "MID " mid " queued for delivery\n"
#define ONE COMES("15:00", "1", "b")
#define START(s, dcid, mid, rids)                                              \
	AT(s)                                                                  \
	"Delivery start DCID " dcid " MID " mid " to RID [" rids "]\n"
#define DONE(s, dcid, mid, rids)                                               \
	AT(s)                                                                  \
	"Message done DCID " dcid " MID " mid " to RID [" rids "]\n"
#define DELAYED(s, dcid, mid)                                                  \
	AT(s)                                                                  \
	"Delayed: DCID " dcid " MID " mid                                      \
	" to RID 0 - 4.3.1 - full ('452', ['4.3.1 full']) []\n"
#define WAITS(s, mid, till)                                                    \
	AT(s)                                                                  \
	"MID " mid " to RID [0] pending till Wed Jul  2 09:" till " 2014\n"
#define BOUNCED(s, dcid, code, text)                                           \
	AT(s)                                                                  \
	"Bounced: DCID " dcid " MID 1 to RID 0 - 5.1.0 - Unknown address "     \
	"error ('" code "', ['" text "']) []\n"
#define EXPIRED(s)                                                             \
	AT(s)                                                                  \
	"Bounced: DCID 0 MID 1 to RID 0 - 5.4.7 - Delivery expired ('000', "   \
	"['timeout']) []\n"

static inline void
log_case_kit_take(void *owner, const struct log_record *record)
{
	log_case_take(owner, record);
}

/* Reads the records of `text`, which is a file called "a". */
static inline void
log_case_kit_read(struct log_case *c, const char *text, bool is_customers)
{
	struct slice rest = slice_cstr(text), line;
	struct log_reader r;

	*c = (struct log_case){ .is_customers = is_customers };
	log_reader_init(&r, c, log_case_kit_take);
	log_reader_begin(&r, "a", 0);
	while (slice_split(&rest, '\n', &line))
		log_reader_line(&r, line);
	log_reader_rest(&r);
	log_case_finish(c);
	log_reader_fini(&r);
}

#endif

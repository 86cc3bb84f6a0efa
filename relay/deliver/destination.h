/* SPDX-License-Identifier: MIT */
/*
 * Destination controls: how much is sent to a domain at a time, how, and with
 * which bounce profile.  They come from the INI file that the appliance's
 * destconfig exports (docs/destconfig.md): a [DEFAULT] section, and one for
 * each domain that departs from it.  Pure; const once read.
 */
#ifndef FAULTPOST_RELAY_DESTINATION_H
#define FAULTPOST_RELAY_DESTINATION_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define DESTINATIONS_MAX 40000 /* sections, [DEFAULT] included */

/* Which addresses of a host are tried first, or at all. */
enum relay_ip_sort {
	IP_PREFER_V6,
	IP_REQUIRE_V6,
	IP_PREFER_V4,
	IP_REQUIRE_V4,
};

/* What a limit counts. */
enum relay_limit_type {
	LIMIT_DOMAIN, /* "host": all that goes to the domain */
	LIMIT_MX_IP,  /* "MXIP": what goes to each address of its own */
};

/* Where it holds.  There is one delivery interface, so that both are one. */
enum relay_limit_apply {
	LIMIT_SYSTEM,
	LIMIT_VG,
};

enum relay_tls_mode {
	TLS_OFF,
	TLS_ON,
	TLS_REQUIRE,
	TLS_ON_VERIFY,
	TLS_REQUIRE_VERIFY,
};

/* A section, what it does not say taken from [DEFAULT]. */
struct relay_destination {
	struct slice domain; /* lower case; "DEFAULT" */
	enum relay_ip_sort ip_sort_pref;
	uint32_t max_host_concurrency;
	uint32_t max_messages_per_connection;
	uint32_t recipient_minutes; /* the period of recipient_limit */
	uint32_t recipient_limit;   /* 0: none */
	enum relay_limit_type limit_type;
	enum relay_limit_apply limit_apply;
	enum relay_tls_mode table_tls;
	bool bounce_validation;
	struct slice bounce_profile; /* empty: none is named */
	bool send_tls_req_alert;     /* of [DEFAULT] for all */
	struct slice certificate;    /* likewise; empty: none is named */
	unsigned said; /* bits: the parameters that the section itself has */
	int line, col; /* where it begins; 0: nowhere */
};

/* What a file may ask for and not get. */
enum relay_lack {
	LACK_KEYS,   /* bounces are not verified, unless there are keys */
	LACK_ALERTS, /* nobody is alerted */
	LACK_KINDS,
};

struct relay_destinations;

/* Reads a whole file; lines end in LF or CRLF, a byte order mark is skipped.
 * NULL when there are errors, and then all of them have been added to *errors;
 * there is no such thing as half a table. */
struct relay_destinations *relay_destinations_parse(
    struct slice text, const char *file, struct err_list *errors);
/* What the file asks for that needs what is lacking, each with its place:
 * settings that are kept, printed again, and then do nothing here. */
struct err_list *relay_destinations_notes(
    struct relay_destinations *d, enum relay_lack lack);
void relay_destinations_destroy(struct relay_destinations **dp);

/* The controls for mail to `domain`, in any case and with or without a dot at
 * its end: its own section's, else those of [DEFAULT], else (also for a table
 * that is NULL) the appliance's own. */
const struct relay_destination *relay_destinations_find(
    const struct relay_destinations *d, struct slice domain);

/* The sections in the order of the text. */
size_t relay_destinations_count(const struct relay_destinations *d);
const struct relay_destination *relay_destinations_at(
    const struct relay_destinations *d, size_t index);

/* Appends the table as the appliance exports it: what each section itself says.
 * Reading that gives an equal table. */
void relay_destinations_format(
    const struct relay_destinations *d, struct buf *out);

#endif

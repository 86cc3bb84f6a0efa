/* SPDX-License-Identifier: MIT */
/* Where each host of a mock is served, for people and for programs. */
#ifndef FAULTPOST_MOCK_PLACES_H
#define FAULTPOST_MOCK_PLACES_H

#include "core/base/buf.h"
#include "mockserver/mock.h"

/* What else is served, and where; NULL: it is not. */
struct mock_services {
	const struct endpoint *dns;
	const struct endpoint *admin;
};

/* Appends a line for each address: host, address in the scenario, where it
 * really listens, or the host's state when it does not or `m` is NULL; and one
 * for each service. */
void mock_places_format(const struct mock *m, const struct mock_hosts *hosts,
    const struct mock_services *services, struct buf *out);
/* The same as a JSON array of {"host", "address", "real"}; real is null where
 * nothing listens.  Services have {"service", "real"} instead, and host is
 * null. */
void mock_places_format_json(const struct mock *m,
    const struct mock_hosts *hosts, const struct mock_services *services,
    struct buf *out);

#endif

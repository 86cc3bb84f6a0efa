/* SPDX-License-Identifier: MIT */
/* Where each host of a mock is served, for people and for programs. */
#ifndef FAULTPOST_MOCK_PLACES_H
#define FAULTPOST_MOCK_PLACES_H

#include "core/base/buf.h"
#include "mockserver/mock.h"

/* Appends a line for each address: host, address in the scenario, where it
 * really listens, or the host's state when it does not or `m` is NULL; and one
 * for the admin API unless that is NULL. */
void mock_places_format(const struct mock *m, const struct mock_hosts *hosts,
    const struct endpoint *admin, struct buf *out);
/* The same as a JSON array of {"host", "address", "real"}; real is null where
 * nothing listens.  The admin API has {"service", "real"} instead, and host is
 * null. */
void mock_places_format_json(const struct mock *m,
    const struct mock_hosts *hosts, const struct endpoint *admin,
    struct buf *out);

#endif

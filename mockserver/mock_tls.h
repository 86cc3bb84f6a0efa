/* SPDX-License-Identifier: MIT */
/*
 * The certificates of mock hosts: a test authority of the mock's own, and for
 * each host and kind a certificate and context, made when it is first shown.
 * Only the mock's own files include this.
 */
#ifndef FAULTPOST_MOCK_TLS_H
#define FAULTPOST_MOCK_TLS_H

#include "core/dns/zone.h"
#include "core/tls/certificate.h"
#include "core/tls/context.h"
#include "mockserver/hosts.h"

struct mock_tls;

struct mock_tls_options {
	const struct zone *zone; /* borrowed: names of hosts; may be NULL */
	enum tls_key_kind keys;
	utime now; /* certificates are valid, or not, as of then */
};

struct mock_tls *mock_tls_new(const struct mock_tls_options *options);
void mock_tls_destroy(struct mock_tls **tp);
/* From now on the names of hosts are those of this zone (borrowed). */
void mock_tls_set_zone(struct mock_tls *t, const struct zone *zone);
/* What was made for that host is not asked for again. */
void mock_tls_forget(struct mock_tls *t, const struct mock_host *host);
/* The context of that kind for handshakes of that host (borrowed until it is
 * forgotten). */
const struct tls_context *mock_tls_context(
    struct mock_tls *t, const struct mock_host *host, enum mock_tls_kind kind);
/* The test authority's certificate, PEM. */
struct slice mock_tls_authority(const struct mock_tls *t);
/* Appends a client's certificate, signed by it, and the key, both PEM. */
void mock_tls_issue(struct mock_tls *t, struct slice name,
    struct buf *certificate, struct buf *key);

#endif

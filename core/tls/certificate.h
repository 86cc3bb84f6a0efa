/* SPDX-License-Identifier: MIT */
/*
 * Certificates made on the spot, for tests and mock hosts: an authority of
 * one's own, and what it signs.  Nothing is read or kept; whoever needs to
 * trust the authority is given its PEM text.
 */
#ifndef FAULTPOST_TLS_CERTIFICATE_H
#define FAULTPOST_TLS_CERTIFICATE_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/utime.h"

/* ED25519 has signatures of one size, so that all handshakes are of one size,
 * as have both RSA; P256 is what every peer knows.  1024 bits are fewer than
 * anybody should take. */
enum tls_key_kind {
	TLS_KEY_ED25519,
	TLS_KEY_P256,
	TLS_KEY_RSA_2048,
	TLS_KEY_RSA_1024,
};

/* Borrowed for the calls. */
struct tls_certificate_spec {
	struct slice common_name;  /* at most 64 bytes go in */
	const struct slice *names; /* DNS names that it is good for */
	size_t name_count;
	const struct ip_address *addresses; /* and addresses */
	size_t address_count;
	utime from, until; /* when it is valid */
	enum tls_key_kind key;
};

struct tls_authority;

struct tls_authority *tls_authority_new(
    struct slice common_name, enum tls_key_kind kind, utime from, utime until);
/* One that another has signed. */
struct tls_authority *tls_authority_new_below(
    const struct tls_authority *above, struct slice common_name);
void tls_authority_destroy(struct tls_authority **ap);
/* Its certificate, as PEM text. */
struct slice tls_authority_certificate(const struct tls_authority *a);

/* A certificate and its key, both new; a context can take them as they are
 * (context.h). */
struct tls_identity;

/* Signed by the authority, or (NULL) by nobody but itself. */
struct tls_identity *tls_identity_new(
    const struct tls_authority *a, const struct tls_certificate_spec *spec);
void tls_identity_destroy(struct tls_identity **ip);
/* Appends the two as PEM text. */
void tls_identity_format(const struct tls_identity *identity,
    struct buf *certificate, struct buf *key);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Who meets in the tests of TLS: an authority, servers with certificates of
 * hers or of nobody's, and clients that trust her.
 */
#ifndef FAULTPOST_TESTS_TLS_PEOPLE_H
#define FAULTPOST_TESTS_TLS_PEOPLE_H

#include "core/tls/certificate.h"
#include "core/tls/context.h"
#include "tests/unit/kit.h"

#define TLS_NOW (INT64_C(1404292507) * UTIME_S)
#define TLS_DAY (24 * UTIME_HOUR)

static const struct slice tls_names[] = { SLICE_INIT("mx.example.com") };

static inline struct tls_certificate_spec
tls_spec(void)
{
	return (struct tls_certificate_spec){
		.common_name = tls_names[0],
		.names = tls_names,
		.name_count = 1,
		.from = TLS_NOW - TLS_DAY,
		.until = TLS_NOW + TLS_DAY,
	};
}

static inline struct tls_authority *
tls_test_authority(void)
{
	return tls_authority_new(SLICE("Test authority"), TLS_KEY_ED25519,
	    TLS_NOW - 365 * TLS_DAY, TLS_NOW + 365 * TLS_DAY);
}

/* Signed by the authority, or (NULL) by itself; `options` without an
 * identity. */
static inline struct tls_context *
tls_test_server(const struct tls_authority *a,
    const struct tls_certificate_spec *spec,
    const struct tls_context_options *options)
{
	struct tls_context_options o = *options;
	struct tls_identity *identity = tls_identity_new(a, spec);
	struct tls_context *c;
	struct err err;

	o.identity = identity;
	c = tls_context_new_server(&o, &err);
	if (c == NULL)
		fail_msg("%s", err.msg);
	tls_identity_destroy(&identity);
	return c;
}

/* Trusts the authority, or (NULL) nobody. */
static inline struct tls_context *
tls_test_client(
    const struct tls_authority *a, const struct tls_context_options *options)
{
	struct tls_context_options o = *options;
	struct tls_context *c;
	struct err err;

	if (a != NULL)
		o.authorities = tls_authority_certificate(a);
	c = tls_context_new_client(&o, &err);
	if (c == NULL)
		fail_msg("%s", err.msg);
	return c;
}

#endif

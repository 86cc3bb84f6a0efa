/* SPDX-License-Identifier: MIT */
/* Contexts from texts that are and that are not what they should be. */
#include "core/tls/context.h"

#include "tests/unit/tls_people.h"

struct identity {
	struct buf certificate, key;
};

static void
make(const struct tls_authority *a, struct identity *i)
{
	const struct tls_certificate_spec spec = tls_spec();

	struct tls_identity *made = tls_identity_new(a, &spec);

	tls_identity_format(made, &i->certificate, &i->key);
	tls_identity_destroy(&made);
}

static void
assert_refused(struct slice certificate, struct slice key, const char *why)
{
	struct tls_context_options o = tls_context_options_default;
	struct err err;

	o.certificate = certificate;
	o.key = key;
	assert_null(tls_context_new_server(&o, &err));
	assert_string_equal(err.msg, why);
}

static void
test_identity(void **state)
{
	struct tls_authority *a = tls_test_authority();
	struct identity one = { 0 }, other = { 0 };
	struct slice good, key;

	(void)state;
	make(a, &one);
	make(a, &other);
	good = buf_slice(&one.certificate);
	key = buf_slice(&one.key);
	assert_refused(SLICE("no"), key, "no certificate in PEM form");
	assert_refused(slice_sub(good, 0, good.len / 2), key,
	    "no certificate in PEM form");
	assert_refused(good, SLICE("no"), "no private key in PEM form");
	assert_refused(good, good, "no private key in PEM form");
	assert_refused(good, buf_slice(&other.key),
	    "the private key is not that of the certificate");
	buf_fini(&one.certificate);
	buf_fini(&one.key);
	buf_fini(&other.certificate);
	buf_fini(&other.key);
	tls_authority_destroy(&a);
}

static void
test_authorities(void **state)
{
	struct tls_authority *a = tls_test_authority();
	struct tls_authority *b = tls_test_authority();
	struct tls_context_options o = tls_context_options_default;
	struct tls_context *c;
	struct buf both = { 0 };
	struct err err;

	(void)state;
	c = tls_context_new_client(&o, &err);
	assert_non_null(c);
	assert_false(tls_context_verifies(c));
	tls_context_destroy(&c);
	buf_append(&both, tls_authority_certificate(a));
	buf_append(&both, tls_authority_certificate(b));
	o.authorities = buf_slice(&both);
	c = tls_context_new_client(&o, &err);
	assert_non_null(c);
	assert_true(tls_context_verifies(c));
	tls_context_destroy(&c);
	o.authorities = SLICE("hello");
	assert_null(tls_context_new_client(&o, &err));
	assert_string_equal(
	    err.msg, "no certificate in PEM form among the authorities");
	buf_fini(&both);
	tls_authority_destroy(&a);
	tls_authority_destroy(&b);
}

static void
test_ciphers(void **state)
{
	struct tls_context_options o = tls_context_options_default;
	struct err err;

	(void)state;
	o.ciphers = "NOT-A-CIPHER";
	assert_null(tls_context_new_client(&o, &err));
	assert_string_equal(err.msg, "\"NOT-A-CIPHER\" names no cipher");
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_identity);
	TEST(&kit, test_authorities);
	TEST(&kit, test_ciphers);
	return kit_run(&kit, "tls_context");
}

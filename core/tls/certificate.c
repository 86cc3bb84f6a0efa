/* SPDX-License-Identifier: MIT */
/*
 * Certificates by OpenSSL; see certificate.h.  That one of these calls fails
 * means that memory has run out, or that we are wrong: both end the program.
 */
#include "core/tls/context_impl.h"

#include "core/tls/certificate.h"

#define SERIAL_BYTES    16
#define COMMON_NAME_MAX 64

struct tls_authority {
	EVP_PKEY *key;     /* owned */
	X509 *certificate; /* owned */
	enum tls_key_kind kind;
	struct buf pem;
};

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static EVP_PKEY *
key_new(enum tls_key_kind kind)
{
	EVP_PKEY *key = NULL;

	/* OpenSSL's configuration file is the machine's, not ours. */
	must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1);
	switch (kind) {
	case TLS_KEY_ED25519:
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case TLS_KEY_P256:
		key = EVP_EC_gen("P-256");
		break;
	case TLS_KEY_RSA_2048:
		key = EVP_RSA_gen(2048);
		break;
	case TLS_KEY_RSA_1024:
		key = EVP_RSA_gen(1024);
		break;
	}
	must(key != NULL);
	return key;
}

static void
set_time(ASN1_TIME *to, utime at)
{
	must(ASN1_TIME_set(to, (time_t)(at / UTIME_S)) != NULL);
}

/* A positive number of always the same length. */
static void
set_serial(X509 *certificate)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number = BN_new();

	must(number != NULL);
	must(BN_rand(number, SERIAL_BYTES * 8 - 1, BN_RAND_TOP_ONE,
		 BN_RAND_BOTTOM_ANY) == 1);
	must(BN_bn2binpad(number, bytes, sizeof(bytes)) == SERIAL_BYTES);
	must(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) !=
	    NULL);
	BN_free(number);
}

static void
set_name(X509 *certificate, struct slice common_name)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	common_name = slice_sub(common_name, 0, COMMON_NAME_MAX);
	must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		 (const unsigned char *)common_name.at, (int)common_name.len,
		 -1, 0) == 1);
}

static X509 *
certificate_new(
    EVP_PKEY *key, struct slice common_name, utime from, utime until)
{
	X509 *certificate = X509_new();

	must(certificate != NULL);
	must(X509_set_version(certificate, X509_VERSION_3) == 1);
	set_serial(certificate);
	set_name(certificate, common_name);
	set_time(X509_getm_notBefore(certificate), from);
	set_time(X509_getm_notAfter(certificate), until);
	must(X509_set_pubkey(certificate, key) == 1);
	return certificate;
}

static void
certificate_sign(X509 *certificate, const X509 *issuer, EVP_PKEY *key,
    enum tls_key_kind kind)
{
	const EVP_MD *digest = kind == TLS_KEY_ED25519 ? NULL : EVP_sha256();

	must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) ==
	    1);
	must(X509_sign(certificate, key, digest) > 0);
}

static void
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension != NULL);
	must(X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void
add_general_name(GENERAL_NAMES *names, int type, struct slice value)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text = type == GEN_DNS
	    ? (ASN1_STRING *)ASN1_IA5STRING_new()
	    : ASN1_OCTET_STRING_new();

	must(name != NULL);
	must(text != NULL);
	must(ASN1_STRING_set(text, value.at, (int)value.len) == 1);
	GENERAL_NAME_set0_value(name, type, text);
	must(sk_GENERAL_NAME_push(names, name) > 0);
}

static void
add_names(X509 *certificate, const struct tls_certificate_spec *spec)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	must(names != NULL);
	for (size_t i = 0; i < spec->name_count; i++)
		add_general_name(names, GEN_DNS, spec->names[i]);
	for (size_t i = 0; i < spec->address_count; i++) {
		const struct ip_address *ip = &spec->addresses[i];

		add_general_name(names, GEN_IPADD,
		    slice_of((const char *)ip->bytes,
			ip->family == 4 ? 4 : sizeof(ip->bytes)));
	}
	if (spec->name_count + spec->address_count > 0)
		must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names,
			 0, X509V3_ADD_APPEND) == 1);
	GENERAL_NAMES_free(names);
}

static void
append_bio(struct buf *out, BIO *bio)
{
	char *at = NULL;
	long len = BIO_get_mem_data(bio, &at);

	must(len > 0);
	buf_append(out, slice_of(at, (size_t)len));
	BIO_free(bio);
}

static void
append_certificate(struct buf *out, const X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());

	must(bio != NULL);
	must(PEM_write_bio_X509(bio, certificate) == 1);
	append_bio(out, bio);
}

static void
append_key(struct buf *out, const EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	must(bio != NULL);
	must(
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	append_bio(out, bio);
}

/* Signs it, or (NULL) it signs itself. */
static void
authority_make(struct tls_authority *a, const struct tls_authority *above)
{
	X509 *issuer = above != NULL ? above->certificate : a->certificate;

	add_extension(
	    a->certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(a->certificate, issuer, NID_key_usage,
	    "critical,keyCertSign,cRLSign");
	add_extension(
	    a->certificate, issuer, NID_subject_key_identifier, "hash");
	certificate_sign(a->certificate, issuer,
	    above != NULL ? above->key : a->key, a->kind);
	append_certificate(&a->pem, a->certificate);
}

struct tls_authority *
tls_authority_new(
    struct slice common_name, enum tls_key_kind kind, utime from, utime until)
{
	struct tls_authority *a = xcalloc(1, sizeof(*a));

	a->kind = kind;
	a->key = key_new(kind);
	a->certificate = certificate_new(a->key, common_name, from, until);
	authority_make(a, NULL);
	return a;
}

struct tls_authority *
tls_authority_new_below(
    const struct tls_authority *above, struct slice common_name)
{
	struct tls_authority *a = xcalloc(1, sizeof(*a));
	bool ok;

	a->kind = above->kind;
	a->key = key_new(a->kind);
	a->certificate = certificate_new(a->key, common_name, 0, 0);
	ok = X509_set1_notBefore(a->certificate,
		 X509_get0_notBefore(above->certificate)) == 1 &&
	    X509_set1_notAfter(
		a->certificate, X509_get0_notAfter(above->certificate)) == 1;
	must(ok);
	authority_make(a, above);
	return a;
}

void
tls_authority_destroy(struct tls_authority **ap)
{
	struct tls_authority *a = *ap;

	if (a == NULL)
		return;
	*ap = NULL;
	X509_free(a->certificate);
	EVP_PKEY_free(a->key);
	buf_fini(&a->pem);
	free(a);
}

struct slice
tls_authority_certificate(const struct tls_authority *a)
{
	return buf_slice(&a->pem);
}

struct tls_identity *
tls_identity_new(
    const struct tls_authority *a, const struct tls_certificate_spec *spec)
{
	struct tls_identity *identity = xcalloc(1, sizeof(*identity));
	EVP_PKEY *key = key_new(spec->key);
	X509 *made =
	    certificate_new(key, spec->common_name, spec->from, spec->until);
	X509 *issuer = a != NULL ? a->certificate : made;

	add_extension(made, issuer, NID_basic_constraints, "CA:FALSE");
	/* The latter for RSA as TLS 1.2 could use it. */
	add_extension(made, issuer, NID_key_usage,
	    EVP_PKEY_is_a(key, "RSA")
		? "critical,digitalSignature,keyEncipherment"
		: "critical,digitalSignature");
	add_extension(made, issuer, NID_ext_key_usage, "serverAuth");
	add_names(made, spec);
	certificate_sign(made, issuer, a != NULL ? a->key : key,
	    a != NULL ? a->kind : spec->key);
	identity->certificate = made;
	identity->key = key;
	return identity;
}

void
tls_identity_destroy(struct tls_identity **ip)
{
	struct tls_identity *identity = *ip;

	if (identity == NULL)
		return;
	*ip = NULL;
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
	free(identity);
}

void
tls_identity_format(const struct tls_identity *identity,
    struct buf *certificate, struct buf *key)
{
	append_certificate(certificate, identity->certificate);
	append_key(key, identity->key);
}

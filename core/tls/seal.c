/* SPDX-License-Identifier: MIT */
/* Records under a session's keys; see seal.h. */
#include "core/tls/seal.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

/* RFC 5246, 6.2.1, which TLS 1.3 keeps. */
#define RECORD_VERSION     0x0303
#define GCM_FIXED_BYTES    4
#define GCM_EXPLICIT_BYTES 8

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static const EVP_CIPHER *
aead_of(const SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	const EVP_CIPHER *aead;

	if (cipher == NULL || SSL_CIPHER_is_aead(cipher) != 1)
		return NULL;
	aead = EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(cipher));
	/* CCM wants to be told lengths ahead. */
	if (aead == NULL || EVP_CIPHER_get_mode(aead) == EVP_CIPH_CCM_MODE)
		return NULL;
	return aead;
}

static const EVP_MD *
digest_of(const SSL *ssl)
{
	return SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
}

/* ---- keys ---- */

static void
derive(const char *kdf_name, OSSL_PARAM *params, unsigned char *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);

	must(context != NULL);
	must(EVP_KDF_derive(context, out, len, params) == 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
}

/* For parameters that OpenSSL only reads, though their type does not say so. */
static void *
without_const(const void *at)
{
	void *same;

	memcpy(&same, &at, sizeof(same));
	return same;
}

static OSSL_PARAM
bytes_param(const char *name, const void *at, size_t len)
{
	return OSSL_PARAM_construct_octet_string(name, without_const(at), len);
}

static OSSL_PARAM
digest_param(const EVP_MD *digest)
{
	return OSSL_PARAM_construct_utf8_string(
	    OSSL_KDF_PARAM_DIGEST, without_const(EVP_MD_get0_name(digest)), 0);
}

/* HKDF-Expand-Label without a context (RFC 8446, 7.1). */
static void
expand(const EVP_MD *digest, const unsigned char *secret, const char *label,
    unsigned char *out, size_t len)
{
	static const char prefix[] = "tls13 ";
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
		digest_param(digest),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		bytes_param(OSSL_KDF_PARAM_KEY, secret,
		    (size_t)EVP_MD_get_size(digest)),
		bytes_param(OSSL_KDF_PARAM_PREFIX, prefix, strlen(prefix)),
		bytes_param(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	derive(OSSL_KDF_NAME_TLS1_3_KDF, params, out, len);
}

static void
keys_expand(struct tls_seal *s)
{
	expand(s->digest, s->secret, "key", s->key,
	    (size_t)EVP_CIPHER_get_key_length(s->cipher));
	expand(s->digest, s->secret, "iv", s->nonce, TLS_NONCE_BYTES);
	s->own = s->next = 0;
}

void
tls_seal_begin_13(
    struct tls_seal *s, const SSL *ssl, const unsigned char *secret)
{
	*s = (struct tls_seal){ .cipher = aead_of(ssl), .is_13 = true };
	if (s->cipher == NULL)
		return;
	s->digest = digest_of(ssl);
	memcpy(s->secret, secret, (size_t)EVP_MD_get_size(s->digest));
	keys_expand(s);
}

void
tls_seal_update(struct tls_seal *s)
{
	unsigned char fresh[EVP_MAX_MD_SIZE];
	const size_t len =
	    s->cipher != NULL ? (size_t)EVP_MD_get_size(s->digest) : 0;

	if (s->cipher == NULL)
		return;
	expand(s->digest, s->secret, "traffic upd", fresh, len);
	memcpy(s->secret, fresh, len);
	keys_expand(s);
}

/* RFC 5246, 6.3: both keys, then both fixed nonces; a server's are the second
 * of each. */
void
tls_seal_begin_12(struct tls_seal *s, SSL *ssl)
{
	static const char label[] = "key expansion";
	unsigned char master[SSL_MAX_MASTER_KEY_LENGTH];
	unsigned char seed[2 * SSL3_RANDOM_SIZE];
	unsigned char block[2 * (TLS_KEY_BYTES_MAX + TLS_NONCE_BYTES)];
	size_t key, fixed,
	    master_len = SSL_SESSION_get_master_key(
		SSL_get_session(ssl), master, sizeof(master));
	OSSL_PARAM params[5];

	*s = (struct tls_seal){ .cipher = aead_of(ssl) };
	if (s->cipher == NULL)
		return;
	key = (size_t)EVP_CIPHER_get_key_length(s->cipher);
	if (EVP_CIPHER_get_mode(s->cipher) == EVP_CIPH_GCM_MODE)
		s->explicit_bytes = GCM_EXPLICIT_BYTES;
	fixed = TLS_NONCE_BYTES - s->explicit_bytes;
	(void)SSL_get_server_random(ssl, seed, SSL3_RANDOM_SIZE);
	(void)SSL_get_client_random(
	    ssl, seed + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
	params[0] = digest_param(digest_of(ssl));
	params[1] = bytes_param(OSSL_KDF_PARAM_SECRET, master, master_len);
	params[2] = bytes_param(OSSL_KDF_PARAM_SEED, label, strlen(label));
	params[3] = bytes_param(OSSL_KDF_PARAM_SEED, seed, sizeof(seed));
	params[4] = OSSL_PARAM_construct_end();
	derive(OSSL_KDF_NAME_TLS1_PRF, params, block, 2 * (key + fixed));
	memcpy(s->key, block + key, key);
	memcpy(s->nonce, block + 2 * key + fixed, fixed);
}

/* ---- records ---- */

static void
put_number(unsigned char *at, uint64_t value, size_t bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (unsigned char)value;
		value >>= 8;
	}
}

static void
put_header(unsigned char *at, unsigned type, size_t len)
{
	at[0] = (unsigned char)type;
	put_number(at + 1, RECORD_VERSION, 2);
	put_number(at + 3, len, 2);
}

/* A record's nonce: with its explicit bytes, or all of the fixed ones with its
 * number upon them (RFC 8446, 5.3; RFC 7905, 2). */
static void
nonce_of(const struct tls_seal *s, uint64_t number,
    const unsigned char *explicit_part, unsigned char *nonce)
{
	unsigned char counted[TLS_NONCE_BYTES] = { 0 };

	memcpy(nonce, s->nonce, TLS_NONCE_BYTES);
	if (s->explicit_bytes > 0) {
		memcpy(nonce + TLS_NONCE_BYTES - s->explicit_bytes,
		    explicit_part, s->explicit_bytes);
		return;
	}
	put_number(counted + 4, number, sizeof(number));
	for (size_t i = 0; i < sizeof(counted); i++)
		nonce[i] ^= counted[i];
}

/* What is authenticated beside the content: the header, in TLS 1.2 behind the
 * number and with the length of the plaintext.  Gives how long it is. */
static size_t
additional_of(const struct tls_seal *s, uint64_t number,
    const unsigned char *header, size_t plain_len, unsigned char *out)
{
	if (s->is_13) {
		memcpy(out, header, TLS_HEADER_BYTES);
		return TLS_HEADER_BYTES;
	}
	put_number(out, number, sizeof(number));
	memcpy(out + sizeof(number), header, TLS_HEADER_BYTES);
	put_number(out + sizeof(number) + 3, plain_len, 2);
	return sizeof(number) + TLS_HEADER_BYTES;
}

/* A record on its way through the cipher. */
struct passage {
	EVP_CIPHER_CTX *context; /* owned */
	unsigned char nonce[TLS_NONCE_BYTES];
	unsigned char additional[sizeof(uint64_t) + TLS_HEADER_BYTES];
};

static void
passage_begin(struct passage *p, const struct tls_seal *s, bool seals,
    size_t additional_len)
{
	int ignored;

	p->context = EVP_CIPHER_CTX_new();
	must(p->context != NULL);
	must(EVP_CipherInit_ex(
		 p->context, s->cipher, NULL, s->key, p->nonce, seals) == 1);
	must(EVP_CipherUpdate(p->context, NULL, &ignored, p->additional,
		 (int)additional_len) == 1);
}

void
tls_seal_record(
    struct tls_seal *s, unsigned type, struct slice content, struct buf *out)
{
	const size_t plain = content.len + (s->is_13 ? 1 : 0);
	const size_t len = s->explicit_bytes + plain + TLS_TAG_BYTES;
	unsigned char head[TLS_HEADER_BYTES + GCM_EXPLICIT_BYTES] = { 0 };
	unsigned char *sealed, inner = (unsigned char)type;
	struct passage p;
	size_t additional;
	int done = 0, more = 0;

	if (s->cipher == NULL) {
		put_header(head, type, content.len);
		buf_append(out, slice_of((char *)head, TLS_HEADER_BYTES));
		buf_append(out, content);
		return;
	}
	put_header(head, s->is_13 ? TLS_APPLICATION_DATA : type, len);
	put_number(head + TLS_HEADER_BYTES, s->next, s->explicit_bytes);
	nonce_of(s, s->next, head + TLS_HEADER_BYTES, p.nonce);
	additional = additional_of(s, s->next, head, plain, p.additional);
	passage_begin(&p, s, true, additional);
	sealed = xcalloc(1, plain + TLS_TAG_BYTES);
	must(EVP_CipherUpdate(p.context, sealed, &done,
		 (const unsigned char *)content.at, (int)content.len) == 1);
	if (s->is_13)
		must(EVP_CipherUpdate(
			 p.context, sealed + done, &more, &inner, 1) == 1);
	must(EVP_CipherFinal_ex(p.context, sealed + done + more, &more) == 1);
	must(EVP_CIPHER_CTX_ctrl(p.context, EVP_CTRL_AEAD_GET_TAG,
		 TLS_TAG_BYTES, sealed + plain) == 1);
	buf_append(
	    out, slice_of((char *)head, TLS_HEADER_BYTES + s->explicit_bytes));
	buf_append(out, slice_of((char *)sealed, plain + TLS_TAG_BYTES));
	EVP_CIPHER_CTX_free(p.context);
	free(sealed);
	s->next++;
}

/* Opens a record that OpenSSL has sealed as its `own`-th; the plaintext, in
 * TLS 1.3 with its type behind it, is the caller's to free. */
static unsigned char *
open_own(const struct tls_seal *s, struct slice record, size_t *plain_len)
{
	const unsigned char *at = (const unsigned char *)record.at;
	const size_t plain =
	    record.len - TLS_HEADER_BYTES - s->explicit_bytes - TLS_TAG_BYTES;
	unsigned char tag[TLS_TAG_BYTES], *out = xcalloc(1, plain + 1);
	struct passage p;
	size_t additional;
	int done = 0, more = 0;

	nonce_of(s, s->own, at + TLS_HEADER_BYTES, p.nonce);
	additional = additional_of(s, s->own, at, plain, p.additional);
	passage_begin(&p, s, false, additional);
	at += TLS_HEADER_BYTES + s->explicit_bytes;
	memcpy(tag, at + plain, sizeof(tag));
	must(EVP_CipherUpdate(p.context, out, &done, at, (int)plain) == 1);
	must(EVP_CIPHER_CTX_ctrl(
		 p.context, EVP_CTRL_AEAD_SET_TAG, TLS_TAG_BYTES, tag) == 1);
	must(EVP_CipherFinal_ex(p.context, out + done, &more) == 1);
	EVP_CIPHER_CTX_free(p.context);
	*plain_len = plain;
	return out;
}

void
tls_seal_pass(struct tls_seal *s, struct slice record, struct buf *out)
{
	unsigned char *plain;
	unsigned type = (unsigned char)record.at[0];
	size_t len;

	if (s->cipher == NULL || s->own == s->next) {
		buf_append(out, record);
		s->own++;
		s->next++;
		return;
	}
	plain = open_own(s, record, &len);
	if (s->is_13)
		type = plain[--len];
	tls_seal_record(s, type, slice_of((char *)plain, len), out);
	free(plain);
	s->own++;
}

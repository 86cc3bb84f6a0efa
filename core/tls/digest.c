/* SPDX-License-Identifier: MIT */
/* SHA-256 as OpenSSL computes it; see digest.h.  OpenSSL's headers name
 * functions that base.h forbids, hence they come first. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/tls/digest.h"

#include "core/base/base64.h"

/* Returns the length. */
static unsigned
digest_bytes(struct slice bytes, unsigned char digest[EVP_MAX_MD_SIZE])
{
	unsigned len = 0;

	if (EVP_Digest(bytes.len > 0 ? bytes.at : "", bytes.len, digest, &len,
		EVP_sha256(), NULL) != 1)
		abort();
	return len;
}

void
digest_format(
    const unsigned char digest[DIGEST_BYTES], char text[DIGEST_CHARS + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		text[2 * i] = hex[digest[i] >> 4];
		text[2 * i + 1] = hex[digest[i] & 15];
	}
	text[DIGEST_CHARS] = '\0';
}

void
digest_text(struct slice bytes, char text[DIGEST_CHARS + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	(void)digest_bytes(bytes, digest);
	digest_format(digest, text);
}

void
digest_append_source(struct buf *out, struct slice text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = digest_bytes(text, digest);

	buf_append_cstr(out, "'sha256-");
	base64_encode(out, slice_of((const char *)digest, len));
	buf_append_byte(out, '\'');
}

void
digest_hmac(
    struct slice key, struct slice text, unsigned char mac[DIGEST_HMAC_BYTES])
{
	unsigned len = DIGEST_HMAC_BYTES;

	if (HMAC(EVP_sha256(), key.at, (int)key.len,
		(const unsigned char *)text.at, text.len, mac, &len) == NULL)
		abort();
}

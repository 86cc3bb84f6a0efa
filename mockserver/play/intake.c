/* SPDX-License-Identifier: MIT */
/* Measuring and digesting content; see intake.h. */
/* OpenSSL's headers name functions that base.h forbids, hence they come first.
 */
#include <openssl/evp.h>

#include "mockserver/play/intake.h"

/* An intake that waits for the next message holds on to so much. */
#define MEMORY_MAX 65536

struct intake {
	size_t keep_max;
	struct buf kept;
	uint64_t size_bytes, header_bytes;
	/* Within the headers: bytes of the line so far, CR aside. */
	size_t line_bytes;
	bool has_cr;
	bool is_body;
	EVP_MD_CTX *all, *body; /* owned */
};

static void
digest_begin(EVP_MD_CTX *digest)
{
	if (EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		abort();
}

static void
digest_add(EVP_MD_CTX *digest, struct slice bytes)
{
	if (bytes.len > 0 && EVP_DigestUpdate(digest, bytes.at, bytes.len) != 1)
		abort();
}

static void
digest_end(EVP_MD_CTX *digest, uint8_t out[INTAKE_DIGEST_BYTES])
{
	unsigned bytes;

	if (EVP_DigestFinal_ex(digest, out, &bytes) != 1)
		abort();
	assert(bytes == INTAKE_DIGEST_BYTES);
}

struct intake *
intake_new(size_t keep_max)
{
	struct intake *in = xcalloc(1, sizeof(*in));

	in->keep_max = keep_max;
	in->all = EVP_MD_CTX_new();
	in->body = EVP_MD_CTX_new();
	if (in->all == NULL || in->body == NULL)
		abort();
	intake_begin(in);
	return in;
}

void
intake_destroy(struct intake **ip)
{
	struct intake *in = *ip;

	*ip = NULL;
	if (in == NULL)
		return;
	EVP_MD_CTX_free(in->all);
	EVP_MD_CTX_free(in->body);
	buf_fini(&in->kept);
	free(in);
}

void
intake_begin(struct intake *in)
{
	if (in->kept.cap > MEMORY_MAX)
		buf_fini(&in->kept);
	buf_clear(&in->kept);
	in->size_bytes = in->header_bytes = 0;
	in->line_bytes = 0;
	in->has_cr = in->is_body = false;
	digest_begin(in->all);
	digest_begin(in->body);
}

/* How many of the bytes belong to the headers. */
static size_t
scan_headers(struct intake *in, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		const char c = bytes.at[i];

		if (c == '\n') {
			in->is_body = in->line_bytes == 0;
			in->line_bytes = 0;
			in->has_cr = false;
			if (in->is_body)
				return i + 1;
			continue;
		}
		/* A CR counts unless it is the line's end. */
		in->line_bytes += in->has_cr;
		in->has_cr = c == '\r';
		in->line_bytes += c != '\r';
	}
	return bytes.len;
}

void
intake_add(struct intake *in, struct slice content)
{
	const size_t room = in->keep_max - buf_len(&in->kept);
	size_t headers = 0;

	buf_append(&in->kept, slice_sub(content, 0, room));
	in->size_bytes += content.len;
	digest_add(in->all, content);
	if (!in->is_body)
		headers = scan_headers(in, content);
	in->header_bytes += headers;
	digest_add(in->body, slice_skip(content, headers));
}

void
intake_end(struct intake *in, struct intake_result *result)
{
	result->kept = buf_slice(&in->kept);
	result->size_bytes = in->size_bytes;
	result->header_bytes = in->header_bytes;
	digest_end(in->all, result->digest);
	digest_end(in->body, result->body_digest);
}

/* SPDX-License-Identifier: MIT */
/* Pseudonyms without a table; see pseudonym_derive.h. */
/* OpenSSL's headers name functions that base.h forbids, hence they come first.
 */
#include <openssl/evp.h>

#include "harness/log/pseudonym_derive.h"

#include <inttypes.h>

/* The filter: of ten million local parts one word of 200 would be taken for
 * one. */
#define FILTER_BITS   (UINT64_C(1) << 27)
#define FILTER_PROBES 4

void
pseudonym_derive_fini(struct pseudonyms *p)
{
	EVP_MD_CTX_free(p->digest);
	free(p->met);
}

static void
digest_add(struct pseudonyms *p, const void *bytes, size_t count)
{
	if (EVP_DigestUpdate(p->digest, bytes, count) != 1)
		abort();
}

/* In any case: letters of ASCII are taken as small ones, as the table does. */
static void
digest_add_name(struct pseudonyms *p, struct slice name)
{
	char small[256];

	while (name.len > 0) {
		size_t count =
		    name.len < sizeof(small) ? name.len : sizeof(small);

		for (size_t i = 0; i < count; i++)
			small[i] = ascii_lower(name.at[i]);
		digest_add(p, small, count);
		name = slice_skip(name, count);
	}
}

uint64_t
pseudonym_digest(
    struct pseudonyms *p, enum pseudonym_kind kind, struct slice name)
{
	const uint8_t of = (uint8_t)kind;
	uint8_t bytes[EVP_MAX_MD_SIZE];
	uint64_t digest = 0;

	if (p->digest == NULL) {
		p->digest = EVP_MD_CTX_new();
		if (p->digest == NULL ||
		    EVP_DigestInit_ex(p->digest, EVP_sha256(), NULL) != 1)
			abort();
	} else if (EVP_DigestInit_ex(p->digest, NULL, NULL) != 1) {
		abort();
	}
	digest_add(p, p->key, sizeof(p->key));
	digest_add(p, &of, sizeof(of));
	digest_add_name(p, name);
	if (EVP_DigestFinal_ex(p->digest, bytes, NULL) != 1)
		abort();
	for (unsigned i = 0; i < sizeof(digest); i++)
		digest = digest << 8 | bytes[i];
	return digest;
}

void
pseudonym_derive(struct pseudonyms *p, enum pseudonym_kind kind,
    const char *prefix, struct slice name, struct buf *out)
{
	buf_printf(
	    out, "%s-%016" PRIx64, prefix, pseudonym_digest(p, kind, name));
	p->derived++;
}

/* ---- local parts ---- */

/* The bit that a probe looks at: two halves of the digest make all of them. */
static uint64_t
bit_of(uint64_t digest, unsigned probe)
{
	uint64_t step = digest >> 32 | 1;

	return ((digest & UINT32_MAX) + probe * step) % FILTER_BITS;
}

void
pseudonym_meet(struct pseudonyms *p, struct slice local)
{
	uint64_t digest = pseudonym_digest(p, PSEUDONYM_MAILBOX, local);

	if (p->met == NULL)
		p->met = xcalloc(FILTER_BITS / 8, 1);
	for (unsigned i = 0; i < FILTER_PROBES; i++) {
		uint64_t bit = bit_of(digest, i);

		p->met[bit / 8] |= (uint8_t)(1U << bit % 8);
	}
}

bool
pseudonym_was_met(struct pseudonyms *p, struct slice local)
{
	uint64_t digest;

	if (p->met == NULL)
		return false;
	digest = pseudonym_digest(p, PSEUDONYM_MAILBOX, local);
	for (unsigned i = 0; i < FILTER_PROBES; i++) {
		uint64_t bit = bit_of(digest, i);

		if ((p->met[bit / 8] >> bit % 8 & 1) == 0)
			return false;
	}
	return true;
}

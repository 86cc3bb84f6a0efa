/* SPDX-License-Identifier: MIT */
/*
 * Records of TLS that OpenSSL did not write: sealed with the keys of a session
 * of its, at a moment of one's choice, as a peer that breaks the protocol would
 * send them.  TLS 1.3, and TLS 1.2 with an AEAD cipher.  For session.c and
 * tamper.c.
 */
#ifndef FAULTPOST_TLS_SEAL_H
#define FAULTPOST_TLS_SEAL_H

#include "core/tls/context_impl.h"

#include "core/base/buf.h"
#include "core/tls/session.h"

enum {
	TLS_KEY_BYTES_MAX = 32,
	TLS_NONCE_BYTES = 12,
	TLS_HEADER_BYTES = 5,
	TLS_TAG_BYTES = 16,
};

/* The keys of one direction, until they change. */
struct tls_seal {
	const EVP_CIPHER *cipher; /* static; NULL: records are in clear */
	const EVP_MD *digest;     /* static; TLS 1.3: of the key schedule */
	bool is_13;
	size_t explicit_bytes; /* of the nonce, in each record */
	unsigned char key[TLS_KEY_BYTES_MAX];
	unsigned char nonce[TLS_NONCE_BYTES];  /* its fixed bytes first */
	unsigned char secret[EVP_MAX_MD_SIZE]; /* TLS 1.3 */
	uint64_t own;  /* records that OpenSSL has sealed with them */
	uint64_t next; /* the number of the next one that is sent */
};

/* Keys of TLS 1.3 from a traffic secret. */
void tls_seal_begin_13(
    struct tls_seal *s, const SSL *ssl, const unsigned char *secret);
/* What a KeyUpdate makes of them. */
void tls_seal_update(struct tls_seal *s);
/* What a server writes with behind its ChangeCipherSpec of TLS 1.2; in clear
 * with a cipher that is not AEAD. */
void tls_seal_begin_12(struct tls_seal *s, SSL *ssl);

/* Appends a record, sealed or, without keys, in clear. */
void tls_seal_record(
    struct tls_seal *s, unsigned type, struct slice content, struct buf *out);
/* A record that OpenSSL has sealed: it goes on as it is, or when others have
 * gone between is sealed again with the number that it has now. */
void tls_seal_pass(struct tls_seal *s, struct slice record, struct buf *out);

#endif

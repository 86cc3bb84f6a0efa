/* SPDX-License-Identifier: MIT */
/*
 * A server's session that departs from the protocol: what OpenSSL writes comes
 * through here record by record, may be stopped behind a message of the
 * handshake, and may have records among it that OpenSSL knows nothing of.  For
 * session.c.
 */
#ifndef FAULTPOST_TLS_TAMPER_H
#define FAULTPOST_TLS_TAMPER_H

#include "core/tls/seal.h"
#include "core/tls/session.h"

struct tls_tamper;

/* Before the session has done anything. */
struct tls_tamper *tls_tamper_new(SSL *ssl);
void tls_tamper_free(struct tls_tamper *t);
void tls_tamper_stop_at(struct tls_tamper *t, enum tls_point at);
bool tls_tamper_has_stopped(const struct tls_tamper *t);
/* A line of the key log of the session's context. */
void tls_tamper_note_key(struct tls_tamper *t, const char *line);
/* A record, or (type 0) bytes as they are, behind what has gone. */
void tls_tamper_insert(
    struct tls_tamper *t, unsigned type, struct slice content);
/* Nothing holds it up any more. */
void tls_tamper_go_on(struct tls_tamper *t);
/* Takes what OpenSSL has written, up to where it stops. */
void tls_tamper_collect(struct tls_tamper *t, BIO *from);
/* What is to be sent. */
struct buf *tls_tamper_out(struct tls_tamper *t);

#endif

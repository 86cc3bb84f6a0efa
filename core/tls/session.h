/* SPDX-License-Identifier: MIT */
/*
 * One end of a TLS connection, sans I/O: what arrived, plaintext and the time
 * in; plaintext, what is to be sent and a verdict on the peer out.
 *
 * A session is in its HANDSHAKE, then OPEN; CLOSED once the peer has said that
 * no more comes; FAILED when anything that arrived was not TLS or not of this
 * session, at any time.  What is to be sent may be an alert that says so, hence
 * is to be sent even then.
 *
 * A certificate that does not stand up to the check is no failure of the
 * handshake: the verdict says so, and the owner decides what that means.
 */
#ifndef FAULTPOST_TLS_SESSION_H
#define FAULTPOST_TLS_SESSION_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/utime.h"
#include "core/tls/context.h"

enum tls_state {
	TLS_HANDSHAKE,
	TLS_OPEN,
	TLS_CLOSED,
	TLS_FAILED,
};

/* The most that one record holds (RFC 8446, 5.1). */
#define TLS_RECORD_MAX 16384
#define TLS_WHY_MAX    160
#define TLS_NAME_MAX   128

/* What a handshake came to. */
struct tls_verdict {
	const char *protocol; /* "TLSv1.3"; static */
	const char *cipher;   /* "TLS_AES_256_GCM_SHA384"; static */
	/* The peer's certificate leads to somebody trusted and is its own. */
	bool is_verified;
	/* Why not: "certificate has expired"; empty when it is. */
	char why[TLS_WHY_MAX];
	/* The common name of the peer's certificate; empty: none. */
	char name[TLS_NAME_MAX];
};

/* Whom a client means to reach.  Borrowed for the call. */
struct tls_peer {
	struct slice name;           /* empty: any, and none is indicated */
	const struct ip_address *ip; /* checked when there is no name, or NULL
	                              */
};

/* Moments of a handshake, by the message behind which they are: the client's,
 * or one of the server's own.  X(constant, name in scenarios) */
#define TLS_POINTS(X)                                                          \
	X(TLS_AT_CLIENT_HELLO, "client-hello")                                 \
	X(TLS_AT_SERVER_HELLO, "server-hello")                                 \
	X(TLS_AT_CERTIFICATE, "certificate")                                   \
	X(TLS_AT_FINISHED, "finished")
enum tls_point {
#define X(constant, name) constant,
	TLS_POINTS(X)
#undef X
	TLS_POINT_COUNT,
};

/* The content types of records (RFC 8446, 5.1). */
enum tls_content {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE_MESSAGE = 22,
	TLS_APPLICATION_DATA = 23,
};

struct tls_session;

/* The context says which side it is; `peer` may be NULL (servers: must be).
 * Certificates are checked as of `now`.  A client has something to send at
 * once. */
struct tls_session *tls_session_new(
    const struct tls_context *context, const struct tls_peer *peer, utime now);
void tls_session_destroy(struct tls_session **sp);

enum tls_state tls_session_state(const struct tls_session *s);
/* Bytes that arrived; what they mean is found out by _read. */
void tls_session_feed(struct tls_session *s, struct slice bytes);
/* Goes on by at most one record: takes the handshake further, or gives the
 * plaintext of a record, borrowed until the next call.  Empty when the state
 * has changed, or nothing more can be told from what arrived. */
struct slice tls_session_read(struct tls_session *s);
/* Only when OPEN or CLOSED. */
void tls_session_write(struct tls_session *s, struct slice plaintext);
/* Says to the peer that no more comes. */
void tls_session_end(struct tls_session *s);
/* What is to be sent, borrowed until the next call; _sent forgets it. */
struct slice tls_session_out(const struct tls_session *s);
void tls_session_sent(struct tls_session *s);

/*
 * A server that breaks the protocol.  The session is told so before anything
 * has been fed; from then on it may stop, so that nothing which it writes
 * behind that message is to be sent before _go_on, and may have inserted what
 * OpenSSL does not know of.
 */
void tls_session_tamper(struct tls_session *s);
void tls_session_stop_at(struct tls_session *s, enum tls_point at);
bool tls_session_has_stopped(const struct tls_session *s);
void tls_session_go_on(struct tls_session *s);
/* Behind what is to be sent: a record, sealed with the keys of this moment (in
 * clear before there are any, and with TLS 1.1 or a cipher that is not AEAD;
 * what comes later stays in step with it), or with no type bytes as they are.
 */
void tls_session_insert(
    struct tls_session *s, unsigned type, struct slice content);
/* New keys for what is sent, and the peer is asked for its own (RFC 8446,
 * 4.6.3).  False in a handshake, and with TLS 1.2. */
bool tls_session_update_keys(struct tls_session *s);

/* Not before the handshake is done. */
const struct tls_verdict *tls_session_verdict(const struct tls_session *s);
/* Why it FAILED, in words: "no shared cipher". */
const char *tls_session_failure(const struct tls_session *s);

#endif

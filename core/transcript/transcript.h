/* SPDX-License-Identifier: MIT */
/*
 * What a mock host saw and did, event by event: the second witness beside the
 * relay's log.  The mock makes these events, the judge takes them as structs,
 * and files hold them as JSON Lines.
 */
#ifndef FAULTPOST_TRANSCRIPT_H
#define FAULTPOST_TRANSCRIPT_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/utime.h"
#include "core/smtp/server.h"

/* Of a larger message's content the judge sees only so much. */
#define TRANSCRIPT_CONTENT_MAX ((size_t)65536)

/* X(constant, name in files) */
#define TRANSCRIPT_KINDS(X)                                                    \
	X(TRANSCRIPT_OPEN, "open")       /* a connection stands */             \
	X(TRANSCRIPT_IN, "in")           /* bytes from the client */           \
	X(TRANSCRIPT_OUT, "out")         /* bytes to the client */             \
	X(TRANSCRIPT_RULE, "rule")       /* a rule acted (stall, delay ...) */ \
	X(TRANSCRIPT_TLS, "tls")         /* a handshake has been done */       \
	X(TRANSCRIPT_MESSAGE, "message") /* a message was answered 2xx */      \
	X(TRANSCRIPT_VIOLATION, "violation") /* the client broke a rule */     \
	X(TRANSCRIPT_EOF, "eof")             /* FIN from the client */         \
	X(TRANSCRIPT_LOST, "lost")       /* RST from the client, or worse */   \
	X(TRANSCRIPT_CLOSE, "close")     /* the host sent FIN and is done */   \
	X(TRANSCRIPT_RESET, "reset")     /* the host sent RST and is done */   \
	X(TRANSCRIPT_GONE, "gone")       /* the host is gone without a word */ \
	X(TRANSCRIPT_HALF, "half-close") /* the host sent FIN and reads on */
enum transcript_kind {
#define X(constant, name) constant,
	TRANSCRIPT_KINDS(X)
#undef X
};

/* All slices and pointers are borrowed for the call that hands it over. */
struct transcript_event {
	utime time;
	enum transcript_kind kind;
	const char *host;    /* its name in the scenario */
	uint64_t connection; /* 1, 2, ... in the order of opening, over all
	                      * hosts of the mock */
	struct endpoint server, client;
	struct slice bytes; /* IN, OUT; content of messages included */
	uint64_t cut;       /* IN: bytes of a message's content that came
	                     * behind `bytes` and are not shown */
	const char *rule;   /* the rule that acted, "FILE:LINE:COL", or NULL */
	const char *note;   /* RULE: the action in words; VIOLATION: which; TLS:
	                     * protocol and cipher; LOST: why */
	/* MESSAGE: the envelope. */
	struct slice sender;
	const struct slice *recipients; /* those that got a 2xx */
	size_t recipient_count;
	uint64_t size_bytes; /* of the content as received, dots unstuffed */
	/* What the client said to EHLO or HELO, and behind "MAIL FROM:" and
	 * each "RCPT TO:" of the envelope, a line each; files do not have
	 * them. */
	struct slice hello, arguments;
	bool is_extended; /* it was EHLO */
	/* The content, or its beginning, as the sink wants it; in files it is
	 * among the bytes of its connection only. */
	struct slice content;
	/* Of a message of which not all was shown, if somebody has digested it:
	 * SHA-256 of what is behind its header, hexadecimal.  Else empty. */
	struct slice body_sha256;
};

/* Who is told. */
struct transcript_sink {
	void *owner;
	void (*on_event)(void *owner, const struct transcript_event *ev);
	size_t content_max; /* of a message's content; 0: none is kept to be
	                     * shown */
	/* Of a message's content only the first `shown_max` bytes are told, as
	 * IN; the rest is cut. */
	bool cuts_content;
	size_t shown_max;
};

/* Appends the event as one line of JSON: keys time (RFC 3339), host,
 * connection, event, and per kind server, client, direction, bytes (a string;
 * bytes that are not UTF-8 as \u00XX with "encoding": "latin1"), cut, rule,
 * note, from, to, size, body_sha256. */
void transcript_format(struct buf *out, const struct transcript_event *ev);

#endif

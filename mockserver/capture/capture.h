/* SPDX-License-Identifier: MIT */
/*
 * The messages that hosts have accepted, in memory: the envelope, the content,
 * its digests, TLS and the connection.  Bounded by count and bytes: when there
 * is too much the oldest go first.
 */
#ifndef FAULTPOST_MOCK_CAPTURE_H
#define FAULTPOST_MOCK_CAPTURE_H

#include "core/base/address.h"
#include "core/base/list.h"
#include "core/base/utime.h"
#include "mockserver/play/intake.h"

/* Of a message's content so much is kept in memory. */
#define CAPTURE_CONTENT_MAX ((size_t)1 << 20)

/* A message.  When it is kept: all in one piece of memory, terminated texts
 * included. */
struct capture_message {
	struct list node; /* for capture.c */
	size_t bytes;     /* likewise: what it weighs */
	uint64_t number;  /* 1, 2, ... in the order of acceptance */
	utime time;
	const char *host;
	uint64_t connection;
	struct endpoint server, client;
	const char *tls_protocol, *tls_cipher; /* NULL: in clear */
	const char *tls_name; /* of the client's certificate; "": none */
	struct slice sender;
	const struct slice *recipients; /* those that got a 2xx */
	size_t recipient_count;
	struct slice content; /* its beginning */
	uint64_t size_bytes, header_bytes;
	uint8_t digest[INTAKE_DIGEST_BYTES], body_digest[INTAKE_DIGEST_BYTES];
};

struct capture_options {
	size_t count_max;  /* messages that are kept; 0: none */
	size_t bytes_max;  /* and what they may weigh together */
	size_t intake_max; /* of content that `on_message` is to see */
	void *owner;
	/* Told of each message before it is kept, with up to intake_max bytes
	 * of content; borrowed for the call.  NULL: nobody. */
	void (*on_message)(void *owner, const struct capture_message *message);
	/* From now on the oldest go; called once until capture_clear().  NULL:
	 * nobody. */
	void (*on_full)(void *owner);
};

struct capture;

struct capture *capture_new(const struct capture_options *options);
void capture_destroy(struct capture **cp);
/* How much content an intake is to keep for it. */
size_t capture_intake_max(const struct capture *c);
/* Copies the message, numbers it, and makes room for it. */
void capture_add(struct capture *c, const struct capture_message *message);
/* The message of that number, or NULL. */
const struct capture_message *capture_find(
    const struct capture *c, uint64_t number);
/* The next of those that are kept, the oldest first; `after` NULL: the first;
 * NULL when there is none. */
const struct capture_message *capture_next(
    const struct capture *c, const struct capture_message *after);
/* Removes the message of that number, or all of them. */
void capture_remove(struct capture *c, uint64_t number);
void capture_clear(struct capture *c);

struct capture_totals {
	size_t kept, kept_bytes;
	uint64_t accepted; /* the number of the last one */
	uint64_t evicted;  /* to make room */
	size_t count_max, bytes_max;
};
struct capture_totals capture_totals(const struct capture *c);

#endif

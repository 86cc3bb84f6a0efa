/* SPDX-License-Identifier: MIT */
/*
 * Tells a transcript what happens on one connection.  Costs nothing when there
 * is nobody to tell.  Pure.
 */
#ifndef FAULTPOST_MOCK_TELLER_H
#define FAULTPOST_MOCK_TELLER_H

#include "core/tls/session.h"
#include "core/transcript/transcript.h"
#include "mockserver/play/dialogue.h"

struct teller {
	const struct transcript_sink *sink; /* borrowed; on_event may be NULL */
	const char *host;
	uint64_t connection;
	struct endpoint server, client;
};

/* OPEN, EOF. */
void teller_say(const struct teller *t, utime now, enum transcript_kind kind,
    struct slice bytes);
/* IN; behind the bytes so many are not shown. */
void teller_say_input(
    const struct teller *t, utime now, struct slice bytes, uint64_t cut);
/* TLS. */
void teller_say_tls(
    const struct teller *t, utime now, const struct tls_verdict *verdict);
/* LOST. */
void teller_say_lost(const struct teller *t, utime now, const char *why);
void teller_say_violation(
    const struct teller *t, utime now, enum smtp_violation violation);
/* A rule acts.  One that only replies is told with its reply. */
void teller_say_rule(
    const struct teller *t, utime now, const struct reaction *r);
/* OUT, CLOSE, RESET, which come of a reaction. */
void teller_say_reaction(const struct teller *t, utime now,
    enum transcript_kind kind, const struct reaction *r, struct slice bytes);
/* MESSAGE, by what the dialogue knows; `content` NULL: what was taken in of it
 * is not told. */
void teller_say_message(const struct teller *t, utime now,
    struct dialogue *dialogue, const struct intake_result *content);

#endif

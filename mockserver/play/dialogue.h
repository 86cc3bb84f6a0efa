/* SPDX-License-Identifier: MIT */
/*
 * A host's side of one dialogue, sans I/O: bytes in, reactions out.  It asks
 * the host's rules at every stage that the session comes to and keeps the
 * envelope; whoever has the connection plays the reactions and says so.  Pure.
 *
 * Rules are asked only where a well-behaved server would say yes: a command
 * with bad syntax, out of order, or pipelined behind one that was refused gets
 * the answer that it deserves, and no rule counts it; save rules for unknown
 * commands, those for a DATA that is for nobody, and those for what is wrong.
 */
#ifndef FAULTPOST_MOCK_DIALOGUE_H
#define FAULTPOST_MOCK_DIALOGUE_H

#include "core/transcript/transcript.h"
#include "mockserver/play/envelope.h"
#include "mockserver/play/intake.h"
#include "mockserver/rule/reaction.h"

struct dialogue;

/* `host` and `book` (its rules) are borrowed until dialogue_destroy(). */
struct dialogue *dialogue_new(const struct mock_host *host,
    struct rule_book *book, const struct ip_address *client);
void dialogue_destroy(struct dialogue **dp);
/* From its next message on, so much of the content is kept for
 * dialogue_content(); at first nothing. */
void dialogue_keep_content(struct dialogue *d, size_t bytes_max);
/* From its next message on, so much of the content is taken in for
 * dialogue_take(), and all of it digested. */
void dialogue_set_intake(struct dialogue *d, size_t keep_max);

/* From now on these are the host's rules, and what the dialogue counted for
 * them begins anew. */
void dialogue_set_book(struct dialogue *d, struct rule_book *book);

/* Returns how many of the bytes are content, as smtp_server_feed() does. */
size_t dialogue_feed(struct dialogue *d, struct slice bytes);
/* So many bytes of content are told: returns how many of them are still among
 * the first `shown_max` of the message. */
size_t dialogue_show(struct dialogue *d, size_t content, size_t shown_max);
/* Bytes fed and not yet used. */
size_t dialogue_backlog(const struct dialogue *d);

/* What stands outside of the dialogue. */
struct dialogue_scene {
	utime now;
	uint64_t connection;  /* this one's number */
	uint64_t connections; /* open at the host, this one included */
};

enum dialogue_event {
	DIALOGUE_QUIET,     /* more input is needed, or dialogue_played() */
	DIALOGUE_VIOLATION, /* *violation: the client broke a rule */
	DIALOGUE_REACTION,  /* *reaction is to be played */
};
/* The next event.  A reaction's bytes are appended to `out`.  While a reaction
 * is being played only violations come. */
enum dialogue_event dialogue_next(struct dialogue *d,
    const struct dialogue_scene *scene, struct buf *out,
    struct reaction *reaction, enum smtp_violation *violation);
/* The reaction to a client that has been silent for too long. */
void dialogue_react_idle(struct dialogue *d, const struct dialogue_scene *scene,
    struct buf *out, struct reaction *reaction);

/* The reaction has been played.  True when it accepted a message, whose
 * envelope and size then stand until the next call of dialogue_next(). */
bool dialogue_played(struct dialogue *d);
/* What was fed and not yet used is thrown away. */
void dialogue_discard(struct dialogue *d);
/* The reaction that was played is the beginning of a handshake: nothing more is
 * to be asked of the dialogue until it has been done.  Behind
 * dialogue_secured() the dialogue is under TLS; without, it goes on in clear.
 */
void dialogue_secured(struct dialogue *d);
/* The client's next line is a response within AUTH. */
bool dialogue_is_in_auth(const struct dialogue *d);
/* No more reactions will come: QUIT, 421, or no 2xx in greeting. */
bool dialogue_is_over(const struct dialogue *d);

struct envelope *dialogue_envelope(struct dialogue *d);
/* The name that the client gave with EHLO (then *is_extended) or HELO. */
struct slice dialogue_hello(const struct dialogue *d, bool *is_extended);
/* Bytes of content in the transaction. */
uint64_t dialogue_size(const struct dialogue *d);
/* What was kept of that content: its beginning. */
struct slice dialogue_content(const struct dialogue *d);
/* Content has been told of which not all was shown. */
bool dialogue_is_cut(const struct dialogue *d);
/* All of what was taken in, once, behind dialogue_played(); false when nothing
 * is. */
bool dialogue_take(struct dialogue *d, struct intake_result *result);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The inside of a dialogue, shared by dialogue.c (what is asked and answered)
 * and dialogue_part.c (what comes bit by bit).  For nobody else.
 */
#ifndef FAULTPOST_MOCK_DIALOGUE_IMPL_H
#define FAULTPOST_MOCK_DIALOGUE_IMPL_H

#include "mockserver/play/dialogue.h"

struct dialogue {
	const struct mock_host *host; /* borrowed */
	struct rule_book *book;       /* borrowed */
	struct ip_address client;
	struct smtp_server *session; /* owned */
	struct rule_scope scope;

	struct envelope envelope;
	bool has_proposed; /* it holds what the open question names, too */
	bool is_done;      /* the envelope is to be cleared */
	uint64_t messages; /* accepted on this connection */

	bool is_in_body;
	uint64_t declared;     /* the message's size, as MAIL says it */
	uint64_t body_bytes;   /* of content so far */
	struct buf content;    /* its beginning ... */
	size_t content_max;    /* ... of so many bytes */
	size_t intake_max;     /* 0: there is no intake */
	struct intake *intake; /* owned; NULL until the first content */
	uint64_t told;         /* of the content, shown or not */
	bool is_cut;           /* not all that was told was shown */
	uint64_t body_next;    /* the rules are asked at so many */
	uint64_t line_next;    /* the same of bytes of a command's line */
	const struct rule_throughout *throughout; /* in force; or NULL */

	struct login login;
	bool is_secured;
	bool tls_due;           /* 220 was said to STARTTLS */
	enum mock_tls_kind tls; /* what the rules made of it */

	bool is_playing;
	bool is_asked; /* the session asked for what is being played */
	struct reaction reaction; /* being played; its bytes are elsewhere */
	enum smtp_stage stage;    /* of the reaction */
	utime asked_at;           /* likewise */
};

/* ---- dialogue.c ---- */

/* Asks the rules, and makes the reaction that is to be played. */
void dialogue_react(struct dialogue *d, const struct dialogue_scene *scene,
    const struct occasion *o, struct smtp_syntax_error wrong, struct buf *out);

/* ---- dialogue_part.c ---- */

/* Content begins; harmless within it. */
void dialogue_body_begin(struct dialogue *d);
void dialogue_content_keep(struct dialogue *d, struct slice content);
/* `body_next` bytes of content have come, and the reaction to that. */
bool dialogue_body_is_due(const struct dialogue *d);
void dialogue_body_react(
    struct dialogue *d, const struct dialogue_scene *scene, struct buf *out);
/* `line_next` bytes of a command's line have come, and the reaction. */
bool dialogue_line_is_due(struct dialogue *d, struct slice *line);
void dialogue_line_react(struct dialogue *d, const struct dialogue_scene *scene,
    struct slice line, struct buf *out);
/* The envelope and the content are forgotten. */
void dialogue_transaction_end(struct dialogue *d);

#endif

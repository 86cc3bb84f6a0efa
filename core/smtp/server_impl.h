/* SPDX-License-Identifier: MIT */
/*
 * The inside of a server's session, shared by server.c (its states, commands
 * and answers) and server_content.c (what comes behind DATA and BDAT).  For
 * nobody else.
 */
#ifndef FAULTPOST_SMTP_SERVER_IMPL_H
#define FAULTPOST_SMTP_SERVER_IMPL_H

#include "core/smtp/farewell.h"
#include "core/smtp/line.h"
#include "core/smtp/order.h"
#include "core/smtp/server.h"

#define WRONG(code, text) ((struct smtp_syntax_error){ (code), (text) })

/*
 * X(state, the step that reads its input).  CONNECT and GREETING ask without
 * input.  COMMAND goes to BODY by DATA's 354, to CHUNK by a BDAT line, and to
 * AUTH by AUTH's 334; each comes back to it.  CLOSED is reached from anywhere
 * and is the end.
 */
#define SERVER_STATES(X)                                                       \
	X(SERVER_CONNECT, server_step_connect)                                 \
	X(SERVER_GREETING, server_step_greeting)                               \
	X(SERVER_COMMAND, server_step_line)                                    \
	X(SERVER_AUTH, server_step_line)                                       \
	X(SERVER_BODY, server_step_body)                                       \
	X(SERVER_CHUNK, server_step_chunk)                                     \
	X(SERVER_CLOSED, server_step_closed)
enum server_state {
#define X(state, step) state,
	SERVER_STATES(X)
#undef X
};

struct smtp_server {
	enum server_state state;
	struct smtp_order order;
	struct buf in;      /* fed and not yet used */
	struct buf line;    /* the command's text */
	struct buf content; /* the piece being handed out */
	struct buf client_name;
	struct smtp_command command; /* parsed from `line` */

	struct smtp_line_reader line_reader;

	/* The content being read. */
	struct smtp_data_decoder decoder;
	uint64_t chunk_left;
	struct smtp_syntax_error chunk_wrong; /* then its bytes are dropped */

	/* What is to be handed out. */
	unsigned due;  /* violations, as bits */
	unsigned told; /* those that are not due again before the answer */
	bool content_due;
	bool keeps_clear_text; /* behind the STARTTLS that is open */
	bool asking, ask_due;
	struct smtp_server_event ask;
	struct smtp_farewell farewell; /* CLOSED: what may still come */
};

/* ---- server.c ---- */

/* The only way to change state. */
void server_enter(struct smtp_server *s, enum server_state to);
/* Opens a question. */
void server_ask(struct smtp_server *s, enum smtp_stage stage,
    const struct smtp_command *command, struct smtp_syntax_error wrong);
void server_violate(struct smtp_server *s, enum smtp_violation v);
/* One for each state: reads input, and is true when there is something to hand
 * out or the state is another. */
#define X(state, step) bool step(struct smtp_server *s);
SERVER_STATES(X)
#undef X

/* ---- server_content.c ---- */

/* Decodes content off the front of *input, as much as is handed out at a time;
 * true when that was the end, and server_body_end() is due. */
bool server_body_take(struct smtp_server *s, struct slice *input);
/* Asks for the answer to the end; what was fed behind it is in `in`. */
void server_body_end(struct smtp_server *s);
/* What is fed is content in the first place: decodes what can be off the front
 * of *input, and returns how much of *input is content. */
size_t server_content_feed(struct smtp_server *s, struct slice *input);

#endif

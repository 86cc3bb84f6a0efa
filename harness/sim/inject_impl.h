/* SPDX-License-Identifier: MIT */
/*
 * The inside of injection: sessions (inject.c) and the messages that they send
 * (inject_message.c).
 */
#ifndef FAULTPOST_INJECT_IMPL_H
#define FAULTPOST_INJECT_IMPL_H

#include "core/smtp/client.h"
#include "harness/sim/inject.h"
#include "harness/sim/message.h"

enum session_state {
	SESSION_WAITING,
	SESSION_OPEN,
	SESSION_OVER,
};

/* How far the dialogue of an OPEN session is.  In SETUP and SENDING a failure
 * costs the message that the session has taken; in the others that message has
 * not begun and gets another connection. */
enum session_phase {
	PHASE_SETUP,    /* up to the client's first READY */
	PHASE_READY,    /* the client may send */
	PHASE_SENDING,  /* from MAIL to the last recipient's answer */
	PHASE_SETTLED,  /* from there to READY */
	PHASE_QUITTING, /* QUIT is out */
};

/* One entry of the plan's "inject". */
struct entry {
	const struct plan_inject *said; /* borrowed */
	uint64_t taken;                 /* messages that sessions have taken */
	uint64_t base;     /* number of its first message, less 1 */
	uint64_t *refused; /* owned; by said->refused, how many were */
};

/* A session that follows the lines of an entry. */
struct dialogue {
	struct injection *in;           /* borrowed */
	const struct plan_inject *said; /* borrowed */
	struct timer timer;             /* its time, or a line's wait */
	struct stream *stream;          /* owned; NULL: not begun, or over */
	struct smtp_reply_reader reader;
	struct buf heard; /* and not yet read */
	size_t at;        /* the line */
	/* Of that line: */
	bool has_waited, has_spoken, has_heard;
	bool is_securing, is_secured;
	bool is_eof, is_over;
};

struct session {
	struct injection *in; /* borrowed */
	struct entry *entry;  /* borrowed */
	struct timer timer;
	enum session_state state;
	struct stream *stream;      /* owned while OPEN */
	struct smtp_client *client; /* owned while OPEN and connected */
	uint64_t k;                 /* the message it has taken, from 1 */
	enum session_phase phase;
	bool is_body; /* content is wanted */
	bool is_secured;
	int tls_refusal;     /* the code of the answer to STARTTLS, or 0 */
	struct buf tls_text; /* and its text */
	struct message_writer writer;
	struct buf *addresses;    /* owned: sender, then recipients */
	struct slice *recipients; /* owned: of the message under way */
	bool *has_result;         /* owned: by recipient */
	bool is_accepted;         /* any of them */
	/* Recipients refused for now, when the entry has a "retry"; the last
	 * such refusal, and when the message is sent again (0: not). */
	size_t soft_count;
	enum smtp_stage soft_stage;
	int soft_code;
	struct buf soft_text;
	utime again_at;
};

struct injection {
	struct world *world;     /* borrowed */
	const struct plan *plan; /* borrowed */
	struct endpoint *relay;  /* owned; by listener */
	bool is_elsewhere;       /* see struct inject_target */
	uint64_t accepted;       /* messages */
	struct inject_hooks hooks;
	struct entry *entries;    /* owned */
	struct session *sessions; /* owned */
	size_t session_count;
	size_t sessions_left;       /* not OVER */
	struct dialogue *dialogues; /* owned */
	size_t dialogue_count;
	size_t dialogues_left;   /* not over */
	struct tls_context *tls; /* owned; NULL: none speaks it */
	struct buf chunk;        /* content on its way to a client */
};

/* Where the entry's clients connect to. */
const struct endpoint *inject_relay(
    const struct injection *in, const struct plan_inject *said);

/* ---- inject_dialogue.c ---- */
/* Begins at the entry's time. */
void dialogue_init(
    struct dialogue *d, struct injection *in, const struct plan_inject *said);
void dialogue_fini(struct dialogue *d);

/* ---- inject_message.c ---- */
/* When the message that the session has taken is due. */
utime inject_due(const struct session *s);
/* Makes the addresses of that message, with no answer for any recipient yet. */
void inject_address(struct session *s);
/* Reports a recipient that got no 2xx. */
void inject_refuse(struct session *s, size_t recipient, enum smtp_stage stage,
    int code, struct slice text);
/* The same for all recipients that have had no answer. */
void inject_refuse_rest(
    struct session *s, enum smtp_stage stage, int code, struct slice text);
/* Whether the message that has its answer is to be sent again, because the
 * relay refused it for now; if so, it is ready for that. */
bool inject_again(struct session *s);
/* MAIL goes out. */
void inject_send(struct session *s);
/* Content is wanted: the header; inject_give_body() gives the rest as the
 * network takes it. */
void inject_begin_body(struct session *s);
void inject_give_body(struct session *s);
/* Writes what the client has to say. */
void inject_flush(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The inside of a delivery connection, shared by outbound.c (its life and its
 * session) and outbound_transaction.c (a message over it).  For nobody else.
 */
#ifndef FAULTPOST_RELAY_OUTBOUND_IMPL_H
#define FAULTPOST_RELAY_OUTBOUND_IMPL_H

#include "core/smtp/client.h"
#include "relay/relay_impl.h"

static inline struct relay *
outbound_relay(const struct connection *c)
{
	return c->delivery->relay;
}

static inline utime
outbound_now(const struct connection *c)
{
	return world_now(outbound_relay(c)->world);
}

/* ---- outbound.c ---- */
/* The only way to change state. */
void outbound_enter(struct connection *c, enum connection_state to);
/* Moves events, bytes and the deadline as far as they go; the connection may be
 * gone afterwards. */
void outbound_pump(struct connection *c);
/* Gives what the session wants to say to the stream.  It counts as said when
 * the network has it: an answer that comes before is none. */
void outbound_write(struct connection *c);
/* A line that names its DCID and nothing else. */
void outbound_log(struct connection *c, enum maillog_form form);
/* Frees it; the stream has been closed, the domain told. */
void outbound_free(struct connection *c);

/* ---- outbound_failure.c ---- */
/* What a failure of the session is called when no reply says it. */
struct slice outbound_failure_text(
    const struct connection *c, const struct smtp_client_event *ev);
/* What the host said that answers nothing of what it was asked, with its code;
 * empty: it said no such thing. */
struct slice outbound_nonsense_text(const struct connection *c,
    const struct smtp_client_event *ev, struct buf *out);
/* The connection never became able to carry mail, and is gone: its host has
 * failed at `stage`, by its reply (is_smtp) or by what the text says. */
void outbound_host_failed(struct connection *c, enum smtp_stage stage,
    bool is_down, unsigned code, struct slice text, bool is_smtp);
/* The same for a host that is up; code 0: no reply. */
void outbound_setup_failed(struct connection *c, enum smtp_stage stage,
    unsigned code, struct slice text);

/* ---- outbound_tls.c ---- */
enum outbound_security {
	OUTBOUND_GOES_ON, /* as secure as it has to be */
	OUTBOUND_WAITS,   /* something has been said */
	OUTBOUND_GONE,    /* the host has failed */
};
/* The session is ready and carries nothing yet. */
enum outbound_security outbound_secure(struct connection *c);
/* The host said 220 to STARTTLS. */
void outbound_on_starttls(struct connection *c);
/* It said something else. */
void outbound_on_starttls_refused(
    struct connection *c, const struct smtp_reply *reply);
/* The handshake came to nothing; the failure of the session follows. */
void outbound_on_handshake_failed(struct connection *c, struct slice why);
void outbound_on_secured(void *owner, const struct tls_verdict *verdict);

/* ---- outbound_auth.c ---- */
/* The same for AUTH, once the connection is as secure as it has to be. */
enum outbound_security outbound_log_in(struct connection *c);
/* False when the connection is gone. */
bool outbound_on_auth_answer(
    struct connection *c, const struct smtp_reply *reply);
void outbound_forget_credentials(struct connection *c);

/* ---- outbound_transaction.c ---- */
/* A recipient's verdict. */
void outbound_on_result(
    struct connection *c, const struct smtp_client_event *ev);
/* The transaction is over.  Recipients that were too many for it are sent in
 * the next, by outbound_send_rest(); without such the group is done with. */
void outbound_over(struct connection *c);
/* Sends the recipients that the transaction before left. */
void outbound_send_rest(struct connection *c);
/* The host was lost in the middle: soft for those without a verdict.  `code`
 * is that of its last word, a 421, or 0. */
void outbound_lost(struct connection *c, unsigned code, struct slice why);
/* Somebody awaits the verdict of the transaction. */
bool outbound_is_awaited(const struct connection *c);
/* The final reply did not come, which is called `why`: those that await it
 * count as delivered.  Who was too many for the transaction awaits none, and is
 * lost with the host. */
void outbound_possible(struct connection *c, struct slice why);
/* The host's last word, the event's reply, is final for those that await one;
 * likewise. */
void outbound_bounced(
    struct connection *c, const struct smtp_client_event *ev, struct slice why);
/* Gives the session content for as long as the network takes it; false when
 * the connection is gone. */
bool outbound_send_content(struct connection *c);
void outbound_forget_group(struct connection *c);

#endif

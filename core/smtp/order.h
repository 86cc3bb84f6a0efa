/* SPDX-License-Identifier: MIT */
/*
 * The order of commands (RFC 5321, 4.1.4): what a server has to remember of a
 * session to say whether a command may come now, and how its answers change
 * that.  Internal to core/smtp; server.c owns it.
 */
#ifndef FAULTPOST_SMTP_ORDER_H
#define FAULTPOST_SMTP_ORDER_H

#include "core/smtp/server.h"

/* Zeroed but for the first two: a session before its first EHLO. */
struct smtp_order {
	unsigned offered; /* enum smtp_extension bits */
	bool is_hello_optional;
	bool greeted;  /* EHLO or HELO was accepted */
	bool extended; /* it was EHLO */
	bool in_transaction;
	bool is_utf8;    /* its MAIL had SMTPUTF8 */
	bool mail_tried; /* refused or not; until the transaction's end */
	bool rcpt_tried;
	bool chunking; /* a BDAT was accepted in it */
	bool spoiled;  /* a BDAT was refused: RSET is due (RFC 3030, 4.2) */
	size_t recipient_count;
};

/* The stage of the answer that the command asks for. */
enum smtp_stage smtp_order_stage(const struct smtp_command *command);

/* The extensions in force: none before EHLO and behind HELO. */
unsigned smtp_order_extensions(const struct smtp_order *o);

/* May nothing follow the command of this stage before its reply? */
bool smtp_order_is_early(const struct smtp_order *o, enum smtp_stage stage);

/* The reply that a command deserves which comes out of order or asks for what
 * is not offered (code 0: none), and the rule that the client broke with it
 * (SMTP_VIOLATION_COUNT: none; what pipelining excuses is none). */
struct smtp_syntax_error smtp_order_check(const struct smtp_order *o,
    const struct smtp_command *command, enum smtp_violation *violation);

/* Notes that the command was answered with `code`. */
void smtp_order_note(
    struct smtp_order *o, const struct smtp_command *command, int code);

/* The transaction is over, whatever became of it. */
void smtp_order_end_transaction(struct smtp_order *o);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Every moment of an SMTP dialogue at which a server can be asked for an answer
 * or a fault can strike has a name.  Scenarios, rules, sessions and reports all
 * use these.
 */
#ifndef FAULTPOST_SMTP_STAGE_H
#define FAULTPOST_SMTP_STAGE_H

#include "core/base/slice.h"

/* X(constant, name in scenarios) */
#define SMTP_STAGES(X)                                                         \
	X(STAGE_CONNECT, "connect") /* the TCP connection stands */            \
	X(STAGE_BANNER, "banner")   /* the greeting is due */                  \
	X(STAGE_COMMAND, "command") /* within a command's line */              \
	X(STAGE_EHLO, "ehlo")                                                  \
	X(STAGE_HELO, "helo")                                                  \
	X(STAGE_STARTTLS, "starttls") /* the command */                        \
	X(STAGE_TLS, "tls")           /* the handshake */                      \
	X(STAGE_AUTH, "auth")                                                  \
	X(STAGE_MAIL, "mail")                                                  \
	X(STAGE_RCPT, "rcpt")                                                  \
	X(STAGE_DATA, "data") /* the command */                                \
	X(STAGE_BODY, "body") /* within the content */                         \
	X(STAGE_EOD, "eod")   /* the end of the content */                     \
	X(STAGE_BDAT, "bdat") /* a chunk that is not the last */               \
	X(STAGE_RSET, "rset")                                                  \
	X(STAGE_NOOP, "noop")                                                  \
	X(STAGE_VRFY, "vrfy") /* VRFY, EXPN */                                 \
	X(STAGE_QUIT, "quit")                                                  \
	X(STAGE_UNKNOWN, "unknown") /* any other command */                    \
	X(STAGE_IDLE, "idle")       /* the client waits without a word */
enum smtp_stage {
#define X(constant, name) constant,
	SMTP_STAGES(X)
#undef X
	STAGE_COUNT,
};
const char *smtp_stage_name(enum smtp_stage stage);

#endif

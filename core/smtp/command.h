/* SPDX-License-Identifier: MIT */
/*
 * SMTP command lines (RFC 5321, 4.1; extensions by their RFCs): one line in,
 * one struct out, with the reply that a syntax error deserves.
 */
#ifndef FAULTPOST_SMTP_COMMAND_H
#define FAULTPOST_SMTP_COMMAND_H

#include "core/smtp/address.h"

#define SMTP_COMMAND_LINE_MAX 2048 /* RFC 5321 4.5.3.1.4 plus extensions */
#define SMTP_PARAMETERS_MAX   16

/* X(constant, verb) */
#define SMTP_VERBS(X)                                                          \
	X(SMTP_EHLO, "EHLO")                                                   \
	X(SMTP_HELO, "HELO")                                                   \
	X(SMTP_MAIL, "MAIL")                                                   \
	X(SMTP_RCPT, "RCPT")                                                   \
	X(SMTP_DATA, "DATA")                                                   \
	X(SMTP_BDAT, "BDAT")                                                   \
	X(SMTP_RSET, "RSET")                                                   \
	X(SMTP_NOOP, "NOOP")                                                   \
	X(SMTP_VRFY, "VRFY")                                                   \
	X(SMTP_EXPN, "EXPN")                                                   \
	X(SMTP_HELP, "HELP")                                                   \
	X(SMTP_QUIT, "QUIT")                                                   \
	X(SMTP_STARTTLS, "STARTTLS")                                           \
	X(SMTP_AUTH, "AUTH")                                                   \
	X(SMTP_XCLIENT, "XCLIENT")
enum smtp_verb {
#define X(constant, verb) constant,
	SMTP_VERBS(X)
#undef X
	SMTP_UNKNOWN,
};
const char *smtp_verb_name(enum smtp_verb verb);

struct smtp_parameter {
	struct slice keyword, value; /* value.at is NULL when there is no '=' */
};

/* Borrowed from the line. */
struct smtp_command {
	enum smtp_verb verb;
	struct slice line;        /* the whole line without its end */
	struct slice argument;    /* behind the verb, trimmed */
	struct smtp_address path; /* MAIL, RCPT */
	struct smtp_parameter parameters[SMTP_PARAMETERS_MAX]; /* MAIL, RCPT */
	size_t parameter_count;
	uint64_t bdat_size_bytes;
	bool bdat_last;
};

/* What a line that is no good command deserves; `code` 0 when it is good. */
struct smtp_syntax_error {
	int code;         /* 500, 501, 555 */
	const char *text; /* static: "5.5.4 Syntax: ..." */
};

/* Parses a line without its CRLF.  False with *error set when the syntax is
 * wrong; `verb` is set even then.  An unknown verb is no syntax error. */
bool smtp_command_parse(struct slice line, bool utf8_allowed,
    struct smtp_command *command, struct smtp_syntax_error *error);

/* The parameter of that keyword (no case), or NULL. */
const struct smtp_parameter *smtp_command_parameter(
    const struct smtp_command *command, struct slice keyword);
/* What SIZE= says; 0 without. */
uint64_t smtp_command_declared_size(const struct smtp_command *command);

#endif

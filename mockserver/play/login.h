/* SPDX-License-Identifier: MIT */
/*
 * AUTH as a well-behaved host answers it (RFC 4954): PLAIN and LOGIN, against
 * the users that the scenario gives the host.  And what of a client's AUTH a
 * transcript may show: never a name's secret.  Pure.
 */
#ifndef FAULTPOST_MOCK_LOGIN_H
#define FAULTPOST_MOCK_LOGIN_H

#include "core/base/buf.h"
#include "core/json/table.h"
#include "core/smtp/command.h"

/* One who may log in: an entry of a host's "auth". */
struct mock_user {
	struct slice name, secret;
};
struct mock_users {
	const struct mock_user *at;
	size_t count;
};
extern const struct json_table mock_user_table;

/* What the host waits for. */
enum login_step {
	LOGIN_NONE,   /* the command */
	LOGIN_PLAIN,  /* PLAIN's one response */
	LOGIN_NAME,   /* LOGIN's first */
	LOGIN_SECRET, /* and second */
};

/* One session's; zeroed: nobody has tried. */
struct login {
	enum login_step step;
	bool is_done;    /* somebody has been let in */
	struct buf name; /* LOGIN: given, base64 taken off */
};
void login_fini(struct login *l);

/* The answer to AUTH's argument, or, while a step is under way, to the line
 * that came for it. */
struct smtp_syntax_error login_answer(
    struct login *l, const struct mock_users *users, struct slice text);
/* The answer was given with this code instead or as it was: 3xx goes on, 2xx
 * lets in, others end it. */
void login_note(struct login *l, int code);

/* Appends the bytes as a transcript may have them: of a line that begins with
 * AUTH what stands behind the mechanism is "***", and a whole line is while
 * `in_auth`.  A filter of one connection; zeroed before first use. */
struct login_mask {
	size_t column;  /* in the line, as far as it matters */
	size_t words;   /* blanks seen in a line of AUTH */
	bool is_auth;   /* the line begins like AUTH so far */
	bool is_hidden; /* what comes is not shown until the line ends */
};
void login_mask(
    struct login_mask *m, struct slice bytes, bool in_auth, struct buf *out);

#endif

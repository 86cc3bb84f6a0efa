/* SPDX-License-Identifier: MIT */
/*
 * SMTP replies (RFC 5321, 4.2) and enhanced status codes (RFC 3463): reading
 * them as a client gets them, line by line or in crumbs, and writing them.
 */
#ifndef FAULTPOST_SMTP_REPLY_H
#define FAULTPOST_SMTP_REPLY_H

#include "core/base/buf.h"

/* A reply longer than this is a failure of the host (RFC 5321, 4.5.3.1.5 gives
 * 512 bytes a line; servers in the field send more). */
#define SMTP_REPLY_LINE_MAX 4096
#define SMTP_REPLY_MAX      65536

/* Enhanced status code; class 0 when there is none. */
struct smtp_status {
	uint8_t class; /* 2, 4 or 5 */
	uint16_t subject, detail;
};

/* Reads "4.3.1" at the start of `text`, followed by a space or the end of a
 * line or of the text; gives how many bytes it took, a space included.  False
 * when it is not there. */
bool smtp_status_parse(
    struct slice text, struct smtp_status *status, size_t *used);

/* A complete reply.  `text` holds the lines' texts (behind code and separator),
 * joined by '\n'.  It is judged by all of its lines: `code` is the highest
 * among them, so that "550-no" before "250 yes" accepts nothing. */
struct smtp_reply {
	int code;                  /* the highest among the lines; 200-599 */
	int code_last;             /* of the last line */
	bool mixed;                /* the lines had different codes */
	struct smtp_status status; /* from the last line's text */
	struct slice text;         /* borrowed from the reader */
};

/* Reads replies out of a stream.  A zeroed struct is ready. */
struct smtp_reply_reader {
	struct buf text;
	size_t line_count, total_bytes; /* of the reply being read */
	int code, code_last;
	bool mixed;
};
void smtp_reply_reader_fini(struct smtp_reply_reader *r);

enum smtp_reply_result {
	SMTP_REPLY_PARTIAL,  /* needs more input */
	SMTP_REPLY_COMPLETE, /* *reply is set */
	SMTP_REPLY_GARBAGE,  /* a line that is no reply; *reply has its text */
	SMTP_REPLY_TOO_LONG, /* a limit was passed; *reply has the text so far
	                      */
};
/* Takes lines off the front of *input (CRLF or bare LF ends one) until a reply
 * is complete or no whole line is left; a partial line stays in *input.  The
 * reply is borrowed until the next call.  A bare code is a reply; a code
 * outside 200-599, or one followed by text without a separator, is garbage
 * (`code` is then 0); NUL and 8-bit bytes are kept as they are. */
enum smtp_reply_result smtp_reply_read(
    struct smtp_reply_reader *r, struct slice *input, struct smtp_reply *reply);

/* Appends "452-first\r\n452 last\r\n" for text lines joined by '\n'; an empty
 * text gives "452\r\n". */
void smtp_reply_format(struct buf *out, int code, struct slice text);

#endif

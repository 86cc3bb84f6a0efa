/* SPDX-License-Identifier: MIT */
/*
 * What messages held, from the bytes of their connection: files of transcripts
 * have all that was said, and of a message only how large it was.  Who sends
 * content before it was asked for, or says other things among it than DATA and
 * BDAT, cannot be followed: then a size tells that this is not the message.
 * Where content was cut, its beginning is known; what comes next that is not
 * cut is its end.
 */
#ifndef FAULTPOST_TRANSCRIPT_CONTENT_H
#define FAULTPOST_TRANSCRIPT_CONTENT_H

#include "core/smtp/data.h"
#include "core/transcript/transcript.h"

/* Of a command no more is looked at. */
#define TRANSCRIPT_COMMAND_MAX 64

enum transcript_content_state {
	CONTENT_COMMANDS,
	CONTENT_ASKED, /* DATA was said; is it answered 354? */
	CONTENT_LINES, /* behind 354 */
	CONTENT_CHUNK, /* behind BDAT */
};

/* A connection's; a zeroed one stands at its beginning. */
struct transcript_content {
	enum transcript_content_state state;
	struct buf line;  /* a command's beginning */
	char reply[4];    /* that of a line of a reply */
	size_t reply_len; /* of the line under way */
	uint64_t chunk;   /* bytes that are left of it */
	bool is_last;     /* of its chunks */
	bool is_whole;    /* `kept` is a message's, up to its end */
	bool is_heard;    /* the host has spoken since */
	bool is_told;     /* the message has been: `kept` is to go */
	bool is_lost;     /* which message it is is not known any more */
	bool is_cut;      /* `kept` is all that is shown of it */
	struct buf kept;  /* the content, or its beginning */
	uint64_t size;    /* of all of it */
	struct smtp_data_decoder decoder;
};

void transcript_content_fini(struct transcript_content *c);
/* An event of the connection.  To a message its content is added, or what was
 * shown of it, valid until the next event, if it is known. */
void transcript_content_note(
    struct transcript_content *c, struct transcript_event *ev);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The content of a message behind DATA (RFC 5321, 4.5.2 and 2.3.8): taking the
 * dot-stuffing off and finding the end, and putting it on.
 *
 * The end is CR LF . CR LF and nothing else.  A bare CR or a bare LF anywhere
 * in it (LF.LF, CR.CR, LF.CRLF, CRLF.LF, CRLF.CR and their mixes) ends nothing:
 * such bytes are content.
 */
#ifndef FAULTPOST_SMTP_DATA_H
#define FAULTPOST_SMTP_DATA_H

#include "core/base/buf.h"

/* X(constant): where in a possible end of data the bytes so far leave us. */
#define SMTP_DATA_STATES(X)                                                    \
	X(SMTP_DATA_LINE_START) /* behind CR LF, or at the very beginning */   \
	X(SMTP_DATA_TEXT)                                                      \
	X(SMTP_DATA_CR)     /* text, CR */                                     \
	X(SMTP_DATA_DOT)    /* line start, '.' */                              \
	X(SMTP_DATA_DOT_CR) /* line start, '.', CR */                          \
	X(SMTP_DATA_END)
enum smtp_data_state {
#define X(constant) constant,
	SMTP_DATA_STATES(X)
#undef X
};

/* A zeroed decoder stands at the beginning of a message. */
struct smtp_data_decoder {
	enum smtp_data_state state;
	uint64_t bare_cr, bare_lf; /* how many were seen */
	size_t line_bytes;         /* of the current line, without its end */
	size_t line_bytes_max;     /* the longest so far */
};

/* Takes bytes off the front of *input and appends the content to `out`; true
 * when the end has been reached (what is left in *input comes after it). */
bool smtp_data_decode(
    struct smtp_data_decoder *d, struct slice *input, struct buf *out);

/* A zeroed encoder stands at the beginning of a message. */
struct smtp_data_encoder {
	bool in_line; /* not at the start of a line */
	bool cr;      /* the last byte was CR */
};
/* Appends content with its dots stuffed.  Bare CR and bare LF pass as they
 * are, and a dot behind one is not at a line's start. */
void smtp_data_encode(
    struct smtp_data_encoder *e, struct slice content, struct buf *out);
/* Appends the end, CR LF first unless the content ended with one or was empty;
 * the encoder then stands at the beginning of the next message. */
void smtp_data_encode_end(struct smtp_data_encoder *e, struct buf *out);

#endif

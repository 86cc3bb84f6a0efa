/* SPDX-License-Identifier: MIT */
/* The inside of a sift: sift.c says whose a record is, sift_translate.c what it
 * says in the scenario's words.  For these two only. */
#ifndef FAULTPOST_SIFT_IMPL_H
#define FAULTPOST_SIFT_IMPL_H

#include "harness/live/sift.h"

/* Appends the record's text, with the host's endpoint (NULL: it is about none)
 * and the relay's address as the scenario has them. */
void sift_translate(const struct sift *s, const struct log_record *record,
    const struct endpoint *said, struct buf *out);

#endif

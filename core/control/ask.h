/* SPDX-License-Identifier: MIT */
/*
 * The client's side of a relay's control socket (relay/operate/control.h says
 * in what form requests and answers are): one request, one answer.  For
 * programs that give a relay an operator's command.
 */
#ifndef FAULTPOST_CONTROL_ASK_H
#define FAULTPOST_CONTROL_ASK_H

#include "core/world/world.h"

#include <jansson.h>

/* The words of a command, up to NULL, as a request; the caller frees it.  NULL
 * with *err set when they are no UTF-8. */
json_t *control_request(const char *const *words, struct err *err);

enum control_outcome {
	CONTROL_ANSWERED,
	CONTROL_REFUSED, /* the relay says what is wrong */
	CONTROL_SILENT,  /* there is no relay, or it does not answer */
};
/* Sends the request to the relay that listens at `path` and runs the world,
 * which nobody else may be using, until the answer is there; *answer is the
 * caller's to free.  Else *err says why there is none. */
enum control_outcome control_ask(struct world *w, const char *path,
    const json_t *request, json_t **answer, struct err *err);

#endif

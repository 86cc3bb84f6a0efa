/* SPDX-License-Identifier: MIT */
/*
 * Processes in Exim's debugging output, by their number: one that delivers a
 * message, and those that it forks to run the smtp transport, each with one
 * connection at a time, whose dialogue they tell.  For reader_exim.c.
 */
#ifndef FAULTPOST_EXIM_TRANSPORT_H
#define FAULTPOST_EXIM_TRANSPORT_H

#include "harness/live/reader.h"

struct exim_process {
	char *key;           /* owned: its number */
	char *message;       /* owned: what it delivers; NULL: nothing */
	char *record;        /* owned: of the retry data that it writes */
	bool is_receiving;   /* a message comes in */
	bool lists, replies; /* the next lines are recipients, or a reply's */
	bool is_trying;      /* to connect there */
	struct endpoint at;
	char *heir;  /* owned: the message whose process gets its connection */
	char *broke; /* owned: what broke its connection; NULL: nothing */
	char **recipients; /* owned: of the transport */
	size_t recipient_count, recipient_cap;
	char **hosts; /* owned: retry keys of those that it looked at */
	size_t host_count, host_cap;
	UT_hash_handle hh;
};

/* That of the number; made when it is not there. */
struct exim_process *exim_process_get(
    struct exim_process **all, struct slice key);
void exim_process_destroy(struct exim_process **all, struct exim_process *p);
/* `from` has ended: the hosts that it looked at are those of `to`. */
void exim_process_join(struct exim_process *to, struct exim_process *from);
/* It has ended; if a connection was passed to it for what it delivers, and it
 * made no use of that, so has the connection. */
void exim_process_end(
    struct reader *r, struct exim_process **all, struct exim_process *p);
/* A line of it, if it is one of a transport. */
void exim_transport_line(
    struct reader *r, struct exim_process *p, struct slice text);

#endif

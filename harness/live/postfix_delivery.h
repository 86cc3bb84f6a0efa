/* SPDX-License-Identifier: MIT */
/*
 * Deliveries in Postfix's log: a delivery is a process of smtp(8), which has
 * one connection at a time and tells its dialogue.  For reader_postfix.c.
 */
#ifndef FAULTPOST_POSTFIX_DELIVERY_H
#define FAULTPOST_POSTFIX_DELIVERY_H

#include "harness/live/reader.h"

struct postfix_delivery;

/* Frees all of them. */
void postfix_deliveries_destroy(struct postfix_delivery **dp);
/* A line of the process `key` ("smtp[80]"), from behind its name. */
void postfix_delivery_line(struct postfix_delivery **all, struct reader *r,
    struct slice key, struct slice text);
/* "to=<a@b>, relay=..., dsn=5.1.1, status=bounced (...)" of the message `id`,
 * as any process says it. */
void postfix_status(
    struct reader *r, struct slice key, struct slice id, struct slice text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Who may ask what of the admin API: a token where there is one; without one
 * no web page that a browser shows may reach it, neither by a name that leads
 * to this machine (DNS rebinding) nor by a form or a script of another origin.
 */
#ifndef FAULTPOST_MOCK_ADMIN_GUARD_H
#define FAULTPOST_MOCK_ADMIN_GUARD_H

#include "core/world/http.h"

/* 0: it may; otherwise the status of the refusal, and *why in a sentence.
 * `token` "": none is asked for. */
unsigned admin_guard_check(const struct http_request *request,
    struct slice token, bool is_public, const char **why);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 in addresses and parameters (RFC 3629): well-formed sequences only, no
 * overlong forms, no surrogates.  For core/smtp and core/transcript.
 */
#ifndef FAULTPOST_SMTP_UTF8_H
#define FAULTPOST_SMTP_UTF8_H

#include "core/base/slice.h"

/* Length of the sequence of two to four bytes that starts at index `at`; 0 when
 * there is none (ASCII included). */
size_t smtp_utf8_scan(struct slice s, size_t at);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Domain names as text: labels of letters, digits, hyphens and underscores.
 * Names outside ASCII are written as A-labels ("xn--..."), RFC 5890.
 */
#ifndef FAULTPOST_DNS_NAME_H
#define FAULTPOST_DNS_NAME_H

#include "core/base/arena.h"

#define DNS_NAME_MAX  253 /* without a dot at the end; RFC 1035, 2.3.4 */
#define DNS_LABEL_MAX 63

/* The names that dns_name_check() accepts, with a dot at the end or without, as
 * a regular expression of JSON Schema and PCRE2 to which ^ and $ are added; it
 * reads up to the end of the text. */
#define DNS_LABEL_PATTERN "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
#define DNS_NAME_PATTERN                                                       \
	"(?=.{1,253}\\.?$)(?!(.*\\.)?[0-9]+\\.?$)" DNS_LABEL_PATTERN           \
	"(\\." DNS_LABEL_PATTERN ")*\\.?"

/* NULL when `name`, without a dot at its end, is a domain name; otherwise what
 * is wrong (static text) and in *at the offset of the byte where. */
const char *dns_name_check(struct slice name, size_t *at);
/* The name without the one dot that it may end in; "." itself becomes the
 * empty name, the root. */
struct slice dns_name_trim(struct slice name);
/* A copy in lower case, without the dot at its end: the form in which all names
 * are kept and compared. */
struct slice dns_name_copy(struct arena *a, struct slice name);
/* Whether letters without case and dots at the end aside these are one name. */
bool dns_name_equal(struct slice a, struct slice b);

#endif

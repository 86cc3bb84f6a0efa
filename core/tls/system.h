/* SPDX-License-Identifier: MIT */
/*
 * Whom the machine trusts.  Not pure: OpenSSL reads the system's files, some of
 * them when a peer shows its certificate.
 */
#ifndef FAULTPOST_TLS_SYSTEM_H
#define FAULTPOST_TLS_SYSTEM_H

#include "core/tls/context.h"

/* The context trusts the machine's authorities, besides its own.  False with
 * *err set when OpenSSL cannot have them. */
bool tls_context_trust_system(struct tls_context *c, struct err *err);

#endif

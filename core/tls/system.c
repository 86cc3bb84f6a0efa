/* SPDX-License-Identifier: MIT */
/* Whom the machine trusts; see system.h. */
#include "core/tls/context_impl.h"

#include "core/tls/system.h"

bool
tls_context_trust_system(struct tls_context *c, struct err *err)
{
	if (SSL_CTX_set_default_verify_paths(c->ssl) != 1)
		return err_set(
		    err, "the system's certificates: %s", tls_take_complaint());
	c->verifies = true;
	return true;
}

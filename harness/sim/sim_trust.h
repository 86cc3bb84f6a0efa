/* SPDX-License-Identifier: MIT */
/* Whom the relay of a simulation trusts.  Only harness/sim/sim.c includes this.
 */
#ifndef FAULTPOST_HARNESS_SIM_TRUST_H
#define FAULTPOST_HARNESS_SIM_TRUST_H

#include "mockserver/mock.h"
#include "relay/relay.h"

/* The relay trusts the authority of the hosts, if they have one: makes
 * *context, to be destroyed by the caller, and puts it into the configuration.
 * False with *err set when it cannot. */
bool sim_trust(struct relay_config *config, const struct mock *mock,
    struct tls_context **context, struct err *err);

#endif

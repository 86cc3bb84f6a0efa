/* SPDX-License-Identifier: MIT */
/*
 * The relay that a scenario describes as the configuration file of
 * faultpost-relay: what the scenario says of it word for word, and the cast
 * that all scenarios share.  Pure.
 */
#ifndef FAULTPOST_RELAY_FILE_H
#define FAULTPOST_RELAY_FILE_H

#include "harness/plan/plan.h"

#include <jansson.h>

/* The names of files, in the folder where the relay runs. */
#define RELAY_FILE_QUEUE       "queue.db"
#define RELAY_FILE_CONTROL     "control"
#define RELAY_FILE_AUTHORITY   "authority.pem"
#define RELAY_FILE_CERTIFICATE "relay.pem"
#define RELAY_FILE_KEY         "relay.key"

/* `scenario` is the text of which the plan was made (plan_variants_json()).
 * `trusts`: the authority of the hosts is in its file; `certificate`: the name
 * of the certificate that is in its own, or empty.  Appends the file. */
void relay_file_format(const json_t *scenario, const struct plan *plan,
    bool trusts, struct slice certificate, const struct endpoint *name_server,
    struct buf *out);
/* The file of another log than the mail log, if the scenario expects something
 * of it; NULL: it is not written. */
const char *relay_file_log(const struct plan *plan, enum plan_log log);

#endif

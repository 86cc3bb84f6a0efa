/* SPDX-License-Identifier: MIT */
/*
 * The parameters of MAIL and RCPT that a server knows, by the extension that
 * brings each, and what their values may be.  Internal to core/smtp.
 */
#ifndef FAULTPOST_SMTP_PARAMETER_H
#define FAULTPOST_SMTP_PARAMETER_H

#include "core/smtp/command.h"

/* What is wrong with the command's parameters for a server that offers
 * `extensions` (enum smtp_extension bits): 555 for one that is not offered, 501
 * for a bad value; code 0 when nothing is. */
struct smtp_syntax_error smtp_parameters_check(
    const struct smtp_command *command, unsigned extensions);

#endif

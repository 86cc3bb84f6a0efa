/* SPDX-License-Identifier: MIT */
/* The files of smtp-sink's -d and -D.  For main_sink.c. */
#ifndef FAULTPOST_MOCK_MAIN_SINK_DUMP_H
#define FAULTPOST_MOCK_MAIN_SINK_DUMP_H

#include "core/base/rng.h"
#include "mockserver/sink.h"

/* Writes the message where the templates say, folders included; `numbers` makes
 * names.  False with *err set when it cannot. */
bool sink_dump_write(const struct sink_options *o, struct rng *numbers,
    const struct transcript_event *ev, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/* `faultpost-mock --sink`: a command line of smtp-sink(1), for main.c. */
#ifndef FAULTPOST_MOCK_MAIN_SINK_H
#define FAULTPOST_MOCK_MAIN_SINK_H

/* Serves until it is told to end, or has what -M or -n ask for; returns the
 * exit code.  argv[0] is "--sink". */
int sink_main(int argc, char **argv);

#endif

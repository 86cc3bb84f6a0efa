/* SPDX-License-Identifier: MIT */
/*
 * The commands of faultpost that have a file of their own.  For main.c, which
 * finds them by name.
 */
#ifndef FAULTPOST_HARNESS_MAIN_H
#define FAULTPOST_HARNESS_MAIN_H

/* Each takes its words, its own name first, and gives the exit code. */
int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_coverage(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_new(int argc, char **argv);
int command_log(int argc, char **argv);
int command_routes(int argc, char **argv);
int command_ctl(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the commands of faultpost log share: their files, read one after the
 * other in the order of rotation, and what is told of these on standard error.
 * For main_log*.c.
 */
#ifndef FAULTPOST_HARNESS_MAIN_LOG_H
#define FAULTPOST_HARNESS_MAIN_LOG_H

#include "core/cli/cli.h"
#include "core/routes/routes.h"
#include "harness/log/log_reader.h"

/* Reads all files, the oldest first: by their first records, and where these
 * are of the same second by the numbers at the ends of their names (mail.log.2
 * is older than mail.log.1); otherwise as they are named.  "-" is standard
 * input, and then all are read as they are named.  A file that ends too early,
 * compressed and cut, is a flaw; one that is not there is an error. */
bool main_log_read(
    struct log_reader *r, int count, char **paths, struct err *err);
/* Tells the flaws of what was read, if there are any, on standard error. */
void main_log_tell(const struct log_reader *r, const char *command);
/* A command that reads its files and then tells what it has made of them. */
struct main_log_task {
	const char *command; /* for the flaws, as "show" */
	const char *only;    /* this appliance; NULL: all */
	void *owner;
	void (*take)(void *owner, const struct log_record *record);
	/* The exit code. */
	int (*tell)(void *owner, const struct log_reader *r);
};
/* Does it; the exit code. */
int main_log_run(const struct main_log_task *task, int count, char **paths);
/* main_log_read() for a file that still grows, until SIGINT; after each record
 * that is complete `on_rest` is called. */
bool main_log_follow(struct log_reader *r, const char *path,
    void (*on_rest)(void *owner), struct err *err);
/* An SMTP routes table; NULL with *err set. */
struct routes *main_log_routes(const char *path, struct err *err);

/* The commands behind "faultpost log", each with its own name first. */
int command_log_parse(int argc, char **argv);
int command_log_show(int argc, char **argv);
int command_log_why(int argc, char **argv);
int command_log_stats(int argc, char **argv);
int command_log_timeline(int argc, char **argv);
int command_log_follow(int argc, char **argv);
int command_log_anonymize(int argc, char **argv);
int command_log_reproduce(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the programs' mains share: options read and explained from one table,
 * files read whole, errors printed in one voice, exit codes.  Only mains use
 * it.
 */
#ifndef FAULTPOST_CLI_H
#define FAULTPOST_CLI_H

#include "core/base/buf.h"
#include "core/base/err.h"

#include <limits.h>

enum cli_exit {
	CLI_OK = 0,      /* held */
	CLI_FAILED = 1,  /* an expectation or invariant did not hold */
	CLI_USAGE = 2,   /* the input or the command line is wrong */
	CLI_TROUBLE = 3, /* the program or the machine failed */
};

struct cli_option {
	int id;               /* what on_option is called with */
	char letter;          /* 0: none */
	const char *name;     /* without its dashes */
	const char *argument; /* what it takes, "FILE"; NULL: nothing */
	const char *help;     /* one sentence */
};

/* --help and --version need no row, nor does --help-TOPIC. */
struct cli_program {
	const char *name;
	const char *usage; /* behind "usage: NAME " */
	/* What it takes beside options, as it is asked for when there is less
	 * or more: "one FILE"; NULL: nothing. */
	const char *operands;
	int operands_min, operands_max;
	const char *summary; /* one sentence */
	const struct cli_option *options;
	size_t option_count;
	const char *more; /* printed behind the options; or NULL */
	/* The options from that one on are told by --help-TOPIC alone, so that
	 * the page stays one; NULL: there are none. */
	const char *topic;
	size_t topic_first;
};
#define CLI_OPTIONS(rows) .options = (rows), .option_count = ARRAY_LEN(rows)
#define CLI_OPERANDS(min, max, words)                                          \
	.operands_min = (min), .operands_max = (max), .operands = (words)
#define CLI_MANY INT_MAX

/* What cli_parse() leaves of a command line. */
struct cli_operands {
	char **at; /* in argv, and NULL behind the last */
	int count;
	int code; /* where nothing is to be done: what to exit with */
};

/* Reads the options of argv (which begins with the program's or command's
 * name), calling on_option for each; that returns false with *err set when the
 * value is wrong.  Operands may stand between options; "--" ends these.
 * argv is reordered.  True: there are as many operands as the program takes,
 * and the code is CLI_OK.  False: there is nothing to be done; either --help or
 * --version was answered (CLI_OK), or something is wrong and that was said
 * (CLI_USAGE). */
bool cli_parse(const struct cli_program *program, int argc, char **argv,
    bool (*on_option)(void *owner, int id, const char *value, struct err *err),
    void *owner, struct cli_operands *operands);
/* Says on standard error how the program was meant to be used, as
 * "NAME: WHAT; see NAME --help"; CLI_USAGE. */
int cli_wrong_use(const struct cli_program *program, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* The help page, for at most 80 columns; that of the topic. */
void cli_help_format(const struct cli_program *program, struct buf *out);
void cli_topic_format(const struct cli_program *program, struct buf *out);

/* For the first line of main(): descriptors 0 to 2 that are closed fail from
 * now on, so that no file that is opened later takes their numbers, and what is
 * printed is not written into it. */
void cli_begin(void);
/* For a program that runs for long: a reader or a starter that is gone is an
 * error to be told, no reason to die; and the usual soft limit of 1024
 * descriptors, made for select(), is less than the default limits ask for. */
void cli_begin_daemon(void);
/* For the last line of main(): `code`, unless what was printed could not be
 * written; that is told, and CLI_TROUBLE. */
int cli_end(int code);

/* Prints the error to stderr, a line; returns `code`. */
int cli_report(const struct err *err, int code);
/* Each of them, and how many more `what` ("errors") there are than are kept. */
void cli_report_all(const struct err_list *list, const char *what);

/* A whole file ("-": standard input, once) of at most `max_bytes` as malloc'd
 * text with a NUL behind it; NULL with *err set. */
char *cli_read_file(
    const char *path, size_t max_bytes, size_t *len, struct err *err);

/* A whole number of min..max; false with *err set, naming the option, which is
 * given without its dashes. */
bool cli_number(const char *option, const char *text, uint64_t min,
    uint64_t max, uint64_t *number, struct err *err);

/* The number of a descriptor that is open for writing; false with *err set,
 * naming the option. */
bool cli_descriptor(
    const char *option, const char *text, int *fd, struct err *err);

/* Prints the text on standard output and forgets it. */
void cli_print(struct buf *text);

#endif

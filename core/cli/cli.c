/* SPDX-License-Identifier: MIT */
/* What the programs' mains share; see cli.h. */
#include "core/cli/cli.h"

#include "core/base/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define OPTIONS_MAX 64
#define HELP_COLUMN 28
/* Beyond any id of a program. */
#define ID_HELP    10001
#define ID_VERSION 10002
#define ID_TOPIC   10003

/* getopt_long's view of the table. */
struct getopt_view {
	struct option rows[OPTIONS_MAX + 4];
	char topic[32]; /* "help-TOPIC" */
	char letters[2 * OPTIONS_MAX + 4];
};

static void
view_init(struct getopt_view *v, const struct cli_program *program)
{
	size_t n = 0, l = 0;

	assert(program->option_count <= OPTIONS_MAX);
	memset(v, 0, sizeof(*v));
	v->letters[l++] = ':';
	for (; n < program->option_count; n++) {
		const struct cli_option *o = &program->options[n];

		v->rows[n] = (struct option){ o->name,
			o->argument != NULL ? required_argument : no_argument,
			NULL, o->id };
		if (o->letter == 0)
			continue;
		v->letters[l++] = o->letter;
		if (o->argument != NULL)
			v->letters[l++] = ':';
	}
	v->letters[l] = 'h';
	v->rows[n++] = (struct option){ "help", no_argument, NULL, ID_HELP };
	v->rows[n++] =
	    (struct option){ "version", no_argument, NULL, ID_VERSION };
	if (program->topic == NULL)
		return;
	(void)snprintf(v->topic, sizeof(v->topic), "help-%s", program->topic);
	v->rows[n] = (struct option){ v->topic, no_argument, NULL, ID_TOPIC };
}

/* What getopt_long() returned, as an option's id; 0: it has no such letter. */
static int
id_of(const struct cli_program *program, int got)
{
	if (got == 'h')
		return ID_HELP;
	for (size_t i = 0; i < program->option_count; i++)
		if (got == program->options[i].id ||
		    (got != 0 && got == program->options[i].letter))
			return program->options[i].id;
	return got == ID_HELP || got == ID_VERSION || got == ID_TOPIC ? got : 0;
}

int
cli_wrong_use(const struct cli_program *program, const char *format, ...)
{
	struct buf what = { 0 };
	va_list values;

	va_start(values, format);
	buf_vprintf(&what, format, values);
	va_end(values);
	fprintf(stderr, "%s: %s; see %s --help\n", program->name,
	    buf_cstr(&what), program->name);
	buf_fini(&what);
	return CLI_USAGE;
}

static void
unknown_option(const struct cli_program *program, const char *word)
{
	struct suggest s = { .word = slice_cstr(word) };
	const char *near;

	while (slice_starts_with(s.word, SLICE("-")))
		s.word = slice_skip(s.word, 1);
	for (size_t i = 0; i < program->option_count; i++)
		suggest_offer(&s, program->options[i].name);
	suggest_offer(&s, "help");
	suggest_offer(&s, "version");
	near = suggest_result(&s);
	if (near != NULL)
		(void)cli_wrong_use(program,
		    "unknown option %s (did you mean --%s?)", word, near);
	else
		(void)cli_wrong_use(program, "unknown option %s", word);
}

/* What getopt_long() would not take: `optopt` is a letter that there is none
 * of, the id of an option that takes no value, or 0 for an unknown word. */
static void
bad_option(const struct cli_program *program, const char *word)
{
	char letter[] = { '-', (char)optopt, '\0' };

	if (optopt == 0)
		unknown_option(program, word);
	else if (optopt <= UCHAR_MAX)
		unknown_option(program, letter);
	else
		(void)cli_wrong_use(program, "%.*s takes no value",
		    (int)strcspn(word, "="), word);
}

static void
tell(const struct cli_program *program, int id)
{
	struct buf text = { 0 };

	if (id == ID_VERSION)
		buf_printf(&text, "%s (faultpost) %s\n", program->name,
		    FAULTPOST_VERSION);
	else if (id == ID_TOPIC)
		cli_topic_format(program, &text);
	else
		cli_help_format(program, &text);
	cli_print(&text);
	buf_fini(&text);
}

/* All options; false: there is nothing to be done, and *code is set. */
static bool
parse_options(const struct cli_program *program, int argc, char **argv,
    bool (*on_option)(void *owner, int id, const char *value, struct err *err),
    void *owner, int *code)
{
	struct getopt_view view;
	struct err err;
	int got;

	view_init(&view, program);
	optind = 0;
	opterr = 0;
	*code = CLI_USAGE;
	while ((got = getopt_long(argc, argv, view.letters, view.rows, NULL)) !=
	    -1) {
		int id = id_of(program, got);

		if (got == ':') {
			(void)cli_wrong_use(
			    program, "%s needs a value", argv[optind - 1]);
			return false;
		}
		if (id == 0) {
			bad_option(program, argv[optind - 1]);
			return false;
		}
		if (id >= ID_HELP) {
			tell(program, id);
			*code = CLI_OK;
			return false;
		}
		if (!on_option(owner, id, optarg, &err)) {
			err_prefix(&err, "%s: ", program->name);
			(void)cli_report(&err, CLI_USAGE);
			return false;
		}
	}
	*code = CLI_OK;
	return true;
}

bool
cli_parse(const struct cli_program *program, int argc, char **argv,
    bool (*on_option)(void *owner, int id, const char *value, struct err *err),
    void *owner, struct cli_operands *operands)
{
	*operands = (struct cli_operands){ 0 };
	if (!parse_options(
		program, argc, argv, on_option, owner, &operands->code))
		return false;
	operands->at = argv + optind;
	operands->count = argc - optind;
	if (operands->count >= program->operands_min &&
	    operands->count <= program->operands_max)
		return true;
	operands->code = program->operands != NULL
	    ? cli_wrong_use(program, "expected %s", program->operands)
	    : cli_wrong_use(
		  program, "expected no operand, got \"%s\"", operands->at[0]);
	return false;
}

/* "  -v, --verbose FILE", and how wide that is. */
static size_t
option_head(const struct cli_option *o, struct buf *out)
{
	size_t before = buf_len(out);

	if (o->letter != 0)
		buf_printf(out, "  -%c, --%s", o->letter, o->name);
	else
		buf_printf(out, "      --%s", o->name);
	if (o->argument != NULL)
		buf_printf(out, " %s", o->argument);
	return buf_len(out) - before;
}

static void
option_format(const struct cli_option *o, struct buf *out)
{
	size_t width = option_head(o, out);

	if (width + 2 > HELP_COLUMN) {
		buf_append_byte(out, '\n');
		width = 0;
	}
	buf_printf(out, "%*s%s\n", (int)(HELP_COLUMN - width), "", o->help);
}

void
cli_topic_format(const struct cli_program *program, struct buf *out)
{
	buf_printf(out, "usage: %s %s\nOptions of %s runs:\n\n", program->name,
	    program->usage, program->topic);
	for (size_t i = program->topic_first; i < program->option_count; i++)
		option_format(&program->options[i], out);
}

void
cli_help_format(const struct cli_program *program, struct buf *out)
{
	const size_t count = program->topic != NULL ? program->topic_first
						    : program->option_count;
	char name[32], help[64];

	buf_printf(out, "usage: %s %s\n%s\n\n", program->name, program->usage,
	    program->summary);
	for (size_t i = 0; i < count; i++)
		option_format(&program->options[i], out);
	option_format(
	    &(struct cli_option){ ID_HELP, 'h', "help", NULL, "Print this." },
	    out);
	if (program->topic != NULL) {
		(void)snprintf(name, sizeof(name), "help-%s", program->topic);
		(void)snprintf(help, sizeof(help),
		    "Print the options of %s runs.", program->topic);
		option_format(
		    &(struct cli_option){ ID_TOPIC, 0, name, NULL, help }, out);
	}
	option_format(&(struct cli_option){ ID_VERSION, 0, "version", NULL,
			  "Print the version." },
	    out);
	if (program->more != NULL)
		buf_printf(out, "\n%s", program->more);
}

/* What is open to be read fails when it is written, and the other way round. */
void
cli_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void
cli_begin_daemon(void)
{
	struct rlimit files;

	(void)signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

int
cli_end(int code)
{
	struct err err;

	errno = 0;
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	err_at(&err, "standard output", 0, 0, "it could not be written%s%s",
	    errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
	return cli_report(&err, CLI_TROUBLE);
}

int
cli_report(const struct err *err, int code)
{
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	fprintf(stderr, "%s\n", err_format(err, text, sizeof(text)));
	return code;
}

void
cli_report_all(const struct err_list *list, const char *what)
{
	for (size_t i = 0; i < list->count; i++)
		(void)cli_report(&list->list[i], CLI_OK);
	if (list->total > list->count)
		(void)fprintf(stderr, "... and %zu more %s\n",
		    list->total - list->count, what);
}

static bool
read_stream(FILE *f, const char *path, size_t max_bytes, struct buf *text,
    struct err *err)
{
	char block[65536];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), f)) > 0) {
		if (n > max_bytes - buf_len(text))
			return err_at(err, path, 0, 0,
			    "the file is longer than %zu bytes", max_bytes);
		buf_append(text, slice_of(block, n));
	}
	if (ferror(f))
		return err_at(err, path, 0, 0, "%s", strerror(errno));
	return true;
}

char *
cli_read_file(const char *path, size_t max_bytes, size_t *len, struct err *err)
{
	static bool has_read_stdin;
	bool is_stdin = strcmp(path, "-") == 0, ok;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	struct buf text = { 0 };
	char *copy = NULL;

	/* A second time it would seem to be an empty file. */
	if (is_stdin && has_read_stdin) {
		err_at(err, path, 0, 0,
		    "standard input has been read already; expected - once");
		return NULL;
	}
	has_read_stdin |= is_stdin;
	if (f == NULL) {
		err_at(err, path, 0, 0, "%s", strerror(errno));
		return NULL;
	}
	ok = read_stream(f, path, max_bytes, &text, err);
	if (!is_stdin)
		(void)fclose(f);
	if (ok) {
		*len = buf_len(&text);
		copy = slice_dup(buf_slice(&text));
	}
	buf_fini(&text);
	return copy;
}

bool
cli_number(const char *option, const char *text, uint64_t min, uint64_t max,
    uint64_t *number, struct err *err)
{
	assert(option[0] != '-');
	if (slice_to_u64(slice_cstr(text), max, number) && *number >= min)
		return true;
	return err_set(err, "--%s: \"%s\" is no whole number of %llu..%llu",
	    option, text, (unsigned long long)min, (unsigned long long)max);
}

bool
cli_descriptor(const char *option, const char *text, int *fd, struct err *err)
{
	uint64_t number;
	int flags;

	if (!cli_number(option, text, 0, 1048576, &number, err))
		return false;
	*fd = (int)number;
	flags = fcntl(*fd, F_GETFL);
	return (flags != -1 && (flags & O_ACCMODE) != O_RDONLY) ||
	    err_set(err, "--%s %d is not open for writing", option, *fd);
}

void
cli_print(struct buf *text)
{
	(void)fwrite(buf_slice(text).at, 1, buf_len(text), stdout);
	buf_clear(text);
}

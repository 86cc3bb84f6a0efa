/* SPDX-License-Identifier: MIT */
/* faultpost log anonymize: a log that can be shared. */
#include "harness/log/log_anonymize.h"
#include "harness/main_log.h"
#include "harness/report/printable.h"
#include "harness/report/text_json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#define PRINT_BYTES ((size_t)64 << 10)

struct anonymizing {
	const char *map_path; /* or NULL */
	struct log_anonymizer anonymizer;
	struct buf out, behind; /* behind: the record that is not given yet */
};

enum {
	OPTION_MAP = 1000
};
static const struct cli_option options[] = {
	{ OPTION_MAP, 0, "map", "FILE",
	    "Write which name is which to FILE, for nobody else's eyes." },
};
static const struct cli_program program = {
	.name = "faultpost log anonymize",
	.usage = "[OPTION]... FILE...",
	CLI_OPERANDS(1, CLI_MANY, "a FILE"),
	.summary = "Prints the log with pseudonyms: the same for the same "
		   "mailbox, domain, host,\npublic address and subject.",
	CLI_OPTIONS(options),
	.more = "Lines that are no records become \"[...]\".\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct anonymizing *a = owner;

	(void)id;
	(void)err;
	a->map_path = value;
	return true;
}

static void
take(void *owner, const struct log_record *record)
{
	struct anonymizing *a = owner;

	log_anonymize_record(&a->anonymizer, record, &a->out);
	buf_append(&a->out, buf_slice(&a->behind));
	buf_clear(&a->behind);
	if (buf_len(&a->out) >= PRINT_BYTES)
		cli_print(&a->out);
}

static void
take_skipped(void *owner, enum log_skipped kind, bool is_behind_open)
{
	struct anonymizing *a = owner;
	struct buf *out = is_behind_open ? &a->behind : &a->out;

	/* One stands for many: what a log is full of is bounded so. */
	if (buf_len(out) < PRINT_BYTES)
		buf_append_cstr(
		    out, kind == LOG_SKIPPED_BLANK ? "\n" : "[...]\n");
}

static json_t *
pseudonym_json(const struct pseudonym *row)
{
	static const char *const kinds[PSEUDONYM_KINDS] = {
		[PSEUDONYM_MAILBOX] = "mailbox",
		[PSEUDONYM_DOMAIN] = "domain",
		[PSEUDONYM_ADDRESS] = "address",
		[PSEUDONYM_TEXT] = "text",
	};
	json_t *object = json_object();

	text_json_set(object, "kind", kinds[row->kind]);
	text_json_set(object, "name", row->name);
	text_json_set(object, "pseudonym", row->pseudonym);
	return object;
}

/* It is not written over, which is said before a long log is read. */
static bool
map_is_new(const struct anonymizing *a, struct err *err)
{
	struct stat st;

	return a->map_path == NULL || lstat(a->map_path, &st) != 0 ||
	    err_at(err, a->map_path, 0, 0, "%s; expected a new file",
		strerror(EEXIST));
}

static bool
write_map(const struct anonymizing *a, struct err *err)
{
	int fd =
	    open(a->map_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	struct buf line = { 0 };
	bool good;

	if (file == NULL)
		return err_at(err, a->map_path, 0, 0, "%s", strerror(errno));
	for (size_t i = 0; i < a->anonymizer.names.count; i++) {
		buf_clear(&line);
		text_json_dump(
		    pseudonym_json(a->anonymizer.names.order[i]), &line);
		fprintf(file, "%s\n", buf_cstr(&line));
	}
	buf_fini(&line);
	if (a->anonymizer.names.derived > 0)
		fprintf(stderr,
		    "faultpost log anonymize: %s has the first %zu names; "
		    "later ones have pseudonyms that are made of them, by a "
		    "key that is not kept\n",
		    a->map_path, a->anonymizer.names.count);
	good = ferror(file) == 0;
	good = fclose(file) == 0 && good;
	return good ||
	    err_at(err, a->map_path, 0, 0, "it could not be written");
}

static int
anonymize(struct anonymizing *a, int count, char **paths)
{
	struct log_reader reader;
	struct err err;
	uint8_t *key = a->anonymizer.names.key;
	bool good;

	if (!map_is_new(a, &err))
		return cli_report(&err, CLI_USAGE);
	if (getrandom(key, PSEUDONYM_KEY, 0) != PSEUDONYM_KEY) {
		(void)err_set(&err, "the kernel gives no random number");
		return cli_report(&err, CLI_TROUBLE);
	}
	log_reader_init(&reader, a, take);
	reader.on_skipped = take_skipped;
	good = main_log_read(&reader, count, paths, &err);
	cli_print(&a->out);
	cli_print(&a->behind);
	if (good)
		main_log_tell(&reader, "anonymize");
	log_reader_fini(&reader);
	if (!good)
		return cli_report(&err, CLI_USAGE);
	if (a->map_path != NULL && !write_map(a, &err))
		return cli_report(&err, CLI_TROUBLE);
	return CLI_OK;
}

int
command_log_anonymize(int argc, char **argv)
{
	struct anonymizing a = { 0 };
	struct cli_operands operands;
	int code;

	if (!cli_parse(&program, argc, argv, on_option, &a, &operands))
		return operands.code;
	code = anonymize(&a, operands.count, operands.at);
	log_anonymizer_fini(&a.anonymizer);
	buf_fini(&a.out);
	buf_fini(&a.behind);
	return code;
}

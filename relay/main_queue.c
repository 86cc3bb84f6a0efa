/* SPDX-License-Identifier: MIT */
/* `faultpost-relay queue`; see main_queue.h and docs/queue.md. */
#include "relay/main_queue.h"

#include "core/cli/cli.h"
#include "relay/main_queue_relay.h"
#include "relay/queue/spool_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	OPTION_JSON = 1000
};

static const struct cli_option options[] = {
	{ OPTION_JSON, 0, "json", NULL, "Print JSON, an object a line." },
};
static const struct cli_program program = {
	.name = "faultpost-relay queue",
	.usage = "list|show|release|delete FILE [MID|all]...",
	CLI_OPERANDS(2, CLI_MANY, "list, show, release or delete, and a FILE"),
	.summary = "Looks at the queue of a relay, FILE, or changes it.",
	CLI_OPTIONS(options),
	.more =
	    "list FILE          who waits, since when, until when, and why\n"
	    "show FILE MID      a message, with its content\n"
	    "release FILE MID   its wait is over (all: of all)\n"
	    "delete FILE MID    it is gone, without a word (all: all are)\n"
	    "\nA relay that runs is told to release or delete it, over its "
	    "control socket,\nwhich is found beside FILE; what it is sending "
	    "at that moment is left alone.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	(void)id;
	(void)value;
	(void)err;
	*(bool *)owner = true;
	return true;
}

/* No relay may have the queue meanwhile; a descriptor, or -1: *is_in_use, as
 * one has it, or *err says why not. */
static int
lock_queue(const char *path, bool *is_in_use, struct err *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	*is_in_use = false;
	if (fd < 0) {
		(void)err_at(err, path, 0, 0, "%s", strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	*is_in_use = errno == EWOULDBLOCK;
	(void)err_at(err, path, 0, 0, "the queue cannot be locked");
	(void)close(fd);
	return -1;
}

static bool
mid_of(const char *text, bool may_be_all, uint64_t *mid, struct err *err)
{
	*mid = 0;
	if (may_be_all && strcmp(text, "all") == 0)
		return true;
	return (slice_to_u64(slice_cstr(text), INT64_MAX / 32768, mid) &&
		   *mid > 0) ||
	    err_set(err,
		"faultpost-relay queue: %s is no MID; expected a "
		"number%s",
		text, may_be_all ? ", or all" : "");
}

static int
look(int argc, char **argv, bool as_json)
{
	bool is_show = strcmp(argv[0], "show") == 0;
	struct buf out = { 0 };
	struct err err;
	uint64_t mid = 0;
	bool ok;

	if (argc != (is_show ? 3 : 2))
		return cli_wrong_use(&program,
		    is_show ? "show: expected FILE and one MID"
			    : "list: expected FILE and no more");
	if (is_show && !mid_of(argv[2], false, &mid, &err))
		return cli_report(&err, CLI_USAGE);
	struct spool_tool *t = spool_tool_open(argv[1], false, &err);
	ok = t != NULL &&
	    (is_show ? spool_tool_show(t, mid, as_json, &out, &err)
		     : spool_tool_list(t, as_json, &out, &err));
	if (ok)
		(void)fwrite(buf_slice(&out).at, 1, buf_len(&out), stdout);
	buf_fini(&out);
	spool_tool_close(&t);
	return ok ? CLI_OK : cli_report(&err, CLI_USAGE);
}

/* ---- changing ---- */

/* Who carries a change out: the file, or the relay that has it. */
struct changer {
	const char *path;
	bool is_delete, as_json;
	struct spool_tool *tool; /* or NULL: */
	struct main_queue_relay *relay;
	bool is_trouble; /* it does not answer */
};

/* MID 0: all. */
static bool
change_one(struct changer *c, uint64_t mid, struct main_queue_change *done,
    struct err *err)
{
	*done = (struct main_queue_change){ 0 };
	if (c->tool == NULL) {
		bool ok =
		    main_queue_ask(c->relay, c->is_delete, mid, done, err);

		c->is_trouble = done->is_silent;
		return ok;
	}
	return c->is_delete
	    ? spool_tool_delete(c->tool, mid, &done->recipients, err)
	    : spool_tool_release(c->tool, mid, &done->recipients, err);
}

static void
tell_change(
    const struct changer *c, uint64_t mid, const struct main_queue_change *done)
{
	const char *what = c->is_delete ? "deleted" : "released";
	char which[24] = "all";

	if (mid != 0)
		(void)snprintf(
		    which, sizeof(which), "%llu", (unsigned long long)mid);
	if (c->as_json)
		printf("{\"mid\":%s%s%s,\"%s\":%llu,\"left_alone\":%llu}\n",
		    mid == 0 ? "\"" : "", which, mid == 0 ? "\"" : "", what,
		    (unsigned long long)done->recipients,
		    (unsigned long long)done->left_alone);
	else if (done->left_alone > 0)
		printf("%s: %llu %s, %llu being delivered\n", which,
		    (unsigned long long)done->recipients, what,
		    (unsigned long long)done->left_alone);
	else
		printf("%s: %llu %s\n", which,
		    (unsigned long long)done->recipients, what);
}

/* For each MID; the first that fails ends it. */
static bool
change_each(struct changer *c, int argc, char **argv, struct err *err)
{
	struct main_queue_change done;
	uint64_t mid;

	for (int i = 2; i < argc; i++) {
		if (!mid_of(argv[i], true, &mid, err) ||
		    !change_one(c, mid, &done, err))
			return false;
		tell_change(c, mid, &done);
	}
	return true;
}

/* No relay runs. */
static bool
change_file(struct changer *c, int argc, char **argv, struct err *err)
{
	bool ok;

	c->tool = spool_tool_open(c->path, true, err);
	ok = c->tool != NULL && change_each(c, argc, argv, err);
	spool_tool_close(&c->tool);
	return ok;
}

static bool
change_relay(struct changer *c, int argc, char **argv, struct err *err)
{
	bool ok;

	c->relay = main_queue_relay_new(c->path, err);
	ok = c->relay != NULL && change_each(c, argc, argv, err);
	main_queue_relay_destroy(&c->relay);
	return ok;
}

static int
change(int argc, char **argv, bool as_json)
{
	struct changer c = {
		.path = argv[1],
		.is_delete = strcmp(argv[0], "delete") == 0,
		.as_json = as_json,
	};
	struct err err;
	bool is_in_use, ok = false;
	int fd;

	if (argc < 3)
		return cli_wrong_use(
		    &program, "%s: expected FILE and a MID, or all", argv[0]);
	fd = lock_queue(c.path, &is_in_use, &err);
	if (fd >= 0) {
		ok = change_file(&c, argc, argv, &err);
		(void)close(fd);
	} else if (is_in_use) {
		ok = change_relay(&c, argc, argv, &err);
	}
	if (ok)
		return CLI_OK;
	return cli_report(&err, c.is_trouble ? CLI_TROUBLE : CLI_USAGE);
}

bool
main_queue_set_aside(
    const char *path, int64_t stamp, const struct err *why, struct err *aside)
{
	static const char *const parts[] = { "-wal", "-shm", "" };
	struct buf from = { 0 }, to = { 0 };
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_clear(&from);
		buf_clear(&to);
		buf_printf(&from, "%s%s", path, parts[i]);
		buf_printf(
		    &to, "%s.damaged-%lld%s", path, (long long)stamp, parts[i]);
		ok = rename(buf_cstr(&from), buf_cstr(&to)) == 0 ||
		    (parts[i][0] != '\0' && errno == ENOENT);
	}
	err_set(aside, "%s is now %s; %s", path, buf_cstr(&to), why->msg);
	buf_fini(&from);
	buf_fini(&to);
	return ok;
}

int
main_queue(int argc, char **argv)
{
	bool as_json = false;
	struct cli_operands operands;
	const char *word;

	if (!cli_parse(&program, argc, argv, on_option, &as_json, &operands))
		return operands.code;
	word = operands.at[0];
	if (strcmp(word, "list") == 0 || strcmp(word, "show") == 0)
		return look(operands.count, operands.at, as_json);
	if (strcmp(word, "release") == 0 || strcmp(word, "delete") == 0)
		return change(operands.count, operands.at, as_json);
	return cli_wrong_use(
	    &program, "expected %s, got \"%s\"", program.operands, word);
}

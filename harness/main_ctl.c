/* SPDX-License-Identifier: MIT */
/*
 * `faultpost ctl`: the words of the command line go to the relay's control
 * socket (relay/control.h says in what form), its text or its object comes
 * back.  The relay knows the commands; only files are this side's business:
 * those of `smtproutes import` and `export`.
 */
#include "harness/main.h"

#include "core/cli/cli.h"
#include "core/cli/output.h"
#include "core/world/world_ev.h"

#include <errno.h>
#include <jansson.h>

#define ANSWER_BYTES_MAX  ((size_t)256 << 20)
#define PAYLOAD_BYTES_MAX ((size_t)8 << 20)
#define PATIENCE          (60 * UTIME_S)

struct ctl {
	const char *socket; /* or NULL */
	bool json;
	struct world *world;   /* owned */
	struct stream *stream; /* owned */
	struct timer patience;
	struct buf input;
	bool is_answered;
	struct err err; /* why there is no answer */
};

enum {
	OPTION_SOCKET = 1000,
	OPTION_JSON
};
static const struct cli_option options[] = {
	{ OPTION_SOCKET, 's', "socket", "FILE",
	    "The relay's control socket (or FAULTPOST_CONTROL)." },
	{ OPTION_JSON, 0, "json", NULL, "Print the answer as a JSON object." },
};
static const struct cli_program program = {
	.name = "faultpost ctl",
	.usage = "[OPTION]... COMMAND [WORD]...",
	.summary = "Gives a running faultpost-relay an operator's command.",
	CLI_OPTIONS(options),
	.more =
	    "Commands:\n"
	    "  status [detail]           Counters and gauges of the relay.\n"
	    "  hoststatus DOMAIN         A destination: up or down, and why.\n"
	    "  tophosts [ORDER]          The busiest destinations.\n"
	    "  resetcounters             Begin the column \"Reset\" anew.\n"
	    "  metrics                   The same for Prometheus.\n"
	    "  delivernow all|DOMAIN     Do not wait for the next retry.\n"
	    "  suspenddel [SECONDS]      No deliveries; cut those that last.\n"
	    "  resumedel                 Deliveries again.\n"
	    "  suspendlistener [NAME]    No new mail; clients get 421.\n"
	    "  resumelistener [NAME]     New mail again.\n"
	    "  suspend [SECONDS]         Both; resume ends both.\n"
	    "  showrecipients WHICH      Who waits, and why.\n"
	    "  deleterecipients WHICH    End them without a word.\n"
	    "  bouncerecipients WHICH    Bounce them.\n"
	    "  redirectrecipients HOST WHICH  Deliver them there instead.\n"
	    "  showmessage MID           A message's content.\n"
	    "  oldmessage                The oldest message's header.\n"
	    "  removemessage MID         End all of its recipients.\n"
	    "  smtproutes print|import FILE|export FILE|clear\n"
	    "  smtproutes new DOMAIN HOST...|delete DOMAIN\n"
	    "                            The routes table, until a reload.\n"
	    "  destconfig print          The destination controls.\n"
	    "\n"
	    "WHICH is all, host DOMAIN or sender ADDRESS.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct ctl *ctl = owner;

	(void)err;
	if (id == OPTION_SOCKET)
		ctl->socket = value;
	else
		ctl->json = true;
	return true;
}

/* ---- the dialogue ---- */

static void
finish(struct ctl *ctl)
{
	timer_stop(ctl->world, &ctl->patience);
	stream_close(ctl->stream);
	ctl->stream = NULL;
	world_stop(ctl->world);
}

static void
on_connected(void *owner)
{
	(void)owner;
}

static void
on_input(void *owner, struct slice bytes)
{
	struct ctl *ctl = owner;
	size_t end;

	buf_append(&ctl->input, bytes);
	end = slice_find_byte(bytes, '\n');
	if (end < bytes.len) {
		ctl->is_answered = true;
		finish(ctl);
	} else if (buf_len(&ctl->input) > ANSWER_BYTES_MAX) {
		(void)err_set(&ctl->err, "the relay's answer does not end");
		finish(ctl);
	}
}

static void
on_drained(void *owner)
{
	(void)owner;
}

static void
on_eof(void *owner)
{
	struct ctl *ctl = owner;

	(void)err_at(&ctl->err, ctl->socket, 0, 0,
	    "the relay closed the connection without an answer");
	finish(ctl);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct ctl *ctl = owner;

	if (why == NET_REFUSED)
		(void)err_at(&ctl->err, ctl->socket, 0, 0,
		    "no relay listens on this socket");
	else
		(void)err_at(&ctl->err, ctl->socket, 0, 0,
		    "cannot talk to the relay; expected the socket that its "
		    "configuration calls \"control\"");
	finish(ctl);
}

static void
on_patience(struct timer *t)
{
	struct ctl *ctl = CONTAINER_OF(t, struct ctl, patience);

	(void)err_at(&ctl->err, ctl->socket, 0, 0, "the relay does not answer");
	finish(ctl);
}

static const struct stream_handler handler = {
	.on_connected = on_connected,
	.on_input = on_input,
	.on_drained = on_drained,
	.on_eof = on_eof,
	.on_failure = on_failure,
};

/* Sends the request and awaits the line of the answer. */
static bool
ask_relay(struct ctl *ctl, const char *request, struct err *err)
{
	const struct ev_options world = { .time_scale = 1,
		.start = UTIME_NEVER };
	bool ok;

	ctl->world = world_ev_new(&world, err);
	if (ctl->world == NULL)
		return false;
	ctl->patience.fire = on_patience;
	timer_set(ctl->world, &ctl->patience,
	    utime_add(world_now(ctl->world), PATIENCE));
	ctl->stream =
	    world_connect_local(ctl->world, ctl->socket, &handler, ctl);
	stream_write(ctl->stream, slice_cstr(request));
	stream_write(ctl->stream, SLICE("\n"));
	ok = world_run(ctl->world, err);
	world_destroy(&ctl->world);
	if (ok && !ctl->is_answered)
		*err = ctl->err;
	return ok && ctl->is_answered;
}

/* ---- request and answer ---- */

/* The command line as a request; the caller frees it.  NULL with *err set. */
static char *
make_request(char **words, struct err *err)
{
	json_t *list = json_array(), *request = json_object();
	bool imports = words[0] != NULL && words[1] != NULL &&
	    strcmp(words[0], "smtproutes") == 0 &&
	    strcmp(words[1], "import") == 0 && words[2] != NULL;
	char *payload = NULL, *text = NULL;
	size_t len = 0;
	bool ok = true;

	json_object_set_new(request, "command", list);
	for (size_t i = 0; ok && words[i] != NULL; i++)
		ok = json_array_append_new(list, json_string(words[i])) == 0;
	if (!ok)
		(void)err_set(err, "the command is no UTF-8");
	if (ok && imports) {
		payload = cli_read_file(words[2], PAYLOAD_BYTES_MAX, &len, err);
		ok = payload != NULL;
	}
	if (ok && imports &&
	    json_object_set_new(
		request, "payload", json_stringn(payload, len)) != 0)
		ok = err_at(err, words[2], 0, 0, "the file is no UTF-8");
	if (ok)
		text = json_dumps(request, JSON_COMPACT);
	free(payload);
	json_decref(request);
	return text;
}

/* Writes what `smtproutes export FILE` gave. */
static bool
write_export(const char *path, const json_t *text, struct err *err)
{
	struct cli_output out = { .option = "export", .path = path };

	if (!cli_output_open(&out, err) || !cli_output_begin(&out, err))
		return false;
	fwrite(json_string_value(text), 1, json_string_length(text), out.file);
	if (!cli_output_close(&out, err))
		return false;
	printf("Routes exported to %s.\n", path);
	return true;
}

/* Prints what the relay said; the value is the exit code. */
static int
print_result(const struct ctl *ctl, const json_t *answer, const char *path)
{
	const json_t *text = json_object_get(answer, "text");
	struct err err;

	if (path != NULL) {
		if (!write_export(path, text, &err))
			return cli_report(&err, CLI_USAGE);
	} else if (ctl->json) {
		(void)json_dumpf(json_object_get(answer, "result"), stdout,
		    JSON_INDENT(2) | JSON_ENCODE_ANY);
		fputc('\n', stdout);
	} else {
		fwrite(json_string_value(text), 1, json_string_length(text),
		    stdout);
	}
	return CLI_OK;
}

/* Reads the answer and prints it; the value is the exit code. */
static int
print_answer(const struct ctl *ctl, const char *path)
{
	struct slice line = buf_slice(&ctl->input);
	json_t *answer = json_loadb(
	    line.at, slice_find_byte(line, '\n'), JSON_REJECT_DUPLICATES, NULL);
	const json_t *why = json_object_get(answer, "error");
	struct err err;
	int code;

	if (json_is_true(json_object_get(answer, "ok"))) {
		code = print_result(ctl, answer, path);
	} else {
		(void)err_set(&err, "faultpost ctl: %s",
		    json_is_string(why) ? json_string_value(why)
					: "the answer is none");
		code = cli_report(&err, CLI_USAGE);
	}
	json_decref(answer);
	return code;
}

/* The file that `smtproutes export FILE` is to write, or NULL. */
static const char *
export_path(char **words)
{
	return strcmp(words[0], "smtproutes") == 0 && words[1] != NULL &&
		strcmp(words[1], "export") == 0
	    ? words[2]
	    : NULL;
}

static int
give_command(struct ctl *ctl, char **words)
{
	struct err err;
	char *request = make_request(words, &err);
	int code;

	if (request == NULL)
		return cli_report(&err, CLI_USAGE);
	if (ask_relay(ctl, request, &err))
		code = print_answer(ctl, export_path(words));
	else
		code = cli_report(&err, CLI_TROUBLE);
	free(request);
	buf_fini(&ctl->input);
	return code;
}

int
command_ctl(int argc, char **argv)
{
	struct ctl ctl = { .socket = getenv("FAULTPOST_CONTROL") };
	int first;

	switch (cli_parse(&program, argc, argv, on_option, &ctl, &first)) {
	case CLI_TOLD:
		return CLI_OK;
	case CLI_WRONG:
		return CLI_USAGE;
	case CLI_GO:
		break;
	}
	if (first == argc || ctl.socket == NULL) {
		fprintf(stderr,
		    "faultpost ctl: which %s? see faultpost ctl --help\n",
		    first == argc ? "command" : "control socket (-s)");
		return CLI_USAGE;
	}
	return give_command(&ctl, argv + first);
}

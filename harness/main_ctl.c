/* SPDX-License-Identifier: MIT */
/*
 * `faultpost ctl`: the words of the command line go to the relay's control
 * socket (relay/operate/control.h says in what form), its text or its object
 * comes back.  The relay knows the commands; only files are this side's
 * business: those of `smtproutes import` and `export`.
 */
#include "harness/main.h"

#include "core/cli/cli.h"
#include "core/cli/output.h"
#include "core/control/ask.h"
#include "core/world/world_ev.h"

#define PAYLOAD_BYTES_MAX ((size_t)8 << 20)

struct ctl {
	const char *socket; /* or NULL */
	bool json;
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
	CLI_OPERANDS(1, CLI_MANY, "a command"),
	.summary = "Gives a running faultpost-relay an operator's command.",
	CLI_OPTIONS(options),
	.more =
	    "Commands:\n"
	    "  status [detail]           Counters and gauges of the relay.\n"
	    "  hoststatus DOMAIN         A destination: up or down, and why.\n"
	    "  tophosts [ORDER]          The busiest destinations.\n"
	    "  resetcounters             Begin the column \"Reset\" anew.\n"
	    "  metrics                   The same for Prometheus.\n"
	    "  delivernow all|DOMAIN|mid MID  Do not wait for the next retry.\n"
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

/* ---- request and answer ---- */

/* Adds the file that `smtproutes import` names. */
static bool
add_payload(json_t *request, const char *path, struct err *err)
{
	size_t len = 0;
	char *text = cli_read_file(path, PAYLOAD_BYTES_MAX, &len, err);
	bool ok = text != NULL;

	if (ok &&
	    json_object_set_new(request, "payload", json_stringn(text, len)) !=
		0)
		ok = err_at(err, path, 0, 0, "the file is no UTF-8");
	free(text);
	return ok;
}

/* The command line as a request; the caller frees it.  NULL with *err set. */
static json_t *
make_request(char **words, struct err *err)
{
	bool imports = words[0] != NULL && words[1] != NULL &&
	    strcmp(words[0], "smtproutes") == 0 &&
	    strcmp(words[1], "import") == 0 && words[2] != NULL;
	json_t *request = control_request((const char *const *)words, err);

	if (request != NULL && imports &&
	    !add_payload(request, words[2], err)) {
		json_decref(request);
		return NULL;
	}
	return request;
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

/* The file that `smtproutes export FILE` is to write, or NULL. */
static const char *
export_path(char **words)
{
	return strcmp(words[0], "smtproutes") == 0 && words[1] != NULL &&
		strcmp(words[1], "export") == 0
	    ? words[2]
	    : NULL;
}

/* Asks the relay; the value is the exit code. */
static int
ask_relay(const struct ctl *ctl, const json_t *request, const char *path)
{
	const struct ev_options world = { .time_scale = 1,
		.start = UTIME_NEVER };
	json_t *answer = NULL;
	struct err err;
	struct world *w = world_ev_new(&world, &err);
	int code = CLI_TROUBLE;

	if (w == NULL)
		return cli_report(&err, CLI_TROUBLE);
	switch (control_ask(w, ctl->socket, request, &answer, &err)) {
	case CONTROL_ANSWERED:
		code = print_result(ctl, answer, path);
		break;
	case CONTROL_REFUSED:
		err_prefix(&err, "faultpost ctl: ");
		code = cli_report(&err, CLI_USAGE);
		break;
	case CONTROL_SILENT:
		code = cli_report(&err, CLI_TROUBLE);
		break;
	}
	json_decref(answer);
	world_destroy(&w);
	return code;
}

static int
give_command(const struct ctl *ctl, char **words)
{
	struct err err;
	json_t *request = make_request(words, &err);
	int code;

	if (request == NULL)
		return cli_report(&err, CLI_USAGE);
	code = ask_relay(ctl, request, export_path(words));
	json_decref(request);
	return code;
}

int
command_ctl(int argc, char **argv)
{
	struct ctl ctl = { .socket = getenv("FAULTPOST_CONTROL") };
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, &ctl, &operands))
		return operands.code;
	if (ctl.socket == NULL)
		return cli_wrong_use(
		    &program, "expected -s, the relay's control socket");
	return give_command(&ctl, operands.at);
}

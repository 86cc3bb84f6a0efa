/* SPDX-License-Identifier: MIT */
/*
 * faultpost-mock: the hosts of a scenario as a daemon in the foreground.  A
 * host whose address is not of this machine's loopback is served from a
 * loopback port instead, and a table says which; SIGTERM and SIGINT end it.
 */
#include "core/cli/cli.h"
#include "core/cli/file.h"
#include "core/world/world_ev.h"
#include "mockserver/main_admin.h"
#include "mockserver/main_dns.h"
#include "mockserver/main_log.h"
#include "mockserver/main_place.h"
#include "mockserver/main_scenario.h"
#include "mockserver/main_scenarios.h"
#include "mockserver/main_sink.h"
#include "mockserver/main_transcript.h"
#include "mockserver/mock_places.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

struct daemon {
	const char *port_path, *authority_path; /* or NULL */
	struct placing placing;
	bool only_check, is_strict;
	int ready_fd;

	struct scenarios scenarios;
	struct world *world;
	struct mock *mock;
	struct transcript_file transcript;
	struct naming naming;
	struct watching watching;
};

enum {
	OPTION_TRANSCRIPT = 1000,
	OPTION_TRANSCRIPT_BYTES,
	OPTION_MAP,
	OPTION_BASE_PORT,
	OPTION_BIND,
	OPTION_BIND_REAL,
	OPTION_PORT_FILE,
	OPTION_AUTHORITY_FILE,
	OPTION_SEED,
	OPTION_PROFILES,
	OPTION_STRICT,
	OPTION_CHECK,
	OPTION_READY_FD,
	OPTION_DNS,
	OPTION_ADMIN,
	OPTION_TOKEN_FILE,
	OPTION_KEEP,
	OPTION_MAILDIR,
	OPTION_FORMAT
};

static const struct cli_option options[] = {
	{ OPTION_TRANSCRIPT, 't', "transcript", "FILE",
	    "Write the transcript (JSON Lines, - is stdout)." },
	{ OPTION_TRANSCRIPT_BYTES, 0, "transcript-bytes", "N",
	    "Show so much of each message's content in it (all)." },
	{ OPTION_MAP, 'm', "map", "FROM=TO",
	    "Serve FROM (10.1.1.11:25) at TO (127.0.0.1:2511)." },
	{ OPTION_BASE_PORT, 'p', "base-port", "N",
	    "Serve addresses at ports N, N + 1 ... (0: free)." },
	{ OPTION_BIND, 0, "bind", "ADDRESS",
	    "The address of those ports (127.0.0.1)." },
	{ OPTION_BIND_REAL, 0, "bind-real", NULL,
	    "Bind the scenario's own addresses, for all to reach." },
	{ OPTION_PORT_FILE, 0, "port-file", "FILE",
	    "Write where each host is served (JSON)." },
	{ OPTION_AUTHORITY_FILE, 0, "authority-file", "PEM",
	    "Write the certificate to trust for STARTTLS." },
	{ OPTION_SEED, 's', "seed", "N", "Instead of the scenario's seed." },
	{ OPTION_PROFILES, 0, "profiles", "FOLDER",
	    "Look there first for the profiles that hosts name." },
	{ OPTION_STRICT, 0, "strict", NULL,
	    "End with 1 when a rule has never acted." },
	{ OPTION_CHECK, 'n', "check", NULL, "Only read the scenario." },
	{ OPTION_READY_FD, 0, "ready-fd", "N",
	    "Write a line to this descriptor when listening." },
	{ OPTION_DNS, 0, "dns", "PORT",
	    "Serve the scenario's names, UDP and TCP (0: free)." },
	{ OPTION_ADMIN, 'a', "admin", "PORT",
	    "Serve the admin API there, or at ADDRESS:PORT." },
	{ OPTION_TOKEN_FILE, 0, "token-file", "FILE",
	    "Who uses the API must know the token in FILE." },
	{ OPTION_KEEP, 0, "keep", "N,BYTES",
	    "Keep so many messages for the API (1000,67108864)." },
	{ OPTION_MAILDIR, 0, "maildir", "FOLDER",
	    "Deliver what hosts accept to this maildir, too." },
	{ OPTION_FORMAT, 0, "format", "FORMAT",
	    "What it says: \"human\" (the default) or \"json\"." },
};
static const struct cli_program program = {
	.name = "faultpost-mock",
	.usage = "[OPTION]... SCENARIO, or --sink [OPTION]...",
	CLI_OPERANDS(1, 1, "one scenario"),
	.summary =
	    "Serves a scenario until SIGTERM; SIGHUP: reads it again; SIGUSR1: unused rules.",
	CLI_OPTIONS(options),
};

/* ---- options ---- */

static bool
set_format(const char *value, struct err *err)
{
	main_log_set_json(strcmp(value, "json") == 0);
	return main_log_is_json() || strcmp(value, "human") == 0 ||
	    err_set(err, "--format %s is wrong; expected \"human\" or \"json\"",
		value);
}

static bool
on_watching_option(
    struct watching *x, int id, const char *value, struct err *err)
{
	switch (id) {
	case OPTION_ADMIN:
		return watching_read_at(x, value, err);
	case OPTION_TOKEN_FILE:
		x->token_path = value;
		return true;
	case OPTION_KEEP:
		return watching_read_keep(x, value, err);
	case OPTION_MAILDIR:
		x->maildir_path = value;
		return true;
	}
	return true;
}

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct daemon *d = owner;

	switch (id) {
	case OPTION_TRANSCRIPT:
		d->transcript.path = value;
		return true;
	case OPTION_TRANSCRIPT_BYTES:
		return transcript_file_read_bytes(&d->transcript, value, err);
	case OPTION_MAP:
		return placing_add_map(&d->placing, value, err);
	case OPTION_BASE_PORT:
		d->placing.has_base_port = true;
		return cli_number(
		    "base-port", value, 0, 65535, &d->placing.base_port, err);
	case OPTION_BIND:
		return placing_set_bind(&d->placing, value, err);
	case OPTION_BIND_REAL:
		d->placing.bind_real = true;
		return true;
	case OPTION_PORT_FILE:
		d->port_path = value;
		return true;
	case OPTION_AUTHORITY_FILE:
		d->authority_path = value;
		return true;
	case OPTION_SEED:
		d->scenarios.has_seed = true;
		return cli_number(
		    "seed", value, 0, INT64_MAX, &d->scenarios.seed, err);
	case OPTION_PROFILES:
		d->scenarios.profiles = value;
		return true;
	case OPTION_STRICT:
		d->is_strict = true;
		return true;
	case OPTION_CHECK:
		d->only_check = true;
		return true;
	case OPTION_DNS:
		return naming_read_at(&d->naming, value, &d->placing, err);
	case OPTION_READY_FD:
		return cli_descriptor("ready-fd", value, &d->ready_fd, err);
	case OPTION_FORMAT:
		return set_format(value, err);
	default:
		return on_watching_option(&d->watching, id, value, err);
	}
}

/* ---- where hosts are served ---- */

static struct mock_services
services_of(const struct daemon *d)
{
	return (struct mock_services){
		.dns = naming_local(&d->naming),
		.admin = watching_local(&d->watching),
	};
}

static bool
write_port_file(const struct daemon *d, struct err *err)
{
	const struct mock_services services = services_of(d);
	struct buf text = { 0 };
	bool ok;

	if (d->port_path == NULL)
		return true;
	mock_places_format_json(
	    d->mock, &d->scenarios.now->hosts, &services, &text);
	ok = cli_write_file(d->port_path, buf_slice(&text), err);
	buf_fini(&text);
	return ok;
}

static bool
write_authority_file(const struct daemon *d, struct err *err)
{
	if (d->authority_path == NULL)
		return true;
	if (mock_authority(d->mock).len == 0)
		return err_set(err,
		    "--authority-file: no host of the scenario offers TLS");
	return cli_write_file(d->authority_path, mock_authority(d->mock), err);
}

/* The same as lines of the log. */
static void
say_places(const struct daemon *d)
{
	const struct mock_services services = services_of(d);
	struct buf text = { 0 };
	json_t *list;

	mock_places_format_json(
	    d->mock, &d->scenarios.now->hosts, &services, &text);
	list = json_loadb(buf_slice(&text).at, buf_len(&text), 0, NULL);
	for (size_t i = 0; i < json_array_size(list); i++)
		main_say_more("place", json_incref(json_array_get(list, i)),
		    "an address is served");
	json_decref(list);
	buf_fini(&text);
}

static bool
print_places(const struct daemon *d, struct err *err)
{
	const struct mock_services services = services_of(d);
	struct buf text = { 0 };
	bool ok;
	const int fd =
	    d->transcript.fd == STDOUT_FILENO ? STDERR_FILENO : STDOUT_FILENO;

	if (main_log_is_json()) {
		say_places(d);
		return true;
	}
	mock_places_format(d->mock, &d->scenarios.now->hosts, &services, &text);
	ok = cli_write_all(fd, buf_slice(&text)) ||
	    err_at(err, "standard output", 0, 0, "it could not be written: %s",
		strerror(errno));
	buf_fini(&text);
	return ok;
}

/* ---- running ---- */

static bool
change_scenario(struct daemon *d, struct mock_change *change, struct err *err)
{
	const struct mock_hosts *before = d->placing.hosts;

	if (!scenarios_read(&d->scenarios, err))
		return false;
	if (!placing_check(&d->placing, &d->scenarios.next->hosts, err) ||
	    !scenarios_change(&d->scenarios, d->mock, change, err)) {
		d->placing.hosts = before;
		return false;
	}
	world_ev_set_zone(d->world, d->scenarios.now->zone);
	if (d->naming.server != NULL)
		mock_dns_set_zone(d->naming.server, d->scenarios.now->zone);
	watching_set_scenario(&d->watching, &d->scenarios.now->doc);
	return true;
}

/* A file with a mistake changes nothing. */
static void
reload(struct daemon *d)
{
	struct mock_change c;
	struct err err;

	if (!change_scenario(d, &c, &err)) {
		main_report(&err, CLI_USAGE);
		return;
	}
	if (!write_port_file(d, &err) ||
	    (mock_authority(d->mock).len > 0 && !write_authority_file(d, &err)))
		main_report(&err, CLI_TROUBLE);
	main_say_more("reloaded",
	    json_pack("{s:I, s:I, s:I, s:I}", "added", (json_int_t)c.added,
		"removed", (json_int_t)c.removed, "changed",
		(json_int_t)c.changed, "same", (json_int_t)c.same),
	    "%s: note: read again: %zu hosts added, %zu removed, %zu changed, "
	    "%zu the same",
	    d->scenarios.path, c.added, c.removed, c.changed, c.same);
}

static void
on_signal(void *owner, int signo)
{
	struct daemon *d = owner;

	if (signo == SIGHUP)
		reload(d);
	else if (signo == SIGUSR1)
		(void)main_scenario_tell(d->scenarios.now, d->mock);
	else
		world_stop(d->world);
}

static void
on_event(void *owner, const struct transcript_event *ev)
{
	struct daemon *d = owner;

	transcript_file_add(&d->transcript, ev);
	if (d->watching.admin != NULL)
		admin_tell(d->watching.admin, ev);
}

static bool
open_world(struct daemon *d, struct err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0 };
	const struct ev_options world = {
		.time_scale = 1,
		.start = UTIME_NEVER,
		.zone = d->scenarios.now->zone,
	};

	if (!transcript_file_open(&d->transcript, err))
		return false;
	d->world = world_ev_new(&world, err);
	if (d->world == NULL)
		return false;
	world_ev_signals(d->world, signals, on_signal, d);
	transcript_file_begin(&d->transcript, d->world);
	d->watching.transcript = &d->transcript;
	return watching_begin(&d->watching, d->world, err);
}

static bool
open_mock(struct daemon *d, struct err *err)
{
	const struct mock_options mock = {
		.seed = d->scenarios.now->seed,
		.zone = d->scenarios.now->zone,
		.keys = TLS_KEY_P256, /* which all clients know */
		.capture = d->watching.capture,
		.place = placing_place,
		.owner = &d->placing,
	};
	const struct transcript_sink sink =
	    transcript_file_sink(&d->transcript, on_event, d);
	const bool is_watched = d->transcript.fd >= 0 || d->watching.has_admin;

	d->mock = mock_new(d->world, &d->scenarios.now->hosts, &mock,
	    is_watched ? &sink : NULL, err);
	return d->mock != NULL &&
	    naming_serve(&d->naming, d->world, d->scenarios.now->zone, err) &&
	    watching_serve(
		&d->watching, d->mock, &d->scenarios.now->doc, err) &&
	    write_port_file(d, err) && write_authority_file(d, err) &&
	    print_places(d, err);
}

static bool
has_failed(const struct daemon *d)
{
	return d->transcript.has_failed || d->watching.has_failed;
}

static int
serve(struct daemon *d)
{
	struct err err;
	bool ok, has_acted;

	cli_begin_daemon();
	if (!open_world(d, &err) || !open_mock(d, &err))
		return main_report(&err, CLI_TROUBLE);
	world_ev_ready(d->ready_fd, getenv("NOTIFY_SOCKET"));
	ok = world_run(d->world, &err) ||
	    (main_report(&err, CLI_TROUBLE), false);
	has_acted = main_scenario_tell(d->scenarios.now, d->mock);
	if (!ok || has_failed(d))
		return CLI_TROUBLE;
	return has_acted || !d->is_strict ? CLI_OK : CLI_FAILED;
}

static int
daemon_fini(struct daemon *d, int code)
{
	watching_stop(&d->watching);
	naming_stop(&d->naming);
	mock_destroy(&d->mock);
	transcript_file_close(&d->transcript);
	if (d->world != NULL)
		world_destroy(&d->world);
	watching_fini(&d->watching);
	scenarios_fini(&d->scenarios);
	return has_failed(d) ? CLI_TROUBLE : code;
}

static int
run(struct daemon *d, int argc, char **argv)
{
	struct err err;
	struct cli_operands operands;

	if (!cli_parse(&program, argc, argv, on_option, d, &operands))
		return operands.code;
	d->scenarios.path = operands.at[0];
	if (!watching_check(&d->watching, &err) ||
	    !scenarios_read(&d->scenarios, &err) ||
	    !placing_check(&d->placing, &d->scenarios.next->hosts, &err))
		return main_report(&err, CLI_USAGE);
	scenarios_begin(&d->scenarios);
	if (!d->only_check)
		return serve(d);
	return print_places(d, &err) ? CLI_OK : main_report(&err, CLI_TROUBLE);
}

int
main(int argc, char **argv)
{
	static struct daemon d = {
		.placing = { .bind = { 4, { 127, 0, 0, 1 } } },
		.ready_fd = -1,
		.transcript = { .fd = -1 },
		.watching = { .keep = 1000, .keep_bytes = 67108864 },
	};

	cli_begin();
	if (argc > 1 && strcmp(argv[1], "--sink") == 0)
		return cli_end(sink_main(argc - 1, argv + 1));
	return cli_end(daemon_fini(&d, run(&d, argc, argv)));
}

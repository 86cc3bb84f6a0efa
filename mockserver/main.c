/* SPDX-License-Identifier: MIT */
/*
 * faultpost-mock: the hosts of a scenario as a daemon in the foreground.  A
 * host whose address is not of this machine's loopback is served from a
 * loopback port instead, and a table says which; SIGTERM and SIGINT end it.
 */
#include "core/cli/cli.h"
#include "core/cli/file.h"
#include "core/world/world_ev.h"
#include "mockserver/mock.h"
#include "mockserver/mock_places.h"
#include "mockserver/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define TRANSCRIPT_BUFFER_BYTES 65536
#define MAPS_MAX                1000

/* A --map: where an endpoint of the scenario is really bound. */
struct map_entry {
	struct endpoint from, to;
};

struct daemon {
	const char *transcript_path, *port_path, *authority_path; /* or NULL */
	struct map_entry maps[MAPS_MAX];
	size_t map_count;
	struct ip_address bind;
	uint64_t base_port; /* 0: free ports */
	uint64_t seed;
	bool has_seed, bind_real, only_check;
	int ready_fd;

	struct mock_scenario scenario;
	struct world *world;
	struct mock *mock;
	struct buf transcript; /* lines of this moment */
	struct timer flush;    /* writes them */
	int transcript_fd;     /* -1: none */
	bool has_failed;
};

enum {
	OPTION_TRANSCRIPT = 1000,
	OPTION_MAP,
	OPTION_BASE_PORT,
	OPTION_BIND,
	OPTION_BIND_REAL,
	OPTION_PORT_FILE,
	OPTION_AUTHORITY_FILE,
	OPTION_SEED,
	OPTION_CHECK,
	OPTION_READY_FD
};

static const struct cli_option options[] = {
	{ OPTION_TRANSCRIPT, 't', "transcript", "FILE",
	    "Write the transcript (JSON Lines, - is stdout)." },
	{ OPTION_MAP, 'm', "map", "FROM=TO",
	    "Serve FROM (10.1.1.11:25) at TO (127.0.0.1:2511)." },
	{ OPTION_BASE_PORT, 'p', "base-port", "N",
	    "Serve the scenario's addresses at ports N, N + 1 ..." },
	{ OPTION_BIND, 0, "bind", "ADDRESS",
	    "The address of those ports (127.0.0.1)." },
	{ OPTION_BIND_REAL, 0, "bind-real", NULL,
	    "Bind the scenario's own addresses, for all to reach." },
	{ OPTION_PORT_FILE, 0, "port-file", "FILE",
	    "Write where each host is served (JSON)." },
	{ OPTION_AUTHORITY_FILE, 0, "authority-file", "FILE",
	    "Write the certificate to trust for STARTTLS (PEM)." },
	{ OPTION_SEED, 's', "seed", "N", "Instead of the scenario's seed." },
	{ OPTION_CHECK, 'n', "check", NULL, "Only read the scenario." },
	{ OPTION_READY_FD, 0, "ready-fd", "N",
	    "Write a line to this descriptor when listening." },
};
static const struct cli_program program = {
	.name = "faultpost-mock",
	.usage = "[OPTION]... SCENARIO",
	.summary = "Serves the hosts of a scenario over TCP.",
	CLI_OPTIONS(options),
	.more =
	    "Loopback addresses of the scenario are bound as they are, others are served\n"
	    "from ports of 127.0.0.1, free ones unless told otherwise.\n"
	    "SIGTERM and SIGINT end it and tell which rules never acted.\n"
	    "Exit codes: 0 ended in order, 2 the input is wrong,\n"
	    "3 the program or the machine failed.\n",
};

/* ---- options ---- */

static bool
check_bindable(const struct daemon *d, const struct ip_address *ip,
    const char *option, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (d->bind_real || ip_is_loopback(ip))
		return true;
	return err_set(err,
	    "--%s %s can be reached from elsewhere; expected an address such "
	    "as 127.0.0.1, or --bind-real before it",
	    option, ip_format(ip, text));
}

static bool
map_add_option(struct daemon *d, const char *value, struct err *err)
{
	struct slice rest = slice_cstr(value), from;
	struct map_entry *m = &d->maps[d->map_count];

	slice_split(&rest, '=', &from);
	if (!endpoint_parse(from, 25, &m->from) ||
	    !endpoint_parse(rest, -1, &m->to))
		return err_set(err,
		    "--map %s is wrong; expected one as "
		    "10.1.1.11:25=127.0.0.1:2511",
		    value);
	if (d->map_count + 1 == MAPS_MAX)
		return err_set(err, "--map is given too often");
	d->map_count++;
	return check_bindable(d, &m->to.ip, "map", err);
}

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct daemon *d = owner;

	switch (id) {
	case OPTION_TRANSCRIPT:
		d->transcript_path = value;
		return true;
	case OPTION_MAP:
		return map_add_option(d, value, err);
	case OPTION_BASE_PORT:
		return cli_number(
		    "base-port", value, 1, 65535, &d->base_port, err);
	case OPTION_BIND:
		if (!ip_parse(slice_cstr(value), &d->bind))
			return err_set(
			    err, "--bind %s is no IP address", value);
		return check_bindable(d, &d->bind, "bind", err);
	case OPTION_BIND_REAL:
		d->bind_real = true;
		return true;
	case OPTION_PORT_FILE:
		d->port_path = value;
		return true;
	case OPTION_AUTHORITY_FILE:
		d->authority_path = value;
		return true;
	case OPTION_SEED:
		d->has_seed = true;
		return cli_number("seed", value, 0, INT64_MAX, &d->seed, err);
	case OPTION_CHECK:
		d->only_check = true;
		return true;
	case OPTION_READY_FD:
		return cli_descriptor("ready-fd", value, &d->ready_fd, err);
	}
	return true;
}

/* ---- the scenario ---- */

/* What TCP cannot do without a network of its own. */
static bool
check_states(const struct daemon *d, struct err *err)
{
	const struct mock_hosts *hosts = &d->scenario.hosts;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *h = &hosts->at[i];
		struct json_at host, state;

		if (h->state == MOCK_HOST_UP || h->state == MOCK_HOST_REFUSE)
			continue;
		host = json_at_pointer(&d->scenario.doc, h->pointer);
		state = json_at_key(&host, "state");
		return json_fail(&state, err,
		    "\"%s\" is the network's doing, which a listening process "
		    "cannot imitate; expected \"up\" or \"refuse\"",
		    mock_host_state_name(h->state));
	}
	return true;
}

static bool
read_scenario(struct daemon *d, const char *path, struct err *err)
{
	size_t len;
	char *text = cli_read_file(path, JSON_TEXT_MAX, &len, err);
	bool ok = text != NULL &&
	    mock_scenario_parse(&d->scenario, path, slice_of(text, len), err) &&
	    check_states(d, err);

	free(text);
	if (ok && d->has_seed)
		d->scenario.seed = d->seed;
	return ok;
}

/* ---- where hosts are served ---- */

/* Which address of the scenario it is, counted over all hosts. */
static size_t
endpoint_number(const struct mock_hosts *hosts, const struct endpoint *at)
{
	size_t n = 0;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *h = &hosts->at[i];

		for (size_t j = 0; j < h->addresses.count; j++, n++)
			if (h->port == at->port &&
			    ip_equal(&h->addresses.at[j], &at->ip))
				return n;
	}
	return n;
}

static struct endpoint
place(void *owner, const struct endpoint *at)
{
	const struct daemon *d = owner;
	struct endpoint real = { d->bind, 0 };

	for (size_t i = 0; i < d->map_count; i++)
		if (endpoint_equal(&d->maps[i].from, at))
			return d->maps[i].to;
	if (d->bind_real || ip_is_loopback(&at->ip))
		return *at;
	if (d->base_port != 0)
		real.port = (uint16_t)(d->base_port +
		    endpoint_number(&d->scenario.hosts, at));
	return real;
}

/* A map from nowhere would be a slip that nobody notices. */
static bool
check_maps(const struct daemon *d, struct err *err)
{
	const struct mock_hosts *hosts = &d->scenario.hosts;
	const struct endpoint nowhere = { { 0 }, 0 };
	const size_t none = endpoint_number(hosts, &nowhere);
	char from[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < d->map_count; i++)
		if (endpoint_number(hosts, &d->maps[i].from) == none)
			return err_set(err,
			    "--map %s: no host of the scenario has this "
			    "address and port",
			    endpoint_format(&d->maps[i].from, from));
	return true;
}

static bool
check_ports(const struct daemon *d, struct err *err)
{
	const struct endpoint nowhere = { { 0 }, 0 };
	const size_t count = endpoint_number(&d->scenario.hosts, &nowhere);

	if (d->base_port + count <= 65536)
		return true;
	return err_set(err,
	    "--base-port %llu leaves no room for %zu addresses below 65536",
	    (unsigned long long)d->base_port, count);
}

static bool
write_port_file(const struct daemon *d, struct err *err)
{
	struct buf text = { 0 };
	bool ok;

	if (d->port_path == NULL)
		return true;
	mock_places_format_json(d->mock, &d->scenario.hosts, &text);
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

static bool
print_places(const struct daemon *d, struct err *err)
{
	struct buf text = { 0 };
	bool ok;
	const int fd =
	    d->transcript_fd == STDOUT_FILENO ? STDERR_FILENO : STDOUT_FILENO;

	mock_places_format(d->mock, &d->scenario.hosts, &text);
	ok = cli_write_all(fd, buf_slice(&text)) ||
	    err_at(err, "standard output", 0, 0, "it could not be written: %s",
		strerror(errno));
	buf_fini(&text);
	return ok;
}

/* ---- the transcript ---- */

static bool
open_transcript(struct daemon *d, struct err *err)
{
	if (d->transcript_path == NULL)
		return true;
	d->transcript_fd = strcmp(d->transcript_path, "-") == 0
	    ? STDOUT_FILENO
	    : open(d->transcript_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		  0644);
	return d->transcript_fd >= 0 ||
	    err_at(err, d->transcript_path, 0, 0, "%s", strerror(errno));
}

/* A transcript with holes is no witness: the daemon ends. */
static void
flush_transcript(struct daemon *d)
{
	struct err err;

	if (buf_len(&d->transcript) > 0 && !d->has_failed &&
	    !cli_write_all(d->transcript_fd, buf_slice(&d->transcript))) {
		err_at(&err, d->transcript_path, 0, 0, "%s", strerror(errno));
		cli_report(&err, CLI_TROUBLE);
		d->has_failed = true;
		world_stop(d->world);
	}
	buf_clear(&d->transcript);
}

static void
on_flush(struct timer *t)
{
	flush_transcript(CONTAINER_OF(t, struct daemon, flush));
}

static void
on_event(void *owner, const struct transcript_event *ev)
{
	struct daemon *d = owner;

	transcript_format(&d->transcript, ev);
	if (buf_len(&d->transcript) >= TRANSCRIPT_BUFFER_BYTES)
		flush_transcript(d);
	else if (!timer_is_set(&d->flush))
		timer_set(d->world, &d->flush, world_now(d->world));
}

/* ---- running ---- */

static void
on_signal(void *owner, int signo)
{
	struct daemon *d = owner;

	(void)signo;
	world_stop(d->world);
}

static void
on_unused(void *owner, const struct mock_host *host, const struct rule *rule)
{
	const struct daemon *d = owner;
	struct buf words = { 0 }, why = { 0 };

	rule_format_action(rule, &words);
	mock_explain_rule(d->mock, host, rule, &why);
	fprintf(stderr, "%s: note: this rule of host %s never acted (%s): %s\n",
	    rule->place, host->name, buf_cstr(&words), buf_cstr(&why));
	buf_fini(&words);
	buf_fini(&why);
}

/* What whoever wrote the scenario should know. */
static void
print_notes(struct daemon *d)
{
	const struct mock_hosts *hosts = &d->scenario.hosts;

	mock_unused_rules(d->mock, on_unused, d);
	for (size_t i = 0; i < hosts->count; i++)
		if (mock_has_forgotten(d->mock, &hosts->at[i]))
			fprintf(stderr,
			    "%s: note: host %s met more than %d addresses; "
			    "its rules counted the further ones together\n",
			    hosts->at[i].place, hosts->at[i].name,
			    RULE_KEYS_MAX);
}

static int
serve(struct daemon *d)
{
	static const int signals[] = { SIGTERM, SIGINT, 0 };
	const struct ev_options world = {
		.time_scale = 1,
		.start = UTIME_NEVER,
		.zone = d->scenario.zone,
	};
	const struct mock_options mock = {
		.seed = d->scenario.seed,
		.zone = d->scenario.zone,
		.keys = TLS_KEY_P256, /* which all clients know */
		.place = place,
		.owner = d,
	};
	const struct transcript_sink sink = { .owner = d,
		.on_event = on_event };
	struct err err;
	bool ok;

	cli_begin_daemon();
	if (!open_transcript(d, &err))
		return cli_report(&err, CLI_TROUBLE);
	d->world = world_ev_new(&world, &err);
	if (d->world == NULL)
		return cli_report(&err, CLI_TROUBLE);
	world_ev_signals(d->world, signals, on_signal, d);
	d->mock = mock_new(d->world, &d->scenario.hosts, &mock,
	    d->transcript_fd >= 0 ? &sink : NULL, &err);
	if (d->mock == NULL || !write_port_file(d, &err) ||
	    !write_authority_file(d, &err) || !print_places(d, &err))
		return cli_report(&err, CLI_TROUBLE);
	world_ev_ready(d->ready_fd, getenv("NOTIFY_SOCKET"));
	ok =
	    world_run(d->world, &err) || (cli_report(&err, CLI_TROUBLE), false);
	print_notes(d);
	return ok && !d->has_failed ? CLI_OK : CLI_TROUBLE;
}

static int
daemon_fini(struct daemon *d, int code)
{
	mock_destroy(&d->mock);
	if (d->world != NULL) {
		flush_transcript(d);
		timer_stop(d->world, &d->flush);
		world_destroy(&d->world);
	}
	buf_fini(&d->transcript);
	if (d->transcript_fd > STDERR_FILENO)
		(void)close(d->transcript_fd);
	mock_scenario_fini(&d->scenario);
	return d->has_failed ? CLI_TROUBLE : code;
}

static int
run(struct daemon *d, int argc, char **argv)
{
	struct err err;
	int first;

	switch (cli_parse(&program, argc, argv, on_option, d, &first)) {
	case CLI_TOLD:
		return CLI_OK;
	case CLI_WRONG:
		return CLI_USAGE;
	case CLI_GO:
		break;
	}
	if (first + 1 != argc) {
		fprintf(stderr, "usage: %s %s\n", program.name, program.usage);
		return CLI_USAGE;
	}
	if (!read_scenario(d, argv[first], &err) || !check_maps(d, &err) ||
	    !check_ports(d, &err))
		return cli_report(&err, CLI_USAGE);
	if (!d->only_check)
		return serve(d);
	return print_places(d, &err) ? CLI_OK : cli_report(&err, CLI_TROUBLE);
}

int
main(int argc, char **argv)
{
	static struct daemon d = {
		.bind = { 4, { 127, 0, 0, 1 } },
		.ready_fd = -1,
		.transcript_fd = -1,
	};

	cli_begin();
	d.flush.fire = on_flush;
	return cli_end(daemon_fini(&d, run(&d, argc, argv)));
}

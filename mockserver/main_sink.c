/* SPDX-License-Identifier: MIT */
/*
 * `faultpost-mock --sink`: takes a command line of Postfix's smtp-sink(1) and
 * serves the scenario that it comes to (sink.h).  Here is what no rule can say:
 * names of hosts and ports, when the program ends, whose rights it has.
 */
#include "mockserver/main_sink.h"

#include "core/cli/cli.h"
#include "core/cli/file.h"
#include "core/world/world_ev.h"
#include "mockserver/main_sink_dump.h"
#include "mockserver/main_transcript.h"
#include "mockserver/mock.h"
#include "mockserver/scenario.h"
#include "mockserver/sink.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADDRESSES_MAX 16
#define BACKLOG_MAX   65535
#define GRACE         UTIME_S
#define CONTENT_MAX   ((size_t)1 << 30) /* of a message in a dump file */

struct sink_daemon {
	struct sink_options options;
	struct transcript_file transcript;
	struct endpoint at[ADDRESSES_MAX];
	size_t at_count;
	const char *local_path; /* of unix:PATH; NULL: TCP */
	int ready_fd;
	bool only_scenario;

	struct mock_scenario scenario;
	struct world *world;
	struct mock *mock;
	struct rng numbers; /* of dump files */
	uint64_t sessions, quits, messages;
	struct timer grace; /* to the end, behind the last message */
	bool has_failed;
};

enum {
	OPTION_TRANSCRIPT = 1000,
	OPTION_TRANSCRIPT_BYTES,
	OPTION_READY_FD,
	OPTION_SCENARIO,
	OPTION_HELP,
};
static const struct option long_options[] = {
	{ "transcript", required_argument, NULL, OPTION_TRANSCRIPT },
	{ "transcript-bytes", required_argument, NULL,
	    OPTION_TRANSCRIPT_BYTES },
	{ "ready-fd", required_argument, NULL, OPTION_READY_FD },
	{ "scenario", no_argument, NULL, OPTION_SCENARIO },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

/* ---- the command line ---- */

static bool
print_help(struct err *err)
{
	struct buf text = { 0 };
	bool ok;

	buf_append_cstr(&text,
	    "usage: faultpost-mock --sink [OPTION]... [inet:][HOST]:PORT|"
	    "unix:PATH BACKLOG\n"
	    "Is smtp-sink(1) of Postfix, by rules.\n\n");
	sink_format_help(&text);
	buf_append_cstr(&text,
	    "      --transcript FILE  Write the transcript (JSON Lines).\n"
	    "      --transcript-bytes N  Show so much of each message's content "
	    "in it (all).\n"
	    "      --ready-fd N       Write a line to this descriptor when "
	    "listening.\n"
	    "      --scenario         Print the scenario that it is, and "
	    "exit.\n"
	    "      --help             Print this.\n");
	ok = cli_write_all(STDOUT_FILENO, buf_slice(&text)) ||
	    err_set(err, "standard output could not be written");
	buf_fini(&text);
	return ok;
}

static bool
set_option(
    struct sink_daemon *d, int letter, const char *value, struct err *err)
{
	switch (letter) {
	case OPTION_TRANSCRIPT:
		d->transcript.path = value;
		return true;
	case OPTION_TRANSCRIPT_BYTES:
		return transcript_file_read_bytes(&d->transcript, value, err);
	case OPTION_READY_FD:
		return cli_descriptor("ready-fd", value, &d->ready_fd, err);
	case OPTION_SCENARIO:
		d->only_scenario = true;
		return true;
	}
	return sink_set_option(&d->options, letter, value, err);
}

/* The address of a result of getaddrinfo(). */
static bool
endpoint_of(const struct addrinfo *found, struct endpoint *at)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	uint64_t number = 0;

	if (getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof(host),
		port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	if (!ip_parse(slice_cstr(host), &at->ip) ||
	    !slice_to_u64(slice_cstr(port), 65535, &number))
		return false;
	at->port = (uint16_t)number;
	return number > 0;
}

/* Can the machine speak it at all? */
static bool
family_exists(int family)
{
	const int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static bool
resolve(
    struct sink_daemon *d, const char *host, const char *port, struct err *err)
{
	const struct addrinfo hints = {
		.ai_family = d->options.only_ipv4 ? AF_INET
		    : d->options.only_ipv6        ? AF_INET6
						  : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	};
	struct addrinfo *list = NULL;
	const int error = getaddrinfo(host, port, &hints, &list);

	if (error != 0)
		return err_set(err, "%s:%s: %s", host != NULL ? host : "", port,
		    gai_strerror(error));
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
		if (d->at_count < ADDRESSES_MAX &&
		    family_exists(a->ai_family) &&
		    endpoint_of(a, &d->at[d->at_count]))
			d->at_count++;
	freeaddrinfo(list);
	return d->at_count > 0 ||
	    err_set(err, "%s:%s is no address of this machine",
		host != NULL ? host : "", port);
}

/* "[inet:][HOST]:PORT", HOST perhaps in brackets. */
static bool
read_place(struct sink_daemon *d, char *text, struct err *err)
{
	char *colon, *host;
	size_t len;

	if (strncmp(text, "unix:", 5) == 0) {
		d->local_path = text + 5;
		if (strlen(text + 5) < WORLD_LOCAL_PATH_MAX)
			return true;
		return err_set(err, "%s is too long for a socket", text + 5);
	}
	host = strncmp(text, "inet:", 5) == 0 ? text + 5 : text;
	colon = strrchr(host, ':');
	if (colon == NULL || colon[1] == '\0')
		return err_set(
		    err, "%s: expected [inet:][HOST]:PORT or unix:PATH", text);
	*colon = '\0';
	len = strlen(host);
	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		host++;
	}
	return resolve(d, *host != '\0' ? host : NULL, colon + 1, err);
}

/* False: there is nothing to serve; what to exit with is *code. */
static bool
read_command_line(struct sink_daemon *d, int argc, char **argv, int *code)
{
	struct err err;
	int letter;
	bool ok = true;

	*code = CLI_USAGE;
	opterr = 0;
	optind = 1;
	while (ok &&
	    (letter = getopt_long(
		 argc, argv, sink_letters, long_options, NULL)) != -1) {
		if (letter == OPTION_HELP) {
			*code = print_help(&err) ? CLI_OK : CLI_TROUBLE;
			return false;
		}
		ok = letter == '?' || letter == ':'
		    ? err_set(&err, "%s is no option here, or lacks its value",
			  argv[optind - 1])
		    : set_option(d, letter, optarg, &err);
	}
	if (ok && argc - optind != 2)
		ok = err_set(&err,
		    "expected an address and a backlog behind the options");
	ok = ok && sink_check(&d->options, &err) &&
	    cli_number("sink BACKLOG", argv[optind + 1], 1, BACKLOG_MAX,
		&d->options.backlog, &err) &&
	    read_place(d, argv[optind], &err);
	if (ok)
		return true;
	*code = cli_report(&err, CLI_USAGE);
	return false;
}

/* ---- the scenario ---- */

/* A host of a local socket has an address for its scenario's sake, at which it
 * does not listen. */
static bool
make_scenario(struct sink_daemon *d, struct buf *text, struct err *err)
{
	static const struct endpoint nowhere = { { 4, { 127, 0, 0, 1 } }, 25 };

	if (d->options.backlog > SINK_BACKLOG_MAX)
		d->options.backlog = SINK_BACKLOG_MAX;
	if (d->local_path != NULL)
		sink_format_scenario(&d->options, &nowhere, 1, text);
	else
		sink_format_scenario(&d->options, d->at, d->at_count, text);
	return mock_scenario_parse(
	    &d->scenario, "smtp-sink", buf_slice(text), err);
}

/* ---- what happens ---- */

static void
stop(struct sink_daemon *d, struct err *err)
{
	if (err != NULL) {
		cli_report(err, CLI_TROUBLE);
		d->has_failed = true;
	}
	world_stop(d->world);
}

static void
show_counts(const struct sink_daemon *d)
{
	if (!d->options.shows_counts)
		return;
	printf("sess=%llu quit=%llu mesg=%llu\r",
	    (unsigned long long)d->sessions, (unsigned long long)d->quits,
	    (unsigned long long)d->messages);
	(void)fflush(stdout);
}

static bool
has_messages(const struct sink_daemon *d)
{
	return d->options.messages != 0 && d->messages >= d->options.messages;
}

/* A session that ends may be the last one that is wanted; as with smtp-sink,
 * those count that say QUIT. */
static void
end_session(struct sink_daemon *d)
{
	d->sessions++;
	show_counts(d);
	if (has_messages(d) ||
	    (d->options.sessions != 0 && d->quits >= d->options.sessions))
		stop(d, NULL);
}

static void
end_message(struct sink_daemon *d, const struct transcript_event *ev)
{
	const struct sink_options *o = &d->options;
	struct err err;

	d->messages++;
	show_counts(d);
	if (has_messages(d) && !timer_is_set(&d->grace))
		timer_set(d->world, &d->grace, ev->time + GRACE);
	if ((o->single_template != NULL || o->shared_template != NULL) &&
	    !sink_dump_write(o, &d->numbers, ev, &err))
		stop(d, &err);
}

static void
on_event(void *owner, const struct transcript_event *ev)
{
	struct sink_daemon *d = owner;

	transcript_file_add(&d->transcript, ev);
	switch (ev->kind) {
	case TRANSCRIPT_OUT:
		d->quits += slice_starts_with(ev->bytes, SLICE("221"));
		break;
	case TRANSCRIPT_MESSAGE:
		end_message(d, ev);
		break;
	case TRANSCRIPT_CLOSE:
	case TRANSCRIPT_RESET:
	case TRANSCRIPT_LOST:
	case TRANSCRIPT_GONE:
		end_session(d);
		break;
	case TRANSCRIPT_OPEN:
	case TRANSCRIPT_IN:
	case TRANSCRIPT_RULE:
	case TRANSCRIPT_TLS:
	case TRANSCRIPT_VIOLATION:
	case TRANSCRIPT_EOF:
	case TRANSCRIPT_HALF:
		break;
	}
}

/* Whoever sent the last message has had time to hear so. */
static void
on_grace(struct timer *t)
{
	stop(CONTAINER_OF(t, struct sink_daemon, grace), NULL);
}

static void
on_signal(void *owner, int signo)
{
	(void)signo;
	stop(owner, NULL);
}

/* ---- running ---- */

/* For all to connect to, as smtp-sink's. */
static bool
listen_local(struct sink_daemon *d, struct err *err)
{
	if (d->local_path == NULL)
		return true;
	if (!mock_listen_local(
		d->mock, &d->scenario.hosts.at[0], d->local_path, err))
		return false;
	return chmod(d->local_path, 0666) == 0 ||
	    err_at(err, d->local_path, 0, 0, "%s", strerror(errno));
}

static bool
drop_rights(const struct sink_options *o, struct err *err)
{
	const struct passwd *user = NULL;

	if (o->user != NULL) {
		user = getpwnam(o->user);
		if (user == NULL)
			return err_set(
			    err, "-u %s: there is no such user", o->user);
	}
	if (o->root != NULL && (chroot(o->root) != 0 || chdir("/") != 0))
		return err_set(err, "-R %s: %s", o->root, strerror(errno));
	if (user != NULL &&
	    (initgroups(user->pw_name, user->pw_gid) != 0 ||
		setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		return err_set(err, "-u %s: %s", o->user, strerror(errno));
	return true;
}

static bool
open_mock(struct sink_daemon *d, struct err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, 0 };
	const struct ev_options world = {
		.time_scale = 1,
		.start = UTIME_NEVER,
		.zone = d->scenario.zone,
	};
	const struct mock_options mock = {
		.seed = d->scenario.seed,
		.keys = TLS_KEY_P256,
	};
	struct transcript_sink sink =
	    transcript_file_sink(&d->transcript, on_event, d);

	if (d->options.is_verbose && d->transcript.path == NULL)
		d->transcript.path = "/dev/stderr";
	if (!transcript_file_open(&d->transcript, err))
		return false;
	d->world = world_ev_new(&world, err);
	if (d->world == NULL)
		return false;
	transcript_file_begin(&d->transcript, d->world);
	world_ev_signals(d->world, signals, on_signal, d);
	rng_init(&d->numbers, (uint64_t)world_now(d->world));
	if (d->options.single_template != NULL ||
	    d->options.shared_template != NULL)
		sink.content_max = CONTENT_MAX;
	d->mock = mock_new(d->world, &d->scenario.hosts, &mock, &sink, err);
	return d->mock != NULL && listen_local(d, err) &&
	    drop_rights(&d->options, err);
}

static int
serve(struct sink_daemon *d)
{
	struct err err;

	cli_begin_daemon();
	if (!open_mock(d, &err))
		return cli_report(&err, CLI_TROUBLE);
	world_ev_ready(d->ready_fd, getenv("NOTIFY_SOCKET"));
	if (!world_run(d->world, &err))
		return cli_report(&err, CLI_TROUBLE);
	return d->has_failed || d->transcript.has_failed ? CLI_TROUBLE : CLI_OK;
}

static int
run(struct sink_daemon *d)
{
	struct buf text = { 0 };
	struct err err;
	int code;

	if (!make_scenario(d, &text, &err))
		code = cli_report(&err, CLI_TROUBLE);
	else if (!d->only_scenario)
		code = serve(d);
	else
		code = cli_write_all(STDOUT_FILENO, buf_slice(&text))
		    ? CLI_OK
		    : CLI_TROUBLE;
	buf_fini(&text);
	return code;
}

int
sink_main(int argc, char **argv)
{
	static struct sink_daemon d = {
		.ready_fd = -1,
		.transcript = { .fd = -1 },
		.grace.fire = on_grace,
	};
	int code;

	if (read_command_line(&d, argc, argv, &code))
		code = run(&d);
	if (d.world != NULL)
		timer_stop(d.world, &d.grace);
	mock_destroy(&d.mock);
	transcript_file_close(&d.transcript);
	if (d.world != NULL)
		world_destroy(&d.world);
	mock_scenario_fini(&d.scenario);
	return code;
}

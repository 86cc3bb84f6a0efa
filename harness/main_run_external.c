/* SPDX-License-Identifier: MIT */
/*
 * What `faultpost run --relay external` needs of the machine: the relay that
 * runs elsewhere, its log, and places for the hosts.
 */
#include "core/cli/cli.h"
#include "core/cli/follow.h"
#include "harness/main_plan.h"
#include "harness/main_run.h"
#include "harness/report/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_PATIENCE_MS 10000

/* ---- options ---- */

bool
run_external_read_relay(struct run *run, const char *value, struct err *err)
{
	if (value != NULL &&
	    endpoint_parse(
		slice_cstr(value), SMTP_PORT_DEFAULT, &run->external.relay) &&
	    run->external.relay.port != 0)
		return true;
	return err_set(err,
	    "--relay %s is wrong; expected the relay's IP address behind it, "
	    "as external:192.0.2.5 or external:192.0.2.5:25",
	    run->relay);
}

bool
run_external_read_names(struct run *run, const char *value, struct err *err)
{
	run->external.has_names = true;
	return (endpoint_parse(slice_cstr(value), 53, &run->external.names) &&
		   run->external.names.port != 0) ||
	    err_set(err,
		"--bind-dns %s is wrong; expected an address as 192.0.2.10:53",
		value);
}

bool
run_external_read_limit(struct run *run, const char *value, struct err *err)
{
	run->external.has_limit = true;
	return (utime_parse_duration(slice_cstr(value), &run->external.limit) &&
		   run->external.limit > 0) ||
	    err_set(err,
		"--time-limit %s is wrong; expected a duration as 90s or 2h",
		value);
}

const char *
run_external_option(const struct run *run)
{
	const struct run_external *e = &run->external;

	return e->log != NULL       ? "relay-log"
	    : e->bindings.count > 0 ? "bind"
	    : e->has_names          ? "bind-dns"
	    : e->has_limit          ? "time-limit"
	    : e->prints_routes      ? "print-routes"
				    : NULL;
}

/* ---- the machine ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
address_set(union address *a, const struct endpoint *at)
{
	*a = (union address){ 0 };
	if (at->ip.family == 4) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(at->port);
		memcpy(&a->v4.sin_addr, at->ip.bytes, 4);
		return sizeof(a->v4);
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(at->port);
	memcpy(&a->v6.sin6_addr, at->ip.bytes, 16);
	return sizeof(a->v6);
}

static struct ip_address
address_ip(const union address *a)
{
	struct ip_address ip = { 0 };

	ip.family = a->any.sa_family == AF_INET ? 4 : 6;
	if (ip.family == 4)
		memcpy(ip.bytes, &a->v4.sin_addr, 4);
	else
		memcpy(ip.bytes, &a->v6.sin6_addr, 16);
	return ip;
}

static bool
may_connect(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(errno);
	int error = ETIMEDOUT;

	if (poll(&wait, 1, CONNECT_PATIENCE_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	errno = error;
	return error == 0;
}

/* Somebody listens there; and from where we come to him. */
static bool
find_relay(struct run_external *e, struct err *err)
{
	union address a;
	socklen_t len = address_set(&a, &e->relay);
	int fd = socket(
	    a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[ENDPOINT_TEXT_MAX];
	bool good = fd >= 0 &&
	    (connect(fd, &a.any, len) == 0 ||
		(errno == EINPROGRESS && may_connect(fd)));

	len = sizeof(a);
	good = good && getsockname(fd, &a.any, &len) == 0;
	if (good)
		e->client = address_ip(&a);
	else
		(void)err_set(err,
		    "--relay external:%s: %s; expected a relay that takes mail "
		    "there",
		    endpoint_format(&e->relay, text), strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return good;
}

static const char *
advice(int error)
{
	switch (error) {
	case EADDRNOTAVAIL:
		return "expected an address of this machine, as `ip address` "
		       "shows them";
	case EADDRINUSE:
		return "expected an address and port at which nothing listens";
	case EACCES:
		return "expected a port above 1023, or root";
	default:
		return "expected an address and port where this program may "
		       "listen";
	}
}

static bool
may_listen(const struct endpoint *at, const char *option, struct err *err)
{
	union address a;
	const socklen_t len = address_set(&a, at);
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[ENDPOINT_TEXT_MAX];
	int on = 1;
	bool good = fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, &a.any, len) == 0 && listen(fd, 1) == 0;

	if (!good)
		(void)err_set(err, "--%s %s: %s; %s", option,
		    endpoint_format(at, text), strerror(errno), advice(errno));
	if (fd >= 0)
		(void)close(fd);
	return good;
}

static bool
may_listen_at_all(const struct run_external *e, struct err *err)
{
	for (size_t i = 0; i < e->bindings.count; i++)
		if (!may_listen(&e->bindings.at[i].at, "bind", err))
			return false;
	return !e->has_names || may_listen(&e->names, "bind-dns", err);
}

/* Where it is written to from now on.  It is another process that waits for
 * more: signals stay as they are. */
static struct cli_follow *
open_log(const struct run_external *e, struct err *err)
{
	sigset_t before;
	struct cli_follow *follow;

	(void)sigprocmask(SIG_SETMASK, NULL, &before);
	follow = cli_follow_open(e->log, err);
	if (follow != NULL && !cli_follow_skip(follow, err))
		cli_follow_close(&follow);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return follow;
}

static bool
may_follow(struct run_external *e, struct err *err)
{
	struct err why;
	int fd;

	if (e->log == NULL)
		return err_set(err,
		    "--relay external: expected --relay-log FILE with it, the "
		    "relay's mail log as it is written");
	fd = cli_follow_file(e->log, &why);
	if (fd < 0)
		return err_set(err,
		    "--relay-log %s: %s; expected the relay's mail log, which "
		    "is written there from now on",
		    e->log, errno == EINVAL ? "is no file" : strerror(errno));
	(void)close(fd);
	e->follow = open_log(e, err);
	return e->follow != NULL;
}

static bool
check_others(const struct run *run, struct err *err)
{
	if (run->processes > 1)
		return err_set(err,
		    "-j %llu: expected 1 with --relay external, whose hosts "
		    "have one place each",
		    (unsigned long long)run->processes);
	if (run->time_scale > 0)
		return err_set(err,
		    "--time-scale: expected none with --relay external, whose "
		    "clock nobody sets");
	return true;
}

bool
run_external_prepare(struct run *run, struct err *err)
{
	struct run_external *e = &run->external;

	if (e->prints_routes)
		return true;
	return check_others(run, err) && may_follow(e, err) &&
	    may_listen_at_all(e, err) && find_relay(e, err);
}

void
run_external_replay(const struct run *run, struct buf *out)
{
	const struct run_external *e = &run->external;
	char names[ENDPOINT_TEXT_MAX];

	shell_option_format("relay-log", e->log, out);
	for (size_t i = 0; i < e->bindings.count; i++)
		shell_option_format("bind", e->bindings.at[i].text, out);
	if (e->has_names)
		shell_option_format(
		    "bind-dns", endpoint_format(&e->names, names), out);
}

void
run_external_fini(struct run *run)
{
	bindings_fini(&run->external.bindings);
	cli_follow_close(&run->external.follow);
}

/* ---- the log ---- */

/* A process of its own waits for it, and gives it on line by line. */
_Noreturn static void
give_log(struct cli_follow *follow)
{
	struct slice line;
	struct err err;

	for (;;)
		switch (cli_follow_next(follow, &line, &err)) {
		case CLI_FOLLOW_LINE:
			fwrite(line.at, 1, line.len, stdout);
			putchar('\n');
			break;
		case CLI_FOLLOW_REST:
		case CLI_FOLLOW_ANEW:
			if (fflush(stdout) != 0)
				_exit(1);
			break;
		case CLI_FOLLOW_ERROR:
			(void)cli_report(&err, CLI_TROUBLE);
			_exit(1);
		case CLI_FOLLOW_END:
			_exit(0);
		}
}

/* Signals of a terminal are the run's to answer, which ends the giver. */
static void
take_no_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)setpgid(0, 0);
}

static bool
giver_fork(pid_t *giver, struct cli_follow *follow, const int ends[2])
{
	const pid_t maker = getpid();

	*giver = fork();
	if (*giver != 0)
		return *giver > 0;
	(void)close(ends[0]);
	take_no_signals();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != maker || dup2(ends[1], STDOUT_FILENO) < 0)
		_exit(1);
	give_log(follow);
}

/* Its lines come from *fd. */
static bool
giver_start(pid_t *giver, int *fd, struct cli_follow *follow, struct err *err)
{
	int ends[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_set(err, "no sockets: %s", strerror(errno));
	*fd = ends[0];
	good = (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 &&
		   giver_fork(giver, follow, ends)) ||
	    err_set(err, "no process: %s", strerror(errno));
	(void)close(ends[1]);
	if (!good)
		(void)close(ends[0]);
	return good;
}

static bool
follow_log(const struct run_external *e, bool is_first, struct run_stage *stage,
    struct err *err)
{
	struct cli_follow *later = is_first ? NULL : open_log(e, err);
	struct cli_follow *follow = is_first ? e->follow : later;
	bool good = follow != NULL &&
	    giver_start(&stage->giver, &stage->elsewhere.log_fd, follow, err);

	cli_follow_close(&later);
	return good;
}

/* ---- a case ---- */

static utime
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (utime)now.tv_sec * UTIME_S + now.tv_nsec / 1000;
}

bool
run_external_begin(const struct run *run, struct plan *plan, bool is_first,
    struct run_stage *stage, struct err *err)
{
	const struct run_external *e = &run->external;
	struct live_elsewhere *elsewhere = &stage->elsewhere;

	if (!placement_make(&stage->places, plan, &e->bindings, err) ||
	    !follow_log(e, is_first, stage, err)) {
		placement_fini(&stage->places);
		return false;
	}
	stage->zone = placement_zone_new(&stage->places, plan->relay.zone);
	elsewhere->relay = e->relay;
	elsewhere->client = e->client;
	elsewhere->places = &stage->places;
	elsewhere->limit = e->limit;
	elsewhere->names = e->has_names ? &e->names : NULL;
	elsewhere->zone = stage->zone;
	plan_move(plan, wall_clock());
	return true;
}

void
run_external_end(struct run_stage *stage)
{
	(void)kill(stage->giver, SIGKILL);
	(void)waitpid(stage->giver, NULL, 0);
	zone_destroy(&stage->zone);
	placement_fini(&stage->places);
}

bool
run_external_check(
    const struct run *run, const struct plan *plan, struct err *err)
{
	struct placement places = { 0 };
	bool good = placement_make(&places, plan, &run->external.bindings, err);

	placement_fini(&places);
	return good || err_prefix(err, "%s: ", plan->name);
}

/* ---- what the relay has to be ---- */

static bool
print_case(const struct run *run, const struct plan *plan,
    const json_t *scenario, struct err *err)
{
	struct placement places = { 0 };
	struct buf text = { 0 };
	char *settings =
	    json_dumps(json_object_get(scenario, "relay"), JSON_COMPACT);
	bool good = placement_make(&places, plan, &run->external.bindings, err);

	buf_printf(&text, "# %s: %s\n", plan->name, plan->title);
	if (settings != NULL)
		buf_printf(&text, "# settings of its relay: %s\n", settings);
	placement_routes_format(&places, plan, &text);
	if (good)
		fwrite(buf_slice(&text).at, 1, buf_len(&text), stdout);
	placement_fini(&places);
	buf_fini(&text);
	free(settings);
	return good || err_prefix(err, "%s: ", plan->name);
}

static bool
print_routes(const struct run *run, const struct run_case *c, struct err *err)
{
	const struct run_file *file = c->file;
	struct plan_variants *variants = plan_variants_read(
	    file->path, slice_of(file->text, file->len), err);
	struct plan *plan = NULL;
	json_t *scenario = NULL;
	bool good = false;
	size_t i;

	if (variants != NULL &&
	    plan_variants_find(
		variants, slice_cstr(c->heading->variant), &i, err)) {
		plan = main_plan_parse(
		    variants, i, file->path, run->profiles, err);
		scenario = plan_variants_json(variants, i, err);
	}
	if (plan != NULL && scenario != NULL)
		good = print_case(run, plan, scenario, err);
	json_decref(scenario);
	plan_destroy(&plan);
	plan_variants_destroy(&variants);
	return good;
}

void
run_external_print(struct run *run)
{
	for (size_t i = 0; i < run->case_count; i++) {
		const struct run_case *c = &run->cases[i];
		struct err err;

		if (c->file->err != NULL)
			run_note_code(run, cli_report(c->file->err, CLI_USAGE));
		else if (!print_routes(run, c, &err))
			run_note_code(run, cli_report(&err, CLI_USAGE));
	}
}

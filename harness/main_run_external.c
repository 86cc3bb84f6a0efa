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
run_external_read_client(struct run *run, const char *value, struct err *err)
{
	run->external.has_client = true;
	return ip_parse(slice_cstr(value), &run->external.client) ||
	    err_set(err,
		"--client %s is wrong; expected an IP address as 192.0.2.10",
		value);
}

bool
run_external_read_limit(struct run *run, const char *value, struct err *err)
{
	run->external.limit_text = value;
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
	const struct {
		const char *name;
		bool is_given;
	} options[] = {
		{ "relay-log", e->log != NULL },
		{ "bind", e->bindings.count > 0 },
		{ "bind-dns", e->has_names },
		{ "client", e->has_client },
		{ "time-limit", e->limit_text != NULL },
		{ "print-routes", e->prints_routes },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].is_given)
			return options[i].name;
	return NULL;
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

/* Somebody listens there; and from where we come to him, if nobody said it. */
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
	if (good && !e->has_client)
		e->client = address_ip(&a);
	else if (!good)
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
	e->follow = run_external_open_log(e, err);
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
	char names[ENDPOINT_TEXT_MAX], client[IP_TEXT_MAX];

	shell_option_format("relay-log", e->log, out);
	for (size_t i = 0; i < e->bindings.count; i++)
		shell_option_format("bind", e->bindings.at[i].text, out);
	if (e->has_names)
		shell_option_format(
		    "bind-dns", endpoint_format(&e->names, names), out);
	if (e->has_client)
		shell_option_format(
		    "client", ip_format(&e->client, client), out);
	if (e->limit_text != NULL)
		shell_option_format("time-limit", e->limit_text, out);
}

void
run_external_fini(struct run *run)
{
	bindings_fini(&run->external.bindings);
	cli_follow_close(&run->external.follow);
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

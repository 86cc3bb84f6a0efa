/* SPDX-License-Identifier: MIT */
/*
 * faultpost-relay: the relay as a daemon in the foreground.  SIGTERM and SIGINT
 * drain it, SIGHUP reads the configuration again and opens the log anew, for
 * whoever rotates it (whether or not the configuration is any good).
 */
#include "core/cli/cli.h"
#include "core/cli/file.h"
#include "core/tls/system.h"
#include "core/world/world_ev.h"
#include "core/world/world_ev_clock.h"
#include "core/world/world_ev_places.h"
#include "relay/config_json.h"
#include "relay/main_operate.h"
#include "relay/main_queue.h"
#include "relay/operate/explain.h"
#include "relay/relay.h"

#include "core/maillog/maillog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#define CONFIG_BYTES_MAX ((size_t)64 << 20)
#define LOG_BUFFER_BYTES 65536

struct daemon {
	const char *config_path, *port_path; /* or NULL */
	bool only_check;
	void (*describe)(struct buf *out); /* all that is wanted; or NULL */
	int ready_fd;
	struct world_clock *clock;         /* owned; NULL: the machine's */
	struct world_places *places;       /* owned; NULL: none */
	struct relay_config_file files[2]; /* the one in force, and a spare */
	int in_force;
	struct world *world;
	struct relay *relay;
	struct operating operating;
	bool is_draining;   /* and listens nowhere */
	struct buf log;     /* lines of this moment */
	struct timer flush; /* writes them */
	int log_fd;
	int queue_fd; /* of the queue's file, locked; -1: not yet */
};

enum {
	OPTION_CONFIG = 1000,
	OPTION_CHECK,
	OPTION_READY_FD,
	OPTION_PORT_FILE,
	OPTION_CLOCK_FD,
	OPTION_PLACES_FD,
	OPTION_SCHEMA,
	OPTION_FIELDS
};

static const struct cli_option options[] = {
	{ OPTION_CONFIG, 'c', "config", "FILE", "The configuration (JSON)." },
	{ OPTION_CHECK, 't', "check", NULL,
	    "Check the configuration and say what it means." },
	{ OPTION_READY_FD, 0, "ready-fd", "N",
	    "Write a line to this descriptor when listening." },
	{ OPTION_PORT_FILE, 0, "port-file", "FILE",
	    "Write where it listens (JSON), for ports given as 0." },
	{ OPTION_CLOCK_FD, 0, "clock-fd", "N,N,N",
	    "Go by the clock of a test (faultpost run --live)." },
	{ OPTION_PLACES_FD, 0, "places-fd", "N",
	    "Find addresses where a test has them (the same)." },
	{ OPTION_SCHEMA, 0, "schema", NULL,
	    "Print the JSON Schema of FILE, and exit." },
	{ OPTION_FIELDS, 0, "fields", NULL,
	    "Print the page of its keys (Markdown), and exit." },
};
static const struct cli_program program = {
	.name = "faultpost-relay",
	.usage = "-c FILE [OPTION]..., or queue COMMAND FILE",
	.summary = "Accepts mail and delivers it by SMTP routes as the Cisco "
		   "ESA does.",
	CLI_OPTIONS(options),
	.more = "SIGTERM drains and ends it, SIGHUP reads the configuration "
		"again and opens\nthe log anew.  Exit codes: 0 ended in order, "
		"2 the input is wrong,\n3 the program or the machine failed.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct daemon *d = owner;

	switch (id) {
	case OPTION_CONFIG:
		d->config_path = value;
		return true;
	case OPTION_CHECK:
		d->only_check = true;
		return true;
	case OPTION_READY_FD:
		return cli_descriptor("ready-fd", value, &d->ready_fd, err);
	case OPTION_PORT_FILE:
		d->port_path = value;
		return true;
	case OPTION_CLOCK_FD:
		d->clock = world_clock_open(value, err);
		return d->clock != NULL || err_prefix(err, "--clock-fd: ");
	case OPTION_PLACES_FD:
		d->places = world_places_open(value, err);
		return d->places != NULL || err_prefix(err, "--places-fd: ");
	case OPTION_SCHEMA:
		d->describe = relay_config_schema;
		return true;
	case OPTION_FIELDS:
		d->describe = relay_config_fields;
		return true;
	}
	return true;
}

/* ---- the configuration ---- */

static char *
load_file(const char *path, size_t *len, struct err *err)
{
	return cli_read_file(path, CONFIG_BYTES_MAX, len, err);
}

/* Whom nobody names, the machine does. */
static bool
trust_system(struct relay_config_file *file, struct err *err)
{
	return file->config.tls.ca_file.len > 0 ||
	    tls_context_trust_system(file->tls_context, err);
}

/* Reads the configuration file into `into`; says on stderr all that is wrong
 * with it. */
static bool
read_config(struct daemon *d, struct relay_config_file *into)
{
	struct err_list errors = { 0 };
	struct err err;
	size_t len;
	char *text =
	    cli_read_file(d->config_path, CONFIG_BYTES_MAX, &len, &err);
	bool ok = text != NULL &&
	    relay_config_parse(into, d->config_path, slice_of(text, len),
		load_file, &errors, &err) &&
	    trust_system(into, &err);

	free(text);
	if (!ok && errors.count == 0)
		cli_report(&err, CLI_USAGE);
	cli_report_all(&errors, "errors");
	err_list_fini(&errors);
	for (enum relay_lack lack = 0; ok && lack < LACK_KINDS; lack++)
		if (lack != LACK_KEYS ||
		    into->config.bounce_verification.keys.count == 0)
			cli_report_all(
			    relay_destinations_notes(into->destinations, lack),
			    "notes");
	return ok;
}

static int
print_text(struct buf *text)
{
	fwrite(buf_slice(text).at, 1, buf_len(text), stdout);
	buf_fini(text);
	return CLI_OK;
}

/* ---- the log ---- */

static void
flush_log(struct daemon *d)
{
	if (!cli_write_all(d->log_fd, buf_slice(&d->log)))
		fprintf(stderr,
		    "faultpost-relay: the log cannot be written: "
		    "%s\n",
		    strerror(errno));
	buf_clear(&d->log);
}

static void
on_flush(struct timer *t)
{
	flush_log(CONTAINER_OF(t, struct daemon, flush));
}

static void
on_log(void *owner, struct slice line)
{
	struct daemon *d = owner;

	buf_append(&d->log, line);
	if (buf_len(&d->log) >= LOG_BUFFER_BYTES)
		flush_log(d);
	else if (!timer_is_set(&d->flush))
		timer_set(d->world, &d->flush, world_now(d->world));
}

static void
log_mark(struct daemon *d, enum maillog_form form)
{
	struct maillog_event ev = {
		.form = form,
		.time = world_now(d->world),
		.version = SLICE(FAULTPOST_VERSION),
		.serial = SLICE("faultpost"),
	};

	maillog_format(&d->log, &ev);
}

static void
log_begin(struct daemon *d)
{
	log_mark(d, MAILLOG_BEGIN_LOGFILE);
	log_mark(d, MAILLOG_VERSION);
	log_mark(d, MAILLOG_TIME_OFFSET);
	flush_log(d);
}

/* Opens the log that the configuration in force names. */
static bool
open_log(struct daemon *d, struct err *err)
{
	const struct relay_config *c = &d->files[d->in_force].config;
	int fd = STDOUT_FILENO;

	if (c->log_path.len > 0)
		fd = open(c->log_path.at,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_at(err, c->log_path.at, 0, 0, "%s", strerror(errno));
	if (d->log_fd > STDOUT_FILENO)
		(void)close(d->log_fd);
	d->log_fd = fd;
	return true;
}

/* ---- where it listens ---- */

static bool
write_port_file(const struct daemon *d, struct err *err)
{
	return d->port_path == NULL ||
	    operating_write_ports(&d->operating, d->relay,
		&d->files[d->in_force].config, d->port_path, err);
}

/* ---- the queue ---- */

/* Two relays on one queue would deliver everything twice.  SQLite's own locks
 * are for a moment, and others may read the queue; this one is ours.  A file
 * that cannot be opened is for the spool to complain about. */
static bool
lock_queue(struct daemon *d, struct err *err)
{
	const char *path = d->files[d->in_force].config.queue_path.at;

	d->queue_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (d->queue_fd < 0 || flock(d->queue_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	return err_at(err, path, 0, 0,
	    errno == EWOULDBLOCK ? "another faultpost-relay has this queue"
				 : "the queue cannot be locked");
}

/* The lock is then taken on the queue that will be. */
static bool
on_damage(void *owner, const struct err *err, struct err *aside)
{
	struct daemon *d = owner;
	const char *path = d->files[d->in_force].config.queue_path.at;
	struct err lock_err;

	if (!main_queue_set_aside(
		path, world_now(d->world) / UTIME_S, err, aside))
		return false;
	cli_report(aside, CLI_TROUBLE);
	if (d->queue_fd >= 0)
		(void)close(d->queue_fd);
	return lock_queue(d, &lock_err);
}

static bool
open_operating(struct daemon *d, struct err *err)
{
	return operating_open(&d->operating, d->world, d->relay,
	    &d->files[d->in_force].config, err);
}

/* ---- events ---- */

static void
on_drained(void *owner)
{
	struct daemon *d = owner;

	world_stop(d->world);
}

static void
on_fault(void *owner, const struct err *err)
{
	(void)owner;
	cli_report(err, CLI_TROUBLE);
}

/* Asks whom the configuration in force names. */
static bool
set_resolver(struct daemon *d, struct err *err)
{
	const struct relay_config *c = &d->files[d->in_force].config;
	const struct ev_resolver resolver = {
		.servers = c->resolver.servers.at,
		.server_count = c->resolver.servers.count,
		.timeout = c->resolver.timeout,
		.tries = c->resolver.tries,
	};

	return world_ev_set_resolver(
	    d->world, c->has_resolver ? &resolver : NULL, err);
}

static void
on_side_line(void *owner, enum relay_side_log log, struct slice line)
{
	struct daemon *d = owner;

	operating_side_line(&d->operating, log, line);
}

/* Puts the configuration file in force as it is now, if it can be. */
static bool
reload_config(struct daemon *d, struct err *err)
{
	int spare = !d->in_force;

	if (!read_config(d, &d->files[spare]))
		return err_set(err, "the configuration is wrong");
	if (!relay_reload(d->relay, &d->files[spare].config, err)) {
		relay_config_fini(&d->files[spare]);
		return false;
	}
	world_ev_set_zone(d->world, d->files[spare].zone);
	relay_config_fini(&d->files[d->in_force]);
	d->in_force = spare;
	return set_resolver(d, err);
}

static void
on_hangup(struct daemon *d)
{
	struct err err;

	if (!reload_config(d, &err)) {
		err_prefix(&err,
		    "faultpost-relay: the old configuration stays in "
		    "force: ");
		cli_report(&err, CLI_USAGE);
	} else if (!open_operating(d, &err) ||
	    (!d->is_draining && !write_port_file(d, &err))) {
		cli_report(&err, CLI_TROUBLE);
	}
	flush_log(d);
	if (!open_log(d, &err) ||
	    !operating_open_side_logs(
		&d->operating, &d->files[d->in_force].config, &err))
		cli_report(&err, CLI_TROUBLE);
}

static void
on_signal(void *owner, int signo)
{
	struct daemon *d = owner;

	if (signo == SIGHUP) {
		on_hangup(d);
		return;
	}
	d->is_draining = true;
	relay_drain(d->relay);
}

static int
serve(struct daemon *d)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	const struct relay_hooks hooks = { d, on_log, on_drained, on_fault,
		on_side_line, on_damage };
	const struct ev_options world = {
		.time_scale = 1,
		.start = UTIME_NEVER,
		.zone = d->files[0].zone,
		.clock = d->clock,
		.places = d->places,
	};
	struct err err;
	bool ok;

	cli_begin_daemon();
	d->world = world_ev_new(&world, &err);
	if (d->world == NULL)
		return cli_report(&err, CLI_TROUBLE);
	if (!set_resolver(d, &err) || !lock_queue(d, &err) ||
	    !open_log(d, &err) ||
	    !operating_open_side_logs(&d->operating, &d->files[0].config, &err))
		return cli_report(&err, CLI_TROUBLE);
	log_begin(d);
	world_ev_signals(d->world, signals, on_signal, d);
	d->relay = relay_new(d->world, &d->files[0].config, &hooks, &err);
	if (d->relay == NULL)
		return cli_report(&err, CLI_TROUBLE);
	ok = open_operating(d, &err) && write_port_file(d, &err);
	if (ok) {
		world_ev_ready(d->ready_fd, getenv("NOTIFY_SOCKET"));
		ok = world_run(d->world, &err);
	}
	operating_close(&d->operating);
	relay_destroy(&d->relay);
	log_mark(d, MAILLOG_END_LOGFILE);
	flush_log(d);
	return ok ? CLI_OK : cli_report(&err, CLI_TROUBLE);
}

static void
daemon_fini(struct daemon *d)
{
	if (d->world != NULL) {
		timer_stop(d->world, &d->flush);
		world_destroy(&d->world);
	}
	world_clock_destroy(&d->clock);
	world_places_destroy(&d->places);
	buf_fini(&d->log);
	if (d->log_fd > STDOUT_FILENO)
		(void)close(d->log_fd);
	/* Behind SQLite, whose own locks on the file this ends. */
	if (d->queue_fd >= 0)
		(void)close(d->queue_fd);
	relay_config_fini(&d->files[0]);
	relay_config_fini(&d->files[1]);
}

static int
run(struct daemon *d, int argc, char **argv)
{
	struct buf text = { 0 };
	struct cli_operands operands;
	int code;

	if (!cli_parse(&program, argc, argv, on_option, d, &operands))
		return operands.code;
	if (d->describe != NULL) {
		d->describe(&text);
		return print_text(&text);
	}
	if (d->config_path == NULL)
		return cli_wrong_use(&program, "expected -c FILE");
	if (!read_config(d, &d->files[0]))
		return CLI_USAGE;
	if (d->only_check) {
		relay_explain(&d->files[0].config, &text);
		code = print_text(&text);
	} else {
		code = serve(d);
	}
	daemon_fini(d);
	return code;
}

int
main(int argc, char **argv)
{
	struct daemon d = {
		.ready_fd = -1,
		.log_fd = STDOUT_FILENO,
		.queue_fd = -1,
	};

	cli_begin();
	if (argc > 1 && strcmp(argv[1], "queue") == 0)
		return cli_end(main_queue(argc - 1, argv + 1));
	d.flush.fire = on_flush;
	return cli_end(run(&d, argc, argv));
}

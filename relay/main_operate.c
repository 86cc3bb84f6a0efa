/* SPDX-License-Identifier: MIT */
/* The control socket and the metrics of the daemon; see main_operate.h. */
#include "relay/main_operate.h"

#include "core/cli/file.h"
#include "relay/operate/metrics.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the control socket ---- */

void
operating_control_beside(const char *queue_path, struct buf *path)
{
	buf_printf(path, "%s.control", queue_path);
}

static void
remove_link(struct operating *o)
{
	if (o->control_link != NULL)
		(void)unlink(o->control_link);
	free(o->control_link);
	o->control_link = NULL;
}

/* A link that an earlier relay left beside the queue, which is ours now. */
static void
remove_stale_link(const char *beside)
{
	struct stat st;

	if (lstat(beside, &st) == 0 && S_ISLNK(st.st_mode))
		(void)unlink(beside);
}

/* Two ways to write the same path. */
static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return lstat(a, &x) == 0 && lstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

/* So that who knows the queue finds the socket (`faultpost-relay queue`). */
static bool
make_link(struct operating *o, const char *beside, struct err *err)
{
	char *socket = realpath(o->control_path, NULL);
	bool ok = socket != NULL && symlink(socket, beside) == 0;

	if (ok)
		o->control_link = xstrdup(beside);
	else
		(void)err_at(err, beside, 0, 0,
		    "cannot be a link to the control socket: %s",
		    strerror(errno));
	free(socket);
	return ok;
}

static bool
listen_control(struct operating *o, struct world *w, struct relay *r,
    const char *beside, struct err *err)
{
	remove_link(o);
	remove_stale_link(beside);
	o->control = control_new(w, r, o->control_path, err);
	return o->control != NULL &&
	    (is_same_file(o->control_path, beside) ||
		make_link(o, beside, err));
}

static bool
open_control(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err)
{
	struct buf path = { 0 }, beside = { 0 };
	bool ok = true;

	operating_control_beside(config->queue_path.at, &beside);
	buf_append(&path, config->control_path);
	if (buf_len(&path) == 0)
		buf_append(&path, buf_slice(&beside));
	if (o->control == NULL ||
	    strcmp(o->control_path, buf_cstr(&path)) != 0) {
		control_destroy(&o->control);
		free(o->control_path);
		o->control_path = xstrdup(buf_cstr(&path));
		ok = listen_control(o, w, r, buf_cstr(&beside), err);
	}
	buf_fini(&beside);
	buf_fini(&path);
	return ok;
}

/* ---- metrics ---- */

static void
write_metrics(void *owner, struct buf *out)
{
	relay_metrics(owner, out);
}

static bool
open_metrics(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err)
{
	struct http_handler handler;

	if (o->metrics != NULL &&
	    endpoint_equal(&o->metrics_at, &config->metrics))
		return true;
	ev_http_server_destroy(&o->metrics);
	o->metrics_at = config->metrics;
	if (ip_is_none(&config->metrics.ip))
		return true;
	o->page = (struct http_page){
		.path = "/metrics",
		.content_type = METRICS_CONTENT_TYPE,
		.owner = r,
		.write = write_metrics,
	};
	handler = http_page_handler(&o->page);
	o->metrics = ev_http_server_new(w, &config->metrics, &handler, err);
	return o->metrics != NULL;
}

bool
operating_open(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err)
{
	return open_control(o, w, r, config, err) &&
	    open_metrics(o, w, r, config, err);
}

bool
operating_write_ports(const struct operating *o, const struct relay *r,
    const struct relay_config *config, const char *path, struct err *err)
{
	char at[ENDPOINT_TEXT_MAX], real[ENDPOINT_TEXT_MAX];
	struct buf text = { 0 };
	bool ok;

	for (size_t i = 0; i < config->listeners.count; i++)
		buf_printf(&text,
		    "%s\n  {\"host\": \"relay\", \"address\": \"%s\", "
		    "\"real\": \"%s\"}",
		    i == 0 ? "[" : ",",
		    endpoint_format(&config->listeners.at[i].at, at),
		    endpoint_format(relay_listen_address(r, i), real));
	if (o->metrics != NULL)
		buf_printf(&text,
		    ",\n  {\"host\": \"metrics\", \"address\": \"%s\", "
		    "\"real\": \"%s\"}",
		    endpoint_format(&config->metrics, at),
		    endpoint_format(ev_http_server_local(o->metrics), real));
	buf_append_cstr(&text, "\n]\n");
	ok = cli_write_file(path, buf_slice(&text), err);
	buf_fini(&text);
	return ok;
}

static void
close_side_logs(struct operating *o)
{
	for (size_t i = 0; i < SIDE_LOG_COUNT; i++) {
		if (o->side[i] != NULL)
			(void)fclose(o->side[i]);
		o->side[i] = NULL;
	}
}

bool
operating_open_side_logs(
    struct operating *o, const struct relay_config *config, struct err *err)
{
	const struct slice paths[SIDE_LOG_COUNT] = {
		[SIDE_DOMAIN_DEBUG] = config->domain_debug.log,
		[SIDE_INJECTION_DEBUG] = config->injection_debug.log,
		[SIDE_CONVERSATION] = config->conversation_log,
		[SIDE_STATUS] = config->status_log,
		[SIDE_BOUNCE] = config->bounce_log,
		[SIDE_DELIVERY] = config->delivery_log,
	};

	close_side_logs(o);
	for (size_t i = 0; i < SIDE_LOG_COUNT; i++) {
		if (paths[i].len == 0)
			continue;
		o->side[i] = fopen(paths[i].at, "ae");
		if (o->side[i] == NULL)
			return err_at(
			    err, paths[i].at, 0, 0, "%s", strerror(errno));
		(void)setvbuf(o->side[i], NULL, _IOLBF, 0);
	}
	return true;
}

void
operating_side_line(
    struct operating *o, enum relay_side_log log, struct slice line)
{
	if (o->side[log] != NULL)
		(void)fwrite(line.at, 1, line.len, o->side[log]);
}

void
operating_close(struct operating *o)
{
	close_side_logs(o);
	ev_http_server_destroy(&o->metrics);
	control_destroy(&o->control);
	remove_link(o);
	free(o->control_path);
	o->control_path = NULL;
}

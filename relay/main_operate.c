/* SPDX-License-Identifier: MIT */
/* The control socket and the metrics of the daemon; see main_operate.h. */
#include "relay/main_operate.h"

#include "relay/metrics.h"

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
	    (strcmp(o->control_path, beside) == 0 || make_link(o, beside, err));
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

static void
close_debug(struct operating *o)
{
	for (size_t i = 0; i < DEBUG_LOG_COUNT; i++) {
		if (o->debug[i] != NULL)
			(void)fclose(o->debug[i]);
		o->debug[i] = NULL;
	}
}

bool
operating_open_debug(
    struct operating *o, const struct relay_config *config, struct err *err)
{
	const struct slice paths[DEBUG_LOG_COUNT] = {
		[DEBUG_DOMAIN] = config->domain_debug.log,
		[DEBUG_INJECTION] = config->injection_debug.log,
		[DEBUG_CONVERSATION] = config->conversation_log,
	};

	close_debug(o);
	for (size_t i = 0; i < DEBUG_LOG_COUNT; i++) {
		if (paths[i].len == 0)
			continue;
		o->debug[i] = fopen(paths[i].at, "ae");
		if (o->debug[i] == NULL)
			return err_at(
			    err, paths[i].at, 0, 0, "%s", strerror(errno));
		(void)setvbuf(o->debug[i], NULL, _IOLBF, 0);
	}
	return true;
}

void
operating_debug(
    struct operating *o, enum relay_debug_log log, struct slice line)
{
	if (o->debug[log] != NULL)
		(void)fwrite(line.at, 1, line.len, o->debug[log]);
}

void
operating_close(struct operating *o)
{
	close_debug(o);
	ev_http_server_destroy(&o->metrics);
	control_destroy(&o->control);
	remove_link(o);
	free(o->control_path);
	o->control_path = NULL;
}

/* SPDX-License-Identifier: MIT */
/* The control socket and the metrics of the daemon; see main_operate.h. */
#include "relay/main_operate.h"

#include "relay/metrics.h"

#include <errno.h>

static bool
open_control(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err)
{
	struct buf path = { 0 };

	buf_append(&path, config->control_path);
	if (buf_len(&path) == 0)
		buf_printf(
		    &path, "%.*s.control", SLICE_ARG(config->queue_path));
	if (o->control == NULL ||
	    strcmp(o->control_path, buf_cstr(&path)) != 0) {
		control_destroy(&o->control);
		free(o->control_path);
		o->control_path = xstrdup(buf_cstr(&path));
		o->control = control_new(w, r, o->control_path, err);
	}
	buf_fini(&path);
	return o->control != NULL;
}

static void
write_metrics(void *owner, struct buf *out)
{
	relay_metrics(owner, out);
}

static bool
open_metrics(struct operating *o, struct world *w, struct relay *r,
    const struct relay_config *config, struct err *err)
{
	const struct ev_page page = {
		.path = "/metrics",
		.content_type = METRICS_CONTENT_TYPE,
		.owner = r,
		.write = write_metrics,
	};

	if (o->metrics != NULL &&
	    endpoint_equal(&o->metrics_at, &config->metrics))
		return true;
	ev_page_server_destroy(&o->metrics);
	o->metrics_at = config->metrics;
	if (ip_is_none(&config->metrics.ip))
		return true;
	o->metrics = ev_page_server_new(w, &config->metrics, &page, err);
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
	ev_page_server_destroy(&o->metrics);
	control_destroy(&o->control);
	free(o->control_path);
	o->control_path = NULL;
}

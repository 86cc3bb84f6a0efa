/* SPDX-License-Identifier: MIT */
/* The admin API's page for Prometheus; see admin_impl.h. */
#include "mockserver/admin/admin_impl.h"

/* The text format of Prometheus, 0.0.4; names of hosts need no escapes. */
static void
write_family(
    const char *name, const char *type, const char *help, struct buf *out)
{
	buf_printf(out, "# HELP faultpost_mock_%s %s\n", name, help);
	buf_printf(out, "# TYPE faultpost_mock_%s %s\n", name, type);
}

/* X(name, type, value of `site`, help) */
#define SITE_METRICS(X)                                                        \
	X("connections_open", "gauge", site->connections,                      \
	    "Connections that are open.")                                      \
	X("connections_total", "counter", site->opened, "Connections so far.") \
	X("messages_total", "counter", site->messages,                         \
	    "Messages that were answered 2xx.")                                \
	X("rules_acted_total", "counter", admin_count_acted(site),             \
	    "How often rules have acted.")

static void
write_one(const char *name, const char *type, const char *help, uint64_t value,
    struct buf *out)
{
	write_family(name, type, help, out);
	buf_printf(
	    out, "faultpost_mock_%s %llu\n", name, (unsigned long long)value);
}

static void
write_capture(const struct capture *capture, struct buf *out)
{
	const struct capture_totals t = capture_totals(capture);

	write_one("captured", "gauge", "Messages that are kept.", t.kept, out);
	write_one(
	    "captured_bytes", "gauge", "What they weigh.", t.kept_bytes, out);
	write_one("captured_evicted_total", "counter",
	    "Messages that went to make room.", t.evicted, out);
}

void
admin_get_metrics(struct admin_call *call)
{
	const struct mock *m = call->admin->options.mock;
	struct buf out = { 0 };

#define X(metric, type, value, help)                                           \
	write_family(metric, type, help, &out);                                \
	for (size_t i = 0; i < m->hosts->count; i++) {                         \
		const struct site *site = m->sites[i];                         \
                                                                               \
		buf_printf(&out, "faultpost_mock_%s{host=\"%s\"} %llu\n",      \
		    metric, site->host->name, (unsigned long long)(value));    \
	}
	SITE_METRICS(X)
#undef X
	write_capture(call->admin->options.capture, &out);
	admin_answer_text(call, 200, "text/plain; version=0.0.4; charset=utf-8",
	    buf_slice(&out));
	buf_fini(&out);
}

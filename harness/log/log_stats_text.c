/* SPDX-License-Identifier: MIT */
/* Figures as pages and as JSON; see log_stats.h. */
#include "harness/judge/fairness.h"
#include "harness/log/log_stats.h"
#include "harness/report/text_json.h"

#include <inttypes.h>

#define TEXTS_SHOWN 3

#define NO_PRIORITIES                                                            \
	"\nPriorities are not in a log; --routes FILE has them. Without it a "   \
	"share is that\namong all hosts of the domain, but where one was asked " \
	"again and again and another\nonly behind failures: these are apart. "   \
	"Jain's index: of connections, of messages;\n1 is an equal share "       \
	"each.\n"

/* ---- shares ---- */

int
log_stats_priority(const struct routes *routes, const struct log_domain *d,
    const struct log_host *host)
{
	const struct route *route =
	    routes != NULL ? routes_match(routes, slice_cstr(d->name)) : NULL;

	for (size_t i = 0; route != NULL && i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];

		if (dest->kind == ROUTE_DEST_ADDRESS &&
		    ip_equal(&dest->ip, &host->at.ip) &&
		    (dest->port == 0 ? 25 : dest->port) == host->at.port)
			return dest->priority;
	}
	return -1;
}

bool
log_stats_is_backup(const struct log_domain *d, size_t share)
{
	return d->stays && !d->shares[share].is_first;
}

static bool
is_beside(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d, size_t a, size_t b)
{
	if (routes == NULL)
		return log_stats_is_backup(d, a) == log_stats_is_backup(d, b);
	return log_stats_priority(
		   routes, d, log_stats_host(s, d->shares[a].host)) ==
	    log_stats_priority(routes, d, log_stats_host(s, d->shares[b].host));
}

static double
part_of(uint64_t count, const uint64_t *counts, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += counts[i];
	return sum == 0 ? 0 : (double)count / (double)sum;
}

struct log_parts
log_stats_parts(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d, size_t share)
{
	uint64_t *counts = xcalloc(2 * d->share_count, sizeof(counts[0]));
	uint64_t *messages = counts + d->share_count;
	struct log_parts parts;
	size_t n = 0;

	for (size_t i = 0; i < d->share_count; i++) {
		if (!is_beside(s, routes, d, share, i))
			continue;
		messages[n] = d->shares[i].messages;
		counts[n++] = d->shares[i].connections;
	}
	parts.connections = part_of(d->shares[share].connections, counts, n);
	parts.connections_jain = jain_index(counts, n);
	parts.messages = part_of(d->shares[share].messages, messages, n);
	parts.messages_jain = jain_index(messages, n);
	free(counts);
	return parts;
}

/* ---- order ---- */

struct ranked {
	size_t index;
	uint64_t weight;
};

static int
compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

/* The indices, the heaviest first; the caller frees them. */
static struct ranked *
rank_hosts(const struct log_stats *s)
{
	size_t count = log_stats_host_count(s);
	struct ranked *rows = xcalloc(count + 1, sizeof(rows[0]));

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct ranked){ i, log_stats_host(s, i)->attempts };
	qsort(rows, count, sizeof(rows[0]), compare_ranked);
	return rows;
}

static struct ranked *
rank_domains(const struct log_stats *s)
{
	size_t count = log_stats_domain_count(s);
	struct ranked *rows = xcalloc(count + 1, sizeof(rows[0]));

	for (size_t i = 0; i < count; i++)
		rows[i] =
		    (struct ranked){ i, log_stats_domain(s, i)->recipients };
	qsort(rows, count, sizeof(rows[0]), compare_ranked);
	return rows;
}

/* ---- pages ---- */

static uint64_t
host_failed(const struct log_host *host)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LOG_FAILURE_KINDS; i++)
		sum += host->failed[i];
	return sum;
}

static void
texts_format(const struct log_host *host, struct buf *out)
{
	struct ranked rows[LOG_STATS_TEXTS_MAX];

	for (size_t i = 0; i < host->text_count; i++)
		rows[i] = (struct ranked){ i, host->texts[i].count };
	qsort(rows, host->text_count, sizeof(rows[0]), compare_ranked);
	for (size_t i = 0; i < host->text_count && i < TEXTS_SHOWN; i++) {
		const struct log_text_count *text = &host->texts[rows[i].index];

		buf_printf(out, "  %21s  %" PRIu64 " x ", "", text->count);
		if (text->code != 0)
			buf_printf(out, "%u ", text->code);
		buf_printf(out, "%s\n", text->text);
	}
	if (host->text_count > TEXTS_SHOWN || host->other_texts > 0)
		buf_printf(out, "  %21s  and other answers\n", "");
}

static void
host_format(const struct log_host *host, struct buf *out)
{
	const struct log_spans *spans = &host->spans;

	buf_printf(out,
	    "  %-21s %9" PRIu64 " %7" PRIu64 " %9" PRIu64 " %7" PRIu64
	    " %7" PRIu64 "  ",
	    host->name, host->attempts, host_failed(host), host->done,
	    host->codes_4xx, host->codes_5xx);
	if (spans->count > 0)
		buf_printf(out,
		    "%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64 "\n",
		    log_spans_percentile(spans, 50),
		    log_spans_percentile(spans, 90),
		    log_spans_percentile(spans, 99),
		    (uint64_t)(spans->longest / UTIME_S));
	else
		buf_append_cstr(out, "-\n");
	texts_format(host, out);
}

static void
share_format(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d, size_t i, struct buf *out)
{
	const struct log_share *share = &d->shares[i];
	const struct log_host *host = log_stats_host(s, share->host);
	int priority = log_stats_priority(routes, d, host);
	struct log_parts parts = log_stats_parts(s, routes, d, i);

	buf_printf(out,
	    "      %-21s %7" PRIu64 " connections %5.1f %% %7" PRIu64
	    " messages %5.1f %%",
	    host->name, share->connections, 100 * parts.connections,
	    share->messages, 100 * parts.messages);
	if (priority >= 0)
		buf_printf(out, " of priority %d", priority);
	else if (routes == NULL && log_stats_is_backup(d, i))
		buf_append_cstr(out, " of those behind failures");
	else if (routes == NULL && d->stays)
		buf_append_cstr(out, " of those asked first");
	buf_printf(out, ", Jain's index %.3f, %.3f\n", parts.connections_jain,
	    parts.messages_jain);
}

static void
domain_format(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d, struct buf *out)
{
	buf_printf(out,
	    "  %-30s %9" PRIu64 " %9" PRIu64 " %7" PRIu64 " %7" PRIu64
	    " %7" PRIu64 " %7" PRIu64 "/%" PRIu64 "\n",
	    d->name, d->recipients, d->delivered, d->delayed, d->retries,
	    d->bounced, d->queued, d->queued_most);
	if (d->share_count > 1)
		for (size_t i = 0; i < d->share_count; i++)
			share_format(s, routes, d, i, out);
}

static bool
has_shares(const struct log_stats *s, const struct ranked *domains, size_t top)
{
	for (size_t i = 0; i < log_stats_domain_count(s) && i < top; i++)
		if (log_stats_domain(s, domains[i].index)->share_count > 1)
			return true;
	return false;
}

void
log_stats_format(const struct log_stats *s, const struct routes *routes,
    size_t top, struct buf *out)
{
	struct ranked *hosts, *domains;
	size_t host_count = log_stats_host_count(s);
	size_t domain_count = log_stats_domain_count(s);
	char from[UTIME_TEXT_MAX], to[UTIME_TEXT_MAX];

	if (log_stats_last(s) == 0) {
		buf_append_cstr(out, "no record\n");
		return;
	}
	hosts = rank_hosts(s);
	domains = rank_domains(s);
	buf_printf(out, "from %.19s to %.19s\n",
	    utime_format_rfc3339(log_stats_first(s), from),
	    utime_format_rfc3339(log_stats_last(s), to));
	buf_printf(out, "\n  %-21s %9s %7s %9s %7s %7s  %s\n", "host",
	    "attempts", "failed", "messages", "4xx", "5xx",
	    "seconds (50/90/99 %/most)");
	for (size_t i = 0; i < host_count && i < top; i++)
		host_format(log_stats_host(s, hosts[i].index), out);
	if (host_count > top)
		buf_printf(out, "  and %zu more\n", host_count - top);
	buf_printf(out, "\n  %-30s %9s %9s %7s %7s %7s %s\n", "domain",
	    "recip.", "delivered", "delayed", "retries", "bounced",
	    "  queue now/most");
	for (size_t i = 0; i < domain_count && i < top; i++)
		domain_format(
		    s, routes, log_stats_domain(s, domains[i].index), out);
	if (domain_count > top)
		buf_printf(out, "  and %zu more\n", domain_count - top);
	if (routes == NULL && has_shares(s, domains, top))
		buf_append_cstr(out, NO_PRIORITIES);
	free(hosts);
	free(domains);
}

/* ---- JSON ---- */

static void
set_count(json_t *object, const char *key, uint64_t count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

static json_t *
spans_json(const struct log_spans *spans)
{
	json_t *object = json_object();

	set_count(object, "count", spans->count);
	set_count(object, "p50", log_spans_percentile(spans, 50));
	set_count(object, "p90", log_spans_percentile(spans, 90));
	set_count(object, "p99", log_spans_percentile(spans, 99));
	set_count(object, "most", (uint64_t)(spans->longest / UTIME_S));
	return object;
}

static json_t *
texts_json(const struct log_host *host)
{
	json_t *list = json_array();

	for (size_t i = 0; i < host->text_count; i++) {
		json_t *text = json_object();

		set_count(text, "code", host->texts[i].code);
		text_json_set(text, "text", host->texts[i].text);
		set_count(text, "count", host->texts[i].count);
		json_array_append_new(list, text);
	}
	return list;
}

static json_t *
host_json(const struct log_host *host)
{
	json_t *object = json_object(), *failed = json_object();

	text_json_set(object, "host", host->name);
	set_count(object, "attempts", host->attempts);
	for (size_t i = 0; i < LOG_FAILURE_KINDS; i++)
		if (host->failed[i] > 0)
			set_count(failed,
			    log_failure_name((enum log_failure_kind)i),
			    host->failed[i]);
	json_object_set_new(object, "failed", failed);
	set_count(object, "messages", host->done);
	set_count(object, "delivered", host->delivered);
	set_count(object, "delayed", host->delayed);
	set_count(object, "refused", host->refused);
	set_count(object, "codes_4xx", host->codes_4xx);
	set_count(object, "codes_5xx", host->codes_5xx);
	json_object_set_new(object, "texts", texts_json(host));
	set_count(object, "other_texts", host->other_texts);
	json_object_set_new(object, "seconds", spans_json(&host->spans));
	return object;
}

static json_t *
share_json(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d, size_t i)
{
	const struct log_host *host = log_stats_host(s, d->shares[i].host);
	int priority = log_stats_priority(routes, d, host);
	struct log_parts parts = log_stats_parts(s, routes, d, i);
	json_t *object = json_object();

	text_json_set(object, "host", host->name);
	set_count(object, "connections", d->shares[i].connections);
	set_count(object, "messages", d->shares[i].messages);
	json_object_set_new(object, "part", json_real(parts.messages));
	json_object_set_new(object, "jain", json_real(parts.messages_jain));
	json_object_set_new(
	    object, "connections_part", json_real(parts.connections));
	json_object_set_new(
	    object, "connections_jain", json_real(parts.connections_jain));
	if (priority >= 0)
		set_count(object, "priority", (uint64_t)priority);
	if (routes == NULL)
		json_object_set_new(object, "is_backup",
		    json_boolean(log_stats_is_backup(d, i)));
	return object;
}

static json_t *
domain_json(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d)
{
	json_t *object = json_object(), *shares = json_array();

	text_json_set(object, "domain", d->name);
	set_count(object, "recipients", d->recipients);
	set_count(object, "delivered", d->delivered);
	set_count(object, "delayed", d->delayed);
	set_count(object, "bounced", d->bounced);
	set_count(object, "deleted", d->deleted);
	set_count(object, "retries", d->retries);
	set_count(object, "queued", d->queued);
	set_count(object, "queued_most", d->queued_most);
	json_object_set_new(object, "seconds", spans_json(&d->waits));
	for (size_t i = 0; i < d->share_count; i++)
		json_array_append_new(shares, share_json(s, routes, d, i));
	json_object_set_new(object, "shares", shares);
	return object;
}

/* null where there is none. */
static void
set_moment(json_t *object, const char *key, bool is_known, utime at)
{
	char text[UTIME_TEXT_MAX];

	if (is_known)
		text_json_set(object, key, utime_format_rfc3339(at, text));
	else
		json_object_set_new(object, key, json_null());
}

void
log_stats_json(
    const struct log_stats *s, const struct routes *routes, struct buf *out)
{
	json_t *object = json_object(), *hosts = json_array();
	json_t *domains = json_array();
	const bool has_any = log_stats_last(s) != 0;

	set_moment(object, "from", has_any, log_stats_first(s));
	set_moment(object, "to", has_any, log_stats_last(s));
	for (size_t i = 0; i < log_stats_host_count(s); i++)
		json_array_append_new(hosts, host_json(log_stats_host(s, i)));
	for (size_t i = 0; i < log_stats_domain_count(s); i++)
		json_array_append_new(
		    domains, domain_json(s, routes, log_stats_domain(s, i)));
	json_object_set_new(object, "hosts", hosts);
	json_object_set_new(object, "domains", domains);
	set_count(object, "forgotten", log_stats_forgotten(s));
	text_json_dump(object, out);
	buf_append_byte(out, '\n');
}

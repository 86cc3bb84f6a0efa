/* SPDX-License-Identifier: MIT */
/* Hosts, their addresses and the real ones; see mock_places.h. */
#include "mockserver/mock_places.h"

static const char *
comma_behind(const struct buf *out)
{
	return slice_ends_with_nocase(buf_slice(out), SLICE("}")) ? "," : "";
}

/* Calls `each` for every address; real is "" where nothing listens. */
static void
places_each(const struct mock *m, const struct mock_hosts *hosts,
    void (*each)(struct buf *out, const struct mock_host *host, const char *at,
	const char *real),
    struct buf *out)
{
	char at[ENDPOINT_TEXT_MAX], real[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *h = &hosts->at[i];

		for (size_t j = 0; j < h->addresses.count; j++) {
			const struct endpoint e = { h->addresses.at[j],
				h->port };
			const struct endpoint *listens =
			    m == NULL ? NULL : mock_listen_address(m, h, j);

			endpoint_format(&e, at);
			real[0] = '\0';
			if (listens != NULL)
				endpoint_format(listens, real);
			each(out, h, at, real);
		}
	}
}

static void
append_line(struct buf *out, const struct mock_host *host, const char *at,
    const char *real)
{
	buf_printf(out, "%-24s %-24s %s\n", host->name, at,
	    real[0] != '\0' ? real : mock_host_state_name(host->state));
}

/* Names and addresses hold nothing that JSON would have to escape. */
static void
append_object(struct buf *out, const struct mock_host *host, const char *at,
    const char *real)
{
	const char *quote = real[0] != '\0' ? "\"" : "";

	buf_printf(out,
	    "%s\n  {\"host\": \"%s\", \"address\": \"%s\", \"real\": %s%s%s}",
	    comma_behind(out), host->name, at, quote,
	    real[0] != '\0' ? real : "null", quote);
}

void
mock_places_format(const struct mock *m, const struct mock_hosts *hosts,
    const struct mock_services *services, struct buf *out)
{
	char text[ENDPOINT_TEXT_MAX];

	places_each(m, hosts, append_line, out);
	if (services->dns != NULL)
		buf_printf(out, "%-24s %-24s %s\n", "(name server)", "",
		    endpoint_format(services->dns, text));
	if (services->admin != NULL)
		buf_printf(out, "%-24s %-24s http://%s/\n", "(admin API)", "",
		    endpoint_format(services->admin, text));
}

static void
append_service(struct buf *out, const char *name, const struct endpoint *at)
{
	char text[ENDPOINT_TEXT_MAX];

	if (at != NULL)
		buf_printf(out,
		    "%s\n  {\"host\": null, \"service\": \"%s\", "
		    "\"real\": \"%s\"}",
		    comma_behind(out), name, endpoint_format(at, text));
}

void
mock_places_format_json(const struct mock *m, const struct mock_hosts *hosts,
    const struct mock_services *services, struct buf *out)
{
	buf_append_byte(out, '[');
	places_each(m, hosts, append_object, out);
	append_service(out, "dns", services->dns);
	append_service(out, "admin", services->admin);
	buf_append_cstr(out, "\n]\n");
}

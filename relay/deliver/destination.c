/* SPDX-License-Identifier: MIT */
/*
 * Destination controls: the parameters, finding a domain's, and printing; see
 * destination.h.
 */
#include "relay/deliver/destination_impl.h"

#include "core/dns/name.h"

static const struct parameter_word ip_sort_words[] = {
	[IP_PREFER_V6] = { "PREFER_V6", NULL },
	[IP_REQUIRE_V6] = { "REQUIRE_v6", NULL },
	[IP_PREFER_V4] = { "PREFER_V4", NULL },
	[IP_REQUIRE_V4] = { "REQUIRE_v4", NULL },
};
static const struct parameter_word limit_type_words[] = {
	[LIMIT_DOMAIN] = { "host", "0" },
	[LIMIT_MX_IP] = { "MXIP", "1" },
};
static const struct parameter_word limit_apply_words[] = {
	[LIMIT_SYSTEM] = { "system", "0" },
	[LIMIT_VG] = { "VG", "1" },
};
static const struct parameter_word tls_words[] = {
	[TLS_OFF] = { "off", NULL },
	[TLS_ON] = { "on", NULL },
	[TLS_REQUIRE] = { "require", NULL },
	[TLS_ON_VERIFY] = { "on_verify", NULL },
	[TLS_REQUIRE_VERIFY] = { "require_verify", NULL },
};
static const struct parameter_word flag_words[] = {
	[false] = { "0", NULL },
	[true] = { "1", NULL },
};

#define AT(member)                                                             \
	.offset = offsetof(struct relay_destination, member),                  \
	.size = sizeof(((struct relay_destination *)0)->member)
#define WORDS(list)        .words = (list), .word_count = ARRAY_LEN(list)
#define RANGE(least, most) .min = (least), .max = (most)
#define BIT(parameter)     (1U << PARAMETER_##parameter)

const struct parameter relay_parameters[PARAMETER_COUNT] = {
	[PARAMETER_IP_SORT_PREF] = { "ip_sort_pref", AT(ip_sort_pref),
	    WORDS(ip_sort_words) },
	[PARAMETER_MAX_HOST_CONCURRENCY] = { "max_host_concurrency",
	    AT(max_host_concurrency), RANGE(1, 1000),
	    .needs = BIT(LIMIT_TYPE) | BIT(LIMIT_APPLY) },
	[PARAMETER_MAX_MESSAGES_PER_CONNECTION] = { "max_messages_per_"
						    "connection",
	    AT(max_messages_per_connection), RANGE(1, 1000) },
	[PARAMETER_RECIPIENT_MINUTES] = { "recipient_minutes",
	    AT(recipient_minutes), RANGE(1, 60) },
	[PARAMETER_RECIPIENT_LIMIT] = { "recipient_limit", AT(recipient_limit),
	    RANGE(1, 1000000000), .is_optional = true, .may_be_empty = true,
	    .needs =
		BIT(RECIPIENT_MINUTES) | BIT(LIMIT_TYPE) | BIT(LIMIT_APPLY) },
	[PARAMETER_LIMIT_TYPE] = { "limit_type", AT(limit_type),
	    WORDS(limit_type_words) },
	[PARAMETER_LIMIT_APPLY] = { "limit_apply", AT(limit_apply),
	    WORDS(limit_apply_words) },
	[PARAMETER_TABLE_TLS] = { "table_tls", AT(table_tls),
	    WORDS(tls_words) },
	[PARAMETER_BOUNCE_VALIDATION] = { "bounce_validation",
	    AT(bounce_validation), WORDS(flag_words),
	    .lacks = "no keys tag and verify", .lack = LACK_KEYS },
	[PARAMETER_BOUNCE_PROFILE] = { "bounce_profile", AT(bounce_profile),
	    .is_optional = true, .may_be_empty = true },
	[PARAMETER_SEND_TLS_REQ_ALERT] = { "send_tls_req_alert",
	    AT(send_tls_req_alert), WORDS(flag_words), .is_default_only = true,
	    .lacks = "alerts are not sent", .lack = LACK_ALERTS },
	[PARAMETER_CERTIFICATE] = { "certificate", AT(certificate),
	    .is_default_only = true, .may_be_empty = true },
};

const struct relay_destination relay_destination_own = {
	.domain = SLICE_INIT("DEFAULT"),
	.ip_sort_pref = IP_PREFER_V6,
	.max_host_concurrency = 500,
	.max_messages_per_connection = 50,
	.recipient_minutes = 60,
	.limit_type = LIMIT_DOMAIN,
	.limit_apply = LIMIT_SYSTEM,
	.table_tls = TLS_OFF,
};

void
relay_destinations_destroy(struct relay_destinations **dp)
{
	struct relay_destinations *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	map_fini(&d->map);
	for (size_t i = 0; i < LACK_KINDS; i++)
		err_list_fini(&d->notes[i]);
	free(d->list);
	arena_fini(&d->arena);
	free(d);
}

const struct relay_destination *
relay_destinations_find(const struct relay_destinations *d, struct slice domain)
{
	const struct relay_destination *found = NULL;

	if (d == NULL)
		return &relay_destination_own;
	found = map_find(&d->map, dns_name_trim(domain));
	if (found == NULL)
		found = d->fallback;
	return found != NULL ? found : &relay_destination_own;
}

struct err_list *
relay_destinations_notes(struct relay_destinations *d, enum relay_lack lack)
{
	return &d->notes[lack];
}

size_t
relay_destinations_count(const struct relay_destinations *d)
{
	return d->count;
}

const struct relay_destination *
relay_destinations_at(const struct relay_destinations *d, size_t index)
{
	assert(index < d->count);
	return d->list[index];
}

/* ---- printing ---- */

/* A value of up to four bytes, as words have it. */
static size_t
word_index(const struct relay_destination *d, const struct parameter *p)
{
	const char *member = (const char *)d + p->offset;
	uint32_t wide = 0;
	bool flag = false;

	if (p->size == sizeof(flag)) {
		memcpy(&flag, member, sizeof(flag));
		return flag;
	}
	memcpy(&wide, member, sizeof(wide));
	return wide;
}

static void
value_format(const struct relay_destination *d, const struct parameter *p,
    struct buf *out)
{
	const char *member = (const char *)d + p->offset;
	struct slice name;
	uint32_t number;

	if (p->words != NULL) {
		buf_append_cstr(out, p->words[word_index(d, p)].name);
	} else if (p->max > 0) {
		memcpy(&number, member, sizeof(number));
		if (number > 0)
			buf_append_u64(out, number);
	} else {
		memcpy(&name, member, sizeof(name));
		buf_append(out, name);
	}
}

void
relay_destinations_format(const struct relay_destinations *d, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct relay_destination *section = d->list[i];

		buf_printf(out, "[%.*s]\n", SLICE_ARG(section->domain));
		for (size_t k = 0; k < PARAMETER_COUNT; k++) {
			if ((section->said >> k & 1) == 0)
				continue;
			buf_printf(out, "%s = ", relay_parameters[k].name);
			value_format(section, &relay_parameters[k], out);
			buf_append_byte(out, '\n');
		}
	}
}

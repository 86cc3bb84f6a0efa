/* SPDX-License-Identifier: MIT */
/* The table of a host, and what two hosts may not both have; see hosts.h. */
#include "mockserver/hosts.h"

#include "core/dns/types_json.h"
#include "mockserver/rule/fields.h"

static bool read_name(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool host_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);
static int compare_owners(const void *a, const void *b);

/* X(constant, name): those that a host can be told to offer. */
#define OFFERS(X)                                                              \
	X(SMTP_EXT_PIPELINING, "PIPELINING")                                   \
	X(SMTP_EXT_SIZE, "SIZE")                                               \
	X(SMTP_EXT_8BITMIME, "8BITMIME")                                       \
	X(SMTP_EXT_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES")                 \
	X(SMTP_EXT_SMTPUTF8, "SMTPUTF8")                                       \
	X(SMTP_EXT_CHUNKING, "CHUNKING")                                       \
	X(SMTP_EXT_DSN, "DSN")
static const struct json_word offer_words[] = {
#define X(constant, name) { name, constant },
	OFFERS(X)
#undef X
};
#define OFFERS_DEFAULT                                                         \
	"[\"PIPELINING\", \"SIZE\", \"8BITMIME\", \"ENHANCEDSTATUSCODES\", "   \
	"\"SMTPUTF8\"]"

const struct json_word mock_host_state_words[4] = {
#define X(constant, name) { name, constant },
	MOCK_HOST_STATES(X)
#undef X
};

/* It stands in greetings and EHLO replies, hence the alphabet. */
const struct json_custom mock_host_name = {
	.name = "host name",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?",
	.read = read_name,
};

static const struct json_word hello_words[] = {
#define X(constant, name) { name, constant },
	MOCK_HELLOS(X)
#undef X
};

#define COUNT_MAX 1000000000
#define BYTES_MAX 1000000000000
/* What world.h can keep waiting. */
#define BACKLOG_MAX 4096

static const struct json_field limit_fields[] = {
	{ "size", JF_INTEGER(1, BYTES_MAX),
	    JSON_AT(struct mock_limits, size_bytes), "35882577",
	    "Bytes of a message; more is answered 552 5.3.4." },
	{ "recipients", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct mock_limits, recipients), "1000",
	    "Recipients of a message; more are answered 452 4.5.3." },
	{ "messages", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct mock_limits, messages), JSON_OPTIONAL,
	    "Messages on a connection; the next MAIL is answered 421 4.7.0." },
	{ "connections", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct mock_limits, connections), JSON_OPTIONAL,
	    "Connections at a time; the next is greeted by 421 4.7.0." },
	{ "accepted", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct mock_limits, accepted), JSON_OPTIONAL,
	    "Connections that are accepted at a time; the next ones wait, "
	    "connected and without a greeting, until one of them ends." },
	{ "backlog", JF_INTEGER(1, BACKLOG_MAX),
	    JSON_AT(struct mock_limits, backlog), JSON_OPTIONAL,
	    "Connections that may wait so; to the next no SYN is answered." },
	{ "receive_buffer", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct mock_limits, receive_buffer), JSON_OPTIONAL,
	    "Bytes of a connection that may come while the host does not read "
	    "(over TCP a hint to the kernel)." },
	{ "send_buffer", JF_INTEGER(1, COUNT_MAX),
	    JSON_AT(struct mock_limits, send_buffer), JSON_OPTIONAL,
	    "Bytes that the host sends ahead of their acknowledgement (over "
	    "TCP a hint to the kernel)." },
	{ "idle_timeout", JF_DURATION_SOME,
	    JSON_AT(struct mock_limits, idle_timeout), "5m",
	    "A client silent for so long is told 421 4.4.2." },
};

static const struct json_table limits_table = {
	.name = "limits",
	.help = "How much of anything a host takes.",
	.size = sizeof(struct mock_limits),
	JSON_FIELDS(limit_fields),
};

static const struct json_field host_fields[] = {
	{ "address",
	    JF_ARRAY_OR_ONE(
		struct ip_address, JF_CUSTOM(&ip_address_json), 1, 100),
	    JSON_AT(struct mock_host, addresses), JSON_REQUIRED,
	    "The IP address that the host listens on, or a list of them." },
	{ "port", JF_INTEGER(1, 65535), JSON_AT(struct mock_host, port), "25",
	    "The TCP port." },
	{ "state", MOCK_HOST_STATE_FORM, JSON_AT(struct mock_host, state), "up",
	    "What the network makes of the host at the start." },
	{ "hello", JF_WORD(hello_words), JSON_AT(struct mock_host, hello),
	    "required", "Whether MAIL needs EHLO or HELO before it." },
	{ "extensions",
	    JF_ARRAY(enum smtp_extension, JF_WORD(offer_words), 0, 20),
	    JSON_AT(struct mock_host, extension_list), OFFERS_DEFAULT,
	    "What the host offers in its answer to EHLO." },
	{ "tls", JF_OBJECT(&mock_tls_offer_table),
	    JSON_AT_HAS(struct mock_host, tls, has_tls), JSON_OPTIONAL,
	    "The host speaks TLS, by STARTTLS unless it says otherwise; "
	    "absent: it does not." },
	{ "auth",
	    JF_ARRAY(struct mock_user, JF_OBJECT(&mock_user_table), 1, 1000),
	    JSON_AT(struct mock_host, user_list), JSON_OPTIONAL,
	    "Who may log in; the host offers AUTH PLAIN and LOGIN, under TLS "
	    "only." },
	{ "limits", JF_OBJECT(&limits_table), JSON_AT(struct mock_host, limits),
	    "{}", "How much of anything the host takes." },
	{ "profile",
	    JF_ARRAY_OR_ONE(struct profile_use, &profile_use_form, 1, 16),
	    JSON_AT(struct mock_host, profiles), JSON_OPTIONAL,
	    "How a kind of server behaves: rules of profiles/NAME.json, which "
	    "come behind the host's own." },
	{ "notes", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 2000), 0, 100),
	    JSON_NOWHERE, JSON_OPTIONAL,
	    "What a reader should know of the host." },
	{ "rules", JF_ARRAY(struct rule, JF_OBJECT(&rule_table), 0, 10000),
	    JSON_AT(struct mock_host, rules), JSON_OPTIONAL,
	    "When the host departs from a well-behaved server; the first "
	    "rule that acts decides." },
};

static const struct json_group host_groups[] = {
	{ JSON_NEEDS_ONE, "auth tls" },
};

const struct json_table mock_host_table = {
	.name = "host",
	.help = "A mock destination; without rules, a well-behaved server.",
	.size = sizeof(struct mock_host),
	JSON_FIELDS(host_fields),
	JSON_GROUPS(host_groups),
	.pointer = offsetof(struct mock_host, pointer),
	.check = host_check,
};

const char *
mock_host_state_name(enum mock_host_state state)
{
	return mock_host_state_words[state].name;
}

unsigned
mock_host_offers(const struct mock_host *host, bool is_secured)
{
	return host->extensions &
	    ~(unsigned)(is_secured ? SMTP_EXT_STARTTLS : SMTP_EXT_AUTH);
}

const struct mock_host *
mock_hosts_find(const struct mock_hosts *hosts, struct slice name)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (slice_eq(slice_cstr(hosts->at[i].name), name))
			return &hosts->at[i];
	return NULL;
}

/* An address and port, and the host that has it. */
struct owner {
	struct endpoint at;
	size_t host;
};

bool
mock_hosts_check(
    const struct mock_hosts *hosts, const struct json_at *at, struct err *err)
{
	struct owner *owners = NULL;
	const struct owner *twice = NULL;
	size_t count = 0, cap = 0;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct mock_host *h = &hosts->at[i];

		for (size_t j = 0; j < h->addresses.count; j++) {
			owners =
			    xgrow(owners, &cap, count + 1, sizeof(*owners));
			owners[count++] =
			    (struct owner){ { h->addresses.at[j], h->port },
				    i };
		}
	}
	if (count > 1)
		qsort(owners, count, sizeof(*owners), compare_owners);
	for (size_t i = 1; i < count && twice == NULL; i++)
		if (endpoint_equal(&owners[i - 1].at, &owners[i].at))
			twice = &owners[i];
	if (twice != NULL) {
		char text[ENDPOINT_TEXT_MAX];
		const struct json_at host =
		    json_at_key(at, hosts->at[twice->host].name);
		const struct json_at address = json_at_key(&host, "address");

		json_fail(&address, err,
		    "%s is already an address of host \"%s\"",
		    endpoint_format(&twice->at, text),
		    hosts->at[twice[-1].host].name);
	}
	free(owners);
	return twice == NULL;
}

static int
compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	const int order = endpoint_compare(&x->at, &y->at);

	if (order != 0)
		return order;
	return x->host < y->host ? -1 : x->host > y->host;
}

static bool
host_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct mock_host *h = value;

	(void)err;
	h->place = fields_place(at, arena);
	for (size_t i = 0; i < h->extension_list.count; i++)
		h->extensions |= h->extension_list.at[i];
	if (h->has_tls && !h->tls.is_implicit)
		h->extensions |= SMTP_EXT_STARTTLS;
	if (h->user_list.count > 0)
		h->extensions |= SMTP_EXT_AUTH;
	h->users = (struct mock_users){ h->user_list.at, h->user_list.count };
	return true;
}

static bool
read_name(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	const struct slice name = json_at_text(at);
	bool is_good = name.len >= 1 && name.len <= 64;
	char quoted[JSON_QUOTE_MAX];

	for (size_t i = 0; i < name.len; i++) {
		const char c = name.at[i];
		const bool is_edge = i == 0 || i == name.len - 1;

		if (ascii_is_alpha(c) || ascii_is_digit(c))
			continue;
		is_good = is_good && !is_edge && c != '\0' &&
		    strchr("._-", c) != NULL;
	}
	*(const char **)to = arena_strdup(arena, name);
	if (is_good)
		return true;
	return json_fail(at, err,
	    "%s is no host name; expected letters, digits, dots, hyphens and "
	    "underscores",
	    json_quote(name, quoted));
}

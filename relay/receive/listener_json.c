/* SPDX-License-Identifier: MIT */
/* Listeners as JSON; see listener_json.h. */
#include "relay/receive/listener_json.h"

#include "core/dns/types_json.h"

/* Connections at a time unless said (the guide's defaults). */
#define PUBLIC_CONNECTIONS  1000
#define PRIVATE_CONNECTIONS 600
/* A network with fewer bits is as good as everybody. */
#define WIDE_BITS_V4 8
#define WIDE_BITS_V6 16

static bool hash_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool mailbox_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);
static bool listener_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

const struct json_custom relay_mailbox_json = {
	.name = "mailbox",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "[^\\x00-\\x20<>@\\x7f]+@[^\\x00-\\x20<>@\\x7f]+",
	.read = mailbox_read,
};

/* What `openssl passwd -6` and mkpasswd print. */
static const struct json_custom hash_custom = {
	.name = "password hash",
	.types = JSON_ACCEPTS_STRING,
	.pattern = "\\$(5|6|y|2[aby])\\$[!-9;-~]+",
	.read = hash_read,
};

#define RATE_FORM JF_INTEGER(1, 100000000)
/* clang-format off */
static const struct json_field limits_fields[] = {
	{ "message_bytes", JF_INTEGER(1024, INT64_C(1) << 30),
	    JSON_AT(struct relay_limits, message_bytes), "104857600",
	    "A larger message is refused." },
	{ "recipients", JF_INTEGER(1, 100000),
	    JSON_AT(struct relay_limits, recipients), "1000",
	    "Recipients of one message." },
	{ "messages", JF_INTEGER(1, 1000000),
	    JSON_AT(struct relay_limits, messages), JSON_OPTIONAL,
	    "Messages over one connection; absent: no limit." },
	{ "connections", JF_INTEGER(1, 100000),
	    JSON_AT(struct relay_limits, connections), JSON_OPTIONAL,
	    "Clients at a time, one more gets 421; absent: 1000 at a public "
	    "listener, 600 at a private one." },
	{ "connections_per_client", JF_INTEGER(1, 100000),
	    JSON_AT(struct relay_limits, connections_per_client),
	    JSON_OPTIONAL,
	    "Those of them from one address; absent: no limit." },
	{ "connections_per_minute", RATE_FORM,
	    JSON_AT(struct relay_limits, connections_per_minute),
	    JSON_OPTIONAL,
	    "Connections from one address in a minute, one more gets 421; "
	    "absent: no limit." },
	{ "connections_per_hour", RATE_FORM,
	    JSON_AT(struct relay_limits, connections_per_hour), JSON_OPTIONAL,
	    "The same in an hour." },
	{ "recipients_per_minute", RATE_FORM,
	    JSON_AT(struct relay_limits, recipients_per_minute), JSON_OPTIONAL,
	    "Recipients from one address in a minute, one more gets 452; "
	    "absent: no limit." },
	{ "recipients_per_hour", RATE_FORM,
	    JSON_AT(struct relay_limits, recipients_per_hour), JSON_OPTIONAL,
	    "The same in an hour." },
	{ "idle_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_limits, idle_timeout), "5m",
	    "Patience with a client that says nothing." },
	{ "session_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_limits, session_timeout), "15m",
	    "How long a connection may last, whatever it carries." },
	{ "bad_commands", JF_INTEGER(1, 1000),
	    JSON_AT(struct relay_limits, bad_commands), "5",
	    "After so many bad commands a client gets 421." },
	{ "received_headers", JF_INTEGER(1, 1000),
	    JSON_AT(struct relay_limits, received_headers), "100",
	    "A message with more Received: lines is in a loop." },
	{ "queue_messages", JF_INTEGER(0, INT64_C(1) << 40),
	    JSON_AT(struct relay_limits, queue_messages), "0",
	    "With so many in the queue new messages get 452 4.3.1, until a "
	    "tenth of them has left; 0: no limit." },
	{ "queue_bytes", JF_INTEGER(0, INT64_C(1) << 50),
	    JSON_AT(struct relay_limits, queue_bytes), "0",
	    "The same for the bytes of their content." },
	{ "disk_free", JF_INTEGER(0, INT64_C(1) << 50),
	    JSON_AT(struct relay_limits, disk_free), "104857600",
	    "With fewer bytes free on the queue's disk new messages get 452 "
	    "4.3.1, until a tenth more is free." },
};
const struct json_table relay_limits_table = {
	.name = "relay limits",
	.help = "What a listener accepts.",
	.size = sizeof(struct relay_limits),
	JSON_FIELDS(limits_fields),
};

static const struct json_word tls_words[] = {
	{ "off", LISTENER_TLS_OFF },
	{ "preferred", LISTENER_TLS_PREFERRED },
	{ "required", LISTENER_TLS_REQUIRED },
};
static const struct json_field tls_fields[] = {
	{ "mode", JF_WORD(tls_words), JSON_AT(struct relay_listener_tls, mode),
	    "preferred",
	    "Whether STARTTLS is offered, and MAIL refused without it." },
	{ "certificate", JF_STRING(1, 4096),
	    JSON_AT(struct relay_listener_tls, certificate_path),
	    JSON_OPTIONAL,
	    "The file of its certificates (PEM), its own first; absent: it "
	    "makes one." },
	{ "key", JF_STRING(1, 4096),
	    JSON_AT(struct relay_listener_tls, key_path), JSON_OPTIONAL,
	    "The file of the key (PEM)." },
};
static const struct json_group tls_groups[] = {
	{ JSON_NEEDS_ALL, "certificate key" },
	{ JSON_NEEDS_ALL, "key certificate" },
};
static const struct json_table tls_table = {
	.name = "listener tls",
	.help = "STARTTLS at a listener.",
	.size = sizeof(struct relay_listener_tls),
	JSON_FIELDS(tls_fields),
	JSON_GROUPS(tls_groups),
};

static const struct json_field auth_fields[] = {
	{ "users", JF_MAP(struct relay_user, name, JF_STRING(1, 255), hash,
	    JF_CUSTOM(&hash_custom), 1, 100000),
	    JSON_AT(struct relay_auth, users), JSON_REQUIRED,
	    "The hash of each user's password, as openssl passwd -6 prints "
	    "it." },
	{ "clear", JF_BOOLEAN, JSON_AT(struct relay_auth, clear), "false",
	    "Offer it without TLS, too." },
	{ "tries", JF_INTEGER(1, 1000), JSON_AT(struct relay_auth, tries),
	    "3", "After so many wrong passwords a client gets 421." },
	{ "delay", JF_DURATION, JSON_AT(struct relay_auth, delay), "2s",
	    "How late a wrong one is answered." },
};
static const struct json_table auth_table = {
	.name = "listener auth",
	.help = "AUTH PLAIN and LOGIN at a listener; who is known may send "
		"anywhere.",
	.size = sizeof(struct relay_auth),
	JSON_FIELDS(auth_fields),
};

static const struct json_word kind_words[] = {
	{ "public", LISTENER_PUBLIC },
	{ "private", LISTENER_PRIVATE },
};

static const struct json_field listener_fields[] = {
	{ "name", JF_STRING(1, 64),
	    JSON_AT(struct relay_listener_config, name), "Management",
	    "The interface, as the log names it." },
	{ "address", JF_CUSTOM(&endpoint_json),
	    JSON_AT(struct relay_listener_config, at), JSON_REQUIRED,
	    "Where it listens." },
	{ "kind", JF_WORD(kind_words),
	    JSON_AT(struct relay_listener_config, kind), "public",
	    "A public one talks to everybody, a private one refuses whoever "
	    "may not relay." },
	{ "relay_from", JF_ARRAY_OR_ONE(struct ip_network,
	    JF_CUSTOM(&ip_network_json), 0, 10000),
	    JSON_AT(struct relay_listener_config, relay_from), JSON_OPTIONAL,
	    "Clients that may send to any domain; absent: nobody." },
	{ "accept_for", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 255),
	    0, 100000), JSON_AT(struct relay_listener_config, accept_for),
	    JSON_OPTIONAL,
	    "Domains to which anybody may send, \".example.com\" for those "
	    "below it; absent: none." },
	{ "xclient_from", JF_ARRAY_OR_ONE(struct ip_network,
	    JF_CUSTOM(&ip_network_json), 0, 1000),
	    JSON_AT(struct relay_listener_config, xclient_from),
	    JSON_OPTIONAL,
	    "Clients that may say by XCLIENT who they are, for tests; absent: "
	    "nobody." },
	{ "open_relay", JF_BOOLEAN,
	    JSON_AT(struct relay_listener_config, open_relay), "false",
	    "Let \"relay_from\" name (nearly) the whole Internet." },
	{ "delayed_reject", JF_BOOLEAN,
	    JSON_AT(struct relay_listener_config, delayed_reject), "false",
	    "Refuse at RCPT, and log whom for, instead of in the greeting." },
	{ "untagged_bounces", JF_BOOLEAN,
	    JSON_AT(struct relay_listener_config, untagged_bounces), "false",
	    "Where bounces are verified: take those to addresses without a "
	    "tag, too." },
	{ "tls", JF_OBJECT(&tls_table),
	    JSON_AT(struct relay_listener_config, tls), JSON_OPTIONAL,
	    "STARTTLS; absent: none." },
	{ "auth", JF_OBJECT(&auth_table),
	    JSON_AT(struct relay_listener_config, auth), JSON_OPTIONAL,
	    "AUTH; absent: none." },
	{ "bounce_profile", JF_STRING(1, 64),
	    JSON_AT(struct relay_listener_config, bounce_profile),
	    JSON_OPTIONAL,
	    "The bounce profile of what comes in here, by its name, where "
	    "destination controls name none; absent: the default one." },
	{ "limits", JF_OBJECT(&relay_limits_table),
	    JSON_AT(struct relay_listener_config, limits), "{}",
	    "How much it accepts." },
};
/* clang-format on */
const struct json_table relay_listener_table = {
	.name = "listener",
	.help = "Where the relay listens, and what it takes from whom there.",
	.size = sizeof(struct relay_listener_config),
	JSON_FIELDS(listener_fields),
	.check = listener_check,
	.schema = "{\"if\": {\"properties\": {\"kind\": {\"const\": "
		  "\"private\"}}, \"required\": [\"kind\"]}, \"then\": "
		  "{\"not\": {\"required\": [\"accept_for\"]}}}",
};

static bool
hash_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	static const struct slice kinds[] = { SLICE_INIT("$5$"),
		SLICE_INIT("$6$"), SLICE_INIT("$y$"), SLICE_INIT("$2a$"),
		SLICE_INIT("$2b$"), SLICE_INIT("$2y$") };
	struct slice text = json_at_text(at);
	bool is_known = false, is_clean = true;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		is_known |= slice_starts_with(text, kinds[i]) &&
		    text.len > kinds[i].len;
	for (size_t i = 0; i < text.len; i++)
		is_clean = is_clean && text.at[i] > ' ' && text.at[i] <= '~' &&
		    text.at[i] != ':';
	if (!is_known || !is_clean)
		return json_fail(at, err,
		    "this is no hash of a password, expected one as openssl "
		    "passwd -6 prints it");
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
mailbox_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	struct slice text = json_at_text(at);
	size_t sign = slice_find_byte(text, '@');
	bool good = sign > 0 && sign + 1 < text.len;
	char quoted[JSON_QUOTE_MAX];

	for (size_t i = 0; good && i < text.len; i++)
		good = (unsigned char)text.at[i] > ' ' && text.at[i] != '<' &&
		    text.at[i] != '>' && text.at[i] != 0x7f &&
		    (text.at[i] != '@' || i == sign);
	if (!good)
		return json_fail(at, err,
		    "%s is no address, expected local@domain",
		    json_quote(text, quoted));
	*(struct slice *)to = arena_slice(arena, text);
	return true;
}

static bool
pem_load(struct slice path, struct slice *pem, relay_config_load *load,
    struct arena *arena, struct err *err)
{
	size_t len;
	char *text = load(path.at, &len, err);

	if (text == NULL)
		return false;
	*pem = arena_slice(arena, slice_of(text, len));
	free(text);
	return true;
}

bool
relay_listeners_load(const struct relay_listener_config **list, size_t count,
    relay_config_load *load, struct arena *arena, struct err *err)
{
	struct relay_listener_config *copy =
	    arena_alloc(arena, count * sizeof(*copy));

	memcpy(copy, *list, count * sizeof(*copy));
	for (size_t i = 0; i < count; i++) {
		struct relay_listener_tls *tls = &copy[i].tls;

		if (tls->certificate_path.len > 0 &&
		    (!pem_load(tls->certificate_path, &tls->certificate, load,
			 arena, err) ||
			!pem_load(tls->key_path, &tls->key, load, arena, err)))
			return false;
	}
	*list = copy;
	return true;
}

static bool
is_wide(const struct ip_network *n)
{
	return n->prefix_bits <
	    (n->ip.family == 6 ? WIDE_BITS_V6 : WIDE_BITS_V4);
}

bool
relay_listener_finish(
    struct relay_listener_config *l, const struct json_at *at, struct err *err)
{
	struct json_at from = json_at_key(at, "relay_from");

	if (l->limits.connections == 0)
		l->limits.connections = l->kind == LISTENER_PRIVATE
		    ? PRIVATE_CONNECTIONS
		    : PUBLIC_CONNECTIONS;
	if (l->open_relay || ip_is_loopback(&l->at.ip))
		return true;
	for (size_t i = 0; i < l->relay_from.count; i++)
		if (is_wide(&l->relay_from.at[i]))
			return json_fail(&from, err,
			    "this is an open relay; expected networks of at "
			    "least /%d (IPv6: /%d), or \"open_relay\": true",
			    WIDE_BITS_V4, WIDE_BITS_V6);
	return true;
}

static bool
listener_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct relay_listener_config *l = value;
	struct json_at accept = json_at_key(at, "accept_for");

	(void)arena;
	if (l->kind == LISTENER_PRIVATE && accept.value != NULL)
		return json_fail(&accept, err,
		    "a private listener talks to nobody for these; expected "
		    "none, or \"kind\": \"public\"");
	return relay_listener_finish(l, at, err);
}

/* SPDX-License-Identifier: MIT */
/*
 * The relay's configuration: what it means, its defaults, and each class of
 * error with its place and its words.
 */
#include "core/smtp/stage.h"
#include "relay/config_json.h"
#include "tests/unit/kit.h"

struct outcome {
	struct relay_config_file file;
	struct err_list errors;
	struct err err;
	bool ok;
};

/* The text of "routes", the only file there is, or NULL. */
static const char *routes_text;

static char *
load(const char *path, size_t *len, struct err *err)
{
	if (strcmp(path, "routes") != 0 || routes_text == NULL) {
		err_at(err, path, 0, 0, "No such file or directory");
		return NULL;
	}
	*len = strlen(routes_text);
	return xstrdup(routes_text);
}

static void
parse(struct outcome *o, const char *text, const char *routes)
{
	*o = (struct outcome){ 0 };
	routes_text = routes;
	o->ok = relay_config_parse(
	    &o->file, "r.json", slice_cstr(text), load, &o->errors, &o->err);
}

static void
outcome_fini(struct outcome *o)
{
	relay_config_fini(&o->file);
	err_list_fini(&o->errors);
}

#define BASE "{\"hostname\": \"r.test\", \"queue\": \"q.db\""

static void
test_defaults(void **state)
{
	const struct relay_config *c;
	const struct relay_listener_config *l;
	struct outcome o;
	char text[ENDPOINT_TEXT_MAX];

	(void)state;
	parse(&o, BASE "}", NULL);
	assert_true(o.ok);
	c = &o.file.config;
	assert_slice(c->hostname, "r.test");
	assert_string_equal(c->queue_path.at, "q.db");
	assert_int_equal(c->log_path.len, 0);
	assert_true(ip_is_none(&c->interface));
	assert_slice(c->postmaster, "postmaster@r.test");
	assert_int_equal(c->listeners.count, 1);
	l = &c->listeners.at[0];
	assert_slice(l->name, "Management");
	assert_string_equal(endpoint_format(&l->at, text), "127.0.0.1:25");
	assert_int_equal(l->kind, LISTENER_PUBLIC);
	/* Nobody may send anything anywhere. */
	assert_int_equal(l->relay_from.count, 0);
	assert_int_equal(l->accept_for.count, 0);
	assert_int_equal(l->xclient_from.count, 0);
	assert_false(l->open_relay);
	assert_int_equal(routes_count(c->routes), 0);
	assert_null(c->zone);
	assert_int_equal(c->drain_timeout, 30 * UTIME_S);
	outcome_fini(&o);
}

static void
test_default_delivery(void **state)
{
	const struct relay_delivery *d;
	const struct relay_bounce_profile *b;
	const struct relay_limits *l;
	struct outcome o;

	(void)state;
	parse(&o, BASE "}", NULL);
	d = &o.file.config.delivery;
	assert_int_equal(d->failover_on,
	    1U << STAGE_CONNECT | 1U << STAGE_BANNER | 1U << STAGE_EHLO |
		1U << STAGE_MAIL | 1U << STAGE_RCPT | 1U << STAGE_DATA |
		1U << STAGE_EOD);
	assert_int_equal(d->on_5xx_greeting, ON_5XX_NEXT);
	assert_true(d->release_on_success);
	assert_int_equal(d->port, 25);
	assert_int_equal(d->idle_timeout, 5 * UTIME_S);
	assert_int_equal(d->connect_timeout, 30 * UTIME_S);
	assert_int_equal(d->greeting_timeout, 5 * UTIME_MINUTE);
	assert_int_equal(d->command_timeout, 5 * UTIME_MINUTE);
	assert_int_equal(d->data_timeout, 2 * UTIME_MINUTE);
	assert_int_equal(d->body_timeout, 3 * UTIME_MINUTE);
	assert_int_equal(d->eod_timeout, 10 * UTIME_MINUTE);
	assert_int_equal(d->host_retry_initial, UTIME_MINUTE);
	assert_int_equal(d->host_retry_max, UTIME_HOUR);
	b = &o.file.config.bounce;
	assert_slice(b->name, "Default");
	assert_int_equal(b->max_retries, 100);
	assert_int_equal(b->max_time, 72 * UTIME_HOUR);
	assert_int_equal(b->initial_wait, UTIME_MINUTE);
	assert_int_equal(b->max_wait, UTIME_HOUR);
	assert_int_equal(b->growth, GROWTH_DOUBLE);
	l = &o.file.config.listeners.at[0].limits;
	assert_int_equal(l->message_bytes, 100 << 20);
	assert_int_equal(l->recipients, 1000);
	assert_int_equal(l->connections, 1000);
	assert_int_equal(l->idle_timeout, 5 * UTIME_MINUTE);
	assert_int_equal(l->session_timeout, 15 * UTIME_MINUTE);
	assert_int_equal(l->bad_commands, 5);
	assert_int_equal(l->received_headers, 100);
	/* No limit. */
	assert_int_equal(l->messages, 0);
	assert_int_equal(l->connections_per_client, 0);
	assert_int_equal(l->connections_per_minute, 0);
	assert_int_equal(l->recipients_per_hour, 0);
	outcome_fini(&o);
}

static void
test_everything(void **state)
{
	const struct relay_config *c;
	const struct relay_listener_config *l;
	struct dns_answer answer;
	struct buf routes = { 0 };
	struct outcome o;
	char text[ENDPOINT_TEXT_MAX];

	(void)state;
	parse(&o,
	    BASE ", \"$schema\": \"x\", \"listen\": [\"127.0.0.1\", "
		 "\"[::1]:2525\"], \"interface_name\": \"In\", "
		 "\"interface\": \"10.0.0.5\", \"relay_from\": "
		 "[\"10.0.0.0/8\", \"::1\"], \"accept_for\": \"a.example\", "
		 "\"routes\": [\"# none\", \"A.example mx:26/pri=5\", \"\"], "
		 "\"dns\": {\"mx\": {\"A\": [\"10.1.1.11\"]}}, \"log\": \"l\", "
		 "\"drain_timeout\": \"0s\", \"delivery\": {\"failover_on\": "
		 "[], \"on_5xx_greeting\": \"bounce\", "
		 "\"release_on_success\": false, \"port\": 26}, \"bounce\": "
		 "{\"name\": \"b\", \"max_retries\": 0, \"growth\": "
		 "\"constant\"}, \"limits\": {\"bad_commands\": 1}}",
	    NULL);
	if (!o.ok)
		fail_msg("%s", o.err.msg);
	c = &o.file.config;
	assert_int_equal(c->listeners.count, 2);
	l = &c->listeners.at[0];
	assert_string_equal(endpoint_format(&l->at, text), "127.0.0.1:25");
	assert_string_equal(
	    endpoint_format(&c->listeners.at[1].at, text), "[::1]:2525");
	assert_slice(l->name, "In");
	assert_int_equal(c->interface.family, 4);
	assert_int_equal(l->relay_from.count, 2);
	assert_int_equal(l->relay_from.at[0].prefix_bits, 8);
	assert_int_equal(l->relay_from.at[1].prefix_bits, 128);
	assert_int_equal(l->accept_for.count, 1);
	assert_slice(l->accept_for.at[0], "a.example");
	routes_format(c->routes, &routes);
	assert_slice(buf_slice(&routes), "a.example: mx:26/pri=5\n");
	assert_int_equal(
	    zone_lookup(c->zone, SLICE("mx"), DNS_A, &answer), DNS_OK);
	assert_string_equal(c->log_path.at, "l");
	assert_int_equal(c->drain_timeout, 0);
	assert_int_equal(c->delivery.failover_on, 0);
	assert_int_equal(c->delivery.on_5xx_greeting, ON_5XX_BOUNCE);
	assert_false(c->delivery.release_on_success);
	assert_int_equal(c->delivery.port, 26);
	assert_slice(c->bounce.name, "b");
	assert_int_equal(c->bounce.max_retries, 0);
	assert_int_equal(c->bounce.growth, GROWTH_CONSTANT);
	assert_int_equal(l->limits.bad_commands, 1);
	buf_fini(&routes);
	outcome_fini(&o);
}

static void
test_listeners(void **state)
{
	const struct relay_listener_config *l;
	struct outcome o;

	(void)state;
	parse(&o,
	    BASE ", \"postmaster\": \"me@r.test\", \"listeners\": ["
		 "{\"address\": \"0.0.0.0:25\", \"name\": \"Data1\", "
		 "\"accept_for\": [\".example\"], \"limits\": "
		 "{\"messages\": 10, \"recipients_per_hour\": 7}}, "
		 "{\"address\": \"10.0.0.5:26\", \"kind\": \"private\", "
		 "\"relay_from\": \"10.0.0.0/8\", \"xclient_from\": "
		 "\"10.0.0.1\", \"delayed_reject\": true}]}",
	    NULL);
	if (!o.ok)
		fail_msg("%s", o.err.msg);
	assert_slice(o.file.config.postmaster, "me@r.test");
	assert_int_equal(o.file.config.listeners.count, 2);
	l = &o.file.config.listeners.at[0];
	assert_int_equal(l->kind, LISTENER_PUBLIC);
	assert_slice(l->name, "Data1");
	assert_int_equal(l->limits.connections, 1000);
	assert_int_equal(l->limits.messages, 10);
	assert_int_equal(l->limits.recipients_per_hour, 7);
	l++;
	assert_int_equal(l->kind, LISTENER_PRIVATE);
	assert_int_equal(l->limits.connections, 600);
	assert_int_equal(l->xclient_from.count, 1);
	assert_true(l->delayed_reject);
	outcome_fini(&o);
}

static struct relay_row {
	const char *name; /* address and networks of a listener */
	bool is_refused;
} open_relay_rows[] = {
	{ "\"address\": \"0.0.0.0:25\", \"relay_from\": \"0.0.0.0/0\"", true },
	{ "\"address\": \"10.0.0.5:25\", \"relay_from\": [\"10.0.0.0/8\", "
	  "\"0.0.0.0/0\"]",
	    true },
	{ "\"address\": \"[::]:25\", \"relay_from\": \"::/0\"", true },
	{ "\"address\": \"[::]:25\", \"relay_from\": \"2000::/3\"", true },
	{ "\"address\": \"0.0.0.0:25\", \"relay_from\": [\"0.0.0.0/1\", "
	  "\"128.0.0.0/1\"]",
	    true },
	{ "\"address\": \"0.0.0.0:25\", \"kind\": \"private\", "
	  "\"relay_from\": \"0.0.0.0/0\"",
	    true },
	{ "\"address\": \"0.0.0.0:25\", \"relay_from\": \"0.0.0.0/0\", "
	  "\"open_relay\": true",
	    false },
	{ "\"address\": \"127.0.0.1:25\", \"relay_from\": \"0.0.0.0/0\"",
	    false },
	{ "\"address\": \"0.0.0.0:25\", \"relay_from\": \"10.0.0.0/8\"",
	    false },
};

static void
test_open_relay(void **state)
{
	const struct relay_row *row = *state;
	struct buf text = { 0 };
	struct outcome o;

	buf_printf(&text, BASE ", \"listeners\": [{%s}]}", row->name);
	parse(&o, buf_cstr(&text), NULL);
	assert_int_equal(o.ok, !row->is_refused);
	if (row->is_refused)
		assert_non_null(strstr(o.err.msg, "this is an open relay"));
	outcome_fini(&o);
	buf_fini(&text);
}

static void
test_routes_file(void **state)
{
	struct outcome o;

	(void)state;
	parse(&o, BASE ", \"routes_file\": \"routes\"}",
	    "a.example mx\n.b.example USEDNS\n");
	assert_true(o.ok);
	assert_int_equal(routes_count(o.file.config.routes), 2);
	assert_int_equal(routes_at(o.file.config.routes, 1)->line, 2);
	outcome_fini(&o);
}

/* ---- errors ---- */

#define NO_ADDRESS                                                             \
	" is no address; expected one such as \"127.0.0.1:25\" or "            \
	"\"[::1]:25\""
#define NO_STAGE                                                               \
	" is none of \"connect\", \"greeting\", \"ehlo\", \"mail\", "          \
	"\"rcpt\", \"data\", \"eod\""

static struct error_row {
	const char *name; /* the text; a '^' stands before the place */
	const char *msg;
} error_rows[] = {
	{ "^", "expected a value, got the end of the text" },
	{ "^[1]", "expected an object, got an array" },
	{ "^{\"queue\": \"q\"}", "missing key \"hostname\"" },
	{ "^{\"hostname\": \"r\"}", "missing key \"queue\"" },
	{ BASE ",\n ^\"lisen\": 1}",
	    "unknown key \"lisen\" (did you mean \"listen\"?)" },
	{ BASE ", ^\"queue\": \"p\"}", "duplicate key \"queue\"" },
	{ BASE ", \"log\": ^\"\"}", "/log: the string is empty" },
	{ BASE ", \"listen\": ^25}",
	    "/listen: expected a string or an array, got a number" },
	{ BASE ", \"listen\": [^\"127.0.0.1:65536\"]}",
	    "/listen/0: \"127.0.0.1:65536\"" NO_ADDRESS },
	{ BASE ", \"listen\": ^\"localhost:25\"}",
	    "/listen: \"localhost:25\"" NO_ADDRESS },
	{ BASE ", \"listen\": ^[]}",
	    "/listen: expected at least 1 element, got 0" },
	{ BASE ", \"interface\": ^\"lo\"}",
	    "/interface: \"lo\" is no IP address; expected one as "
	    "\"10.1.1.11\" or \"2001:db8::1\"" },
	{ BASE ", \"relay_from\": [\"10.0.0.0/8\", ^\"10/8\"]}",
	    "/relay_from/1: \"10/8\" is neither an IP address nor a network; "
	    "expected one as \"10.1.1.11\" or \"10.0.0.0/8\"" },
	{ BASE ", \"listen\": \"0.0.0.0:25\", \"relay_from\": "
	       "^[\"0.0.0.0/0\"]}",
	    "/relay_from: this is an open relay; expected networks of at "
	    "least /8 (IPv6: /16), or \"open_relay\": true" },
	{ BASE ", \"listeners\": [{\"address\": \"127.0.0.1\", \"kind\": "
	       "\"private\", \"accept_for\": ^[\"a\"]}]}",
	    "/listeners/0/accept_for: a private listener talks to nobody for "
	    "these; expected none, or \"kind\": \"public\"" },
	{ BASE ", \"postmaster\": ^\"me\"}",
	    "/postmaster: \"me\" is no address, expected local@domain" },
	{ BASE ", \"accept_for\": [^1]}",
	    "/accept_for/0: expected a string, got a number" },
	{ BASE ", \"smtp_auth_profiles\": {\"up\": ^{\"user\": \"u\"}}}",
	    "/smtp_auth_profiles/up: expected one of the keys \"password\", "
	    "\"password_file\"" },
	{ BASE ", \"drain_timeout\": ^30}",
	    "/drain_timeout: expected a string, got a number" },
	{ BASE ", \"delivery\": {^\"idle\": \"5s\"}}",
	    "/delivery: unknown key \"idle\"" },
	{ BASE ", \"delivery\": {\"port\": ^0}}",
	    "/delivery/port: 0 is out of range 1..65535" },
	{ BASE ", \"delivery\": {\"connect_timeout\": ^\"0s\"}}",
	    "/delivery/connect_timeout: expected a duration longer than 0" },
	{ BASE ", \"delivery\": {\"failover_on\": [\"mail\", ^\"quit\"]}}",
	    "/delivery/failover_on/1: \"quit\"" NO_STAGE },
	{ BASE ", \"delivery\": {\"failover_on\": [^5]}}",
	    "/delivery/failover_on/0: expected a string, got a number" },
	{ BASE ", \"delivery\": {\"on_5xx_greeting\": ^\"stop\"}}",
	    "/delivery/on_5xx_greeting: \"stop\" is none of \"next\", "
	    "\"bounce\"" },
	{ BASE ", \"bounce\": {\"max_retries\": ^-1}}",
	    "/bounce/max_retries: -1 is out of range 0..10000" },
	{ BASE ", \"limits\": {\"message_bytes\": ^1023}}",
	    "/limits/message_bytes: 1023 is out of range 1024..1073741824" },
	{ BASE ", \"routes\": ^\"a.example mx\"}",
	    "/routes: expected an array, got a string" },
	{ BASE ", \"routes\": [], ^\"routes_file\": \"routes\"}",
	    "\"routes\" and \"routes_file\" exclude each other" },
	{ BASE ", \"routes_file\": \"none\"}", "No such file or directory" },
	{ BASE ", \"dns\": {^\"a..b\": \"NXDOMAIN\"}}",
	    "/dns: \"a..b\" is no domain name: a label of a domain name is "
	    "empty" },
};

/* Takes the mark out of the text and says where it stood; 0 when nowhere. */
static void
take_mark(char *text, int *line, int *col)
{
	char *mark = strchr(text, '^');

	*line = *col = 0;
	if (mark == NULL)
		return;
	*line = *col = 1;
	for (const char *at = text; at < mark; at++) {
		*line += *at == '\n';
		*col = *at == '\n' ? 1 : *col + 1;
	}
	memmove(mark, mark + 1, strlen(mark));
}

/* A route whose profile is not there; one whose is. */
static void
test_auth_profiles(void **state)
{
	static const char text[] =
	    BASE ", \"smtp_auth_profiles\": {\"up\": {\"user\": \"u\", "
		 "\"password\": \"p\"}},\n"
		 "\"routes\": [\"a b auth=up\", \"c d auth=op\"]}";
	struct outcome o;

	(void)state;
	parse(&o, text, NULL);
	assert_false(o.ok);
	assert_int_equal(o.errors.total, 1);
	assert_string_equal(o.err.msg,
	    "the route of c has the profile \"op\", which is not among "
	    "smtp_auth_profiles (did you mean \"up\"?)");
	assert_int_equal(o.err.line, 2);
	assert_int_equal(o.err.col, 28);
	err_list_fini(&o.errors);
	relay_config_fini(&o.file);
}

static void
test_error(void **state)
{
	const struct error_row *row = *state;
	char *text = xstrdup(row->name);
	struct outcome o;
	int line, col;

	take_mark(text, &line, &col);
	parse(&o, text, NULL);
	assert_false(o.ok);
	assert_int_equal(o.errors.total, 0);
	assert_slice(slice_cstr(o.err.msg), row->msg);
	assert_string_equal(o.err.file, line > 0 ? "r.json" : "none");
	assert_int_equal(o.err.line, line);
	assert_int_equal(o.err.col, col);
	/* Nothing is left of it. */
	assert_null(o.file.routes);
	assert_null(o.file.config.hostname.at);
	free(text);
	outcome_fini(&o);
}

/* All errors of a table are told, the first of them also as the error. */
static void
check_table_errors(const char *text, const char *file, const char *want)
{
	struct buf got = { 0 };
	struct outcome o;

	parse(&o, text, file);
	assert_false(o.ok);
	for (size_t i = 0; i < o.errors.count; i++) {
		char line[ERR_FILE_MAX + ERR_MSG_MAX + 32];

		buf_printf(&got, "%s\n",
		    err_format(&o.errors.list[i], line, sizeof(line)));
	}
	assert_slice(buf_slice(&got), want);
	assert_int_equal(o.errors.total, o.errors.count);
	assert_string_equal(o.err.msg, o.errors.list[0].msg);
	assert_int_equal(o.err.line, o.errors.list[0].line);
	buf_fini(&got);
	outcome_fini(&o);
}

static void
test_routes_errors(void **state)
{
	(void)state;
	check_table_errors(BASE ",\n\"routes\": [\"a.example mx\",\n"
				"  \"b.example [mx\", \"c.example\"]}",
	    NULL,
	    "r.json:3:14: \"[\" without \"]\"; expected [host] or [address]\n"
	    "r.json:3:30: \"c.example\" has no destination; expected a host, "
	    "USEDNS or /dev/null\n");
	check_table_errors(BASE ", \"routes_file\": \"routes\"}",
	    "a.example [mx\nb.example mx\na.example mx\nb.example my\n",
	    "routes:1:11: \"[\" without \"]\"; expected [host] or [address]\n"
	    "routes:4:1: \"b.example\" has a route already, on line 2; a "
	    "domain has one line\n");
}

/* Destination controls are lines of the file, or of another. */
static void
test_destconfig(void **state)
{
	const struct relay_config *c;
	struct outcome o;

	(void)state;
	parse(&o,
	    BASE ", \"destconfig\": [\"[a.example]\", \"table_tls = on\"]}",
	    NULL);
	assert_true(o.ok);
	c = &o.file.config;
	assert_int_equal(
	    relay_destinations_find(c->destinations, SLICE("a.example"))
		->table_tls,
	    TLS_ON);
	assert_int_equal(relay_destinations_count(c->destinations), 1);
	outcome_fini(&o);
	parse(&o, BASE ", \"destconfig_file\": \"routes\"}",
	    "[b.example]\nmax_messages_per_connection = 5\n");
	assert_true(o.ok);
	assert_int_equal(relay_destinations_find(
			     o.file.config.destinations, SLICE("b.example"))
			     ->max_messages_per_connection,
	    5);
	outcome_fini(&o);
}

static void
test_destconfig_errors(void **state)
{
	(void)state;
	check_table_errors(BASE ",\n\"destconfig\": [\"[a.example]\",\n"
				"  \"# \u00e4\", \" table_tsl = on\",\n"
				"\"recipient_limit = 5 \"]}",
	    NULL,
	    "r.json:3:12: /destconfig/2: there is no parameter \"table_tsl\" "
	    "(did you mean \"table_tls\"?)\n"
	    "r.json:4:2: /destconfig/3: recipient_limit in a section without "
	    "recipient_minutes, limit_type, limit_apply; expected them "
	    "together\n");
	check_table_errors(BASE ", \"destconfig_file\": \"routes\"}",
	    "[a.example]\ntable_tls = x\n[b\n",
	    "routes:2:13: table_tls is \"x\"; expected off, on, require, "
	    "on_verify or require_verify\n"
	    "routes:3:1: \"[\" without \"]\"; expected [domain] or "
	    "[DEFAULT]\n");
}

/* The certificate that hosts may ask for is among those that the file names. */
static void
test_own_certificate(void **state)
{
	static const char text[] = BASE
	    ", \"destconfig\": [\"[DEFAULT]\", \"ip_sort_pref = PREFER_V6\", "
	    "\"max_host_concurrency = 5\", "
	    "\"max_messages_per_connection = 5\", "
	    "\"recipient_minutes = 60\", \"limit_type = host\", "
	    "\"limit_apply = system\", \"table_tls = on\", "
	    "\"bounce_validation = 0\", \"send_tls_req_alert = 0\", "
	    "\"certificate = relay.example\"]";
	struct buf both = { 0 };
	struct outcome o;

	(void)state;
	buf_printf(&both, "%s}", text);
	parse(&o, buf_cstr(&both), NULL);
	assert_false(o.ok);
	assert_string_equal(o.err.msg,
	    "the destination controls have the certificate "
	    "\"relay.example\", which is not among /tls/certificates");
	outcome_fini(&o);
	buf_clear(&both);
	buf_printf(&both,
	    "%s, \"tls\": {\"certificates\": {\"relay.example\": "
	    "{\"certificate\": \"routes\", \"key\": \"routes\"}}}}",
	    text);
	parse(&o, buf_cstr(&both), "no PEM at all");
	assert_false(o.ok);
	assert_string_equal(o.err.msg, "routes: no certificate in PEM form");
	outcome_fini(&o);
	buf_fini(&both);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_defaults);
	TEST(&kit, test_default_delivery);
	TEST(&kit, test_everything);
	TEST(&kit, test_listeners);
	ROWS(&kit, open_relay_rows, test_open_relay);
	TEST(&kit, test_own_certificate);
	TEST(&kit, test_routes_file);
	ROWS(&kit, error_rows, test_error);
	TEST(&kit, test_auth_profiles);
	TEST(&kit, test_routes_errors);
	TEST(&kit, test_destconfig);
	TEST(&kit, test_destconfig_errors);
	return kit_run(&kit, "relay_config");
}

/* SPDX-License-Identifier: MIT */
/*
 * A scenario's relay as a file that faultpost-relay reads: what it reads is
 * what a simulation has.  And what cannot be run with it.  Single quotes in
 * the texts stand for double ones.
 */
#include "harness/live/relay_file.h"

#include "harness/live/unable.h"
#include "relay/config_json.h"
#include "tests/unit/kit.h"

#define HEAD "{'title': 't', 'hosts': {'mx1': {'address': '10.1.1.1'}}"

struct scenario {
	struct plan *plan;
	json_t *json;
};

static void
read_scenario(const char *text, struct scenario *s)
{
	char *json = xstrdup(text);
	struct err err = { 0 };
	struct plan_variants *v;

	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	v = plan_variants_read("f.json", slice_cstr(json), &err);
	assert_non_null(v);
	s->plan = plan_variants_parse(v, 0, NULL, &err);
	s->json = plan_variants_json(v, 0, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(s->plan);
	assert_non_null(s->json);
	plan_variants_destroy(&v);
	free(json);
}

static void
forget(struct scenario *s)
{
	plan_destroy(&s->plan);
	json_decref(s->json);
}

static char *
load_nothing(const char *path, size_t *len, struct err *err)
{
	*len = 0;
	(void)err_at(err, path, 0, 0, "no file is read here");
	return NULL;
}

static const struct endpoint name_server = { { 4, { 127, 0, 0, 1 } }, 53 };

static void
read_file(const struct scenario *s, struct relay_config_file *file)
{
	struct err_list errors = { 0 };
	struct err err = { 0 };
	struct buf text = { 0 };

	relay_file_format(
	    s->json, s->plan, false, SLICE(""), &name_server, &text);
	if (!relay_config_parse(file, "relay.json", buf_slice(&text),
		load_nothing, &errors, &err))
		fail_msg("%s in %s", err.msg, buf_cstr(&text));
	err_list_fini(&errors);
	buf_fini(&text);
}

static void
test_defaults(void **state)
{
	struct relay_config_file file;
	struct scenario s;
	const struct relay_listener_config *listener, *wanted;

	(void)state;
	read_scenario(HEAD "}", &s);
	read_file(&s, &file);
	listener = &file.config.listeners.at[0];
	wanted = &s.plan->relay.listeners.at[0];
	assert_int_equal(file.config.listeners.count, 1);
	assert_true(endpoint_equal(&listener->at, &wanted->at));
	assert_true(slice_eq(listener->name, wanted->name));
	assert_int_equal(listener->kind, wanted->kind);
	assert_int_equal(listener->relay_from.count, 1);
	assert_memory_equal(
	    &listener->limits, &wanted->limits, sizeof(listener->limits));
	assert_true(slice_eq(file.config.hostname, s.plan->relay.hostname));
	assert_true(slice_eq(file.config.postmaster, s.plan->relay.postmaster));
	assert_true(ip_equal(&file.config.interface, &s.plan->relay.interface));
	assert_memory_equal(&file.config.delivery, &s.plan->relay.delivery,
	    sizeof(file.config.delivery));
	assert_int_equal(file.config.bounce_log.len, 0);
	assert_true(file.config.has_resolver);
	relay_config_fini(&file);
	forget(&s);
}

static void
test_what_is_said(void **state)
{
	struct relay_config_file file;
	struct scenario s;

	(void)state;
	read_scenario(HEAD
	    ", 'routes': ['example.com [10.1.1.1]'],"
	    " 'relay': {'delivery': {'idle_timeout': '7s'},"
	    " 'bounce': {'max_retries': 3},"
	    " 'destconfig': ['[example.com]', 'max_messages_per_connection = 5'],"
	    " 'listeners': [{'name': 'In', 'address': '10.0.0.5:2525'}]},"
	    " 'expect': [{'of': 'bounce_log', 'log': 'x'}]}",
	    &s);
	read_file(&s, &file);
	assert_memory_equal(&file.config.delivery, &s.plan->relay.delivery,
	    sizeof(file.config.delivery));
	assert_int_equal(file.config.bounce.max_retries, 3);
	assert_int_equal(file.config.listeners.at[0].at.port, 2525);
	assert_non_null(routes_match(file.config.routes, SLICE("example.com")));
	assert_string_equal(file.config.bounce_log.at, "bounce_log");
	assert_int_equal(file.config.delivery_log.len, 0);
	relay_config_fini(&file);
	forget(&s);
}

static void
test_certificates(void **state)
{
	struct scenario s;
	struct buf text = { 0 };
	json_t *file;
	const char *ca, *key;

	(void)state;
	read_scenario(HEAD ", 'relay': {'tls': {'min_version': '1.3'}}}", &s);
	relay_file_format(
	    s.json, s.plan, true, SLICE("own"), &name_server, &text);
	file = json_loadb(buf_slice(&text).at, buf_len(&text), 0, NULL);
	assert_int_equal(
	    json_unpack(file, "{s:{s:s, s:{s:{s:s}}}}", "tls", "ca_file", &ca,
		"certificates", "own", "key", &key),
	    0);
	assert_string_equal(ca, RELAY_FILE_AUTHORITY);
	assert_string_equal(key, RELAY_FILE_KEY);
	/* The scenario is as it was. */
	assert_null(json_object_get(
	    json_object_get(json_object_get(s.json, "relay"), "tls"),
	    "ca_file"));
	json_decref(file);
	buf_fini(&text);
	forget(&s);
}

static void
test_unable(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ HEAD "}", NULL },
		{ HEAD ", 'network': [{'latency': '1s'}]}",
		    "it has a \"network\"" },
		{ HEAD ", 'timeline': [{'at': '1s', 'network':"
		       " {'partitioned': true}}]}",
		    "its timeline changes the network" },
		{ HEAD ", 'relay': {'sync_time': '5ms'}}",
		    "its relay's disk takes time to sync" },
		{ HEAD ", 'dns': {'a.example': {'A': ['10.1.1.1'],"
		       " 'drop': 1}}}",
		    "questions to DNS are lost" },
		{ HEAD ", 'dns': {'a.example': {'A': ['10.1.1.1'],"
		       " 'delay': '1s'}}}",
		    NULL },
		{ HEAD ", 'timeline': [{'at': '1s', 'dns': {'a.example':"
		       " {'A': ['10.1.1.1'], 'drop': 1}}}]}",
		    "its timeline has questions to DNS lost" },
		{ HEAD ", 'timeline': [{'at': '1s', 'disk': 'full'}]}",
		    "its timeline has the disk refuse" },
		{ HEAD ", 'timeline': [{'at': '1s', 'relay': 'crash',"
		       " 'unsynced': 'torn'}]}",
		    "a crash of it tears what was not synced" },
		{ HEAD ", 'timeline': [{'at': '1s', 'relay': 'crash'},"
		       " {'at': '2s', 'host': 'mx1', 'state': 'silent'},"
		       " {'at': '3s', 'relay': 'suspenddel'}]}",
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scenario s;
		const char *why;

		read_scenario(rows[i].text, &s);
		why = live_unable(s.plan, &adapter_faultpost, s.json);
		if (rows[i].why == NULL)
			assert_null(why);
		else
			assert_string_equal(why, rows[i].why);
		forget(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_unable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Profiles: in which order their rules come, what a reply is made of, how often
 * chance gives it, and what is wrong with files that are wrong.
 */
#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

/* A library in memory: names and texts. */
static const char *const library[][2] = {
	{ "one",
	    "{\"title\": \"1\", \"rules\": [{\"on\": \"mail\", "
	    "\"reply\": \"451 one\"}]}" },
	{ "two",
	    "{\"title\": \"2\", \"profile\": [\"one\", \"said\"], "
	    "\"rules\": [{\"on\": \"mail\", \"reply\": \"452 two\"}]}" },
	{ "said",
	    "{\"title\": \"s\", \"replies\": {"
	    "\"full\": {\"on\": \"rcpt\", \"reply\": \"452 full\", "
	    "\"weight\": 100},"
	    "\"busy\": {\"on\": \"rcpt\", \"reply\": \"450 busy\", "
	    "\"weight\": 300, \"then\": \"close\"},"
	    "\"late\": {\"on\": \"mail\", \"reply\": \"421 late\"},"
	    "\"hello\": {\"on\": \"banner\", \"reply\": \"421 no\", "
	    "\"weight\": 1000}}}" },
	{ "loop", "{\"title\": \"l\", \"profile\": \"pool\"}" },
	{ "pool", "{\"title\": \"p\", \"profile\": [\"one\", \"loop\"]}" },
	{ "heavy",
	    "{\"title\": \"h\", \"replies\": {"
	    "\"a\": {\"on\": \"rcpt\", \"reply\": \"452 a\", \"weight\": 600},"
	    "\"b\": {\"on\": \"rcpt\", \"reply\": \"452 b\", "
	    "\"weight\": 401}}}" },
	{ "empty", "{\"title\": \"e\"}" },
	{ "broken", "{" },
};

static char *
read_library(
    void *owner, const char *name, size_t *len, char **file, struct err *err)
{
	struct buf path = { 0 };
	uint64_t depth;

	(void)owner;
	/* Profile "d7" stands behind "d6", and so on without an end. */
	if (name[0] == 'd' &&
	    slice_to_u64(slice_cstr(name + 1), 1000, &depth)) {
		struct buf text = { 0 };
		char *copy;

		buf_printf(&text, "{\"title\": \"d\", \"profile\": \"d%u\"}",
		    (unsigned)depth + 1);
		*len = buf_len(&text);
		copy = slice_dup(buf_slice(&text));
		buf_fini(&text);
		*file = slice_dup(slice_cstr(name));
		return copy;
	}
	for (size_t i = 0; i < ARRAY_LEN(library); i++) {
		if (strcmp(library[i][0], name) != 0)
			continue;
		buf_printf(&path, "profiles/%s.json", name);
		*file = slice_dup(buf_slice(&path));
		buf_fini(&path);
		*len = strlen(library[i][1]);
		return slice_dup(slice_cstr(library[i][1]));
	}
	err_set(err, "looked everywhere");
	return NULL;
}

static bool
parse(struct mock_scenario *s, const char *profile, struct err *err)
{
	static const struct profile_source source = { NULL, read_library };
	struct buf text = { 0 };
	bool ok;

	buf_printf(&text,
	    "{\"hosts\": {\"mx\": {\"address\": \"::1\", \"rules\": "
	    "[{\"on\": \"mail\", \"reply\": \"250 own\"}],\n"
	    "\"profile\": %s}}}",
	    profile);
	ok = mock_scenario_parse_with(
	    s, "t.json", buf_slice(&text), &source, err);
	buf_fini(&text);
	return ok;
}

static struct rules_row {
	const char *name, *profile, *want;
} rules_rows[] = {
	{ "own first", "\"one\"",
	    "t.json:1:47 mail 250 own|profiles/one.json:1:26 mail 451 one" },
	{ "several, in their order", "[\"said\", \"one\"]",
	    "t.json:1:47 mail 250 own|"
	    "profiles/said.json:1:36 rcpt 452 full to full@* *+full@* ?|"
	    "profiles/said.json:1:95 rcpt 450 busy to busy@* *+busy@* ?|"
	    "profiles/said.json:1:171 mail 421 late from late@* *+late@* ?|"
	    "profiles/said.json:1:36 rcpt 452 full 0.100 ?|"
	    "profiles/said.json:1:95 rcpt 450 busy 0.333 ?|"
	    "profiles/said.json:1:216 banner 421 no 1.000 ?|"
	    "profiles/one.json:1:26 mail 451 one" },
	{ "by name", "{\"name\": \"said\", \"reply\": \"busy\"}",
	    "t.json:1:47 mail 250 own|"
	    "profiles/said.json:1:95 rcpt 450 busy" },
	{ "without chance", "{\"name\": \"said\", \"weights\": false}",
	    "t.json:1:47 mail 250 own|"
	    "profiles/said.json:1:36 rcpt 452 full to full@* *+full@* ?|"
	    "profiles/said.json:1:95 rcpt 450 busy to busy@* *+busy@* ?|"
	    "profiles/said.json:1:171 mail 421 late from late@* *+late@* ?" },
	{ "of another profile", "[{\"name\": \"two\", \"weights\": false}]",
	    "t.json:1:47 mail 250 own|"
	    "profiles/two.json:1:54 mail 452 two|"
	    "profiles/one.json:1:26 mail 451 one|"
	    "profiles/said.json:1:36 rcpt 452 full to full@* *+full@* ?|"
	    "profiles/said.json:1:95 rcpt 450 busy to busy@* *+busy@* ?|"
	    "profiles/said.json:1:171 mail 421 late from late@* *+late@* ?" },
	{ "a reply of another profile",
	    "{\"name\": \"two\", \"reply\": \"full\"}",
	    "t.json:1:47 mail 250 own|"
	    "profiles/said.json:1:36 rcpt 452 full" },
};

static void
format_rule(struct buf *out, const struct rule *r)
{
	const struct slice wire = r->reply.wire;

	buf_printf(out, "%s%s %s %.*s", buf_len(out) > 0 ? "|" : "", r->place,
	    smtp_stage_name(r->on), (int)wire.len - 2, wire.at);
	if (r->from.count > 0)
		buf_printf(out, " from %.*s %.*s", SLICE_ARG(r->from.at[0]),
		    SLICE_ARG(r->from.at[1]));
	if (r->to.count > 0)
		buf_printf(out, " to %.*s %.*s", SLICE_ARG(r->to.at[0]),
		    SLICE_ARG(r->to.at[1]));
	if (r->from.count + r->to.count == 0 && r->optional)
		buf_printf(out, " %.3f", r->probability);
	buf_append_cstr(out, r->optional ? " ?" : "");
}

static void
test_rules(void **state)
{
	const struct rules_row *row = *state;
	struct mock_scenario s;
	struct buf got = { 0 };
	struct err err = { 0 };

	if (!parse(&s, row->profile, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < s.hosts.at[0].rules.count; i++)
		format_rule(&got, &s.hosts.at[0].rules.at[i]);
	assert_slice(buf_slice(&got), row->want);
	mock_scenario_fini(&s);
	buf_fini(&got);
}

/* Each reply as often as its weight says, whatever stands before it. */
static void
test_weights(void **state)
{
	struct slice to = SLICE("user@example.com");
	const struct occasion o = {
		.stage = STAGE_RCPT, .to = &to, .to_count = 1
	};
	struct rule_scope scope = { 0 };
	struct mock_scenario s;
	struct rule_book *b;
	size_t full = 0, busy = 0;
	struct err err = { 0 };
	uint64_t n;

	(void)state;
	assert_true(parse(&s, "\"said\"", &err));
	b = rule_book_new(
	    s.hosts.at[0].rules.at, s.hosts.at[0].rules.count, 7, 0);
	for (size_t i = 0; i < 10000; i++) {
		const struct rule *r = rule_book_ask(b, &scope, &o, &n);

		full += r != NULL && r->reply.code == 452;
		busy += r != NULL && r->reply.code == 450;
	}
	assert_in_range(full, 900, 1100);
	assert_in_range(busy, 2850, 3150);
	rule_scope_fini(&scope);
	rule_book_destroy(&b);
	mock_scenario_fini(&s);
}

static struct error_row {
	const char *name, *profile, *want;
} error_rows[] = {
	{ "no such profile", "\"three\"",
	    "t.json:2:12: /hosts/mx/profile: there is no profile \"three\"; "
	    "looked everywhere" },
	{ "no such reply",
	    "[\"one\", {\"name\": \"said\", \"reply\": \"fill\"}]",
	    "t.json:2:46: /hosts/mx/profile/1/reply: profile said has no reply "
	    "\"fill\" (did you mean \"full\"?)" },
	{ "no name", "\"../one\"",
	    "t.json:2:12: /hosts/mx/profile: \"../one\" is no name of a profile "
	    "or a reply; expected small letters, digits and hyphens between "
	    "them" },
	{ "a hyphen at the end", "\"one-\"",
	    "t.json:2:12: /hosts/mx/profile: \"one-\" is no name of a profile "
	    "or a reply; expected small letters, digits and hyphens between "
	    "them" },
	{ "a loop", "\"loop\"",
	    "profiles/pool.json:1:35: /profile/1: profile loop takes its rules "
	    "from itself in the end" },
	{ "too deep", "\"d0\"",
	    "d7:1:27: /profile: profiles stand behind each other more than 8 "
	    "deep" },
	{ "weights beyond all", "\"heavy\"",
	    "profiles/heavy.json:1:129: /replies/b/weight: the weights of stage "
	    "rcpt come to 1001 with this one; at most 1000" },
	{ "nothing in it", "\"empty\"",
	    "profiles/empty.json:1:1: expected one of the keys \"profile\", "
	    "\"rules\", \"replies\"" },
	{ "no JSON", "\"broken\"",
	    "profiles/broken.json:1:2: expected a key in double quotes, got the "
	    "end of the text" },
};

static void
test_error(void **state)
{
	const struct error_row *row = *state;
	struct mock_scenario s;
	struct err err = { 0 };
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	assert_false(parse(&s, row->profile, &err));
	assert_slice(
	    slice_cstr(err_format(&err, text, sizeof(text))), row->want);
	mock_scenario_fini(&s);
}

/* Who reads no files has no profiles. */
static void
test_without_source(void **state)
{
	struct mock_scenario s;
	struct err err = { 0 };

	(void)state;
	assert_false(mock_scenario_parse(&s, "t.json",
	    SLICE("{\"hosts\": {\"mx\": {\"address\": \"::1\", "
		  "\"profile\": \"one\"}}}"),
	    &err));
	assert_non_null(strstr(err.msg, "there is no profile \"one\""));
	mock_scenario_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rules_rows, test_rules);
	TEST(&kit, test_weights);
	ROWS(&kit, error_rows, test_error);
	TEST(&kit, test_without_source);
	return kit_run(&kit, "profile");
}

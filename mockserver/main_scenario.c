/* SPDX-License-Identifier: MIT */
/* The scenario of faultpost-mock; see main_scenario.h. */
#include "mockserver/main_scenario.h"

#include "core/cli/cli.h"
#include "core/cli/library.h"
#include "core/json/matrix.h"
#include "mockserver/main_log.h"

static bool check_states(const struct mock_scenario *s, struct err *err);

/* Where profiles are, and what all that were read come to. */
struct reading {
	struct cli_library library;
	uint64_t digest; /* FNV-1a */
};

static char *
read_profile(
    void *owner, const char *name, size_t *len, char **file, struct err *err)
{
	struct reading *r = owner;
	char *text = cli_library_read(&r->library, name, len, file, err);

	for (size_t i = 0; text != NULL && i < *len; i++)
		r->digest = (r->digest ^ (unsigned char)text[i]) *
		    UINT64_C(0x100000001b3);
	return text;
}

bool
main_scenario_read(struct mock_scenario *s, const char *path,
    const char *profiles, uint64_t *digest, struct err *err)
{
	struct reading r = {
		.library = { "profiles", path, profiles, PROFILE_TEXT_MAX },
		.digest = UINT64_C(0xcbf29ce484222325),
	};
	const struct profile_source source = { &r, read_profile };
	struct slice file, label;
	size_t len;
	char *name, *text;
	bool ok;

	json_variant_split(slice_cstr(path), &file, &label);
	name = slice_dup(file);
	r.library.near = name;
	text = cli_read_file(name, JSON_TEXT_MAX, &len, err);
	ok = text != NULL &&
	    mock_scenario_parse_with(
		s, path, slice_of(text, len), &source, err) &&
	    check_states(s, err);

	free(name);
	free(text);
	*digest = r.digest;
	return ok;
}

/* What TCP cannot do without a network of its own. */
static bool
check_states(const struct mock_scenario *s, struct err *err)
{
	for (size_t i = 0; i < s->hosts.count; i++) {
		const struct mock_host *h = &s->hosts.at[i];
		struct json_at host, state;

		if (h->state != MOCK_HOST_UNREACHABLE)
			continue;
		host = json_at_pointer(&s->doc, h->pointer);
		state = json_at_key(&host, "state");
		return json_fail(&state, err,
		    "\"%s\" is the network's doing, which a listening process "
		    "cannot imitate; expected \"up\", \"refuse\" or "
		    "\"silent\"",
		    mock_host_state_name(h->state));
	}
	return true;
}

/* ---- when it is over ---- */

struct note {
	const struct mock *mock;
};

static void
on_unused(void *owner, const struct mock_host *host, const struct rule *rule)
{
	const struct note *note = owner;
	struct buf words = { 0 }, why = { 0 };

	rule_format_action(rule, &words);
	mock_explain_rule(note->mock, host, rule, &why);
	main_say_more("unused-rule",
	    json_pack("{s:s, s:s, s:s}", "place", rule->place, "host",
		host->name, "why", buf_cstr(&why)),
	    "%s: note: this rule of host %s never acted (%s): %s", rule->place,
	    host->name, buf_cstr(&words), buf_cstr(&why));
	buf_fini(&words);
	buf_fini(&why);
}

bool
main_scenario_tell(const struct mock_scenario *s, const struct mock *mock)
{
	struct note note = { mock };
	const size_t unused = mock_unused_rules(mock, on_unused, &note);

	for (size_t i = 0; i < s->hosts.count; i++)
		if (mock_has_forgotten(mock, &s->hosts.at[i]))
			main_say("forgotten",
			    "%s: note: host %s met more than %d addresses; "
			    "its rules counted the further ones together",
			    s->hosts.at[i].place, s->hosts.at[i].name,
			    RULE_KEYS_MAX);
	return unused == 0;
}

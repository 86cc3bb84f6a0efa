/* SPDX-License-Identifier: MIT */
/* Hosts in the admin API; see admin_impl.h. */
#include "mockserver/admin/admin_impl.h"

static struct mock *
mock_of(struct admin_call *call)
{
	return call->admin->options.mock;
}

struct site *
admin_find_site(struct admin_call *call, struct slice name)
{
	struct mock *m = mock_of(call);
	const struct mock_host *host = mock_hosts_find(m->hosts, name);

	if (host != NULL)
		return m->sites[host - m->hosts->at];
	admin_fail(call, 404, "there is no host \"%.*s\"", SLICE_ARG(name));
	return NULL;
}

/* ---- hosts ---- */

static json_t *
describe_addresses(const struct site *site)
{
	json_t *list = json_array();

	for (size_t i = 0; i < site->host->addresses.count; i++) {
		const struct spot *spot = site->spots[i];

		json_array_append_new(list,
		    json_pack("{s:o, s:o}", "address",
			admin_endpoint(&spot->at), "real",
			admin_endpoint(spot->listener != NULL
				? listener_local(spot->listener)
				: NULL)));
	}
	return list;
}

uint64_t
admin_count_acted(const struct site *site)
{
	uint64_t acted = 0;

	for (size_t i = 0; i < site->rules.count; i++)
		acted += rule_book_acted(site->book, site->rules.at[i].number);
	return acted;
}

static json_t *
describe_host(const struct site *site)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I}",
	    "name", site->host->name, "state",
	    mock_host_state_name(site->state), "rule_state",
	    rule_machine_state(rule_book_machine(site->book)), "addresses",
	    describe_addresses(site), "open", (json_int_t)site->connections,
	    "connections", (json_int_t)site->opened, "messages",
	    (json_int_t)site->messages, "rules", (json_int_t)site->rules.count,
	    "acted", (json_int_t)admin_count_acted(site));
}

/* Where something happens comes first; else the order is the scenario's. */
static int
compare_busy(const void *a, const void *b)
{
	const struct site *const *x = a, *const *y = b;

	if ((*x)->connections != (*y)->connections)
		return (*x)->connections > (*y)->connections ? -1 : 1;
	if ((*x)->opened != (*y)->opened)
		return (*x)->opened > (*y)->opened ? -1 : 1;
	return (*x)->host < (*y)->host ? -1 : (*x)->host > (*y)->host;
}

bool
admin_choose_hosts(struct admin_call *call, struct admin_choice *choice)
{
	const struct mock *m = mock_of(call);
	const char *with = http_query(call->request, "with");
	const struct slice part = slice_cstr(with != NULL ? with : "");
	uint64_t limit;

	*choice = (struct admin_choice){ 0 };
	if (!admin_query_number(
		call, "limit", ADMIN_LIST_MAX, m->hosts->count, &limit))
		return false;
	choice->sites = xcalloc(m->hosts->count + 1, sizeof(struct site *));
	for (size_t i = 0; i < m->hosts->count; i++) {
		const struct slice name = slice_cstr(m->hosts->at[i].name);

		if (part.len == 0 || slice_find_nocase(name, part) < name.len)
			choice->sites[choice->found++] = m->sites[i];
	}
	choice->count = choice->found;
	if (choice->count > limit) {
		qsort(choice->sites, choice->found, sizeof(struct site *),
		    compare_busy);
		choice->count = limit;
	}
	return true;
}

void
admin_choice_fini(struct admin_choice *choice)
{
	free(choice->sites);
}

void
admin_get_hosts(struct admin_call *call)
{
	struct admin_choice choice;
	json_t *list;

	if (!admin_choose_hosts(call, &choice))
		return;
	list = json_array();
	for (size_t i = 0; i < choice.count; i++)
		json_array_append_new(list, describe_host(choice.sites[i]));
	admin_answer(call, 200,
	    json_pack("{s:o, s:I}", "hosts", list, "found",
		(json_int_t)choice.found));
	admin_choice_fini(&choice);
}

void
admin_get_host(struct admin_call *call)
{
	struct site *site = admin_find_site(call, call->argument);

	if (site != NULL)
		admin_answer(call, 200, describe_host(site));
}

/* That a router answers is not for a process that listens. */
static const struct json_word host_states[] = {
	{ "up", MOCK_HOST_UP },
	{ "refuse", MOCK_HOST_REFUSE },
	{ "silent", MOCK_HOST_SILENT },
};

struct host_patch {
	enum mock_host_state state;
	bool has_state;
	struct slice rule_state;
	bool has_rule_state;
};

static const struct json_field host_patch_fields[] = {
	{ "state", JF_WORD(host_states),
	    JSON_AT_HAS(struct host_patch, state, has_state), JSON_OPTIONAL,
	    "Whether the host listens." },
	{ "rule_state", JF_STRING(1, RULE_STATE_MAX),
	    JSON_AT_HAS(struct host_patch, rule_state, has_rule_state),
	    JSON_OPTIONAL, "The state that its rules read and set." },
};
static const struct json_group host_patch_groups[] = {
	{ JSON_AT_LEAST_ONE, "state rule_state" },
};
static const struct json_table host_patch_table = {
	.name = "host patch",
	.help = "What is to change about a host.",
	.size = sizeof(struct host_patch),
	JSON_FIELDS(host_patch_fields),
	JSON_GROUPS(host_patch_groups),
};

static void
patch_host(
    struct admin_call *call, struct site *site, const struct host_patch *patch)
{
	struct err err;

	if (patch->has_state &&
	    !mock_set_host_state(mock_of(call), slice_cstr(site->host->name),
		patch->state, &err)) {
		admin_fail(call, 409, "%s", err.msg);
		return;
	}
	if (patch->has_rule_state)
		rule_machine_set(
		    rule_book_machine(site->book), patch->rule_state);
	admin_answer(call, 200, describe_host(site));
}

void
admin_patch_host(struct admin_call *call)
{
	struct site *site = admin_find_site(call, call->argument);
	struct host_patch patch;
	struct json_doc doc = { 0 };
	struct arena arena = { 0 };

	if (site == NULL)
		return;
	if (admin_read_body(
		call, &host_patch_table, "request", &doc, &patch, &arena))
		patch_host(call, site, &patch);
	json_doc_fini(&doc);
	arena_fini(&arena);
}

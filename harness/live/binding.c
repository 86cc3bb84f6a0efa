/* SPDX-License-Identifier: MIT */
/* Places of hosts; see binding.h. */
#include "harness/live/binding.h"

static bool
is_rest(const struct binding *one)
{
	return slice_eq(one->name, SLICE(BINDING_REST));
}

static bool
wrong_form(const char *text, struct err *err)
{
	return err_set(err,
	    "--bind %s is wrong; expected a host's name and where it shall "
	    "listen, as exchange1=192.0.2.11:25",
	    text);
}

bool
bindings_add(struct bindings *b, const char *text, struct err *err)
{
	struct slice rest = slice_cstr(text);
	struct binding one = { .text = text };

	if (!slice_split(&rest, '=', &one.name) || one.name.len == 0 ||
	    !endpoint_parse(rest, SMTP_PORT_DEFAULT, &one.at) ||
	    one.at.port == 0)
		return wrong_form(text, err);
	for (size_t i = 0; i < b->count; i++)
		if (endpoint_equal(&b->at[i].at, &one.at))
			return err_set(err,
			    "--bind %s: %.*s is there already; expected a place "
			    "of its own for each host",
			    text, SLICE_ARG(b->at[i].name));
	b->at = xgrow(b->at, &b->cap, b->count + 1, sizeof(b->at[0]));
	b->at[b->count++] = one;
	return true;
}

void
bindings_fini(struct bindings *b)
{
	free(b->at);
	*b = (struct bindings){ 0 };
}

/* ---- of a scenario ---- */

static const struct binding *
binding_find(const struct bindings *b, struct slice name, size_t number)
{
	for (size_t i = 0; i < b->count; i++)
		if (slice_eq(b->at[i].name, name) && number-- == 0)
			return &b->at[i];
	return NULL;
}

static size_t
binding_count(const struct bindings *b, struct slice name)
{
	size_t count = 0;

	while (binding_find(b, name, count) != NULL)
		count++;
	return count;
}

/* The address that is so many behind it. */
static void
endpoint_advance(struct endpoint *at, size_t number)
{
	size_t i = at->ip.family == 4 ? 4 : 16;

	while (i-- > 0 && number > 0) {
		number += at->ip.bytes[i];
		at->ip.bytes[i] = (uint8_t)number;
		number >>= 8;
	}
}

static bool
place(struct placement *p, const struct endpoint *said,
    const struct endpoint *real, const char *name, struct err *err)
{
	char text[ENDPOINT_TEXT_MAX];

	if (placement_said(p, real) != NULL)
		return err_set(err,
		    "--bind: %s is the place of two hosts, of which %s is one; "
		    "expected a place of its own for each",
		    endpoint_format(real, text), name);
	p->at = xgrow(p->at, &p->cap, p->count + 1, sizeof(p->at[0]));
	p->at[p->count++] = (struct placed){ *said, *real };
	return true;
}

/* `next` counts what BINDING_REST has given away. */
static bool
place_host(struct placement *p, const struct plan *plan, size_t host,
    const struct bindings *b, size_t *next, struct err *err)
{
	const struct mock_host *h = &plan->hosts.at[host];
	const bool is_shared =
	    host == plan->sender_host && plan->sender_is_shared;
	const struct slice name = slice_cstr(h->name);
	const size_t given = binding_count(b, name);
	const struct binding *rest = binding_find(b, SLICE(BINDING_REST), 0);

	if ((given > 0 || rest == NULL) && given != h->addresses.count)
		return err_set(err,
		    "host %s%s has %zu --bind; expected %zu, one for each of "
		    "its addresses, as --bind %s=192.0.2.11:%u",
		    h->name,
		    is_shared ? ", which takes what senders are told," : "",
		    given, h->addresses.count, h->name, h->port);
	for (size_t i = 0; i < h->addresses.count; i++) {
		const struct endpoint said = { h->addresses.at[i], h->port };
		struct endpoint real;

		if (given > 0) {
			real = binding_find(b, name, i)->at;
		} else {
			real = rest->at;
			endpoint_advance(&real, (*next)++);
		}
		if (!place(p, &said, &real, h->name, err))
			return false;
	}
	return true;
}

/* A name that fits nothing is a slip that nobody would notice. */
static bool
check_names(const struct plan *plan, const struct bindings *b, struct err *err)
{
	for (size_t i = 0; i < b->count; i++)
		if (!is_rest(&b->at[i]) &&
		    plan_host_named(plan, b->at[i].name) == PLAN_NO_HOST)
			return err_set(err,
			    "--bind %.*s: the scenario has no such host; "
			    "expected one of its \"hosts\", as %s",
			    SLICE_ARG(b->at[i].name),
			    plan->hosts.count > 0 ? plan->hosts.at[0].name
						  : "exchange1");
	return true;
}

bool
placement_make(struct placement *p, const struct plan *plan,
    const struct bindings *b, struct err *err)
{
	size_t next = 0;

	if (!check_names(plan, b, err))
		return false;
	for (size_t i = 0; i < plan->hosts.count; i++)
		if (!place_host(p, plan, i, b, &next, err))
			return false;
	return true;
}

void
placement_fini(struct placement *p)
{
	free(p->at);
	*p = (struct placement){ 0 };
}

const struct endpoint *
placement_real(const struct placement *p, const struct endpoint *said)
{
	for (size_t i = 0; i < p->count; i++)
		if (endpoint_equal(&p->at[i].said, said))
			return &p->at[i].real;
	return NULL;
}

const struct endpoint *
placement_said(const struct placement *p, const struct endpoint *real)
{
	for (size_t i = 0; i < p->count; i++)
		if (endpoint_equal(&p->at[i].real, real))
			return &p->at[i].said;
	return NULL;
}

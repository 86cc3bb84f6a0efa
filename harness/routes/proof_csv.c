/* SPDX-License-Identifier: MIT */
/* A proof for spreadsheets and programs (RFC 4180); see proof.h. */
#include "harness/routes/proof_impl.h"

static const char *
scope_name(enum proof_scope scope)
{
	static const char *const names[] = {
		[PROOF_NOTHING] = "nothing",
		[PROOF_HOST] = "host",
		[PROOF_PRIORITY] = "priority",
		[PROOF_ALL] = "all",
		[PROOF_RECOVERS] = "all for an hour",
	};

	return names[scope];
}

/* Names have no quotes, commas or ends of lines. */
static void
failing_format(
    const struct trial *t, const struct proof_case *c, struct buf *out)
{
	if (c->scope == PROOF_HOST)
		buf_append(out, t->hosts[c->host].label);
	else if (c->scope == PROOF_PRIORITY)
		buf_printf(out, "%u", (unsigned)t->hosts[c->host].priority);
}

static void
shares_format(
    const struct trial *t, const struct proof_case *c, struct buf *out)
{
	const char *before = "";

	for (size_t i = 0; i < t->count && c->done != NULL; i++) {
		if (c->done[i] == 0)
			continue;
		buf_printf(out, "%s%.*s=%u", before,
		    SLICE_ARG(t->hosts[i].label), c->done[i]);
		before = " ";
	}
}

static void
case_format(const struct proof *p, size_t set, const struct trial *t,
    const struct proof_case *c, struct buf *out)
{
	buf_printf(out, "%zu,%zu,%.*s,%s,", set + 1, p->sets[set].count,
	    SLICE_ARG(p->sets[set].names[0]), scope_name(c->scope));
	failing_format(t, c, out);
	buf_printf(out, ",%s,%s,%u,%u,%u,%lld,",
	    c->scope == PROOF_NOTHING ? "" : proof_way_name(c->way),
	    tally_fate_name(tally_fate(&c->counts)), c->counts.messages,
	    c->counts.delivered, c->counts.bounced,
	    (long long)(c->counts.slowest / UTIME_S));
	shares_format(t, c, out);
	buf_printf(out, ",%s\r\n", c->broken != NULL ? c->broken : "");
}

void
proof_csv(const struct proof *p, struct buf *out)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	buf_append_cstr(out,
	    "set,domains,domain,what fails,which,how,fate,messages,delivered,"
	    "bounced,slowest (s),taken by,broken invariant\r\n");
	for (size_t i = 0; i < p->set_count; i++) {
		const struct proof_set *set = &p->sets[i];

		proof_trial(p, i, t);
		for (size_t k = 0; k < set->case_count; k++)
			case_format(
			    p, i, t, &p->cases[set->case_first + k], out);
		trial_fini(t);
	}
	free(t);
}

void
proof_domains_csv(const struct proof *p, struct buf *out)
{
	buf_append_cstr(out, "domain,line,set\r\n");
	for (size_t i = 0; i < routes_count(p->routes); i++) {
		const struct route *route = routes_at(p->routes, i);

		buf_printf(
		    out, "%.*s,%d,", SLICE_ARG(route->domain), route->line);
		if (p->set_of[i] != SIZE_MAX)
			buf_printf(out, "%zu", p->set_of[i] + 1);
		buf_append_cstr(out, "\r\n");
	}
}

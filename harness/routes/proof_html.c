/* SPDX-License-Identifier: MIT */
/* A proof as a section of the page of a run; see proof.h. */
#include "harness/report/printable.h"
#include "harness/routes/compare.h"
#include "harness/routes/proof_impl.h"

/* Text that begins nothing in HTML. */
static void
append_text(struct slice text, struct buf *out)
{
	struct buf shown = { 0 };

	printable_format(text, &shown);
	for (const char *c = buf_cstr(&shown); *c != '\0'; c++)
		if (strchr("<>&\"'", *c) != NULL)
			buf_printf(out, "&#%d;", *c);
		else
			buf_append_byte(out, *c);
	buf_fini(&shown);
}

/* A cell says its fate in a word, too: colour is not all. */
static void
cell(const struct proof *p, const struct proof_set *set, enum proof_scope scope,
    unsigned way, struct buf *out)
{
	enum tally_fate fate;

	if (proof_worst(p, set, scope, way, &fate))
		buf_printf(out, "<td class=\"fate %s\">%s</td>",
		    tally_fate_name(fate), tally_fate_name(fate));
	else
		buf_append_cstr(out, "<td></td>");
}

static void
set_row(const struct proof *p, size_t number, struct buf *out)
{
	const struct proof_set *set = &p->sets[number];
	struct buf order = { 0 };

	buf_printf(out, "<tr><th scope=\"row\">%zu</th><td>%zu: ", number + 1,
	    set->count);
	for (size_t i = 0; i < set->count && i < PROOF_NAMES; i++) {
		buf_append_cstr(out, i > 0 ? ", " : "");
		append_text(set->names[i], out);
	}
	buf_append_cstr(out, set->count > PROOF_NAMES ? ", ...</td>" : "</td>");
	cell(p, set, PROOF_NOTHING, PROOF_ANY_WAY, out);
	for (unsigned way = 0; way < proof_way_count(); way++)
		cell(p, set, PROOF_HOST, way, out);
	cell(p, set, PROOF_PRIORITY, PROOF_ANY_WAY, out);
	cell(p, set, PROOF_ALL, PROOF_ANY_WAY, out);
	cell(p, set, PROOF_RECOVERS, PROOF_ANY_WAY, out);
	buf_append_cstr(out, "<td>");
	compare_order(set->route, &order);
	append_text(buf_slice(&order), out);
	buf_append_cstr(out, "</td></tr>\n");
	buf_fini(&order);
}

static void
head_row(struct buf *out)
{
	buf_append_cstr(out,
	    "<thead><tr><th scope=\"col\">set</th><th scope=\"col\">domains"
	    "</th><th scope=\"col\">nothing fails</th>");
	for (unsigned way = 0; way < proof_way_count(); way++)
		buf_printf(
		    out, "<th scope=\"col\">one: %s</th>", proof_way_name(way));
	buf_append_cstr(out,
	    "<th scope=\"col\">a priority</th><th scope=\"col\">all</th>"
	    "<th scope=\"col\">all for 1 h</th><th scope=\"col\">destinations"
	    "</th></tr></thead>\n");
}

static void
host_rows(const struct proof *p, struct buf *out)
{
	struct proof_hosts h;

	proof_hosts_make(&h, p);
	buf_append_cstr(out,
	    "<table class=\"proof\"><caption>Hosts: the load in domains, if "
	    "each had as much mail as any other</caption>\n<thead><tr>"
	    "<th scope=\"col\">host</th><th scope=\"col\">domains</th>"
	    "<th scope=\"col\">stopped by its failure alone</th>"
	    "<th scope=\"col\">usual load</th><th scope=\"col\">at most</th>"
	    "<th scope=\"col\">while</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < h.count; i++) {
		const struct proof_host *host = h.list[i];
		double more = host->surge != NULL ? host->surge->load : 0;

		buf_append_cstr(out, "<tr><th scope=\"row\">");
		append_text(host->name, out);
		buf_printf(out,
		    "</th><td>%zu</td><td>%zu</td><td>%.1f</td><td>%.1f</td>"
		    "<td>",
		    host->domains, host->stopped, host->load,
		    host->load + more);
		if (host->surge != NULL) {
			append_text(host->surge->by->name, out);
			buf_append_cstr(out, " fails");
		}
		buf_append_cstr(out, "</td></tr>\n");
	}
	buf_append_cstr(out, "</tbody></table>\n");
	proof_hosts_fini(&h);
}

void
proof_html(const struct proof *p, const char *file, struct buf *out)
{
	buf_append_cstr(out,
	    "<section id=\"proof\" aria-labelledby=\"proof-head\">\n"
	    "<h2 id=\"proof-head\">Which domains keep flowing: ");
	append_text(slice_cstr(file), out);
	buf_printf(out,
	    "</h2>\n<p>%zu sets of destinations, %zu cases. A cell is the "
	    "worst of its cases: mail flows; is late, as some waited for a "
	    "later round; waits as long as that lasts; or bounces.</p>\n",
	    p->set_count, p->case_count);
	if (p->untried > 0)
		buf_printf(out,
		    "<p>It was stopped: %zu sets have not been tried.</p>\n",
		    p->untried);
	buf_append_cstr(out, "<table class=\"proof\">\n");
	head_row(out);
	buf_append_cstr(out, "<tbody>\n");
	for (size_t i = 0; i < p->set_count; i++)
		set_row(p, i, out);
	buf_append_cstr(out, "</tbody></table>\n");
	host_rows(p, out);
	buf_append_cstr(out, "</section>\n");
}

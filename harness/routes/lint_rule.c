/* SPDX-License-Identifier: MIT */
/* The rules in words; see lint_rule.h. */
#include "harness/routes/lint_rule.h"

static const struct lint_rule rules[LINT_RULE_END] = {
	[LINT_SYNTAX] = { "syntax", LINT_ERROR,
	    "The line is not in the grammar of the table.",
	    "A table with an error is not taken at all: an import leaves the "
	    "one in force as it is.",
	    "Write the line as docs/routes.md has it; the message says what "
	    "is expected there." },
	[LINT_DUPLICATE_ROUTE] = { "duplicate-route", LINT_ERROR,
	    "A domain has two lines.",
	    "The table is refused. Who reads it may believe the second line; "
	    "without the duplicates the first would hold.",
	    "Keep one line. Hosts of both go on one, with commas." },
	[LINT_DUPLICATE_HOST] = { "duplicate-host", LINT_WARNING,
	    "A line has the same host and port twice.",
	    "They are one candidate, at the better priority; at the same one "
	    "the second adds no share and no retry.",
	    "Leave one of them out. To give a host a larger share list the "
	    "others more rarely, or use several addresses." },
	[LINT_SHADOWED] = { "shadowed", LINT_NOTE,
	    "More specific lines take mail away from a partial name.",
	    "The longest name wins, whatever the order of the lines: mail "
	    "for the names that the note lists does not go where this line "
	    "says.",
	    "Nothing, if that is meant; else remove the more specific "
	    "lines." },
	[LINT_REDUNDANT] = { "redundant", LINT_NOTE,
	    "A line says what a less specific one says anyway.",
	    "Without it mail would go the same way. With it a change of the "
	    "other line does not hold here.",
	    "Remove it, unless it is to stay when the other one changes." },
	[LINT_NEVER_REACHED] = { "never-reached", LINT_WARNING,
	    "A host gets mail only when several levels of others fail at "
	    "once.",
	    "All hosts of a better priority are tried first, in one round, "
	    "and one that answers takes all the mail. A third level is as "
	    "good as never used: nobody notices when it does not work.",
	    "Put it at the priority of the second level, or test it with "
	    "`faultpost routes prove`." },
	[LINT_SINGLE_HOST] = { "single-host", LINT_WARNING,
	    "A route has one host and no alternative.",
	    "While it fails the domain's mail waits, and bounces when it has "
	    "failed for as long as the bounce profile allows (72 hours). A "
	    "name may still lead to several: `--dns` tells.",
	    "Add a second host, at the same priority to share the load or at "
	    "a worse one to stand by." },
	[LINT_SAME_ADDRESS] = { "same-address", LINT_WARNING,
	    "Two hosts of a line are one address and port.",
	    "They count once, at the better priority. What looks like an "
	    "alternative or a share of the load is none.",
	    "Give one of them another address, or leave it out." },
	[LINT_UNRESOLVED] = { "unresolved", LINT_ERROR,
	    "DNS has no address for a host.",
	    "It is no candidate. When no host of the line has an address, "
	    "mail bounces at once with 5.1.2.",
	    "Correct the name, or publish an address for it." },
	[LINT_NO_ANSWER] = { "no-answer", LINT_NOTE,
	    "DNS gave no answer about a host.",
	    "The host is left out for a minute when that happens to the "
	    "relay; when no other is left, mail waits. The other rules know "
	    "nothing of this host.",
	    "Ask again, and look at the name servers of the domain." },
	[LINT_ANOTHER_ROUTE] = { "another-route", LINT_WARNING,
	    "A host, or a name that it leads to, has a line of its own in "
	    "the table.",
	    "What a route leads to is looked up in DNS and not in the table: "
	    "the other line does not hold for this mail.",
	    "Write the other line's hosts here, if they are meant." },
	[LINT_USEDNS_FOR_ALL] = { "usedns-for-all", LINT_ERROR,
	    "USEDNS is the destination of ALL.",
	    "The table is refused: mail that no line matches follows its MX "
	    "records anyway.",
	    "Leave the line out." },
	[LINT_USEDNS_PAST_ALL] = { "usedns-past-all", LINT_NOTE,
	    "USEDNS sends a domain's mail past the hosts of a less specific "
	    "line.",
	    "The domain's MX records decide, not the hosts that ALL or a "
	    "partial name has: the relay needs DNS and a way to the Internet "
	    "for it.",
	    "Nothing, if that is meant." },
	[LINT_USEDNS_IDLE] = { "usedns-idle", LINT_NOTE,
	    "USEDNS where no less specific line would have the mail.",
	    "Without the line the domain's MX records would decide, too.",
	    "Leave it out, or keep it for a line that is still to come." },
	[LINT_SELF] = { "self", LINT_ERROR,
	    "A route leads to the relay itself.",
	    "The relay would send the mail to itself, again and again, until "
	    "it has too many Received lines and bounces.",
	    "Name the host that is meant. `--self` tells the relay's own "
	    "names and addresses; loopback addresses are known." },
	[LINT_PRIORITY_LIKE_PORT] = { "priority-like-port", LINT_WARNING,
	    "A priority looks like a port: host/pri=2525.",
	    "The port stays 25, and the host stands behind all others of the "
	    "line.",
	    "A port is written host:2525." },
	[LINT_PORT_LIKE_PRIORITY] = { "port-like-priority", LINT_WARNING,
	    "A port looks like a priority: host:10.",
	    "The connection goes to that port, where no mail server listens, "
	    "and the priority stays 0.",
	    "A priority is written host/pri=10." },
	[LINT_PRIVATE_ADDRESS] = { "private-address", LINT_NOTE,
	    "A public domain's mail goes to a private address.",
	    "That is usual for mail to one's own hosts, and wrong for anybody "
	    "else's: the address leads to whoever has it in the relay's "
	    "network.",
	    "Nothing for one's own domains (`# faultpost: ignore-file R018` "
	    "says so); else use the public address." },
	[LINT_NO_HOST_ADDRESS] = { "no-host-address", LINT_ERROR,
	    "The address is none that a host can have.",
	    "Addresses for groups, for documentation and the unspecified one "
	    "take no connection: each try fails.",
	    "Write the host's address." },
	[LINT_PARTIAL_ALONE] = { "partial-alone", LINT_NOTE,
	    "A partial name has a line, and the domain itself has none.",
	    ".example.com stands for the names below example.com, not for "
	    "example.com itself.",
	    "Add a line for the domain, if its mail should go there, too." },
	[LINT_DISCARDS_ALL] = { "discards-all", LINT_WARNING,
	    "ALL, or a partial name, is discarded.",
	    "Mail for every name that has no better line is deleted, and "
	    "nobody is told.",
	    "Name the domains whose mail is to be deleted." },
	[LINT_CONTROLS_OF_HOST] = { "controls-of-host", LINT_WARNING,
	    "A section of the destination controls names a host of a route, "
	    "not a domain.",
	    "Destination controls go by the recipient's domain. The section "
	    "does nothing for mail that a route brings to this host.",
	    "Name the domains whose mail goes there." },
	[LINT_FAMILY_LEFT_OUT] = { "family-left-out", LINT_ERROR,
	    "Destination controls require a family in which the hosts have "
	    "no address.",
	    "With REQUIRE_v6 or REQUIRE_v4 a name's other addresses are no "
	    "candidates: the mail waits until it bounces.",
	    "Prefer the family (PREFER_V6) instead of requiring it, or add a "
	    "host that has it." },
	[LINT_VERIFY_ADDRESS] = { "verify-address", LINT_WARNING,
	    "Destination controls verify certificates, and the route has an "
	    "address for a host.",
	    "The certificate would have to be for the address, which is rare: "
	    "with require_verify such a host gets no mail.",
	    "Name the host as its certificate does." },
	[LINT_LIMIT_BELOW_HOSTS] = { "limit-below-hosts", LINT_WARNING,
	    "Destination controls allow fewer connections than the line has "
	    "equal hosts.",
	    "One connection after the other goes round the hosts, but they "
	    "never work at the same time, and a slow one stops all.",
	    "Set max_host_concurrency to a multiple of the number of hosts." },
	[LINT_AUTH_IN_CLEAR] = { "auth-in-clear", LINT_NOTE,
	    "A route logs in, and destination controls ask for no TLS.",
	    "No password goes in clear: TLS is required for the route, "
	    "whatever table_tls says, and a host that does not offer it gets "
	    "no mail.",
	    "Set table_tls to require, so that the file says what holds." },
	[LINT_SUPPRESSION_UNKNOWN] = { "suppression-unknown", LINT_WARNING,
	    "A comment for faultpost cannot be read.",
	    "Nothing is suppressed by it.",
	    "Write `# faultpost: ignore R007` or `# faultpost: ignore-file "
	    "R007`, with one rule or more." },
	[LINT_SUPPRESSION_IDLE] = { "suppression-idle", LINT_NOTE,
	    "A comment suppresses what is not found.",
	    "It will hide the finding when it comes back.", "Remove it." },
};

const char *
lint_severity_name(enum lint_severity severity)
{
	static const char *const names[] = {
		[LINT_NOTE] = "note",
		[LINT_WARNING] = "warning",
		[LINT_ERROR] = "error",
	};

	return names[severity];
}

const struct lint_rule *
lint_rule_get(enum lint_rule_id id)
{
	assert(id > 0 && id < LINT_RULE_END);
	return &rules[id];
}

enum lint_rule_id
lint_rule_find(struct slice word)
{
	uint64_t number;

	if (word.len > 1 && (word.at[0] == 'R' || word.at[0] == 'r') &&
	    slice_to_u64(slice_skip(word, 1), LINT_RULE_END - 1, &number))
		return (enum lint_rule_id)number;
	for (int id = 1; id < LINT_RULE_END; id++)
		if (slice_eq_nocase(word, slice_cstr(rules[id].name)))
			return (enum lint_rule_id)id;
	return (enum lint_rule_id)0;
}

char *
lint_rule_id(enum lint_rule_id id, char out[LINT_ID_MAX])
{
	(void)snprintf(out, LINT_ID_MAX, "R%03u", (unsigned)id % 1000U);
	return out;
}

/* Appends the text with lines of at most 76 characters. */
static void
wrap(const char *text, struct buf *out)
{
	struct slice rest = slice_cstr(text), word;
	size_t used = 0;

	while (slice_split(&rest, ' ', &word)) {
		if (used > 0 && used + 1 + word.len > 76) {
			buf_append_byte(out, '\n');
			used = 0;
		} else if (used > 0) {
			buf_append_byte(out, ' ');
			used++;
		}
		buf_append(out, word);
		used += word.len;
	}
	buf_append_byte(out, '\n');
}

void
lint_rule_explain(enum lint_rule_id id, struct buf *out)
{
	const struct lint_rule *rule = lint_rule_get(id);
	char text[LINT_ID_MAX];

	buf_printf(out, "%s %s (%s)\n", lint_rule_id(id, text), rule->name,
	    lint_severity_name(rule->severity));
	wrap(rule->summary, out);
	buf_append_byte(out, '\n');
	wrap(rule->why, out);
	buf_append_byte(out, '\n');
	wrap(rule->advice, out);
}

void
lint_rules_format(bool as_markdown, struct buf *out)
{
	char text[LINT_ID_MAX];

	if (as_markdown)
		buf_append_cstr(out,
		    "| rule | severity | what it finds | what follows | what "
		    "to do |\n|---|---|---|---|---|\n");
	for (int i = 1; i < LINT_RULE_END; i++) {
		const struct lint_rule *rule = &rules[i];
		const char *severity = lint_severity_name(rule->severity);

		(void)lint_rule_id((enum lint_rule_id)i, text);
		if (as_markdown)
			buf_printf(out, "| %s `%s` | %s | %s | %s | %s |\n",
			    text, rule->name, severity, rule->summary,
			    rule->why, rule->advice);
		else
			buf_printf(out, "%s %-7s %-20s %s\n", text, severity,
			    rule->name, rule->summary);
	}
}

/* SPDX-License-Identifier: MIT */
/* The table of rules; see log_rule.h.  The order is that in which they explain
 * best: how a message ended, why it still waits, what it met on its way. */
#include "harness/log/log_rule.h"

static bool
has_text(const char *text, const char *part)
{
	return text != NULL &&
	    slice_find_nocase(slice_cstr(text), slice_cstr(part)) <
	    strlen(text);
}

static uint64_t
failed(const struct log_facts *f)
{
	uint64_t count = 0;

	for (size_t i = 0; i < LOG_FAILURE_KINDS; i++)
		count += f->saw.failed[i];
	return count;
}

static uint64_t
nobody_answered(const struct log_facts *f)
{
	return f->saw.failed[LOG_FAILURE_REFUSED] +
	    f->saw.failed[LOG_FAILURE_SILENT] +
	    f->saw.failed[LOG_FAILURE_UNREACHABLE];
}

static bool
is_delivered(const struct log_facts *f)
{
	return f->to_count > 0 &&
	    log_facts_count(f, LOG_FATE_DELIVERED) == f->to_count;
}

static bool
is_open(const struct log_facts *f)
{
	return log_facts_count(f, LOG_FATE_OPEN) > 0;
}

/* ---- what each explains ---- */

static bool
explains_sender_gone(const struct log_facts *f)
{
	return f->is_aborted && has_text(f->abort, "Receiving aborted") &&
	    !has_text(f->abort, "by sender");
}

static bool
explains_sender_aborted(const struct log_facts *f)
{
	return f->is_aborted && has_text(f->abort, "aborted by sender");
}

static bool
explains_dropped(const struct log_facts *f)
{
	return f->is_aborted;
}

static bool
explains_deleted(const struct log_facts *f)
{
	return f->saw.deleted > 0;
}

static bool
explains_twice(const struct log_facts *f)
{
	return f->saw.bounced_twice > 0;
}

static bool
explains_dns_hard(const struct log_facts *f)
{
	return f->saw.bounced_dns > 0;
}

static bool
explains_expired_down(const struct log_facts *f)
{
	return f->saw.bounced_expired > 0 &&
	    nobody_answered(f) >= f->saw.delayed_4xx + f->saw.greeted_4xx;
}

static bool
explains_expired(const struct log_facts *f)
{
	return f->saw.bounced_expired > 0;
}

static bool
explains_refused(const struct log_facts *f)
{
	return f->saw.bounced_5xx > 0;
}

static bool
explains_bounced(const struct log_facts *f)
{
	return f->saw.bounced_other > 0;
}

static bool
explains_tls_required(const struct log_facts *f)
{
	return f->saw.tls_required > 0;
}

static bool
explains_starttls_line(const struct log_facts *f)
{
	return f->saw.no_starttls > 0 && !is_delivered(f);
}

static bool
explains_handshake(const struct log_facts *f)
{
	return f->saw.failed[LOG_FAILURE_HANDSHAKE] > 0 ||
	    (f->saw.tls_failed > 0 && failed(f) > 0);
}

static bool
explains_suspended(const struct log_facts *f)
{
	return f->saw.suspended > 0 && !is_delivered(f);
}

static bool
explains_dns_soft(const struct log_facts *f)
{
	return f->saw.dns_soft > 0;
}

static bool
explains_possible(const struct log_facts *f)
{
	return f->saw.possible > 0;
}

static bool
explains_down(const struct log_facts *f)
{
	return nobody_answered(f) > 0 && !is_delivered(f);
}

static bool
explains_greylisting(const struct log_facts *f)
{
	return f->saw.pending > 0 &&
	    (has_text(f->delayed_reply, "greylist") ||
		has_text(f->delayed_reply, "graylist") ||
		has_text(f->delayed_reply, "grey-list"));
}

static bool
explains_all_busy(const struct log_facts *f)
{
	return f->saw.pending > 0 &&
	    f->saw.greeted_4xx + f->saw.delayed_4xx > 0;
}

static bool
explains_late_down(const struct log_facts *f)
{
	return f->saw.pending > 0 && nobody_answered(f) > 0;
}

static bool
explains_lost(const struct log_facts *f)
{
	return f->saw.delayed_lost > 0 ||
	    f->saw.failed[LOG_FAILURE_RESET] +
		f->saw.failed[LOG_FAILURE_CLOSED] >
	    0;
}

static bool
explains_next_host(const struct log_facts *f)
{
	return f->saw.greeted_4xx + f->saw.delayed_4xx > 0;
}

static bool
explains_5xx_greeting(const struct log_facts *f)
{
	return f->saw.greeted_5xx > 0;
}

static bool
explains_other_host(const struct log_facts *f)
{
	return failed(f) > 0;
}

static bool
explains_queued(const struct log_facts *f)
{
	return is_open(f) || (f->is_queued && !is_delivered(f));
}

static bool
explains_well(const struct log_facts *f)
{
	return is_delivered(f);
}

static bool
explains_nothing(const struct log_facts *f)
{
	(void)f;
	return true;
}

/* ---- the table ---- */

static const struct log_rule rules[] = {
	{ "receiving-aborted", "Cisco 118295", explains_sender_gone,
	    "The client was gone before its message was complete: \"Receiving "
	    "aborted\" is an end of the TCP connection, or five minutes of "
	    "silence at the listener.",
	    "Look at the sender and at what stands between: a firewall that "
	    "inspects ESMTP is a common cause (Cisco 117801)." },
	{ "aborted-by-sender", "Cisco 118295", explains_sender_aborted,
	    "\"Receiving aborted by sender\" means that the client itself gave "
	    "the message up, by RSET or QUIT.",
	    "Ask the sender's side; nothing is to be changed here." },
	{ "dropped", "AsyncOS user guide", explains_dropped,
	    "The message was not accepted, or dropped by a filter or an engine, "
	    "before it came to delivery.",
	    "Look at the filter or engine that the line names." },
	{ "deleted", "AsyncOS CLI reference (deleterecipients)",
	    explains_deleted,
	    "An operator deleted the recipients, or their route is /dev/null.",
	    "Look at who did so; and at the SMTP route of the domain." },
	{ "double-bounce", "RFC 5321, 6.1", explains_twice,
	    "The message had the null sender, as bounce messages have, so that "
	    "there is nobody to return it to: the line is all that is told.",
	    "Clear up what the line names; often the address that the bounce "
	    "message was for does not exist." },
	{ "dns-hard-error", "AsyncOS user guide", explains_dns_hard,
	    "A domain, or route host, that does not exist or has no address "
	    "bounces at once (5.1.2), without a connection (DCID 0).",
	    "Correct the address, the DNS records, or the names in the SMTP "
	    "route." },
	{ "expired-while-down", "Cisco 118410", explains_expired_down,
	    "While no host responds mail stays in the queue, for 72 hours or "
	    "100 retries by default, and is then returned to its sender "
	    "(5.4.7).",
	    "Bring the hosts back, and add one of a worse priority to the SMTP "
	    "route; for long maintenance suspend the listener." },
	{ "expired", "Cisco 118410", explains_expired,
	    "What is refused for now is tried again until the bounce profile's "
	    "time in the queue or number of retries is used up, and is then "
	    "returned to its sender (5.4.7); the text is that of the last "
	    "error.",
	    "Clear up what the host's answers name, or give it more time in the "
	    "bounce profile." },
	{ "refused", "AsyncOS user guide (hard bounces)", explains_refused,
	    "A 5xx to a recipient is final: that recipient is returned to the "
	    "sender, and no other host is asked.",
	    "What refused it is the host, for the reason that it gives: clear "
	    "that up there; changing routes does not help." },
	{ "bounced", "AsyncOS user guide", explains_bounced,
	    "The recipient was returned to its sender for the reason in the "
	    "line.",
	    "Clear up what the line names." },
	{ "tls-required", "Cisco 118955", explains_tls_required,
	    "With TLS required no mail goes over a connection on which TLS "
	    "could not be had; it stays queued, and other hosts are tried.",
	    "Let the host offer STARTTLS with a good certificate, or set TLS to "
	    "Preferred for the domain in Destination Controls." },
	{ "starttls-not-seen", "Cisco 212587", explains_starttls_line,
	    "STARTTLS counts only where it stands behind the first line of the "
	    "answer to EHLO; a host that puts it into the first line has not "
	    "offered it.",
	    "Look at the host's answer to EHLO, and at what may change it on "
	    "its way." },
	{ "handshake", "Microsoft Q&A 1363239", explains_handshake,
	    "A handshake that fails ends the connection (\"[Errno 0] Error\", "
	    "network error): behind the 220 to STARTTLS there is no way back to "
	    "clear text on it (Cisco 118955).",
	    "Compare ciphers and protocol versions of both sides, as after an "
	    "upgrade." },
	{ "suspended", "AsyncOS CLI reference (suspenddel)", explains_suspended,
	    "While deliveries are suspended nothing is sent.",
	    "Enter resumedel." },
	{ "dns-soft-error", "Cisco 118548", explains_dns_soft,
	    "When DNS does not answer for a domain, all its mail is queued "
	    "again until it does.",
	    "Look at the name servers that the appliance asks." },
	{ "possible-delivery", "Cisco 118601", explains_possible,
	    "The host said nothing to the whole content for minutes; with "
	    "Possible Delivery that counts as delivered, as it may have taken "
	    "the message.",
	    "Look whether the host has the message; without Possible Delivery "
	    "(deliveryconfig) it would be sent again." },
	{ "host-down", "Cisco 118410", explains_down,
	    "A host that does not respond is taken for down and tried again by "
	    "itself, after 60 seconds at first and at most 3,600; meanwhile "
	    "mail goes to the next host of the route or waits in the queue, for "
	    "72 hours by default.",
	    "Bring the host back (hoststatus shows it, delivernow tries it at "
	    "once), or add another host to the SMTP route." },
	{ "greylisting", "RFC 6647", explains_greylisting,
	    "A host that greylists puts off the first attempt of a sender it "
	    "does not know, and takes a later one: the appliance makes that "
	    "after the bounce profile's initial wait, 60 seconds by default.",
	    "Nothing needs to be done; where the wait is too long, ask the "
	    "other side to exempt the appliance's addresses." },
	{ "all-busy", "Cisco 117875, 118287", explains_all_busy,
	    "A 4xx moves a message to the next host of the SMTP route at once; "
	    "when all of them answer 4xx it is held in the queue and tried "
	    "again, after 60 seconds at first and at most 3,600 (the bounce "
	    "profile's initial and maximum wait), or when other mail gets "
	    "through to the domain.",
	    "Add a host with room to the SMTP route, with /pri=10 if it should "
	    "only help out, or relieve those that are full." },
	{ "late-for-down", "Cisco 118410, 215929", explains_late_down,
	    "No host responded, so that the message was queued until one did.",
	    "A host of a worse priority in the SMTP route would have taken it "
	    "meanwhile." },
	{ "connection-lost", "Cisco community 12561426", explains_lost,
	    "The host, or something on the way to it, ended the connection (a "
	    "4.4.0, \"Connection reset by peer\", EOF): the message is tried "
	    "again on another connection.",
	    "Look at the host's log at that moment, and at firewalls between "
	    "the two." },
	{ "next-host", "Cisco 117875", explains_next_host,
	    "A 4xx is no final answer: the appliance moves on to the next host "
	    "of the SMTP route by itself, those of one priority in turn.",
	    "Nothing needs to be done; to have one host asked only when others "
	    "fail, give it a greater number, as /pri=10." },
	{ "5xx-greeting", "inferred from Cisco 117875", explains_5xx_greeting,
	    "A greeting of 5xx is a failure of the host, and the next one is "
	    "asked; it is no answer to a recipient.",
	    "Look why the host turns the appliance away: a block list, or a "
	    "limit of connections." },
	{ "other-host", "Cisco 118548", explains_other_host,
	    "When one host of a domain fails, its messages are queued for "
	    "another connection, to the next host.",
	    "Nothing needs to be done but for the host that failed." },
	{ "queued", "Cisco 215929", explains_queued,
	    "\"Queued for delivery\" means that the message is in the queue of "
	    "its domain; that it was tried, and how that ended, is in later "
	    "lines.",
	    "Look at a later part of the log, at hoststatus and at tophosts." },
	{ "well", "Cisco 118548", explains_well,
	    "\"Message done\" is logged when the host has taken the content.",
	    "Nothing needs to be changed; what became of it behind that host is "
	    "in the host's log." },
	{ "not-shown", "Cisco 118232", explains_nothing,
	    "What becomes of a message is logged by its MID, and over the "
	    "connections that carry it by DCID; this part of the log does not "
	    "show it.",
	    "Look at more of the log, before and behind this part." },
};

size_t
log_rule_count(void)
{
	return ARRAY_LEN(rules);
}

const struct log_rule *
log_rule_at(size_t i)
{
	assert(i < ARRAY_LEN(rules));
	return &rules[i];
}

const struct log_rule *
log_rule_of(const struct log_facts *facts)
{
	size_t i = 0;

	while (!rules[i].explains(facts))
		i++;
	return &rules[i];
}

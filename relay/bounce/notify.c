/* SPDX-License-Identifier: MIT */
/* What a client asks about reports; see notify.h. */
#include "relay/bounce/notify.h"

static const struct notify_word {
	struct slice word;
	enum notify_when when;
} notify_words[] = {
	{ SLICE_INIT("NEVER"), NOTIFY_NEVER },
	{ SLICE_INIT("SUCCESS"), NOTIFY_SUCCESS },
	{ SLICE_INIT("FAILURE"), NOTIFY_FAILURE },
	{ SLICE_INIT("DELAY"), NOTIFY_DELAY },
};

static struct slice
value_of(const struct smtp_command *command, struct slice keyword)
{
	const struct smtp_parameter *p =
	    smtp_command_parameter(command, keyword);

	return p != NULL ? p->value : (struct slice){ 0 };
}

static struct notify *
notify_get(struct notify **np)
{
	if (*np == NULL)
		*np = xcalloc(1, sizeof(**np));
	return *np;
}

void
notify_set(struct notify **np, enum notify_return what, struct slice envid)
{
	if (what == NOTIFY_RETURN_ANY && envid.len == 0)
		return;
	notify_get(np)->what = what;
	if (envid.len > 0)
		(*np)->envid = slice_dup(envid);
}

void
notify_set_recipient(
    struct notify **np, uint32_t rid, unsigned when, struct slice orcpt)
{
	struct notify *n;

	if (when == 0 && orcpt.len == 0)
		return;
	n = notify_get(np);
	if (rid >= n->count) {
		n->recipients = xrealloc(
		    n->recipients, (rid + 1) * sizeof(n->recipients[0]));
		memset(&n->recipients[n->count], 0,
		    (rid + 1 - n->count) * sizeof(n->recipients[0]));
		n->count = rid + 1;
	}
	n->recipients[rid].when = when;
	if (orcpt.len > 0)
		n->recipients[rid].orcpt = slice_dup(orcpt);
}

void
notify_add_mail(struct notify **np, const struct smtp_command *command)
{
	struct slice ret = value_of(command, SLICE("RET"));
	enum notify_return what = NOTIFY_RETURN_ANY;

	if (slice_eq_nocase(ret, SLICE("FULL")))
		what = NOTIFY_RETURN_FULL;
	else if (slice_eq_nocase(ret, SLICE("HDRS")))
		what = NOTIFY_RETURN_HEADERS;
	notify_set(np, what, value_of(command, SLICE("ENVID")));
}

void
notify_add_rcpt(
    struct notify **np, uint32_t rid, const struct smtp_command *command)
{
	struct slice rest = value_of(command, SLICE("NOTIFY")), part;
	unsigned when = 0;

	while (slice_split(&rest, ',', &part))
		for (size_t i = 0; i < ARRAY_LEN(notify_words); i++)
			if (slice_eq_nocase(part, notify_words[i].word))
				when |= notify_words[i].when;
	notify_set_recipient(np, rid, when, value_of(command, SLICE("ORCPT")));
}

void
notify_destroy(struct notify **np)
{
	struct notify *n = *np;

	*np = NULL;
	if (n == NULL)
		return;
	for (uint32_t i = 0; i < n->count; i++)
		free(n->recipients[i].orcpt);
	free(n->recipients);
	free(n->envid);
	free(n);
}

struct notify_recipient
notify_of(const struct notify *n, uint32_t rid)
{
	if (n == NULL || rid >= n->count)
		return (struct notify_recipient){ 0 };
	return n->recipients[rid];
}

bool
notify_wants(
    const struct notify *n, uint32_t rid, enum notify_when when, bool preset)
{
	unsigned said = notify_of(n, rid).when;

	return said == 0 ? preset : (said & (unsigned)when) != 0;
}

void
notify_format_mail(struct buf *out, const struct notify *n)
{
	if (n == NULL)
		return;
	if (n->what != NOTIFY_RETURN_ANY)
		buf_printf(out, " RET=%s",
		    n->what == NOTIFY_RETURN_FULL ? "FULL" : "HDRS");
	if (n->envid != NULL)
		buf_printf(out, " ENVID=%s", n->envid);
}

void
notify_format_rcpt(struct buf *out, const struct notify *n, uint32_t rid)
{
	const struct notify_recipient r = notify_of(n, rid);
	const char *separator = " NOTIFY=";

	for (size_t i = 0; i < ARRAY_LEN(notify_words); i++) {
		if ((r.when & (unsigned)notify_words[i].when) == 0)
			continue;
		buf_printf(
		    out, "%s%.*s", separator, SLICE_ARG(notify_words[i].word));
		separator = ",";
	}
	if (r.orcpt != NULL)
		buf_printf(out, " ORCPT=%s", r.orcpt);
}

/* SPDX-License-Identifier: MIT */
/* Words that name something in a log; see log_want.h. */
#include "harness/log/log_want.h"

static bool
take_name(struct slice *rest, struct slice name)
{
	if (!slice_starts_with_nocase(*rest, name) || rest->len <= name.len ||
	    strchr(" :=", rest->at[name.len]) == NULL)
		return false;
	*rest = slice_trim(slice_skip(*rest, name.len + 1));
	return true;
}

static bool
is_domain(struct slice text)
{
	bool has_letter = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char b = (unsigned char)text.at[i];

		has_letter |= ascii_is_alpha(text.at[i]) || b >= 0x80;
		if (b <= ' ' || b == '/' || b == ':' || b == 0x7f)
			return false;
	}
	return has_letter;
}

bool
log_want_parse(const char *word, struct log_want *want, struct err *err)
{
	struct slice rest = slice_trim(slice_cstr(word));
	bool is_dcid = take_name(&rest, SLICE("DCID"));
	bool is_mid = !is_dcid && take_name(&rest, SLICE("MID"));

	*want = (struct log_want){ .text = rest };
	if (slice_to_u64(rest, UINT64_MAX, &want->number))
		want->kind = is_dcid ? LOG_WANT_DCID : LOG_WANT_MID;
	else if (is_dcid || is_mid)
		return err_set(err, "\"%s\" has no number", word);
	else if (ip_parse(rest, &want->ip))
		want->kind = LOG_WANT_ADDRESS;
	else if (slice_find_byte(rest, '@') < rest.len)
		want->kind = LOG_WANT_MAILBOX;
	else if (is_domain(rest))
		want->kind = LOG_WANT_DOMAIN;
	else
		return err_set(err,
		    "\"%s\" is neither a MID, nor \"DCID n\", a mailbox, a "
		    "domain or an IP address",
		    word);
	if (want->kind == LOG_WANT_MAILBOX)
		want->text = log_mailbox(rest);
	return true;
}

struct slice
log_mailbox(struct slice logged)
{
	if (logged.len >= 2 && logged.at[0] == '<' &&
	    logged.at[logged.len - 1] == '>')
		return slice_sub(logged, 1, logged.len - 2);
	return logged;
}

struct slice
log_mailbox_domain(struct slice logged)
{
	struct slice mailbox = log_mailbox(logged);

	for (size_t at = mailbox.len; at > 0; at--)
		if (mailbox.at[at - 1] == '@')
			return slice_skip(mailbox, at);
	return slice_of(mailbox.at, 0);
}

bool
log_want_has_mailbox(const struct log_want *want, struct slice mailbox)
{
	switch (want->kind) {
	case LOG_WANT_MAILBOX:
		return slice_eq_nocase(log_mailbox(mailbox), want->text);
	case LOG_WANT_DOMAIN:
		return log_want_has_domain(want, log_mailbox_domain(mailbox));
	case LOG_WANT_MID:
	case LOG_WANT_DCID:
	case LOG_WANT_ADDRESS:
		break;
	}
	return false;
}

bool
log_want_has_domain(const struct log_want *want, struct slice domain)
{
	return want->kind == LOG_WANT_DOMAIN &&
	    slice_eq_nocase(domain, want->text);
}

bool
log_want_has_address(const struct log_want *want, struct slice address)
{
	struct ip_address ip;

	return want->kind == LOG_WANT_ADDRESS && ip_parse(address, &ip) &&
	    ip_equal(&ip, &want->ip);
}

/* ---- what can be said as it stands ---- */

static bool
is_label_byte(char b)
{
	return ascii_is_alpha(b) || ascii_is_digit(b) || b == '-' || b == '_';
}

/* One that a routes table takes: labels with dots between them. */
bool
log_domain_is_plain(struct slice name)
{
	struct slice rest = name, label;
	size_t labels = 0;

	if (name.len == 0 || name.len > 253)
		return false;
	while (slice_split(&rest, '.', &label)) {
		if (label.len == 0 || label.len > 63 || label.at[0] == '-' ||
		    label.at[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!is_label_byte(label.at[i]))
				return false;
		labels++;
	}
	return labels > 1 && ascii_is_alpha(name.at[name.len - 1]);
}

/* One that a client can say as it stands. */
bool
log_mailbox_is_plain(struct slice mailbox)
{
	struct slice domain = log_mailbox_domain(mailbox), local;

	if (!log_domain_is_plain(domain) || mailbox.len < domain.len + 2)
		return false;
	local = slice_sub(mailbox, 0, mailbox.len - domain.len - 1);
	if (local.len > 64 || local.at[0] == '.' ||
	    local.at[local.len - 1] == '.')
		return false;
	for (size_t i = 0; i < local.len; i++) {
		char b = local.at[i];

		if (!ascii_is_alpha(b) && !ascii_is_digit(b) &&
		    strchr("!#$%&'*+-/=?^_`{|}~.", b) == NULL)
			return false;
		if (b == '.' && local.at[i - 1] == '.')
			return false;
	}
	return true;
}

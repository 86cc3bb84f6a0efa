/* SPDX-License-Identifier: MIT */
/* Tags of envelope senders; see tag.h.  What is signed has no capital letters,
 * as some hosts change their case on the way. */
#include "relay/bounce/tag.h"

#include "core/smtp/address.h"
#include "core/tls/digest.h"

#define PREFIX  "prvs="
#define DAYS    3 /* digits */
#define LETTERS 7
#define TAG     (DAYS + LETTERS)
#define ADDED   (sizeof(PREFIX) - 1 + 1 + TAG)
/* Days go round. */
#define ROUND 1000

static unsigned
day_of(utime now)
{
	return (unsigned)(now / UTIME_DAY % ROUND);
}

static void
append_lower(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		buf_append_byte(out, ascii_lower(text.at[i]));
}

static void
sign(char letters[LETTERS], struct slice key, unsigned day, struct slice local,
    struct slice domain)
{
	unsigned char mac[DIGEST_HMAC_BYTES];
	struct buf text = { 0 };

	buf_printf(&text, "%03u", day);
	append_lower(&text, local);
	buf_append_byte(&text, '@');
	append_lower(&text, domain);
	digest_hmac(key, buf_slice(&text), mac);
	for (size_t i = 0; i < LETTERS; i++)
		letters[i] = (char)('A' + mac[i] % 26);
	buf_fini(&text);
}

static bool
has_prefix(struct slice local)
{
	return slice_starts_with_nocase(local, SLICE(PREFIX));
}

/* An address ends with its domain, which has no "@". */
static void
split(struct slice address, struct slice *local, struct slice *domain)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	*local = slice_sub(address, 0, at > 0 ? at - 1 : 0);
	*domain = slice_skip(address, at);
}

bool
bounce_tag_add(
    struct buf *out, struct slice address, struct slice key, utime now)
{
	unsigned day = day_of(now);
	char letters[LETTERS];
	struct slice local, domain;

	split(address, &local, &domain);
	if (local.len == 0 || local.at[0] == '"' || has_prefix(local) ||
	    local.len + ADDED > SMTP_LOCAL_PART_MAX)
		return false;
	sign(letters, key, day, local, domain);
	buf_printf(out, PREFIX "%.*s=%03u%.*s@%.*s", SLICE_ARG(local), day,
	    LETTERS, letters, SLICE_ARG(domain));
	return true;
}

/* Takes "=TAG" off the local part; false when it does not end so. */
static bool
take_tag(struct slice *local, unsigned *day, struct slice *letters)
{
	struct slice tag;
	uint64_t number;

	if (local->len < ADDED + 1 || !has_prefix(*local))
		return false;
	tag = slice_skip(*local, local->len - TAG);
	*letters = slice_skip(tag, DAYS);
	if (local->at[local->len - TAG - 1] != '=' ||
	    !slice_to_u64(slice_sub(tag, 0, DAYS), ROUND, &number))
		return false;
	for (size_t i = 0; i < LETTERS; i++)
		if (!ascii_is_alpha(letters->at[i]))
			return false;
	*day = (unsigned)number;
	*local = slice_sub(*local, sizeof(PREFIX) - 1, local->len - ADDED);
	return true;
}

enum bounce_tag
bounce_tag_read(struct buf *plain, struct slice address,
    const struct slice *keys, size_t count, utime now)
{
	struct slice local, domain, letters;
	char right[LETTERS];
	unsigned day, age;

	split(address, &local, &domain);
	if (!take_tag(&local, &day, &letters))
		return BOUNCE_TAG_NONE;
	buf_printf(plain, "%.*s@%.*s", SLICE_ARG(local), SLICE_ARG(domain));
	age = (day_of(now) + ROUND - day) % ROUND;
	for (size_t i = 0; i < count; i++) {
		sign(right, keys[i], day, local, domain);
		if (slice_eq_nocase(letters, slice_of(right, LETTERS)))
			return age <= BOUNCE_TAG_DAYS ? BOUNCE_TAG_VALID
						      : BOUNCE_TAG_EXPIRED;
	}
	return BOUNCE_TAG_FOREIGN;
}

/* SPDX-License-Identifier: MIT */
/* Extensions in an EHLO reply; see extension.h. */
#include "core/smtp/extension.h"

#include "core/smtp/client.h"

static unsigned extension_find(struct slice keyword);

void
smtp_extensions_read(
    struct slice text, unsigned *extensions, uint64_t *size_max)
{
	struct slice line;

	*extensions = 0;
	*size_max = 0;
	if (!slice_split(&text, '\n', &line))
		return;
	while (slice_split(&text, '\n', &line)) {
		size_t end = slice_find_byte(line, ' ');
		unsigned bit = extension_find(slice_sub(line, 0, end));
		struct slice argument = slice_trim(slice_skip(line, end));
		uint64_t size;

		*extensions |= bit;
		if (bit == SMTP_EXT_SIZE &&
		    slice_to_u64(argument, UINT64_MAX, &size))
			*size_max = size;
	}
}

static unsigned
mechanisms_of(struct slice words)
{
	unsigned bits = 0;
	struct slice word;

	while (slice_split(&words, ' ', &word)) {
		if (slice_eq_nocase(word, SLICE("PLAIN")))
			bits |= SMTP_AUTH_PLAIN;
		else if (slice_eq_nocase(word, SLICE("LOGIN")))
			bits |= SMTP_AUTH_LOGIN;
	}
	return bits;
}

unsigned
smtp_mechanisms_read(struct slice text)
{
	unsigned bits = 0;
	struct slice line;

	if (!slice_split(&text, '\n', &line))
		return 0;
	while (slice_split(&text, '\n', &line))
		if (slice_starts_with_nocase(line, SLICE("AUTH ")) ||
		    slice_starts_with_nocase(line, SLICE("AUTH=")))
			bits |= mechanisms_of(slice_skip(line, 5));
	return bits;
}

/* The bit of a keyword, 0 when it is none of ours. */
static unsigned
extension_find(struct slice keyword)
{
	static const struct {
		struct slice keyword;
		enum smtp_extension bit;
	} known[] = {
		{ SLICE_INIT("PIPELINING"), SMTP_EXT_PIPELINING },
		{ SLICE_INIT("SIZE"), SMTP_EXT_SIZE },
		{ SLICE_INIT("8BITMIME"), SMTP_EXT_8BITMIME },
		{ SLICE_INIT("ENHANCEDSTATUSCODES"),
		    SMTP_EXT_ENHANCEDSTATUSCODES },
		{ SLICE_INIT("SMTPUTF8"), SMTP_EXT_SMTPUTF8 },
		{ SLICE_INIT("CHUNKING"), SMTP_EXT_CHUNKING },
		{ SLICE_INIT("STARTTLS"), SMTP_EXT_STARTTLS },
		{ SLICE_INIT("AUTH"), SMTP_EXT_AUTH },
		{ SLICE_INIT("DSN"), SMTP_EXT_DSN },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_nocase(keyword, known[i].keyword))
			return known[i].bit;
	return 0;
}

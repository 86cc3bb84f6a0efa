/* SPDX-License-Identifier: MIT */
/* The rows of forms.h as data; see table.h. */
#include "core/maillog/table.h"

#define OPT(part)   "\x01" part "\x02"
#define BARE(field) "\x03" field

/* In the order of MAILLOG_FIELDS, which codes_in_order() checks. */
#define ICID         "\x80"
#define MID          "\x81"
#define DCID         "\x82"
#define RID          "\x83"
#define OTHER_MID    "\x84"
#define PORT         "\x85"
#define BYTES        "\x86"
#define COUNT        "\x87"
#define CODE         "\x88"
#define OFFSET       "\x89"
#define TILL         "\x8a"
#define INTERFACE    "\x8b"
#define INTERFACE_IP "\x8c"
#define ADDRESS      "\x8d"
#define HOST         "\x8e"
#define VERIFIED     "\x8f"
#define GROUP        "\x90"
#define MATCH        "\x91"
#define SCORE        "\x92"
#define COUNTRY      "\x93"
#define PROTOCOL     "\x94"
#define CIPHER       "\x95"
#define CN           "\x96"
#define DOMAIN       "\x97"
#define FROM         "\x98"
#define TO           "\x99"
#define MESSAGE_ID   "\x9a"
#define SUBJECT      "\x9b"
#define RIDS         "\x9c"
#define ENHANCED     "\x9d"
#define TEXT         "\x9e"
#define LINES        "\x9f"
#define DETAILS      "\xa0"
#define REASON       "\xa1"
#define HEADERS      "\xa2"
#define RESPONSE     "\xa3"
#define PROFILE      "\xa4"
#define POLICY       "\xa5"
#define TABLE        "\xa6"
#define AGENT        "\xa7"
#define FILTER       "\xa8"
#define ERROR        "\xa9"
#define PART         "\xaa"
#define ROLE         "\xab"
#define NOTE         "\xac"
#define RESULT       "\xad"
#define EXPECTED     "\xae"
#define QUERY_TYPE   "\xaf"
#define ELAPSED      "\xb0"
#define DNS_ELAPSED  "\xb1"
#define VERSION      "\xb2"
#define SERIAL       "\xb3"
#define DEL_TIME     "\xb4"
#define INJ_TIME     "\xb5"
#define ATTEMPTS     "\xb6"
#define SOURCE_IP    "\xb7"
#define SENDER       "\xb8"
#define RECIPIENT    "\xb9"
#define REPLY        "\xba"

static bool codes_in_order(void);

#define ROW(form, name, pattern) { MAILLOG_##form, pattern },
#define ALSO(form, pattern)      { MAILLOG_##form, pattern },

const struct maillog_row maillog_rows[] = { MAILLOG_TABLE(ROW, ALSO) };
const size_t maillog_row_count = ARRAY_LEN(maillog_rows);

#define NAME_OF(form, name, pattern)   name,
#define NEWEST_OF(form, name, pattern) pattern,
#define NOTHING(form, pattern)

static const char *const form_names[] = { "unknown",
	MAILLOG_TABLE(NAME_OF, NOTHING) };
static const char *const newest[] = { TEXT, MAILLOG_TABLE(NEWEST_OF, NOTHING) };

#define FIELD_ROW(member, code, kind)                                          \
	{ #member, KIND_##kind, offsetof(struct maillog_event, member) },

const struct maillog_field_row maillog_field_rows[] = { MAILLOG_FIELDS(
    FIELD_ROW) };

const char *
maillog_form_name(enum maillog_form form)
{
	assert(form < MAILLOG_FORM_COUNT);
	return form_names[form];
}

unsigned
maillog_form_spellings(enum maillog_form form)
{
	unsigned n = 0;

	for (size_t i = 0; i < maillog_row_count; i++)
		n += maillog_rows[i].form == form;
	return n > 0 ? n : 1;
}

const char *
maillog_pattern_of(enum maillog_form form, unsigned spelling)
{
	size_t i = 0;

	assert(form < MAILLOG_FORM_COUNT);
	if (spelling == 0)
		return newest[form];
	while (maillog_rows[i].form != form || spelling-- > 0) {
		i++;
		assert(i < maillog_row_count);
	}
	return maillog_rows[i].pattern;
}

const char *
maillog_pattern_after(const char *open)
{
	while (*open != PATTERN_CLOSE)
		open++;
	return open + 1;
}

void
maillog_form_pattern(struct buf *out, enum maillog_form form, unsigned spelling)
{
	const char *p = maillog_pattern_of(form, spelling);

	assert(codes_in_order());
	for (; *p != '\0'; p++) {
		if (*p == PATTERN_OPEN) {
			buf_append_cstr(out, "{?");
		} else if (*p == PATTERN_CLOSE) {
			buf_append_byte(out, '}');
		} else if (pattern_is_field(*p)) {
			buf_append_byte(out, '{');
			buf_append_cstr(
			    out, maillog_field_name(pattern_field(*p)));
			buf_append_byte(out, '}');
		} else if (*p != PATTERN_BARE) {
			buf_append_byte(out, *p);
		}
	}
}

const char *
maillog_field_name(enum maillog_field field)
{
	assert(field < MAILLOG_FIELD_COUNT);
	return maillog_field_rows[field].name;
}

bool
maillog_field_get(const struct maillog_event *ev, enum maillog_field field,
    int64_t *number, struct slice *text)
{
	const struct maillog_field_row *row = &maillog_field_rows[field];
	const char *member = (const char *)ev + row->at;

	switch (row->kind) {
	case KIND_NUMBER:
	case KIND_CODE:
	case KIND_SIGNED:
	case KIND_MOMENT:
	case KIND_TIME:
		memcpy(number, member, sizeof(*number));
		return true;
	case KIND_WORD:
	case KIND_TEXT:
	case KIND_MAILBOX:
	case KIND_QUOTED:
	case KIND_RIDS:
	case KIND_LIST:
	case KIND_DETAILS:
	case KIND_ATTRIBUTE:
		memcpy(text, member, sizeof(*text));
		return false;
	}
	return false;
}

const char *
maillog_level_name(enum maillog_level level)
{
	switch (level) {
	case MAILLOG_INFO:
		return "Info";
	case MAILLOG_CRITICAL:
		return "Critical";
	case MAILLOG_WARNING:
		return "Warning";
	case MAILLOG_DEBUG:
		return "Debug";
	case MAILLOG_TRACE:
		return "Trace";
	case MAILLOG_LEVEL_NONE:
		break;
	}
	return "";
}

#define CODE_OF(member, code, kind) code

/* A field's macro above and its number in the enum are two lists. */
static bool
codes_in_order(void)
{
	static const char codes[] = MAILLOG_FIELDS(CODE_OF);

	for (size_t i = 0; i < MAILLOG_FIELD_COUNT; i++)
		if (pattern_field(codes[i]) != (enum maillog_field)i)
			return false;
	return sizeof(codes) - 1 == MAILLOG_FIELD_COUNT;
}

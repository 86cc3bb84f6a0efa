/* SPDX-License-Identifier: MIT */
/* The words of "tls_fault"; see tls_fault.h. */
#include "mockserver/rule/tls_fault.h"

/* RFC 8446, 6, and those of earlier versions.  X(number, name) */
#define ALERTS(X)                                                              \
	X(0, "close_notify")                                                   \
	X(10, "unexpected_message")                                            \
	X(20, "bad_record_mac")                                                \
	X(21, "decryption_failed")                                             \
	X(22, "record_overflow")                                               \
	X(30, "decompression_failure")                                         \
	X(40, "handshake_failure")                                             \
	X(41, "no_certificate")                                                \
	X(42, "bad_certificate")                                               \
	X(43, "unsupported_certificate")                                       \
	X(44, "certificate_revoked")                                           \
	X(45, "certificate_expired")                                           \
	X(46, "certificate_unknown")                                           \
	X(47, "illegal_parameter")                                             \
	X(48, "unknown_ca")                                                    \
	X(49, "access_denied")                                                 \
	X(50, "decode_error")                                                  \
	X(51, "decrypt_error")                                                 \
	X(60, "export_restriction")                                            \
	X(70, "protocol_version")                                              \
	X(71, "insufficient_security")                                         \
	X(80, "internal_error")                                                \
	X(86, "inappropriate_fallback")                                        \
	X(90, "user_canceled")                                                 \
	X(100, "no_renegotiation")                                             \
	X(109, "missing_extension")                                            \
	X(110, "unsupported_extension")                                        \
	X(111, "certificate_unobtainable")                                     \
	X(112, "unrecognized_name")                                            \
	X(113, "bad_certificate_status_response")                              \
	X(114, "bad_certificate_hash_value")                                   \
	X(115, "unknown_psk_identity")                                         \
	X(116, "certificate_required")                                         \
	X(120, "no_application_protocol")

#define AFTER_MAX 1000000000000

static bool fault_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

static const struct json_word alert_words[] = {
#define X(number, name) { name, number },
	ALERTS(X)
#undef X
};
static const struct json_word point_words[] = {
#define X(constant, name) { name, constant },
	TLS_POINTS(X)
#undef X
};
static const struct json_word deed_words[] = {
#define X(constant, name) { name, constant },
	MOCK_TLS_DEEDS(X)
#undef X
};
static const struct json_word level_words[] = {
	{ "fatal", false },
	{ "warning", true },
};
static const struct json_choice alert_ways[] = {
	{ JF_WORD(alert_words), JSON_AT(struct mock_tls_alert, description),
	    MOCK_TLS_ALERT_NAMED },
	{ JF_INTEGER(0, 255), JSON_AT(struct mock_tls_alert, description),
	    MOCK_TLS_ALERT_NUMBERED },
};

/* clang-format off */
static const struct json_field fault_fields[] = {
	{ "at", JF_WORD(point_words),
	    JSON_AT_HAS(struct mock_tls_fault, at, has_at), "client-hello",
	    "Stage tls: behind which message of the handshake; the client's "
	    "first, or one of the host's." },
	{ "after", JF_INTEGER(0, AFTER_MAX),
	    JSON_AT(struct mock_tls_fault, after), "0",
	    "Other stages: how many bytes of the answer go before." },
	{ "alert", JF_CHOICE(struct mock_tls_alert, way, alert_ways),
	    JSON_AT(struct mock_tls_fault, alert), JSON_OPTIONAL,
	    "An alert, by its name in RFC 8446 or by its number." },
	{ "level", JF_WORD(level_words),
	    JSON_AT(struct mock_tls_fault, is_warning), "fatal",
	    "The alert's level; behind a warning the host goes on, behind a "
	    "fatal one it closes." },
	{ "do", JF_WORD(deed_words), JSON_AT(struct mock_tls_fault, deed),
	    JSON_OPTIONAL,
	    "Bytes that are no TLS, a FIN without close_notify, an RST, "
	    "nothing more at all, or new keys (RFC 8446, 4.6.3)." },
};
/* clang-format on */
static const struct json_group fault_groups[] = {
	{ JSON_EXACTLY_ONE, "alert do" },
	{ JSON_NEEDS_ONE, "level alert" },
};
const struct json_table mock_tls_fault_table = {
	.name = "tls fault",
	.help = "What a host does against TLS, under it; in clear the rule is "
		"not asked.",
	.size = sizeof(struct mock_tls_fault),
	JSON_FIELDS(fault_fields),
	JSON_GROUPS(fault_groups),
	.check = fault_check,
};

static bool
fault_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct mock_tls_fault *f = value;

	(void)at;
	(void)arena;
	(void)err;
	if (f->alert.way != MOCK_TLS_ALERT_ABSENT)
		f->deed = MOCK_TLS_DO_ALERT;
	return true;
}

bool
mock_tls_fault_is_end(const struct mock_tls_fault *f)
{
	switch (f->deed) {
	case MOCK_TLS_DO_ALERT:
		return !f->is_warning;
	case MOCK_TLS_DO_CLOSE:
	case MOCK_TLS_DO_RESET:
	case MOCK_TLS_DO_STALL:
		return true;
	case MOCK_TLS_DO_NOTHING:
	case MOCK_TLS_DO_GARBAGE:
	case MOCK_TLS_DO_KEY_UPDATE:
		break;
	}
	return false;
}

void
mock_tls_fault_format(const struct mock_tls_fault *f, struct buf *out)
{
	if (f->deed == MOCK_TLS_DO_ALERT)
		buf_printf(out, "%s %u", f->is_warning ? "warning" : "alert",
		    f->alert.description);
	for (size_t i = 0; i < ARRAY_LEN(deed_words); i++)
		if (deed_words[i].value == (int64_t)f->deed)
			buf_append_cstr(out, deed_words[i].name);
	if (f->has_at)
		buf_printf(out, " at %s", point_words[f->at].name);
	if (f->after > 0)
		buf_printf(
		    out, " after %llu bytes", (unsigned long long)f->after);
}

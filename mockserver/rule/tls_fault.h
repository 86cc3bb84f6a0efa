/* SPDX-License-Identifier: MIT */
/*
 * What a host does against TLS in the midst of it: a rule's "tls_fault".  Pure.
 */
#ifndef FAULTPOST_MOCK_TLS_FAULT_H
#define FAULTPOST_MOCK_TLS_FAULT_H

#include "core/base/buf.h"
#include "core/json/table.h"
#include "core/tls/session.h"

/* X(constant, name in scenarios) */
#define MOCK_TLS_DEEDS(X)                                                      \
	X(MOCK_TLS_DO_GARBAGE, "garbage") /* bytes that are no record */       \
	X(MOCK_TLS_DO_CLOSE, "close")     /* FIN without a close_notify */     \
	X(MOCK_TLS_DO_RESET, "reset")                                          \
	X(MOCK_TLS_DO_STALL, "stall")                                          \
	X(MOCK_TLS_DO_KEY_UPDATE, "key-update")
enum mock_tls_deed {
	MOCK_TLS_DO_NOTHING,
	MOCK_TLS_DO_ALERT,
#define X(constant, name) constant,
	MOCK_TLS_DEEDS(X)
#undef X
};

/* By its name or by its number. */
struct mock_tls_alert {
	enum {
		MOCK_TLS_ALERT_ABSENT,
		MOCK_TLS_ALERT_NAMED,
		MOCK_TLS_ALERT_NUMBERED
	} way;
	uint8_t description;
};

struct mock_tls_fault {
	enum mock_tls_deed deed;
	enum tls_point at; /* of the handshake; other stages: of no meaning */
	bool has_at;
	uint64_t after; /* bytes of the answer that go before */
	struct mock_tls_alert alert;
	bool is_warning;
};
extern const struct json_table mock_tls_fault_table;

/* The connection ends by it. */
bool mock_tls_fault_is_end(const struct mock_tls_fault *f);
/* "alert 40 at certificate", for transcripts and reports. */
void mock_tls_fault_format(const struct mock_tls_fault *f, struct buf *out);

#endif

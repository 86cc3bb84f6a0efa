/* SPDX-License-Identifier: MIT */
/* What a log tells of TLS towards hosts; see log_case.h. */
#include "harness/log/log_case_impl.h"

void
log_case_take_tls(struct log_case *c, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_case_connection *connection;
	struct log_case_event *opened;

	if (ev->form != MAILLOG_DCID_TLS_SUCCESS &&
	    ev->form != MAILLOG_DCID_TLS_FAILED &&
	    ev->form != MAILLOG_DCID_STARTTLS_UNSUPPORTED &&
	    ev->form != MAILLOG_DCID_TLS_REQUIRED)
		return;
	connection = log_case_connection_find(c, record);
	if (connection == NULL || connection->opened == LOG_CASE_NONE)
		return;
	opened = &c->events[connection->opened];
	switch ((int)ev->form) {
	case MAILLOG_DCID_TLS_SUCCESS:
		opened->tls = LOG_CASE_TLS_SUCCESS;
		break;
	case MAILLOG_DCID_TLS_FAILED:
		opened->tls = LOG_CASE_TLS_FAILED;
		opened->tls_error = log_case_keep(c, ev->error);
		break;
	case MAILLOG_DCID_STARTTLS_UNSUPPORTED:
		opened->tls = LOG_CASE_TLS_UNSUPPORTED;
		break;
	default:
		opened->is_tls_required = true;
		break;
	}
}

/* SPDX-License-Identifier: MIT */
/* Records in words as they come; see log_follow.h. */
#include "harness/log/log_follow.h"

#include "harness/log/log_story_impl.h"
#include "harness/log/log_telling.h"

#include <inttypes.h>

struct log_follower {
	bool is_all;
	struct log_opened_set hosts;
};

struct log_follower *
log_follower_new(bool is_all)
{
	struct log_follower *f = xcalloc(1, sizeof(*f));

	f->is_all = is_all;
	list_init(&f->hosts.order);
	return f;
}

void
log_follower_destroy(struct log_follower **fp)
{
	struct log_follower *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	while (f->hosts.count > 0)
		log_opened_forget(&f->hosts,
		    CONTAINER_OF(f->hosts.order.next, struct log_opened, node));
	free(f);
}

static bool
is_trouble(enum maillog_form form)
{
	switch ((int)form) {
	case MAILLOG_CONNECTION_ERROR:
	case MAILLOG_DELAYED:
	case MAILLOG_BOUNCED:
	case MAILLOG_DOUBLE_BOUNCE:
	case MAILLOG_PENDING:
	case MAILLOG_DELETED:
	case MAILLOG_POSSIBLE_DELIVERY:
	case MAILLOG_MESSAGE_ABORTED:
	case MAILLOG_MID_TO_REJECTED:
	case MAILLOG_DCID_TLS_FAILED:
	case MAILLOG_DCID_TLS_REQUIRED:
	case MAILLOG_DCID_TLS_ERROR:
	case MAILLOG_DCID_TLS_DEFERRING:
	case MAILLOG_DCID_STARTTLS_UNSUPPORTED:
	case MAILLOG_DNS_TEMPORARY_FAILURE:
	case MAILLOG_DELIVERY_SUSPENDED:
	case MAILLOG_QUEUE_REFUSES:
		return true;
	default:
		return false;
	}
}

/* The words need the host of the connection, which its first record has. */
static void
line_format(
    struct log_follower *f, const struct log_record *record, struct buf *out)
{
	const struct maillog_event *ev = record->event;
	const struct log_opened *host = maillog_has(ev, MAILLOG_FIELD_dcid)
	    ? log_opened_find(&f->hosts, ev->dcid, record->appliance)
	    : NULL;
	struct log_facts facts = { 0 };
	char when[UTIME_TEXT_MAX];

	if (host != NULL)
		log_facts_of(&facts, host->story);
	log_facts_take(&facts, ev);
	utime_format_rfc3339(ev->time, when);
	buf_printf(out, "%.10s %.8s  ", when, when + 11);
	if (maillog_has(ev, MAILLOG_FIELD_mid))
		buf_printf(out, "MID %" PRIu64 "  ", ev->mid);
	log_words_format(&facts, ev, out);
	if (maillog_has(ev, MAILLOG_FIELD_domain))
		buf_printf(out, ", for %.*s", SLICE_ARG(ev->domain));
	buf_append_byte(out, '\n');
	log_facts_fini(&facts);
}

void
log_follower_take(
    struct log_follower *f, const struct log_record *record, struct buf *out)
{
	const struct maillog_event *ev = record->event;
	struct log_opened *host;

	if (ev->form == MAILLOG_DCID_NEW)
		(void)log_opened_get(&f->hosts, ev->dcid, record);
	if (f->is_all || is_trouble(ev->form))
		line_format(f, record, out);
	if (ev->form != MAILLOG_CONNECTION_ERROR &&
	    ev->form != MAILLOG_DCID_CLOSE)
		return;
	host = log_opened_find(&f->hosts, ev->dcid, record->appliance);
	if (host != NULL)
		log_opened_forget(&f->hosts, host);
}

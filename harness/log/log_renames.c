/* SPDX-License-Identifier: MIT */
/* Names of messages; see log_renames.h. */
#include "harness/log/log_renames.h"

#include <uthash.h>

struct log_rename {
	/* Without padding, as the table is keyed by it. */
	struct {
		uint64_t mid, appliance;
	} key;
	uint64_t message;
	bool is_handed_on; /* another name has followed */
	struct list node;
	UT_hash_handle hh;
};

static struct log_rename *
find(const struct log_renames *r, uint64_t mid, uint32_t appliance)
{
	struct log_rename *found, wanted;

	memset(&wanted, 0, sizeof(wanted));
	wanted.key.mid = mid;
	wanted.key.appliance = appliance;
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, r->table, &wanted.key, sizeof(wanted.key), found);
	return found;
}

static void
forget(struct log_renames *r, struct log_rename *name)
{
	if (name == NULL)
		return;
	assert(r->table != NULL);
	HASH_DEL(r->table, name);
	list_remove(&name->node);
	free(name);
	r->count--;
}

void
log_renames_fini(struct log_renames *r)
{
	while (r->count > 0)
		forget(r, CONTAINER_OF(r->order.next, struct log_rename, node));
}

static void
set(struct log_renames *r, uint64_t mid, uint32_t appliance, uint64_t message,
    bool is_handed_on)
{
	struct log_rename *name = find(r, mid, appliance);

	if (name == NULL) {
		if (r->count == 0)
			list_init(&r->order);
		if (r->count == LOG_RENAMES_MAX)
			forget(r,
			    CONTAINER_OF(
				r->order.next, struct log_rename, node));
		name = xcalloc(1, sizeof(*name));
		name->key.mid = mid;
		name->key.appliance = appliance;
		list_init(&name->node);
		list_append(&r->order, &name->node);
		HASH_ADD(hh, r->table, key, sizeof(name->key), name);
		r->count++;
	}
	name->message = message;
	name->is_handed_on = is_handed_on;
}

/* The number behind the first word "MID"; 0: there is none. */
static uint64_t
mid_in(struct slice text)
{
	struct slice word;
	bool is_behind = false;
	uint64_t mid;

	while (slice_split(&text, ' ', &word)) {
		if (is_behind && slice_to_u64(word, UINT64_MAX, &mid))
			return mid;
		is_behind = slice_eq(word, SLICE("MID"));
	}
	return 0;
}

struct log_named
log_renames_take(
    struct log_renames *r, const struct maillog_event *ev, uint32_t appliance)
{
	struct log_named named = { 0 };
	struct log_rename *name;

	if (maillog_has(ev, MAILLOG_FIELD_mid))
		named.mid = ev->mid;
	else if (ev->form == MAILLOG_UNKNOWN)
		named.mid = mid_in(ev->text);
	if (named.mid == 0)
		return named;
	name = find(r, named.mid, appliance);
	if (ev->form == MAILLOG_START_MID) {
		/* The MID is given again, to another message. */
		forget(r, name);
		name = NULL;
	}
	named.message = name != NULL ? name->message : named.mid;
	if (ev->form == MAILLOG_MID_REWRITTEN && ev->other_mid != named.mid) {
		set(r, named.mid, appliance, named.message, true);
		set(r, ev->other_mid, appliance, named.message, false);
	}
	if (ev->form == MAILLOG_MESSAGE_FINISHED && name != NULL) {
		named.is_handed_on = name->is_handed_on;
		forget(r, name);
	}
	return named;
}

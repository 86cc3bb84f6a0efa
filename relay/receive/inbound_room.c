/* SPDX-License-Identifier: MIT */
/* Room for the messages of a receiving session; what there is of it, room.h
 * says. */
#include "relay/receive/inbound_impl.h"

/* How long what was free on the disk is taken for what is. */
#define DISK_FREE_AGE UTIME_S

uint64_t
inbound_disk_free(struct relay *r)
{
	utime now = world_now(r->world);

	if (r->disk_asked == 0 || now - r->disk_asked >= DISK_FREE_AGE) {
		r->disk_free =
		    world_storage_free(r->world, r->config->queue_path.at);
		r->disk_asked = now;
	}
	return r->disk_free;
}

bool
inbound_has_room(struct inbound *in, uint64_t bytes)
{
	struct relay *r = in->relay;
	const struct room_use use = {
		.messages = r->queue.messages,
		.bytes = r->queue.bytes,
		.disk_free = inbound_disk_free(r),
		.is_disk_taking_writes = spool_accepts(r->spool),
	};

	r->lack = room_find(&in->limits, &use, bytes, r->lack);
	return r->lack == ROOM_ENOUGH;
}

void
inbound_refuse_room(struct inbound *in)
{
	struct maillog_event ev = {
		.form = MAILLOG_ICID_RECEIVING_FAILED,
		.icid = in->icid,
		.error = SLICE("Queue full"),
	};

	log_event(&in->relay->log, &ev);
	inbound_answer(in, 452,
	    in->relay->lack == ROOM_QUEUE_FULL
		? "4.3.1 Queue full, try again later"
		: "4.3.1 Temporarily out of disk space");
}

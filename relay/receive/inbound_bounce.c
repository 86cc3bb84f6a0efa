/* SPDX-License-Identifier: MIT */
/*
 * Bounce verification at RCPT: a tag of ours is taken off the recipient, and a
 * bounce without one is refused or marked.  Who may relay sends bounces of
 * mail that we brought to it, hence to addresses of others.
 */
#include "relay/bounce/tag.h"
#include "relay/receive/inbound_impl.h"

/* Is the recipient one to whom a bounce may be sent? */
static bool
is_answer(const struct inbound *in, enum bounce_tag tag)
{
	const struct relay_listener_config *listener = in->listener->config;

	return tag == BOUNCE_TAG_VALID ||
	    (tag == BOUNCE_TAG_NONE && listener != NULL &&
		listener->untagged_bounces);
}

struct slice
inbound_verify_bounce(
    struct inbound *in, struct slice address, struct buf *plain)
{
	const struct relay_bounce_verification *how =
	    &in->relay->config->bounce_verification;
	bool is_bounce = in->sender[0] == '\0';
	enum bounce_tag tag;

	if (how->keys.count == 0)
		return address;
	tag = bounce_tag_read(plain, address, how->keys.at, how->keys.count,
	    world_now(in->relay->world));
	/* What is no bounce may come as late as it likes. */
	if (tag == BOUNCE_TAG_VALID ||
	    (tag == BOUNCE_TAG_EXPIRED && !is_bounce))
		return buf_slice(plain);
	if (!is_bounce || inbound_may_relay(in) || is_answer(in, tag))
		return address;
	if (how->invalid == INVALID_BOUNCE_HEADER) {
		in->is_invalid_bounce = true;
		return address;
	}
	inbound_log_invalid_bounce(in, address);
	relay_count(in->relay, COUNTER_REJECTED_RECIPIENTS, 1);
	inbound_answer(in, 550, "5.7.1 Invalid bounce");
	return SLICE("");
}

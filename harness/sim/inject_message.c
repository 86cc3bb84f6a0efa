/* SPDX-License-Identifier: MIT */
/* One message of an injection: its envelope, its content, its refusal. */
#include "harness/sim/inject_impl.h"

#define CHUNK_BYTES 16384

utime
inject_due(const struct session *s)
{
	const struct plan_inject *said = s->entry->said;

	if (s->again_at != 0)
		return s->again_at;
	return utime_add(
	    s->in->plan->start, said->at + (utime)(s->k - 1) * said->every);
}

/* Was one more refusal with this code to be expected? */
static bool
is_expected(struct entry *entry, int code)
{
	for (size_t i = 0; i < entry->said->refused.count; i++) {
		const struct plan_refused *said = &entry->said->refused.at[i];
		uint64_t wanted;

		if (!slice_to_u64(said->code, 599, &wanted) ||
		    wanted != (uint64_t)code ||
		    entry->refused[i] == said->count)
			continue;
		entry->refused[i]++;
		return true;
	}
	return false;
}

static void
report_refusal(struct session *s, size_t recipient, enum smtp_stage stage,
    int code, struct slice text)
{
	struct inject_refusal refusal = {
		.message = s->entry->base + s->k,
		.recipient = s->recipients[recipient],
		.stage = stage,
		.code = code,
		.text = text,
	};

	if (!is_expected(s->entry, code))
		s->in->hooks.on_refusal(s->in->hooks.owner, &refusal);
}

/* A refusal for now may be made good, and is told when it has not been. */
void
inject_refuse(struct session *s, size_t recipient, enum smtp_stage stage,
    int code, struct slice text)
{
	bool is_soft = code == 0 || code / 100 == 4;

	s->has_result[recipient] = true;
	if (s->entry->said->retry == UTIME_NEVER || !is_soft) {
		report_refusal(s, recipient, stage, code, text);
		return;
	}
	s->soft_count++;
	s->soft_stage = stage;
	s->soft_code = code;
	buf_clear(&s->soft_text);
	buf_append(&s->soft_text, text);
}

bool
inject_again(struct session *s)
{
	size_t count = s->entry->said->to.count;

	if (s->soft_count == count) {
		s->again_at =
		    utime_add(world_now(s->in->world), s->entry->said->retry);
		inject_address(s);
		return true;
	}
	for (size_t i = 0; i < s->soft_count; i++)
		report_refusal(s, i, s->soft_stage, s->soft_code,
		    buf_slice(&s->soft_text));
	s->again_at = 0;
	return false;
}

/* Whoever has had no answer has been refused. */
void
inject_refuse_rest(
    struct session *s, enum smtp_stage stage, int code, struct slice text)
{
	for (size_t i = 0; i < s->entry->said->to.count; i++)
		if (!s->has_result[i])
			inject_refuse(s, i, stage, code, text);
}

/* The addresses of message k, with no answer for any recipient yet. */
void
inject_address(struct session *s)
{
	const struct plan_inject *said = s->entry->said;

	s->soft_count = 0;
	s->is_accepted = false;
	plan_address_expand(said->from, s->k, &s->addresses[0]);
	for (size_t i = 0; i < said->to.count; i++) {
		struct buf *to = &s->addresses[i + 1];

		plan_address_expand(said->to.at[i], s->k, to);
		s->recipients[i] = buf_slice(to);
		s->has_result[i] = false;
	}
}

static void
append_rcpt_dsn(const struct plan_inject *said, struct buf *out)
{
	static const char *const words[] = {
#define X(constant, name) [constant] = name,
		PLAN_NOTIFIES(X)
#undef X
	};

	for (size_t i = 0; i < said->notify.count; i++)
		buf_printf(out, "%s%s", i == 0 ? " NOTIFY=" : ",",
		    words[said->notify.at[i]]);
	if (said->orcpt.len > 0)
		buf_printf(out, " ORCPT=%.*s", SLICE_ARG(said->orcpt));
}

/* What the entry asks about reports. */
static void
append_dsn(const void *owner, size_t recipient, struct buf *out)
{
	const struct plan_inject *said = owner;

	if (recipient != SMTP_CLIENT_MAIL) {
		append_rcpt_dsn(said, out);
		return;
	}
	if (said->ret != PLAN_RET_ABSENT)
		buf_printf(out, " RET=%s",
		    said->ret == PLAN_RET_FULL ? "FULL" : "HDRS");
	if (said->envid.len > 0)
		buf_printf(out, " ENVID=%.*s", SLICE_ARG(said->envid));
}

void
inject_send(struct session *s)
{
	const struct plan_inject *said = s->entry->said;
	struct smtp_client_message message = {
		.sender = buf_slice(&s->addresses[0]),
		.recipients = s->recipients,
		.recipient_count = said->to.count,
		.size_bytes = said->size_bytes,
		.is_utf8 = !slice_is_7bit(buf_slice(&s->addresses[0])),
		.dsn_append = append_dsn,
		.dsn_owner = said,
	};

	for (size_t i = 0; i < said->to.count; i++)
		message.is_utf8 |= !slice_is_7bit(s->recipients[i]);
	message.is_8bit = message.is_utf8;
	s->phase = PHASE_SENDING;
	smtp_client_send(s->client, &message, world_now(s->in->world));
}

/* Gives the client content until it has enough or all of it; what the network
 * has not taken yet holds it up. */
void
inject_give_body(struct session *s)
{
	struct buf *chunk = &s->in->chunk;
	utime now = world_now(s->in->world);

	/* Up to above the mark: only then will it be told that it may go on. */
	while (s->is_body && stream_queued(s->stream) <= STREAM_HIGH_WATER) {
		bool more = message_continue(&s->writer, CHUNK_BYTES, chunk);

		s->is_body = more;
		if (more)
			smtp_client_body(s->client, buf_slice(chunk), now);
		else
			smtp_client_body_end(s->client, buf_slice(chunk), now);
		buf_clear(chunk);
		inject_flush(s);
	}
}

void
inject_begin_body(struct session *s)
{
	const struct plan_inject *said = s->entry->said;
	utime now = world_now(s->in->world);
	struct message_header header = {
		.number = s->entry->base + s->k,
		.date = now,
		.from = buf_slice(&s->addresses[0]),
		.to = s->recipients,
		.to_count = said->to.count,
	};

	message_begin(&s->writer, &header, said->size_bytes, &s->in->chunk);
	smtp_client_body(s->client, buf_slice(&s->in->chunk), now);
	buf_clear(&s->in->chunk);
	s->is_body = true;
}

void
inject_flush(struct session *s)
{
	struct slice out = smtp_client_out(s->client);

	if (out.len == 0)
		return;
	stream_write(s->stream, out);
	smtp_client_out_ack(s->client, out.len);
}

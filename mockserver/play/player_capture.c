/* SPDX-License-Identifier: MIT */
/* What a connection knows of a message that was accepted, for the transcript
 * and capture.h. */
#include "mockserver/play/player_impl.h"

static void
keep(struct player *p, const struct intake_result *content)
{
	struct envelope *envelope = dialogue_envelope(p->dialogue);
	const struct tls_verdict *verdict = stream_tls_verdict(p->stream);
	struct capture_message m = {
		.time = p->heard_at,
		.host = p->site->host->name,
		.connection = p->teller.connection,
		.server = p->teller.server,
		.client = p->teller.client,
	};

	if (verdict != NULL) {
		m.tls_protocol = verdict->protocol;
		m.tls_cipher = verdict->cipher;
		m.tls_name = verdict->name;
	}
	m.sender = envelope_sender(envelope);
	m.recipients = envelope_recipients(envelope);
	m.recipient_count = envelope->count;
	m.content = content->kept;
	m.size_bytes = content->size_bytes;
	m.header_bytes = content->header_bytes;
	memcpy(m.digest, content->digest, sizeof(m.digest));
	memcpy(m.body_digest, content->body_digest, sizeof(m.body_digest));
	capture_add(p->site->cast->capture, &m);
}

void
player_say_message(struct player *p)
{
	const bool is_cut = dialogue_is_cut(p->dialogue);
	struct intake_result content;
	const bool is_known = p->site->cast->capture != NULL &&
	    dialogue_take(p->dialogue, &content);

	teller_say_message(&p->teller, p->heard_at, p->dialogue,
	    is_known && is_cut ? &content : NULL);
	if (is_known)
		keep(p, &content);
}

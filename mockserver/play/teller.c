/* SPDX-License-Identifier: MIT */
/* Events of a connection; see teller.h. */
#include "mockserver/play/teller.h"

#include "core/tls/digest.h"

static void say(const struct teller *t, utime now, struct transcript_event *ev);

void
teller_say(const struct teller *t, utime now, enum transcript_kind kind,
    struct slice bytes)
{
	struct transcript_event ev = { .kind = kind, .bytes = bytes };

	say(t, now, &ev);
}

void
teller_say_input(
    const struct teller *t, utime now, struct slice bytes, uint64_t cut)
{
	struct transcript_event ev = {
		.kind = TRANSCRIPT_IN,
		.bytes = bytes,
		.cut = cut,
	};

	say(t, now, &ev);
}

void
teller_say_lost(const struct teller *t, utime now, const char *why)
{
	struct transcript_event ev = { .kind = TRANSCRIPT_LOST, .note = why };

	say(t, now, &ev);
}

void
teller_say_tls(
    const struct teller *t, utime now, const struct tls_verdict *verdict)
{
	struct transcript_event ev = { .kind = TRANSCRIPT_TLS };
	struct buf words = { 0 };

	buf_printf(&words, "%s %s", verdict->protocol, verdict->cipher);
	/* The client's, where the host asks for it. */
	if (verdict->name[0] != '\0')
		buf_printf(&words, " CN=%s", verdict->name);
	ev.note = buf_cstr(&words);
	say(t, now, &ev);
	buf_fini(&words);
}

void
teller_say_violation(
    const struct teller *t, utime now, enum smtp_violation violation)
{
	struct transcript_event ev = {
		.kind = TRANSCRIPT_VIOLATION,
		.note = smtp_violation_text(violation),
	};

	say(t, now, &ev);
}

void
teller_say_rule(const struct teller *t, utime now, const struct reaction *r)
{
	struct transcript_event ev = { .kind = TRANSCRIPT_RULE };
	struct buf words = { 0 };

	if (t->sink->on_event == NULL || r->rule == NULL)
		return;
	if (r->delay == 0 && r->ending == RULE_KEEP && r->bytes.len > 0 &&
	    r->rule->tls_fault.deed == MOCK_TLS_DO_NOTHING)
		return;
	rule_format_action(r->rule, &words);
	ev.rule = r->rule->place;
	ev.note = buf_cstr(&words);
	say(t, now, &ev);
	buf_fini(&words);
}

void
teller_say_reaction(const struct teller *t, utime now,
    enum transcript_kind kind, const struct reaction *r, struct slice bytes)
{
	struct transcript_event ev = { .kind = kind, .bytes = bytes };

	if (r->rule != NULL &&
	    (kind == TRANSCRIPT_OUT || r->ending != RULE_KEEP ||
		mock_tls_fault_is_end(&r->rule->tls_fault)))
		ev.rule = r->rule->place;
	say(t, now, &ev);
}

void
teller_say_message(const struct teller *t, utime now, struct dialogue *dialogue,
    const struct intake_result *content)
{
	struct envelope *envelope = dialogue_envelope(dialogue);
	char digest[DIGEST_CHARS + 1];
	struct transcript_event ev = {
		.kind = TRANSCRIPT_MESSAGE,
		.sender = envelope_sender(envelope),
		.recipients = envelope_recipients(envelope),
		.recipient_count = envelope->count,
		.size_bytes = dialogue_size(dialogue),
		.content = dialogue_content(dialogue),
		.arguments = buf_slice(&envelope->arguments),
	};

	ev.hello = dialogue_hello(dialogue, &ev.is_extended);
	if (content != NULL) {
		digest_format(content->body_digest, digest);
		ev.body_sha256 = slice_of(digest, DIGEST_CHARS);
	}
	say(t, now, &ev);
}

/* Completes the event and hands it over. */
static void
say(const struct teller *t, utime now, struct transcript_event *ev)
{
	if (t->sink->on_event == NULL)
		return;
	ev->time = now;
	ev->host = t->host;
	ev->connection = t->connection;
	ev->server = t->server;
	ev->client = t->client;
	t->sink->on_event(t->sink->owner, ev);
}

/* SPDX-License-Identifier: MIT */
/* Content and command lines, as they come bit by bit; see dialogue.h. */
#include "mockserver/play/dialogue_impl.h"

/* ---- content ---- */

void
dialogue_content_keep(struct dialogue *d, struct slice content)
{
	size_t room = d->content_max - buf_len(&d->content);

	d->body_bytes += content.len;
	buf_append(&d->content, slice_sub(content, 0, room));
	if (d->intake != NULL)
		intake_add(d->intake, content);
}

void
dialogue_body_begin(struct dialogue *d)
{
	if (d->is_in_body)
		return;
	d->is_in_body = true;
	d->body_bytes = 0;
	buf_clear(&d->content);
	d->body_next = rule_book_next_after(d->book, STAGE_BODY, 0);
	if (d->intake != NULL)
		intake_begin(d->intake);
	else if (d->intake_max > 0)
		d->intake = intake_new(d->intake_max);
}

size_t
dialogue_show(struct dialogue *d, size_t content, size_t shown_max)
{
	const uint64_t room = d->told < shown_max ? shown_max - d->told : 0;
	const size_t shown = content < room ? content : (size_t)room;

	d->told += content;
	d->is_cut |= shown < content;
	return shown;
}

bool
dialogue_body_is_due(const struct dialogue *d)
{
	return d->is_in_body && d->body_bytes >= d->body_next;
}

/* The moment at which `body_next` bytes had come. */
void
dialogue_body_react(
    struct dialogue *d, const struct dialogue_scene *scene, struct buf *out)
{
	const struct occasion o = {
		.stage = STAGE_BODY,
		.now = scene->now,
		.from = envelope_sender(&d->envelope),
		.to = envelope_recipients(&d->envelope),
		.to_count = d->envelope.count,
		.size = d->body_next,
		.client = &d->client,
		.is_secured = d->is_secured,
	};

	d->body_next =
	    rule_book_next_after(d->book, STAGE_BODY, d->body_next + 1);
	dialogue_react(d, scene, &o, (struct smtp_syntax_error){ 0 }, out);
}

void
dialogue_transaction_end(struct dialogue *d)
{
	envelope_clear(&d->envelope);
	buf_clear(&d->content);
	buf_shrink(&d->content, BUF_IDLE_MAX);
	d->is_done = d->is_in_body = d->is_cut = false;
	d->body_bytes = d->told = 0;
	d->body_next = UINT64_MAX;
}

/* ---- command lines ---- */

bool
dialogue_line_is_due(struct dialogue *d, struct slice *line)
{
	return d->line_next != UINT64_MAX &&
	    smtp_server_line(d->session, line) && line->len >= d->line_next;
}

void
dialogue_line_react(struct dialogue *d, const struct dialogue_scene *scene,
    struct slice line, struct buf *out)
{
	const struct occasion o = {
		.stage = STAGE_COMMAND,
		.now = scene->now,
		.argument = slice_sub(line, 0, (size_t)d->line_next),
		.size = d->line_next,
		.client = &d->client,
		.is_secured = d->is_secured,
	};

	d->line_next =
	    rule_book_next_after(d->book, STAGE_COMMAND, d->line_next + 1);
	dialogue_react(d, scene, &o, (struct smtp_syntax_error){ 0 }, out);
}

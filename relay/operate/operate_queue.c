/* SPDX-License-Identifier: MIT */
/*
 * Looking at the queue's recipients, and ending or moving them: by the domain
 * they go to, by the sender, by message, or all.  Those whose message is being
 * sent at that moment are shown, and otherwise left alone.
 */
#include "relay/operate/operate.h"

/* Messages of a listing; more are counted only. */
#define SHOWN_MAX    1000
#define SENDER_WIDTH 22

/* ---- which ---- */

static void
on_group(void *owner, struct group *g)
{
	struct selection *s = owner;

	if ((s->mid != 0 && g->message->mid != s->mid) ||
	    (s->sender.at != NULL &&
		!slice_eq_nocase(slice_cstr(g->message->sender), s->sender)))
		return;
	if (g->state == GROUP_ACTIVE && !s->with_active) {
		s->active += g->count;
		return;
	}
	s->groups =
	    xgrow(s->groups, &s->cap, s->count + 1, sizeof(s->groups[0]));
	s->groups[s->count++] = g;
	s->recipients += g->count;
}

static int
compare_groups(const void *a, const void *b)
{
	const struct group *const *x = a, *const *y = b;

	if ((*x)->message->mid != (*y)->message->mid)
		return (*x)->message->mid < (*y)->message->mid ? -1 : 1;
	return (*x)->rids[0] < (*y)->rids[0] ? -1 : 1;
}

/* Finds the groups of the domain, or (NULL) of all. */
static void
select_from(struct operation *op, struct domain *only, struct selection *s)
{
	struct domain *domain, *next;

	if (only != NULL)
		operate_each_group(only, on_group, s);
	else
		HASH_ITER(hh, op->relay->queue.domains, domain, next)
	operate_each_group(domain, on_group, s);
	if (s->count > 1)
		qsort(
		    s->groups, s->count, sizeof(s->groups[0]), compare_groups);
	for (size_t i = 0; i < s->count; i++)
		s->messages += i == 0 ||
		    s->groups[i]->message != s->groups[i - 1]->message;
}

bool
select_message(
    struct operation *op, size_t word, struct selection *s, struct err *err)
{
	if (!slice_to_u64(operation_word(op, word), INT64_MAX, &s->mid) ||
	    s->mid == 0)
		return err_set(err, "%.*s is no MID; expected a number",
		    SLICE_ARG(operation_word(op, word)));
	select_from(op, NULL, s);
	return s->count + s->active > 0 ||
	    err_set(err, "MID %llu is not in the queue",
		(unsigned long long)s->mid);
}

/* Reads "all", "host DOMAIN" or "sender ADDRESS", which begin at word `first`
 * and are the last, and finds the groups. */
static bool
select_groups(
    struct operation *op, size_t first, struct selection *s, struct err *err)
{
	struct slice by = operation_word(op, first);
	struct slice what = operation_word(op, first + 1);
	bool is_all = slice_eq(by, SLICE("all"));
	bool is_host = slice_eq(by, SLICE("host"));
	struct domain *domain = NULL;

	if (op->command->count != first + (is_all ? 1 : 2) ||
	    (!is_all && !is_host && !slice_eq(by, SLICE("sender"))))
		return err_set(err,
		    "which recipients? expected all, host DOMAIN or sender "
		    "ADDRESS");
	if (is_host)
		domain = operation_domain(op, what);
	else if (!is_all)
		s->sender = what;
	if (!is_host || domain != NULL)
		select_from(op, domain, s);
	return true;
}

/* ---- showrecipients ---- */

static json_t *
recipient_json(const struct group *g, uint32_t rid)
{
	static const char *const states[] = { "ready", "active", "waiting" };
	const struct message *m = g->message;
	char due[UTIME_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "mid", json_integer((json_int_t)m->mid));
	json_object_set_new(o, "rid", json_integer(rid));
	json_object_set_new(
	    o, "recipient", status_json_text(m->recipients[rid]));
	json_object_set_new(o, "sender", status_json_text(m->sender));
	json_object_set_new(o, "domain", status_json_text(g->domain->name));
	json_object_set_new(o, "attempts", json_integer(g->attempts));
	json_object_set_new(o, "state", json_string(states[g->state]));
	json_object_set_new(o, "next_retry",
	    g->state == GROUP_WAITING
		? json_string(utime_format_rfc3339(group_due(g), due))
		: json_null());
	json_object_set_new(o, "last_error", status_json_text(g->last_error));
	return o;
}

/* The group's recipients, below the line of their message unless that stands
 * there already. */
static void
show_group(struct operation *op, const struct group *g, bool is_first)
{
	struct buf *text = &op->answer->text, subject = { 0 };
	const struct message *m = g->message;
	char number[32], attempts[32];

	(void)snprintf(
	    number, sizeof(number), "%llu", (unsigned long long)m->mid);
	if (is_first) {
		operate_read_subject(op->relay, m, &subject);
		buf_printf(text, "%-10s%-10llu", number,
		    (unsigned long long)m->size_bytes);
		status_append_padded(text, m->sender, SENDER_WIDTH);
		buf_append(text, buf_slice(&subject));
		buf_append_byte(text, '\n');
		buf_fini(&subject);
	}
	(void)snprintf(attempts, sizeof(attempts), "[%u]", g->attempts);
	for (uint32_t i = 0; i < g->count; i++) {
		(void)snprintf(number, sizeof(number), "[%u]", g->rids[i]);
		buf_printf(text, "%-10s%-10s", number, attempts);
		status_append_plain(
		    text, slice_cstr(m->recipients[g->rids[i]]), "");
		buf_append_byte(text, '\n');
	}
}

bool
operate_showrecipients(struct operation *op, struct err *err)
{
	struct selection s = { .with_active = true };
	json_t *shown;

	if (!select_groups(op, 1, &s, err))
		return false;
	shown = json_array();
	buf_append_cstr(&op->answer->text,
	    "Showing messages, please wait.\n\n"
	    "MID/      Bytes/    Sender/               Subject\n"
	    "[RID]     [Atmps]   Recipient\n");
	for (size_t i = 0; i < s.count && i < SHOWN_MAX; i++) {
		const struct group *g = s.groups[i];

		show_group(
		    op, g, i == 0 || g->message != s.groups[i - 1]->message);
		for (uint32_t k = 0; k < g->count; k++)
			json_array_append_new(
			    shown, recipient_json(g, g->rids[k]));
	}
	if (s.count > SHOWN_MAX)
		buf_printf(&op->answer->text, "... and %zu more\n",
		    s.count - SHOWN_MAX);
	op->answer->object = json_pack("{s:I,s:o}", "recipients",
	    (json_int_t)s.recipients, "shown", shown);
	free(s.groups);
	return true;
}

/* ---- their waits ---- */

/* The recipients of the domain that are being sent. */
static uint64_t
count_active(const struct domain *domain)
{
	const struct delivery *d = domain->delivery;
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	LIST_FOREACH(link, &d->connections) {
		const struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		n += c->group != NULL ? c->group->count : 0;
	}
	return n;
}

static void
tell_scheduled(struct operation *op, uint64_t groups, const struct selection *s)
{
	op->answer->object = json_pack("{s:I,s:I,s:I}", "scheduled",
	    (json_int_t)groups, "recipients", (json_int_t)s->recipients,
	    "left_alone", (json_int_t)s->active);
}

static bool
deliver_message_now(struct operation *op, struct err *err)
{
	struct selection s = { 0 };
	uint64_t groups = 0;

	if (!slice_eq(operation_word(op, 1), SLICE("mid")))
		return err_set(err, "expected: delivernow all|DOMAIN|mid MID");
	if (!select_message(op, 2, &s, err))
		return false;
	for (size_t i = 0; i < s.count; i++)
		groups += deliver_group_now(op->relay, s.groups[i]);
	buf_printf(&op->answer->text, "Scheduling MID %llu for delivery.\n",
	    (unsigned long long)s.mid);
	tell_scheduled(op, groups, &s);
	free(s.groups);
	return true;
}

/* The domain's waits are over; how many groups waited. */
static uint64_t
deliver_domain_now(
    struct operation *op, struct domain *domain, struct selection *s)
{
	uint64_t active = count_active(domain);

	s->active += active;
	s->recipients +=
	    domain->tally.attempted + domain->tally.unattempted - active;
	return deliver_now(op->relay, domain);
}

bool
operate_delivernow(struct operation *op, struct err *err)
{
	struct slice word = operation_word(op, 1);
	struct domain *domain, *next;
	struct selection s = { 0 };
	uint64_t groups = 0;

	if (op->command->count > 2)
		return deliver_message_now(op, err);
	if (!slice_eq(word, SLICE("all"))) {
		domain = operation_domain(op, word);
		if (domain == NULL)
			return err_set(err,
			    "there is no mail for %.*s; expected all or a "
			    "domain that has some",
			    SLICE_ARG(word));
		groups = deliver_domain_now(op, domain, &s);
		buf_printf(&op->answer->text,
		    "Scheduling all messages to %s for delivery.\n",
		    domain->name);
	} else {
		HASH_ITER(hh, op->relay->queue.domains, domain, next)
		groups += deliver_domain_now(op, domain, &s);
		buf_append_cstr(&op->answer->text,
		    "Scheduling all messages for delivery.\n");
	}
	tell_scheduled(op, groups, &s);
	return true;
}

/* ---- ending and moving them ---- */

static void
tell_done(struct operation *op, const struct selection *s, const char *what)
{
	buf_printf(&op->answer->text, "%llu %s.\n",
	    (unsigned long long)s->messages, what);
	if (s->active > 0)
		buf_printf(&op->answer->text,
		    "%llu recipients are being delivered and were left "
		    "alone.\n",
		    (unsigned long long)s->active);
	op->answer->object = json_pack("{s:I,s:I,s:I}", "messages",
	    (json_int_t)s->messages, "recipients", (json_int_t)s->recipients,
	    "left_alone", (json_int_t)s->active);
}

static void
delete_selected(struct selection *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct delivery *d = s->groups[i]->domain->delivery;

		deliver_discard_group(d, s->groups[i]);
		deliver_wake(d);
	}
	free(s->groups);
}

bool
operate_deleterecipients(struct operation *op, struct err *err)
{
	struct selection s = { 0 };

	if (!select_groups(op, 1, &s, err))
		return false;
	buf_append_cstr(&op->answer->text, "Deleting messages, please wait.\n");
	tell_done(op, &s, "messages deleted");
	delete_selected(&s);
	return true;
}

bool
operate_removemessage(struct operation *op, struct err *err)
{
	struct selection s = { 0 };

	if (!select_message(op, 1, &s, err))
		return false;
	tell_done(op, &s, "messages removed");
	delete_selected(&s);
	return true;
}

bool
operate_bouncerecipients(struct operation *op, struct err *err)
{
	const struct log_cause cause = {
		.phase = MAILLOG_PHASE_ADMINISTRATOR,
	};
	struct selection s = { 0 };

	if (!select_groups(op, 1, &s, err))
		return false;
	buf_append_cstr(&op->answer->text, "Bouncing messages, please wait.\n");
	tell_done(op, &s, "messages bounced");
	for (size_t i = 0; i < s.count; i++) {
		struct delivery *d = s.groups[i]->domain->delivery;

		deliver_bounce_group(d, s.groups[i], 0, &cause);
		deliver_wake(d);
	}
	free(s.groups);
	return true;
}

bool
operate_redirectrecipients(struct operation *op, struct err *err)
{
	struct queue *queue = &op->relay->queue;
	struct slice host = operation_word(op, 1);
	struct selection s = { 0 };
	struct domain *to;

	if (!smtp_domain_is_valid(host, true))
		return err_set(err,
		    "%.*s is no host; expected the name of one, or its "
		    "address in brackets",
		    SLICE_ARG(host));
	if (!select_groups(op, 2, &s, err))
		return false;
	buf_append_cstr(
	    &op->answer->text, "Redirecting messages, please wait.\n");
	tell_done(op, &s, "messages redirected");
	to = queue_domain(queue, host);
	for (size_t i = 0; i < s.count; i++) {
		struct delivery *from = s.groups[i]->domain->delivery;

		group_move(queue, s.groups[i], to);
		spool_redirect(op->relay->spool, s.groups[i]);
		deliver_wake(from);
	}
	deliver_wake(deliver_of(op->relay, to));
	free(s.groups);
	return true;
}

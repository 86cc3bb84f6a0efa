/* SPDX-License-Identifier: MIT */
/*
 * The operator's commands: which there are, what words they take, and those
 * that control deliveries.  The texts are the appliance's.
 */
#include "relay/operate/operate.h"
#include "relay/deliver/cohort.h"

#include "core/base/suggest.h"

/* What `suspenddel` gives what is under way, unless it is told. */
#define SUSPEND_PATIENCE_S     30
#define SUSPEND_PATIENCE_S_MAX 86400

static bool operate_suspenddel(struct operation *op, struct err *err);
static bool operate_resumedel(struct operation *op, struct err *err);
static bool operate_suspend(struct operation *op, struct err *err);
static bool operate_resume(struct operation *op, struct err *err);
static bool operate_suspendlistener(struct operation *op, struct err *err);
static bool operate_resumelistener(struct operation *op, struct err *err);

struct operate_row {
	const char *name, *usage; /* what stands behind the name */
	size_t words_min, words_max;
	bool (*run)(struct operation *op, struct err *err);
};
static const struct operate_row rows[] = {
	{ "status", "[detail]", 0, 1, operate_status },
	{ "hoststatus", "DOMAIN", 1, 1, operate_hoststatus },
	{ "tophosts",
	    "[active_rcpts|conn_out|deliv_rcpts|soft_bounced"
	    "|hard_bounced_rcpts]",
	    0, 1, operate_tophosts },
	{ "resetcounters", "", 0, 0, operate_resetcounters },
	{ "metrics", "", 0, 0, operate_metrics },
	{ "delivernow", "all|DOMAIN|mid MID", 1, 2, operate_delivernow },
	{ "suspenddel", "[SECONDS]", 0, 1, operate_suspenddel },
	{ "resumedel", "", 0, 0, operate_resumedel },
	{ "suspendlistener", "[NAME]", 0, 1, operate_suspendlistener },
	{ "resumelistener", "[NAME]", 0, 1, operate_resumelistener },
	{ "suspend", "[SECONDS]", 0, 1, operate_suspend },
	{ "resume", "", 0, 0, operate_resume },
	{ "showrecipients", "all|host DOMAIN|sender ADDRESS", 1, 2,
	    operate_showrecipients },
	{ "deleterecipients", "all|host DOMAIN|sender ADDRESS", 1, 2,
	    operate_deleterecipients },
	{ "bouncerecipients", "all|host DOMAIN|sender ADDRESS", 1, 2,
	    operate_bouncerecipients },
	{ "redirectrecipients", "HOST all|host DOMAIN|sender ADDRESS", 2, 3,
	    operate_redirectrecipients },
	{ "showmessage", "MID", 1, 1, operate_showmessage },
	{ "oldmessage", "", 0, 0, operate_oldmessage },
	{ "removemessage", "MID", 1, 1, operate_removemessage },
	{ "smtproutes",
	    "print|new DOMAIN HOST...|delete DOMAIN|import FILE|export FILE"
	    "|clear",
	    1, 60, operate_smtproutes },
	{ "destconfig", "print", 1, 1, operate_destconfig },
};

void
relay_answer_fini(struct relay_answer *answer)
{
	buf_fini(&answer->text);
	json_decref(answer->object);
	answer->object = NULL;
}

struct slice
operation_word(const struct operation *op, size_t index)
{
	return index < op->command->count ? op->command->words[index]
					  : SLICE("");
}

struct domain *
operation_domain(const struct operation *op, struct slice name)
{
	struct domain *domain;
	char *lower = slice_dup(name);

	for (size_t i = 0; i < name.len; i++)
		lower[i] = ascii_lower(lower[i]);
	HASH_FIND(hh, op->relay->queue.domains, lower, name.len, domain);
	free(lower);
	return domain;
}

static void
each_waiting(const struct heap *waits,
    void (*on_group)(void *owner, struct group *g), void *owner)
{
	struct heap_node *n = heap_top(waits);

	for (; n != NULL; n = heap_next(n))
		on_group(owner, CONTAINER_OF(n, struct group, wait));
}

void
operate_each_group(struct domain *domain,
    void (*on_group)(void *owner, struct group *g), void *owner)
{
	struct delivery *d = domain->delivery;
	struct cohort *cohort, *c_next;

	if (d != NULL)
		LIST_FOREACH(link, &d->connections) {
			struct connection *c =
			    CONTAINER_OF(link, struct connection, link);

			if (c->group != NULL)
				on_group(owner, c->group);
		}
	HASH_ITER(hh, domain->cohorts, cohort, c_next)
	LIST_FOREACH(link, &cohort->ready)
		on_group(owner, CONTAINER_OF(link, struct group, link));
	each_waiting(&domain->waiting, on_group, owner);
	each_waiting(&domain->released, on_group, owner);
}

/* ---- deliveries ---- */

static bool
operate_suspenddel(struct operation *op, struct err *err)
{
	uint64_t patience = SUSPEND_PATIENCE_S;

	if (op->command->count > 1 &&
	    !slice_to_u64(
		operation_word(op, 1), SUSPEND_PATIENCE_S_MAX, &patience))
		return err_set(err,
		    "%.*s is no delay; expected seconds, 0 to %d",
		    SLICE_ARG(operation_word(op, 1)), SUSPEND_PATIENCE_S_MAX);
	deliver_suspend(op->relay, (utime)patience * UTIME_S);
	buf_append_cstr(&op->answer->text,
	    "Waiting for outgoing deliveries to finish...\n"
	    "Mail delivery suspended.\n");
	op->answer->object = json_pack("{s:b}", "deliveries_suspended", true);
	return true;
}

static bool
operate_resumedel(struct operation *op, struct err *err)
{
	(void)err;
	deliver_resume(op->relay);
	buf_append_cstr(&op->answer->text, "Mail delivery resumed.\n");
	op->answer->object = json_pack("{s:b}", "deliveries_suspended", false);
	return true;
}

/* ---- listeners ---- */

/* Suspends or resumes the listener that word 1 names, or all; false with *err
 * set when there is none. */
static bool
set_listeners(struct operation *op, bool is_suspended, struct err *err)
{
	struct slice name = operation_word(op, 1);
	struct relay *r = op->relay;
	json_t *names = json_array();
	const char *done = is_suspended ? "suspended" : "resumed";

	if (is_suspended)
		buf_append_cstr(
		    &op->answer->text, "Waiting for listeners to exit...\n");
	for (size_t i = 0; i < r->listener_count; i++) {
		struct relay_listener *l = r->listeners[i];

		if (l->config == NULL ||
		    (name.len > 0 && !slice_eq_nocase(name, l->config->name)))
			continue;
		l->is_suspended = is_suspended;
		buf_printf(&op->answer->text, "Receiving %s for %.*s.\n", done,
		    SLICE_ARG(l->config->name));
		json_array_append_new(names,
		    json_stringn(l->config->name.at, l->config->name.len));
	}
	if (json_array_size(names) == 0) {
		json_decref(names);
		return err_set(err,
		    "there is no listener %.*s; expected a name of the "
		    "configuration",
		    SLICE_ARG(name));
	}
	inbound_dismiss(r);
	op->answer->object = json_pack("{s:o}", done, names);
	return true;
}

static bool
operate_suspendlistener(struct operation *op, struct err *err)
{
	return set_listeners(op, true, err);
}

static bool
operate_resumelistener(struct operation *op, struct err *err)
{
	return set_listeners(op, false, err);
}

/* ---- both ---- */

static void
set_all_listeners(struct relay *r, bool is_suspended)
{
	for (size_t i = 0; i < r->listener_count; i++)
		r->listeners[i]->is_suspended = is_suspended;
	inbound_dismiss(r);
}

static bool
operate_suspend(struct operation *op, struct err *err)
{
	buf_append_cstr(&op->answer->text,
	    "Waiting for listeners to exit...\nReceiving suspended.\n");
	if (!operate_suspenddel(op, err))
		return false;
	set_all_listeners(op->relay, true);
	return true;
}

static bool
operate_resume(struct operation *op, struct err *err)
{
	set_all_listeners(op->relay, false);
	buf_append_cstr(&op->answer->text, "Receiving resumed.\n");
	return operate_resumedel(op, err);
}

/* ---- which command ---- */

static const struct operate_row *
find_row(struct slice name, struct err *err)
{
	struct suggest nearest = { .word = name };
	const char *best;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (slice_eq(name, slice_cstr(rows[i].name)))
			return &rows[i];
		suggest_offer(&nearest, rows[i].name);
	}
	best = suggest_result(&nearest);
	(void)err_set(err, "%.*s is no command", SLICE_ARG(name));
	if (best != NULL)
		(void)err_set(err, "%.*s is no command; did you mean %s?",
		    SLICE_ARG(name), best);
	return NULL;
}

bool
relay_operate(struct relay *r, const struct relay_command *command,
    struct relay_answer *answer, struct err *err)
{
	struct operation op = { r, command, answer };
	const struct operate_row *row;

	*answer = (struct relay_answer){ 0 };
	if (command->count == 0)
		return err_set(err, "which command?");
	row = find_row(command->words[0], err);
	if (row == NULL)
		return false;
	if (command->count - 1 < row->words_min ||
	    command->count - 1 > row->words_max)
		return err_set(err, "expected: %s%s%s", row->name,
		    row->usage[0] != '\0' ? " " : "", row->usage);
	if (!row->run(&op, err))
		return false;
	/* What was changed stays so, from the answer on. */
	spool_record(r->spool);
	return true;
}

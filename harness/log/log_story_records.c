/* SPDX-License-Identifier: MIT */
/* Records that are kept, of stories and of open connections; see log_story.h.
 */
#include "harness/log/log_story_impl.h"

/* Of a connection that has no story these are enough: that it was opened, what
 * the client was taken for, TLS. */
#define OPENED_RECORDS_MAX 8

struct log_story *
log_story_new(bool is_message, uint64_t number, uint32_t appliance)
{
	struct log_story *story = xcalloc(1, sizeof(*story));

	story->is_message = is_message;
	story->number = number;
	story->appliance = appliance;
	return story;
}

void
log_story_destroy(struct log_story **sp)
{
	struct log_story *story = *sp;

	*sp = NULL;
	if (story == NULL)
		return;
	for (size_t i = 0; i < story->count; i++)
		free(story->records[i].text);
	free(story->records);
	free(story);
}

static void
add(struct log_story *story, struct slice text, utime time,
    const struct log_place *place)
{
	if (story->count == LOG_STORY_RECORDS_MAX) {
		story->left_out++;
		return;
	}
	story->records = xgrow(story->records, &story->cap, story->count + 1,
	    sizeof(story->records[0]));
	story->records[story->count++] = (struct log_story_record){
		.text = slice_dup(text), .time = time, .place = *place
	};
}

void
log_story_add(struct log_story *story, const struct log_record *record)
{
	add(story, record->text, record->event->time, &record->place);
}

void
log_story_add_all(struct log_story *story, const struct log_story *from)
{
	for (size_t i = 0; i < from->count; i++)
		add(story, slice_cstr(from->records[i].text),
		    from->records[i].time, &from->records[i].place);
}

/* ---- stories that are kept ---- */

bool
log_stories_keep(struct log_stories *s, struct log_story *story)
{
	if (s->kept_count == s->max) {
		s->more++;
		return false;
	}
	s->kept =
	    xgrow(s->kept, &s->kept_cap, s->kept_count + 1, sizeof(s->kept[0]));
	s->kept[s->kept_count++] = story;
	return true;
}

void
log_stories_let_go(struct log_stories *s, const struct log_story *story)
{
	size_t i = 0;

	while (s->kept[i] != story)
		i++;
	memmove(&s->kept[i], &s->kept[i + 1],
	    (--s->kept_count - i) * sizeof(s->kept[0]));
}

/* ---- open connections ---- */

struct log_opened *
log_opened_find(
    const struct log_opened_set *set, uint64_t number, uint32_t appliance)
{
	struct log_key key = { number, appliance };
	struct log_opened *found;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, set->table, &key, sizeof(key), found);
	return found;
}

void
log_opened_forget(struct log_opened_set *set, struct log_opened *opened)
{
	HASH_DEL(set->table, opened);
	list_remove(&opened->node);
	log_story_destroy(&opened->story);
	free(opened);
	set->count--;
}

struct log_opened *
log_opened_get(struct log_opened_set *set, uint64_t number,
    const struct log_record *record)
{
	struct log_opened *opened =
	    log_opened_find(set, number, record->appliance);

	if (opened == NULL) {
		if (set->count == LOG_STORY_PENDING_MAX)
			log_opened_forget(set,
			    CONTAINER_OF(
				set->order.next, struct log_opened, node));
		opened = xcalloc(1, sizeof(*opened));
		opened->key = (struct log_key){ number, record->appliance };
		opened->story = log_story_new(false, number, record->appliance);
		list_init(&opened->node);
		list_append(&set->order, &opened->node);
		HASH_ADD(hh, set->table, key, sizeof(opened->key), opened);
		set->count++;
	}
	if (opened->story->count < OPENED_RECORDS_MAX)
		log_story_add(opened->story, record);
	return opened;
}

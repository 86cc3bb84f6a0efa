/* SPDX-License-Identifier: MIT */
/* The ring: order, removal from anywhere, removal while walking, moving. */
#include "core/base/list.h"

#include "tests/unit/kit.h"

struct item {
	char letter;
	struct list link;
};

/* The letters in order, read forwards and, to be sure, backwards. */
static void
assert_letters(const struct list *head, const char *want)
{
	char forwards[16] = "", backwards[16] = "";
	size_t n = 0, m = strlen(want);

	LIST_FOREACH(node, head) {
		assert_true(n < sizeof(forwards) - 1);
		forwards[n++] = CONTAINER_OF(node, struct item, link)->letter;
	}
	assert_string_equal(forwards, want);
	for (struct list *node = head->prev; node != head; node = node->prev)
		backwards[--m] = CONTAINER_OF(node, struct item, link)->letter;
	assert_string_equal(backwards, want);
}

static void
fill(struct list *head, struct item *items, const char *letters)
{
	list_init(head);
	for (size_t i = 0; letters[i] != '\0'; i++) {
		items[i].letter = letters[i];
		list_append(head, &items[i].link);
	}
}

static void
test_order(void **state)
{
	struct item items[3], first = { .letter = 'z' };
	struct item mid = { .letter = 'm' };
	struct list head;

	(void)state;
	fill(&head, items, "");
	assert_true(list_is_empty(&head));
	assert_letters(&head, "");
	fill(&head, items, "abc");
	assert_false(list_is_empty(&head));
	list_prepend(&head, &first.link);
	list_insert_before(&items[1].link, &mid.link);
	assert_letters(&head, "zambc");
}

static void
test_remove(void **state)
{
	struct item items[3];
	struct list head;

	(void)state;
	fill(&head, items, "abc");
	list_remove(&items[1].link);
	list_remove(&items[1].link);
	assert_letters(&head, "ac");
	assert_true(list_is_empty(&items[1].link));
	list_remove(&items[2].link);
	list_remove(&items[0].link);
	assert_true(list_is_empty(&head));
}

static void
test_remove_while_walking(void **state)
{
	struct item items[6];
	struct list head;

	(void)state;
	fill(&head, items, "abcdef");
	LIST_FOREACH_SAFE(node, &head) {
		if (CONTAINER_OF(node, struct item, link)->letter % 2 == 1)
			list_remove(node);
	}
	assert_letters(&head, "bdf");
}

static void
test_move_all(void **state)
{
	struct item items[3];
	struct list from, to;

	(void)state;
	fill(&from, items, "abc");
	list_move_all(&to, &from);
	assert_letters(&to, "abc");
	assert_letters(&from, "");
	list_move_all(&to, &from);
	assert_letters(&to, "");
	fill(&from, items, "x");
	list_move_all(&to, &from);
	assert_letters(&to, "x");
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_order);
	TEST(&kit, test_remove);
	TEST(&kit, test_remove_while_walking);
	TEST(&kit, test_move_all);
	return kit_run(&kit, "list");
}

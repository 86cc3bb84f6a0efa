/* SPDX-License-Identifier: MIT */
/* Messages that are kept: all of each, in their order, and the oldest go. */
#include "mockserver/capture/capture.h"
#include "tests/unit/kit.h"

static const struct slice two[] = { SLICE_INIT("a\0b"), SLICE_INIT("c@d") };

struct told {
	size_t messages, full;
	struct slice content; /* of the last one */
};

static void
on_message(void *owner, const struct capture_message *message)
{
	struct told *told = owner;

	told->messages++;
	told->content = message->content;
	assert_int_equal(message->number, told->messages);
}

static void
on_full(void *owner)
{
	((struct told *)owner)->full++;
}

static struct capture *
capture_of(struct told *told, size_t count_max, size_t bytes_max)
{
	const struct capture_options options = {
		.count_max = count_max,
		.bytes_max = bytes_max,
		.owner = told,
		.on_message = on_message,
		.on_full = on_full,
	};

	*told = (struct told){ 0 };
	return capture_new(&options);
}

static void
add(struct capture *c, struct slice content)
{
	const struct capture_message m = {
		.host = "mx",
		.tls_protocol = "TLSv1.3",
		.tls_cipher = "X",
		.tls_name = "",
		.sender = SLICE("s@t"),
		.recipients = two,
		.recipient_count = 2,
		.content = content,
		.size_bytes = content.len,
	};

	capture_add(c, &m);
}

static void
test_all_is_copied(void **state)
{
	char content[] = "a\0b";
	struct told told;
	struct capture *c = capture_of(&told, 10, 10000);
	const struct capture_message *m;

	(void)state;
	add(c, slice_of(content, 3));
	content[0] = 'x';
	m = capture_find(c, 1);
	assert_true(slice_eq(m->content, SLICE("a\0b")));
	assert_true(slice_eq(m->recipients[0], two[0]));
	assert_true(slice_eq(m->recipients[1], two[1]));
	assert_true(slice_eq(m->sender, SLICE("s@t")));
	assert_string_equal(m->host, "mx");
	assert_string_equal(m->tls_protocol, "TLSv1.3");
	assert_string_equal(m->tls_name, "");
	assert_int_equal(capture_totals(c).kept_bytes, m->bytes);
	assert_null(capture_find(c, 2));
	capture_destroy(&c);
}

static void
test_oldest_go(void **state)
{
	struct told told;
	struct capture *c = capture_of(&told, 3, 10000);
	const struct capture_message *m = NULL;

	(void)state;
	for (int i = 0; i < 5; i++)
		add(c, SLICE("x"));
	for (uint64_t number = 3; number <= 5; number++) {
		m = capture_next(c, m);
		assert_int_equal(m->number, number);
	}
	assert_null(capture_next(c, m));
	assert_int_equal(told.full, 1);
	assert_int_equal(capture_totals(c).evicted, 2);
	assert_int_equal(capture_totals(c).accepted, 5);
	capture_remove(c, 4);
	assert_null(capture_find(c, 4));
	assert_int_equal(capture_totals(c).kept, 2);
	capture_clear(c);
	assert_int_equal(capture_totals(c).kept, 0);
	assert_int_equal(capture_totals(c).kept_bytes, 0);
	for (int i = 0; i < 4; i++)
		add(c, SLICE("x"));
	assert_int_equal(told.full, 2);
	capture_destroy(&c);
}

static void
test_bytes_are_bounded(void **state)
{
	static const char content[4000];
	struct told told;
	struct capture *c = capture_of(&told, 10, 10000);

	(void)state;
	for (int i = 0; i < 3; i++)
		add(c, slice_of(content, sizeof(content)));
	assert_int_equal(capture_totals(c).kept, 2);
	assert_true(capture_totals(c).kept_bytes <= 10000);
	capture_destroy(&c);
	c = capture_of(&told, 10, 100);
	add(c, SLICE("x"));
	assert_int_equal(capture_totals(c).kept, 0);
	assert_int_equal(capture_totals(c).evicted, 1);
	capture_destroy(&c);
}

/* For a maildir alone nothing is kept, and all is told. */
static void
test_none_are_kept(void **state)
{
	struct told told;
	struct capture *c = capture_of(&told, 0, 0);

	(void)state;
	add(c, SLICE("x"));
	add(c, SLICE("y"));
	assert_int_equal(told.messages, 2);
	assert_true(slice_eq(told.content, SLICE("y")));
	assert_null(capture_next(c, NULL));
	assert_int_equal(told.full, 0);
	capture_destroy(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_all_is_copied);
	TEST(&kit, test_oldest_go);
	TEST(&kit, test_bytes_are_bounded);
	TEST(&kit, test_none_are_kept);
	return kit_run(&kit, "capture");
}

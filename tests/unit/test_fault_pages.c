/* SPDX-License-Identifier: MIT */
/*
 * The dialogues of the pages in docs/faults, in virtual time: what a page says
 * of the wire is so in memory, too.
 */
#include "tests/unit/mock_stage.h"

#define PATIENCE (10 * UTIME_S)

/* ---- a client that says what the page says ---- */

struct talk {
	struct setup setup;
	struct stream *stream; /* NULL: not connected, or has ended */
	struct buf got;
	bool has_eof, is_reset;
	utime since,
	    due; /* since it last said something; what is due by then */
};

static void
talk_input(void *owner, struct slice bytes)
{
	struct talk *t = owner;

	buf_append(&t->got, bytes);
}

static void
talk_eof(void *owner)
{
	struct talk *t = owner;

	t->has_eof = true;
}

static void
talk_failure(void *owner, enum net_failure why)
{
	struct talk *t = owner;

	t->is_reset = why == NET_RESET;
	stream_close(t->stream);
	t->stream = NULL;
}

static void
talk_nothing(void *owner)
{
	(void)owner;
}

static const struct stream_handler talk_handler = {
	.on_connected = talk_nothing,
	.on_input = talk_input,
	.on_drained = talk_nothing,
	.on_eof = talk_eof,
	.on_failure = talk_failure,
};

static void
pass(struct talk *t, utime span)
{
	struct err err = { 0 };

	if (!sim_run_until(
		t->setup.world, world_now(t->setup.world) + span, &err))
		fail_msg("%s", err.msg);
}

static bool
is_there(const struct talk *t, size_t want)
{
	return want == SIZE_MAX ? t->has_eof || t->is_reset
				: buf_len(&t->got) >= want;
}

/* Until so many bytes are there; SIZE_MAX: the end. */
static void
await(struct talk *t, size_t want)
{
	for (utime passed = 0; !is_there(t, want) && passed < PATIENCE;
	     passed += UTIME_MS)
		pass(t, UTIME_MS);
}

/* ---- what a line of a dialogue says ---- */

static char
escape_of(struct slice *text)
{
	static const char letters[] = "rnt\\", bytes[] = "\r\n\t\\";
	const char *found = strchr(letters, text->at[1]);
	char byte;

	if (found != NULL) {
		*text = slice_skip(*text, 2);
		return bytes[found - letters];
	}
	assert_int_equal(text->at[1], 'x');
	byte = (char)((ascii_hex_value(text->at[2]) & 0xf) << 4 |
	    (ascii_hex_value(text->at[3]) & 0xf));
	*text = slice_skip(*text, 4);
	return byte;
}

/* "<600 x>": how long that is; 0: it is something else. */
static size_t
repeat_of(struct slice text, uint64_t *times)
{
	const size_t space = slice_find_byte(text, ' ');

	if (!slice_to_u64(slice_sub(text, 1, space - 1), 1000000, times) ||
	    text.len < space + 3 || text.at[space + 2] != '>')
		return 0;
	return space + 3;
}

static void
append_bytes(struct slice text, struct buf *out)
{
	while (text.len > 0) {
		uint64_t times = 1;
		size_t len = text.at[0] == '<' ? repeat_of(text, &times) : 0;

		if (text.at[0] == '\\') {
			buf_append_byte(out, escape_of(&text));
			continue;
		}
		for (uint64_t i = 0; len > 0 && i < times; i++)
			buf_append_byte(out, text.at[len - 2]);
		if (len == 0)
			buf_append_byte(out, text.at[0]);
		text = slice_skip(text, len > 0 ? len : 1);
	}
}

/* Takes "(WORDS SPAN)" off the front. */
static bool
take_span(struct slice *text, struct slice words, utime *span)
{
	const struct slice rest = slice_skip(*text, words.len);
	const size_t end = slice_find_byte(rest, ')');
	struct slice number = slice_sub(rest, 0, end);
	utime unit = UTIME_S;
	uint64_t count;

	if (!slice_starts_with(*text, words))
		return false;
	if (slice_ends_with_nocase(number, SLICE("ms")))
		unit = UTIME_MS;
	number.len -= unit == UTIME_MS ? 2 : 1;
	assert_true(slice_to_u64(number, 1000000, &count));
	*span = (utime)count * unit;
	*text = slice_skip(rest, end + 1);
	return true;
}

static void
say_line(struct talk *t, struct slice what)
{
	struct buf bytes = { 0 };

	t->since = world_now(t->setup.world);
	t->due = 0;
	if (slice_eq(what, SLICE("(FIN)"))) {
		stream_shutdown(t->stream);
		return;
	}
	append_bytes(what, &bytes);
	stream_write(t->stream, buf_slice(&bytes));
	buf_fini(&bytes);
}

static void
expect_end(struct talk *t, bool is_reset)
{
	await(t, SIZE_MAX);
	assert_int_equal(buf_len(&t->got), 0);
	assert_int_equal(t->is_reset, is_reset);
	assert_int_equal(t->has_eof, !is_reset);
}

static void
expect_line(struct talk *t, struct slice what)
{
	struct buf want = { 0 };
	utime span;

	if (take_span(&what, SLICE("(nothing for "), &span)) {
		pass(t, span);
		assert_int_equal(buf_len(&t->got), 0);
		assert_false(t->has_eof || t->is_reset);
		return;
	}
	if (take_span(&what, SLICE("(after "), &span)) {
		t->due += span;
		what = slice_skip(what, 1);
	}
	if (slice_eq(what, SLICE("(FIN)")) || slice_eq(what, SLICE("(RST)"))) {
		expect_end(t, what.at[1] == 'R');
	} else {
		append_bytes(what, &want);
		await(t, buf_len(&want));
		assert_slices_equal(
		    slice_sub(buf_slice(&t->got), 0, buf_len(&want)),
		    buf_slice(&want));
		buf_consume(&t->got, buf_len(&want));
		buf_fini(&want);
	}
	assert_true(world_now(t->setup.world) - t->since >= t->due);
}

/* ---- pages ---- */

struct page {
	char name[64];
	struct buf text;
};

static void
page_read(struct page *page)
{
	char path[512], bytes[4096];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s.md", FAULT_PAGES, page->name);
	file = fopen(path, "rb");
	assert_non_null(file);
	while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_append(&page->text, slice_of(bytes, len));
	buf_append_byte(&page->text, '\0');
	fclose(file);
}

/* The text behind `begin`, behind `heading`, up to `end`. */
static struct slice
part_of(const struct page *page, const char *heading, const char *begin,
    const char *end)
{
	const char *text = buf_slice(&page->text).at;
	const char *from = strstr(text, heading);
	const char *next = from != NULL ? strstr(from, "\n## ") : NULL;
	const char *to;

	from = from != NULL ? strstr(from, begin) : NULL;
	if (from == NULL || (next != NULL && from > next))
		return (struct slice){ 0 };
	from += strlen(begin);
	to = strstr(from, end);
	assert_non_null(to);
	return slice_of(from, (size_t)(to - from));
}

/* The scenario of a host that has the page's rule. */
static void
append_scenario(const struct page *page, struct buf *out)
{
	const struct slice rule =
	    part_of(page, "## Rule", "```json\n", "\n```");

	if (slice_starts_with(rule, SLICE("[")))
		buf_printf(out,
		    "{\"hosts\": {\"%s\": {\"address\": "
		    "\"10.1.1.11\", \"rules\": %.*s}}}",
		    page->name, SLICE_ARG(rule));
	else if (slice_starts_with(rule, SLICE("{\"on\"")))
		buf_printf(out,
		    "{\"hosts\": {\"%s\": {\"address\": "
		    "\"10.1.1.11\", \"rules\": [%.*s]}}}",
		    page->name, SLICE_ARG(rule));
	else
		buf_printf(out,
		    "{\"hosts\": {\"%s\": {\"address\": "
		    "\"10.1.1.11\", %.*s}}}",
		    page->name, SLICE_ARG(slice_sub(rule, 1, rule.len - 2)));
}

static void
talk_begin(struct talk *t, const struct page *page)
{
	const struct endpoint to = { ip_v4(10, 1, 1, 11), 25 };
	struct buf text = { 0 };

	append_scenario(page, &text);
	setup_of(&t->setup, buf_slice(&text));
	t->since = world_now(t->setup.world);
	t->stream = world_connect(t->setup.world, NULL, &to, &talk_handler, t);
	buf_fini(&text);
}

static void
test_page(void **state)
{
	const struct page *page = *state;
	struct slice dialogue =
	    part_of(page, "## On the wire", "```\n", "```\n");
	struct talk t = { 0 };
	struct slice line;

	talk_begin(&t, page);
	while (slice_split(&dialogue, '\n', &line)) {
		if (line.len == 0)
			continue;
		print_message("    %.*s\n", SLICE_ARG(line));
		if (line.at[0] == 'C')
			say_line(&t, slice_skip(line, 3));
		else
			expect_line(&t, slice_skip(line, 3));
	}
	assert_int_equal(mock_unused_rules(t.setup.mock, NULL, NULL), 0);
	if (t.stream != NULL)
		stream_reset(t.stream);
	setup_fini(&t.setup);
	buf_fini(&t.got);
}

/* ---- the index ---- */

#define PAGES_MAX 200

static struct page pages[PAGES_MAX];
static size_t page_count;

/* The pages of a theme, as the index lists them. */
static void
list_theme(const struct page *index, const char *heading)
{
	struct slice rows = part_of(index, heading, "|---|---|\n", "\n\n");
	struct slice row;

	while (slice_split(&rows, '\n', &row)) {
		const struct slice name = slice_skip(row, strlen("| ["));
		struct page *page = &pages[page_count++];

		assert_true(page_count <= PAGES_MAX);
		snprintf(page->name, sizeof(page->name), "%.*s",
		    (int)slice_find_byte(name, ']'), name.at);
		page_read(page);
	}
}

static void
test_bytes_of_lines(void **state)
{
	struct buf got = { 0 };
	struct slice text = SLICE("(after 20ms) x");
	utime span = 0;

	(void)state;
	append_bytes(SLICE("a\\r\\n<3 x><CR>\\x41\\\\"), &got);
	assert_slice(buf_slice(&got), "a\r\nxxx<CR>A\\");
	buf_fini(&got);
	assert_true(take_span(&text, SLICE("(after "), &span));
	assert_int_equal(span, 20 * UTIME_MS);
	assert_slice(text, " x");
}

int
main(void)
{
	struct page index = { .name = "README" };
	struct kit kit = { 0 };
	int failed;

	page_read(&index);
	list_theme(&index, "## Replies");
	list_theme(&index, "## Connections");
	assert(page_count > 40);
	for (size_t i = 0; i < page_count; i++)
		if (part_of(&pages[i], "## On the wire", "```\n", "```\n").len >
		    0)
			kit_add(&kit, pages[i].name, test_page, &pages[i]);
	TEST(&kit, test_bytes_of_lines);
	failed = kit_run(&kit, "fault_pages");
	for (size_t i = 0; i < page_count; i++)
		buf_fini(&pages[i].text);
	buf_fini(&index.text);
	return failed;
}

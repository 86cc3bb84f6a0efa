/* SPDX-License-Identifier: MIT */
/* Files by age; see log_order.h. */
#include "harness/log/log_order.h"

#include <stdlib.h>

static struct slice
without_packing(struct slice path)
{
	static const struct slice endings[] = { SLICE_INIT(".gz"),
		SLICE_INIT(".zst") };

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (slice_ends_with_nocase(path, endings[i]))
			return slice_sub(path, 0, path.len - endings[i].len);
	return path;
}

uint64_t
log_order_rotation(struct slice path)
{
	uint64_t number;

	path = without_packing(path);
	for (size_t at = path.len; at > 0 && path.at[at - 1] != '/'; at--)
		if (path.at[at - 1] == '.')
			return slice_to_u64(
				   slice_skip(path, at), UINT32_MAX, &number)
			    ? number
			    : 0;
	return 0;
}

static int
compare(const void *left, const void *right)
{
	const struct log_file *a = left, *b = right;
	uint64_t turn_a, turn_b;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	turn_a = log_order_rotation(slice_cstr(a->path));
	turn_b = log_order_rotation(slice_cstr(b->path));
	if (turn_a != turn_b)
		return turn_a > turn_b ? -1 : 1;
	return a->given < b->given ? -1 : 1;
}

void
log_order_sort(struct log_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!files[i].has_first)
			return;
	qsort(files, count, sizeof(files[0]), compare);
}

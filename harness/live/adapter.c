/* SPDX-License-Identifier: MIT */
/* What all adapters hand out; see adapter.h. */
#include "harness/live/adapter.h"

struct buf *
adapter_files_add(struct adapter_files *files, const char *path)
{
	struct adapter_file *file = &files->at[files->count];

	assert(files->count < ADAPTER_FILES_MAX);
	files->count++;
	file->path = path;
	return &file->text;
}

void
adapter_files_fini(struct adapter_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		buf_fini(&files->at[i].text);
	files->count = 0;
}

void
adapter_words_add(struct adapter_words *words, struct slice word)
{
	assert(words->count < ADAPTER_WORDS_MAX);
	words->at[words->count++] = slice_dup(word);
}

void
adapter_words_fini(struct adapter_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->at[i]);
	*words = (struct adapter_words){ 0 };
}

long long
adapter_seconds(utime span)
{
	long long seconds = (long long)((span + UTIME_S - 1) / UTIME_S);

	return seconds > 0 ? seconds : 1;
}

bool
adapter_next_priority(const struct route *route, int *priority)
{
	int next = INT32_MAX;

	for (size_t i = 0; i < route->dest_count; i++)
		if (route->dests[i].priority > *priority &&
		    route->dests[i].priority < next)
			next = route->dests[i].priority;
	*priority = next;
	return next < INT32_MAX;
}

const struct adapter *
adapter_named(struct slice name, struct err *err)
{
	static const struct adapter *const all[] = { &adapter_faultpost,
		&adapter_postfix, &adapter_exim, &adapter_opensmtpd,
		&adapter_external };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (slice_eq(name, slice_cstr(all[i]->name)))
			return all[i];
	(void)err_set(err,
	    "--relay %.*s is not known; expected faultpost, postfix, exim, "
	    "opensmtpd or external",
	    SLICE_ARG(name));
	return NULL;
}

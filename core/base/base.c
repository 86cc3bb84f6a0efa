/* SPDX-License-Identifier: MIT */
/* Allocation that aborts instead of failing; see base.h. */
#include "core/base/base.h"

#include <stdlib.h>
#include <string.h>

void *
xmalloc(size_t size_bytes)
{
	void *p = malloc(size_bytes > 0 ? size_bytes : 1);

	if (p == NULL)
		abort();
	return p;
}

void *
xcalloc(size_t count, size_t size_bytes)
{
	void *p =
	    calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1);

	if (p == NULL)
		abort();
	return p;
}

void *
xrealloc(void *old, size_t size_bytes)
{
	void *p = realloc(old, size_bytes > 0 ? size_bytes : 1);

	if (p == NULL)
		abort();
	return p;
}

char *
xstrdup(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(xmalloc(len), text, len);
}

void *
xgrow(void *array, size_t *cap, size_t want, size_t element_bytes)
{
	size_t to = *cap > 0 ? *cap : 8;

	if (want <= *cap)
		return array;
	while (to < want)
		to *= 2;
	assert(to <= SIZE_MAX / element_bytes);
	*cap = to;
	return xrealloc(array, to * element_bytes);
}

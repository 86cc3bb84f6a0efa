/* SPDX-License-Identifier: MIT */
/* What the program uses of its machine; see world_usage(). */
#include "core/world/world_ev_impl.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static utime
time_of(const struct timeval *tv)
{
	return (utime)tv->tv_sec * UTIME_S + tv->tv_usec;
}

/* Pages that are in memory: the second number (proc(5)).  0 where it cannot be
 * told. */
static uint64_t
resident_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[256];
	struct slice rest, size, resident;
	uint64_t pages = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL) {
		rest = slice_cstr(line);
		if (slice_split(&rest, ' ', &size) &&
		    slice_split(&rest, ' ', &resident))
			(void)slice_to_u64(resident, UINT64_MAX, &pages);
	}
	(void)fclose(f);
	return pages;
}

struct world_usage
ev_world_usage(const struct world *w)
{
	struct world_usage usage = { 0 };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rusage used;

	(void)w;
	if (getrusage(RUSAGE_SELF, &used) == 0)
		usage.cpu = time_of(&used.ru_utime) + time_of(&used.ru_stime);
	usage.memory = resident_pages() * page;
	usage.memory_total = (uint64_t)sysconf(_SC_PHYS_PAGES) * page;
	return usage;
}

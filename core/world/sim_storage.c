/* SPDX-License-Identifier: MIT */
/*
 * The virtual disk as SQLite sees it: a VFS of the world's own, whose files are
 * in memory and whose clock is the world's.  A file
 * lives as long as the world, not as the connection, so that a program can be
 * ended and started again on its disk.
 */
#include "core/world/sim_storage.h"

/* Milliseconds from SQLite's epoch, noon of -4713-11-24, to 1970. */
#define JULIAN_EPOCH_MS (INT64_C(24405875) * 8640000)

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
    int flags, int *out_flags);
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir);
static int vfs_access(
    sqlite3_vfs *vfs, const char *name, int flags, int *result);
static int vfs_full_path(
    sqlite3_vfs *vfs, const char *name, int out_bytes, char *out);
static int vfs_sleep(sqlite3_vfs *vfs, int micros);
static int vfs_now_julian(sqlite3_vfs *vfs, double *days);
static int vfs_now_ms(sqlite3_vfs *vfs, sqlite3_int64 *ms);
static int vfs_last_error(sqlite3_vfs *vfs, int out_bytes, char *out);

/* SQLite has one generator in a process, which asks the default VFS for its
 * seed, not this one; 0 has it ask again. */
static void
storage_seed(int seed)
{
	(void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed, NULL);
}

void
sim_storage_init(struct sim_world *sw)
{
	struct sim_storage *st = xcalloc(1, sizeof(*st));
	int rc;

	st->world = sw;
	list_init(&st->inodes);
	list_init(&st->before);
	st->synced_at = sw->options.start;
	list_init(&st->files);
	/* Unique among the worlds of the process, and seen by nobody. */
	(void)snprintf(
	    st->name, sizeof(st->name), "faultpost-sim-%p", (void *)st);
	st->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = sizeof(struct sim_file),
		.mxPathname = 1024,
		.zName = st->name,
		.pAppData = st,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_now_julian,
		.xGetLastError = vfs_last_error,
		.xCurrentTimeInt64 = vfs_now_ms,
	};
	world_begin_storage();
	rc = sqlite3_vfs_register(&st->vfs, 0);
	assert(rc == SQLITE_OK);
	storage_seed((int)(sw->options.seed & 0x7fffffff) | 1);
	sw->storage = st;
	sw->base.vfs = st->name;
}

void
sim_inode_unlink(struct sim_inode *i)
{
	free(i->name);
	i->name = NULL;
	list_remove(&i->node);
	sim_inode_reap(i);
}

void
sim_storage_fini(struct sim_world *sw)
{
	struct sim_storage *st = sw->storage;

	sim_storage_wait(&sw->base);
	LIST_FOREACH_SAFE(node, &st->inodes) {
		struct sim_inode *i =
		    CONTAINER_OF(node, struct sim_inode, node);

		assert(i->opens == 0);
		sim_inode_unlink(i);
	}
	storage_seed(0);
	(void)sqlite3_vfs_unregister(&st->vfs);
	for (size_t n = 0; n < st->dead_count; n++)
		free(st->dead_regions[n]);
	free(st->dead_regions);
	free(st);
}

uint64_t
sim_storage_syncs(const struct world *w)
{
	return ((const struct sim_world *)w)->storage->syncs;
}

static struct sim_inode *
inode_find(struct sim_storage *st, const char *name)
{
	LIST_FOREACH(node, &st->inodes) {
		struct sim_inode *i =
		    CONTAINER_OF(node, struct sim_inode, node);

		if (!i->is_deleted && strcmp(i->name, name) == 0)
			return i;
	}
	return NULL;
}

static struct sim_inode *
inode_new(struct sim_storage *st, const char *name)
{
	struct sim_inode *i = xcalloc(1, sizeof(*i));

	i->storage = st;
	list_init(&i->node);
	if (name != NULL) {
		i->name = xstrdup(name);
		list_append(&st->inodes, &i->node);
	}
	return i;
}

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *out_flags)
{
	struct sim_storage *st = vfs->pAppData;
	struct sim_file *f = (struct sim_file *)file;
	struct sim_inode *i = name != NULL ? inode_find(st, name) : NULL;

	*f = (struct sim_file){ 0 };
	list_init(&f->node);
	if (i == NULL && (flags & SQLITE_OPEN_CREATE) == 0)
		return SQLITE_CANTOPEN;
	if (i != NULL && (flags & SQLITE_OPEN_EXCLUSIVE) != 0)
		return SQLITE_CANTOPEN;
	if (i == NULL)
		i = inode_new(st, name);
	i->opens++;
	list_append(&st->files, &f->node);
	f->base.pMethods = &sim_file_methods;
	f->inode = i;
	f->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	struct sim_storage *st = vfs->pAppData;
	struct sim_inode *i = inode_find(st, name);

	if (i == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	if (i->is_entered)
		i->is_deleted = true;
	else
		sim_inode_unlink(i);
	if (sync_dir)
		sim_disk_sync_names(st);
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
	(void)flags;
	*result = inode_find(vfs->pAppData, name) != NULL;
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *vfs, const char *name, int out_bytes, char *out)
{
	int n = snprintf(out, (size_t)out_bytes, "%s", name);

	(void)vfs;
	return n < out_bytes ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* No time passes: who waits for a lock of this one thread waits in vain. */
static int
vfs_sleep(sqlite3_vfs *vfs, int micros)
{
	(void)vfs;
	return micros;
}

static int
vfs_now_ms(sqlite3_vfs *vfs, sqlite3_int64 *ms)
{
	const struct sim_storage *st = vfs->pAppData;

	*ms = JULIAN_EPOCH_MS + st->world->now / UTIME_MS;
	return SQLITE_OK;
}

static int
vfs_now_julian(sqlite3_vfs *vfs, double *days)
{
	sqlite3_int64 ms;

	(void)vfs_now_ms(vfs, &ms);
	*days = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int
vfs_last_error(sqlite3_vfs *vfs, int out_bytes, char *out)
{
	(void)vfs;
	if (out_bytes > 0)
		out[0] = '\0';
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Files of the virtual disk: contents in blocks, so that growing copies
 * nothing; SQLite's five lock levels between the connections of the process;
 * and shared memory for the index of the write-ahead log, which is plain memory
 * here.
 */
#include "core/world/sim_storage.h"

static int file_close(sqlite3_file *file);
static int file_read(
    sqlite3_file *file, void *out, int len, sqlite3_int64 from);
static int file_write(
    sqlite3_file *file, const void *bytes, int len, sqlite3_int64 from);
static int file_truncate(sqlite3_file *file, sqlite3_int64 size);
static int file_sync(sqlite3_file *file, int flags);
static int file_size(sqlite3_file *file, sqlite3_int64 *size);
static int file_lock(sqlite3_file *file, int level);
static int file_unlock(sqlite3_file *file, int level);
static int file_check_reserved(sqlite3_file *file, int *result);
static int file_control(sqlite3_file *file, int op, void *arg);
static int file_sector_size(sqlite3_file *file);
static int file_traits(sqlite3_file *file);
static int file_shm_map(sqlite3_file *file, int index, int region_bytes,
    int extend, void volatile **region);
static int file_shm_lock(sqlite3_file *file, int first, int n, int flags);
static void file_shm_barrier(sqlite3_file *file);
static int file_shm_unmap(sqlite3_file *file, int delete_regions);

const sqlite3_io_methods sim_file_methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

static struct sim_inode *
inode_of(sqlite3_file *file)
{
	return ((struct sim_file *)file)->inode;
}

/* Whether the disk does it, and the file is still one of a program that
 * lives. */
static int
file_ask(sqlite3_file *file, enum sim_operation operation)
{
	const struct sim_inode *i = inode_of(file);

	return i != NULL ? sim_disk_ask(i->storage, operation) : SQLITE_IOERR;
}

/* ---- life ---- */

static void
inode_free_regions(struct sim_inode *i)
{
	for (size_t n = 0; n < i->region_cap; n++)
		free(i->regions[n]);
	free(i->regions);
	i->regions = NULL;
	i->region_cap = 0;
}

void
sim_inode_reap(struct sim_inode *i)
{
	if (i->name != NULL || i->opens > 0)
		return;
	inode_free_regions(i);
	for (size_t n = 0; n < i->block_cap; n++)
		free(i->blocks[n]);
	free(i->blocks);
	sim_disk_free_synced(i);
	free(i);
}

static int
file_close(sqlite3_file *file)
{
	struct sim_file *f = (struct sim_file *)file;
	struct sim_inode *i = f->inode;

	list_remove(&f->node);
	if (i == NULL)
		return SQLITE_OK;
	(void)file_shm_unmap(file, 0);
	(void)file_unlock(file, SQLITE_LOCK_NONE);
	i->opens--;
	if (f->delete_on_close && i->name != NULL)
		(void)i->storage->vfs.xDelete(&i->storage->vfs, i->name, 0);
	else
		sim_inode_reap(i);
	return SQLITE_OK;
}

/* ---- contents ---- */

/* The part of [from, from + len) that lies in one block. */
static size_t
part_of_block(uint64_t from, size_t len)
{
	size_t room = SIM_BLOCK - (size_t)(from % SIM_BLOCK);

	return len < room ? len : room;
}

char *
sim_inode_block(struct sim_inode *i, uint64_t at)
{
	size_t n = (size_t)(at / SIM_BLOCK), old_cap = i->block_cap;

	i->blocks =
	    xgrow(i->blocks, &i->block_cap, n + 1, sizeof(i->blocks[0]));
	for (size_t k = old_cap; k < i->block_cap; k++)
		i->blocks[k] = NULL;
	if (i->blocks[n] == NULL)
		i->blocks[n] = xcalloc(1, SIM_BLOCK);
	return i->blocks[n];
}

static int
file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 from)
{
	struct sim_inode *i = inode_of(file);
	uint64_t at = (uint64_t)from;
	char *to = out;
	size_t left = (size_t)len;
	int rc = file_ask(file, SIM_READ);

	if (rc != SQLITE_OK)
		return rc;
	while (left > 0 && at < i->size) {
		const char *block = i->blocks[at / SIM_BLOCK];
		size_t part = part_of_block(at, left);

		if (part > i->size - at)
			part = (size_t)(i->size - at);
		if (block != NULL)
			memcpy(to, block + at % SIM_BLOCK, part);
		else
			memset(to, 0, part);
		to += part;
		at += part;
		left -= part;
	}
	/* SQLite wants the rest zeroed. */
	memset(to, 0, left);
	return left > 0 ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int
file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 from)
{
	struct sim_inode *i = inode_of(file);
	uint64_t at = (uint64_t)from;
	const char *source = bytes;
	size_t left = (size_t)len;
	int rc = file_ask(
	    file, i != NULL && at + left > i->size ? SIM_GROW : SIM_WRITE);

	if (rc != SQLITE_OK)
		return rc;
	while (left > 0) {
		size_t part = part_of_block(at, left);

		sim_disk_keep(i, (size_t)(at / SIM_BLOCK));
		memcpy(sim_inode_block(i, at) + at % SIM_BLOCK, source, part);
		source += part;
		at += part;
		left -= part;
	}
	if (at > i->size)
		i->size = at;
	return SQLITE_OK;
}

void
sim_inode_resize(struct sim_inode *i, uint64_t size)
{
	size_t whole = (size_t)((size + SIM_BLOCK - 1) / SIM_BLOCK);

	for (size_t n = whole; n < i->block_cap; n++) {
		if (i->blocks[n] != NULL)
			sim_disk_keep(i, n);
		free(i->blocks[n]);
		i->blocks[n] = NULL;
	}
	/* If the file grows again, it grows by zeroes. */
	if (size % SIM_BLOCK != 0 && whole <= i->block_cap &&
	    i->blocks[whole - 1] != NULL) {
		sim_disk_keep(i, whole - 1);
		memset(i->blocks[whole - 1] + size % SIM_BLOCK, 0,
		    SIM_BLOCK - (size_t)(size % SIM_BLOCK));
	}
	i->size = size;
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int rc = file_ask(file, SIM_WRITE);

	if (rc == SQLITE_OK && (uint64_t)size < inode_of(file)->size)
		sim_inode_resize(inode_of(file), (uint64_t)size);
	return rc;
}

static int
file_sync(sqlite3_file *file, int flags)
{
	int rc = file_ask(file, SIM_SYNC);

	(void)flags;
	if (rc != SQLITE_OK)
		return rc;
	sim_sync_begin(inode_of(file)->storage);
	sim_disk_sync(inode_of(file));
	inode_of(file)->storage->syncs++;
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	if (inode_of(file) == NULL)
		return SQLITE_IOERR;
	*size = (sqlite3_int64)inode_of(file)->size;
	return SQLITE_OK;
}

/* ---- locks ---- */

static int
file_lock(sqlite3_file *file, int level)
{
	struct sim_file *f = (struct sim_file *)file;
	struct sim_inode *i = f->inode;

	if (i == NULL)
		return SQLITE_IOERR;
	if (f->lock >= level)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_SHARED) {
		if (i->pending)
			return SQLITE_BUSY;
		i->sharers++;
		f->lock = level;
		return SQLITE_OK;
	}
	if (i->writer != NULL && i->writer != f)
		return SQLITE_BUSY;
	i->writer = f;
	f->lock = SQLITE_LOCK_RESERVED;
	if (level == SQLITE_LOCK_RESERVED)
		return SQLITE_OK;
	i->pending = true;
	f->lock = SQLITE_LOCK_PENDING;
	if (i->sharers > 1)
		return SQLITE_BUSY;
	f->lock = level;
	return SQLITE_OK;
}

static int
file_unlock(sqlite3_file *file, int level)
{
	struct sim_file *f = (struct sim_file *)file;
	struct sim_inode *i = f->inode;

	if (i == NULL || f->lock <= level)
		return SQLITE_OK;
	if (f->lock > SQLITE_LOCK_SHARED) {
		i->writer = NULL;
		i->pending = false;
	}
	if (level == SQLITE_LOCK_NONE)
		i->sharers--;
	f->lock = level;
	return SQLITE_OK;
}

static int
file_check_reserved(sqlite3_file *file, int *result)
{
	if (inode_of(file) == NULL)
		return SQLITE_IOERR;
	*result = inode_of(file)->writer != NULL;
	return SQLITE_OK;
}

static int
file_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *file)
{
	(void)file;
	return 4096;
}

/* As SQLite says of a disk on Unix. */
static int
file_traits(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- shared memory ---- */

static int
file_shm_map(sqlite3_file *file, int index, int region_bytes, int extend,
    void volatile **region)
{
	struct sim_file *f = (struct sim_file *)file;
	struct sim_inode *i = f->inode;
	size_t n = (size_t)index, old_cap;

	if (i == NULL)
		return SQLITE_IOERR;
	old_cap = i->region_cap;
	if (!f->mapped) {
		f->mapped = true;
		i->mappers++;
	}
	*region = NULL;
	if (!extend && (n >= i->region_cap || i->regions[n] == NULL))
		return SQLITE_OK;
	i->regions =
	    xgrow(i->regions, &i->region_cap, n + 1, sizeof(i->regions[0]));
	for (size_t k = old_cap; k < i->region_cap; k++)
		i->regions[k] = NULL;
	if (i->regions[n] == NULL)
		i->regions[n] = xcalloc(1, (size_t)region_bytes);
	*region = i->regions[n];
	return SQLITE_OK;
}

/* Whether another file's lock stands in the way of this one. */
static bool
shm_is_taken(const struct sim_file *f, int slot, bool exclusive)
{
	const struct sim_inode *i = f->inode;
	unsigned bit = 1u << slot;
	unsigned own = (f->shm_shared & bit) != 0 ? 1 : 0;

	if ((i->shm_writers & bit) != 0 && (f->shm_exclusive & bit) == 0)
		return true;
	return exclusive && i->shm_sharers[slot] > own;
}

static void
shm_take(struct sim_file *f, int slot, bool exclusive)
{
	unsigned bit = 1u << slot;

	if (exclusive) {
		f->shm_exclusive |= bit;
		f->inode->shm_writers |= bit;
	} else if ((f->shm_shared & bit) == 0) {
		f->shm_shared |= bit;
		f->inode->shm_sharers[slot]++;
	}
}

static void
shm_give(struct sim_file *f, int slot)
{
	unsigned bit = 1u << slot;

	if ((f->shm_exclusive & bit) != 0)
		f->inode->shm_writers &= ~bit;
	if ((f->shm_shared & bit) != 0)
		f->inode->shm_sharers[slot]--;
	f->shm_exclusive &= ~bit;
	f->shm_shared &= ~bit;
}

static int
file_shm_lock(sqlite3_file *file, int first, int n, int flags)
{
	struct sim_file *f = (struct sim_file *)file;
	bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
	bool taking = (flags & SQLITE_SHM_LOCK) != 0;

	if (f->inode == NULL)
		return SQLITE_IOERR;
	for (int slot = first; taking && slot < first + n; slot++)
		if (shm_is_taken(f, slot, exclusive))
			return SQLITE_BUSY;
	for (int slot = first; slot < first + n; slot++) {
		if (taking)
			shm_take(f, slot, exclusive);
		else
			shm_give(f, slot);
	}
	return SQLITE_OK;
}

/* There is one thread. */
static void
file_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static int
file_shm_unmap(sqlite3_file *file, int delete_regions)
{
	struct sim_file *f = (struct sim_file *)file;
	struct sim_inode *i = f->inode;

	if (i == NULL || !f->mapped)
		return SQLITE_OK;
	for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++)
		shm_give(f, slot);
	f->mapped = false;
	/* The last one takes the index with it, as closing all connections
	 * does to the file that it is elsewhere. */
	if (--i->mappers == 0 || delete_regions)
		inode_free_regions(i);
	return SQLITE_OK;
}

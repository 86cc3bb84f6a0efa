/* SPDX-License-Identifier: MIT */
/*
 * What the virtual disk has for sure, and how it fails.  Beside its contents a
 * file keeps each block that was written since the last sync as it was then,
 * and the disk the names that a crash would bring back; so that a crash can
 * undo, sector by sector, whatever was not synced.
 */
#include "core/world/sim_storage.h"

#include "core/base/rng.h"

void
sim_set_disk(struct world *w, enum disk_state state)
{
	((struct sim_world *)w)->storage->state = state;
}

uint64_t
sim_storage_free(const struct world *w, const char *path)
{
	const struct sim_storage *st = ((const struct sim_world *)w)->storage;

	(void)path;
	return st->state == DISK_FULL ? 0 : UINT64_MAX;
}

void
sim_trap_disk(struct world *w, uint64_t operations,
    void (*on_trap)(void *owner), void *owner)
{
	struct sim_storage *st = ((struct sim_world *)w)->storage;

	st->trap_left = operations > 0 ? operations + 1 : 0;
	st->on_trap = on_trap;
	st->trap_owner = owner;
}

int
sim_disk_ask(struct sim_storage *st, enum sim_operation operation)
{
	static const int refusals[] = {
		[SIM_READ] = SQLITE_IOERR_READ,
		[SIM_WRITE] = SQLITE_IOERR_WRITE,
		[SIM_GROW] = SQLITE_IOERR_WRITE,
		[SIM_SYNC] = SQLITE_IOERR_FSYNC,
	};
	bool is_refused = false;

	if (operation != SIM_READ && st->trap_left > 0 &&
	    --st->trap_left == 0) {
		st->state = DISK_EIO;
		st->on_trap(st->trap_owner);
	}
	switch (st->state) {
	case DISK_OK:
		break;
	case DISK_FULL:
		return operation == SIM_GROW ? SQLITE_FULL : SQLITE_OK;
	case DISK_EIO:
		is_refused = true;
		break;
	case DISK_EIO_READ:
		is_refused = operation == SIM_READ;
		break;
	case DISK_EIO_WRITE:
		is_refused = operation == SIM_WRITE || operation == SIM_GROW;
		break;
	case DISK_EIO_SYNC:
		is_refused = operation == SIM_SYNC;
		break;
	}
	return is_refused ? refusals[operation] : SQLITE_OK;
}

/* ---- what was synced ---- */

void
sim_disk_keep(struct sim_inode *i, size_t block)
{
	size_t old_cap = i->synced_cap;
	struct sim_synced *synced;

	/* A file without a name does not outlive its program. */
	if (i->name == NULL)
		return;
	i->synced =
	    xgrow(i->synced, &i->synced_cap, block + 1, sizeof(i->synced[0]));
	for (size_t n = old_cap; n < i->synced_cap; n++)
		i->synced[n] = (struct sim_synced){ 0 };
	synced = &i->synced[block];
	if (synced->is_kept)
		return;
	synced->is_kept = true;
	if (block < i->block_cap && i->blocks[block] != NULL) {
		synced->bytes = xmalloc(SIM_BLOCK);
		memcpy(synced->bytes, i->blocks[block], SIM_BLOCK);
	}
	i->kept =
	    xgrow(i->kept, &i->kept_cap, i->kept_count + 1, sizeof(i->kept[0]));
	i->kept[i->kept_count++] = block;
}

/* As the file is now, it is on disk. */
static void
settle(struct sim_inode *i)
{
	for (size_t n = 0; n < i->kept_count; n++) {
		struct sim_synced *synced = &i->synced[i->kept[n]];

		free(synced->bytes);
		*synced = (struct sim_synced){ 0 };
	}
	i->kept_count = 0;
	i->synced_size = i->size;
}

void
sim_disk_sync(struct sim_inode *i)
{
	settle(i);
	/* As SQLite does on Unix: the first sync of a file is one of its
	 * folder, too. */
	if (i->name != NULL && !i->is_entered)
		sim_disk_sync_names(i->storage);
}

void
sim_disk_sync_names(struct sim_storage *st)
{
	LIST_FOREACH_SAFE(node, &st->inodes) {
		struct sim_inode *i =
		    CONTAINER_OF(node, struct sim_inode, node);

		i->is_entered = true;
		if (i->is_deleted)
			sim_inode_unlink(i);
	}
}

void
sim_disk_free_synced(struct sim_inode *i)
{
	settle(i);
	free(i->synced);
	free(i->kept);
}

/* ---- the crash ---- */

/* Brings a sector back as it was synced. */
static void
undo_sector(struct sim_inode *i, size_t block, size_t offset)
{
	const char *bytes = i->synced[block].bytes;

	if (block >= i->block_cap || i->blocks[block] == NULL) {
		if (bytes == NULL)
			return;
		sim_inode_block(i, (uint64_t)block * SIM_BLOCK);
	}
	if (bytes != NULL)
		memcpy(i->blocks[block] + offset, bytes + offset, SIM_SECTOR);
	else
		memset(i->blocks[block] + offset, 0, SIM_SECTOR);
}

static void
undo_contents(struct sim_inode *i, enum disk_crash left, struct rng *rng)
{
	bool is_torn = left == CRASH_TEARS;
	uint64_t size = i->synced_size;

	for (size_t n = 0; n < i->kept_count; n++)
		for (size_t at = 0; at < SIM_BLOCK; at += SIM_SECTOR)
			if (!is_torn || rng_below(rng, 2) == 0)
				undo_sector(i, i->kept[n], at);
	if (is_torn && rng_below(rng, 2) == 0)
		size = i->size;
	sim_inode_resize(i, size);
}

static bool
name_is_taken(const struct sim_storage *st, const struct sim_inode *by)
{
	LIST_FOREACH(node, &st->inodes) {
		const struct sim_inode *i =
		    CONTAINER_OF(node, struct sim_inode, node);

		if (i != by && i->is_entered && strcmp(i->name, by->name) == 0)
			return true;
	}
	return false;
}

/* A file that was made comes to nothing, one that was deleted comes back. */
static void
undo_name(struct sim_storage *st, struct sim_inode *i, enum disk_crash left)
{
	bool is_gone = left == CRASH_KEEPS
	    ? i->is_deleted
	    : !i->is_entered || (i->is_deleted && name_is_taken(st, i));

	i->is_deleted = false;
	i->is_entered = true;
	if (is_gone)
		sim_inode_unlink(i);
}

/* The memory is let go of, but not freed: who crashed has pointers to it. */
static void
leave_regions(struct sim_storage *st, struct sim_inode *i)
{
	st->dead_regions = xgrow(st->dead_regions, &st->dead_cap,
	    st->dead_count + i->region_cap, sizeof(st->dead_regions[0]));
	for (size_t n = 0; n < i->region_cap; n++)
		st->dead_regions[st->dead_count++] = i->regions[n];
	free(i->regions);
	i->regions = NULL;
	i->region_cap = 0;
}

/* The program's files are open no more; what it had in memory is gone. */
static void
take_files(struct sim_storage *st)
{
	while (!list_is_empty(&st->files)) {
		struct sim_file *f =
		    CONTAINER_OF(st->files.next, struct sim_file, node);
		struct sim_inode *i = f->inode;

		list_remove(&f->node);
		f->inode = NULL;
		i->opens--;
		i->sharers = i->mappers = i->shm_writers = 0;
		i->writer = NULL;
		i->pending = false;
		memset(i->shm_sharers, 0, sizeof(i->shm_sharers));
		leave_regions(st, i);
		sim_inode_reap(i);
	}
}

void
sim_crash_disk(struct world *w, enum disk_crash left)
{
	struct sim_world *sw = (struct sim_world *)w;
	struct sim_storage *st = sw->storage;
	struct rng rng;

	rng_init(&rng, sw->options.seed + st->syncs);
	take_files(st);
	sim_sync_undo(st);
	LIST_FOREACH_SAFE(node, &st->inodes) {
		struct sim_inode *i =
		    CONTAINER_OF(node, struct sim_inode, node);

		if (left != CRASH_KEEPS)
			undo_contents(i, left, &rng);
		settle(i);
	}
	LIST_FOREACH_SAFE(node, &st->inodes)
		undo_name(st, CONTAINER_OF(node, struct sim_inode, node), left);
}

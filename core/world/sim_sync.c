/* SPDX-License-Identifier: MIT */
/*
 * Syncs of the virtual disk that take time.  To who asked for one it is done at
 * once, as the one thread cannot wait; the world tells when it is over.  Until
 * then the disk has a copy of what it was when the sync began, and a crash goes
 * on from that: a program that waits has written nothing since.
 */
#include "core/world/sim_storage.h"

static char *
copy_block(const char *bytes)
{
	char *copy;

	if (bytes == NULL)
		return NULL;
	copy = xmalloc(SIM_BLOCK);
	memcpy(copy, bytes, SIM_BLOCK);
	return copy;
}

/* Without openers, locks and the index of the log: no crash leaves those. */
static struct sim_inode *
copy_inode(const struct sim_inode *i)
{
	struct sim_inode *copy = xcalloc(1, sizeof(*copy));

	copy->storage = i->storage;
	copy->name = xstrdup(i->name);
	copy->size = i->size;
	copy->synced_size = i->synced_size;
	copy->is_entered = i->is_entered;
	copy->is_deleted = i->is_deleted;
	copy->block_cap = i->block_cap;
	copy->blocks = xcalloc(i->block_cap + 1, sizeof(copy->blocks[0]));
	for (size_t n = 0; n < i->block_cap; n++)
		copy->blocks[n] = copy_block(i->blocks[n]);
	copy->synced_cap = i->synced_cap;
	copy->synced = xcalloc(i->synced_cap + 1, sizeof(copy->synced[0]));
	copy->kept_count = copy->kept_cap = i->kept_count;
	copy->kept = xcalloc(i->kept_count + 1, sizeof(copy->kept[0]));
	for (size_t n = 0; n < i->kept_count; n++) {
		size_t block = i->kept[n];

		copy->kept[n] = block;
		copy->synced[block].is_kept = true;
		copy->synced[block].bytes = copy_block(i->synced[block].bytes);
	}
	return copy;
}

static void
unlink_all(struct list *inodes)
{
	LIST_FOREACH_SAFE(node, inodes)
		sim_inode_unlink(CONTAINER_OF(node, struct sim_inode, node));
}

void
sim_sync_begin(struct sim_storage *st)
{
	utime now = st->world->now, time = st->world->options.sync_time;

	if (time == 0)
		return;
	if (st->synced_at > now) {
		st->synced_at = utime_add(st->synced_at, time);
		return;
	}
	unlink_all(&st->before);
	LIST_FOREACH(node, &st->inodes) {
		struct sim_inode *copy =
		    copy_inode(CONTAINER_OF(node, struct sim_inode, node));

		list_append(&st->before, &copy->node);
	}
	st->synced_at = utime_add(now, time);
}

utime
sim_storage_synced(const struct world *w)
{
	const struct sim_world *sw = (const struct sim_world *)w;

	return sw->storage->synced_at > sw->now ? sw->storage->synced_at
						: sw->now;
}

void
sim_storage_wait(struct world *w)
{
	struct sim_world *sw = (struct sim_world *)w;

	unlink_all(&sw->storage->before);
	if (sw->storage->synced_at > sw->now)
		sw->storage->synced_at = sw->now;
}

void
sim_sync_undo(struct sim_storage *st)
{
	if (st->synced_at > st->world->now) {
		unlink_all(&st->inodes);
		list_move_all(&st->inodes, &st->before);
		st->synced_at = st->world->now;
	}
	unlink_all(&st->before);
}

/* SPDX-License-Identifier: MIT */
/*
 * The virtual disk, shared by sim_storage.c (names; SQLite's VFS) and
 * sim_file.c (contents, locks, shared memory; SQLite's file).
 */
#ifndef FAULTPOST_SIM_STORAGE_H
#define FAULTPOST_SIM_STORAGE_H

#include "core/base/list.h"
#include "core/world/sim_impl.h"

#include <sqlite3.h>

#define SIM_BLOCK 16384

/* What a name stands for, and lives on without one while it is open. */
struct sim_inode {
	struct list node; /* in storage->inodes, or in no list */
	struct sim_storage *storage;
	char *name; /* owned; NULL: has none (any more) */
	unsigned opens;
	char **blocks; /* owned, as are the blocks; NULL: never written */
	size_t block_cap;
	uint64_t size;
	/* Locks on the database (https://sqlite.org/lockingv3.html). */
	unsigned sharers;              /* files that hold SHARED or more */
	const struct sim_file *writer; /* holds RESERVED or more */
	bool pending; /* and waits for the sharers to go, or is alone */
	/* The index of the write-ahead log. */
	char **regions; /* owned, as are the regions */
	size_t region_cap;
	unsigned mappers;
	unsigned shm_sharers[SQLITE_SHM_NLOCK];
	unsigned shm_writers; /* a bit for each lock */
};

struct sim_file {
	sqlite3_file base;
	struct sim_inode *inode;
	int lock; /* SQLITE_LOCK_... */
	bool delete_on_close;
	bool mapped;
	unsigned shm_shared, shm_exclusive; /* a bit for each lock */
};

struct sim_storage {
	sqlite3_vfs vfs;
	char name[40];
	struct sim_world *world;
	struct list inodes; /* owned; those that have a name */
	uint64_t syncs;
};

extern const sqlite3_io_methods sim_file_methods;

/* Frees an inode that has neither a name nor an opener. */
void sim_inode_reap(struct sim_inode *i);

#endif

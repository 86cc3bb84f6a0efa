/* SPDX-License-Identifier: MIT */
/*
 * The virtual disk, shared by sim_storage.c (names; SQLite's VFS), sim_file.c
 * (SQLite's file: contents, locks, shared memory), sim_disk.c (what a crash
 * leaves of it, and how it fails) and sim_sync.c (syncs that take time).
 */
#ifndef FAULTPOST_SIM_STORAGE_H
#define FAULTPOST_SIM_STORAGE_H

#include "core/base/list.h"
#include "core/world/sim_impl.h"

#include <sqlite3.h>

#define SIM_BLOCK 4096
/* What a disk writes whole; a crash may tear between two. */
#define SIM_SECTOR 512

/* A block of a file as it was when the file was last synced. */
struct sim_synced {
	bool is_kept; /* written since, so that `bytes` is what it was */
	char *bytes;  /* owned; NULL: never written */
};

/* What a name stands for, and lives on without one while it is open. */
struct sim_inode {
	struct list node; /* in storage->inodes, or in no list */
	struct sim_storage *storage;
	char *name; /* owned; NULL: has none (any more) */
	unsigned opens;
	char **blocks; /* owned, as are the blocks; NULL: never written */
	size_t block_cap;
	uint64_t size;
	/* What a crash goes back to. */
	struct sim_synced *synced; /* owned; by block */
	size_t synced_cap;
	size_t *kept; /* owned; the blocks that are kept */
	size_t kept_count, kept_cap;
	uint64_t synced_size;
	bool is_entered; /* its name is on disk, too */
	bool is_deleted; /* its name is gone, but not on disk */
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
	struct sim_inode *inode; /* NULL: a crash took it away */
	struct list node;        /* in storage->files */
	int lock;                /* SQLITE_LOCK_... */
	bool delete_on_close;
	bool mapped;
	unsigned shm_shared, shm_exclusive; /* a bit for each lock */
};

struct sim_storage {
	sqlite3_vfs vfs;
	char name[40];
	struct sim_world *world;
	struct list inodes; /* owned; those that have a name, on disk or not */
	struct list files;  /* that are open */
	/* Owned: what has a name, as it was when the sync began that is over
	 * at synced_at, or is over. */
	struct list before;
	utime synced_at;
	/* Owned: shared memory to which programs that crashed still point. */
	char **dead_regions;
	size_t dead_count, dead_cap;
	uint64_t syncs;
	enum disk_state state;
	uint64_t trap_left; /* writes and syncs until the trap; 0: none */
	void (*on_trap)(void *owner);
	void *trap_owner;
};

/* What SQLite asks of the disk. */
enum sim_operation {
	SIM_READ,
	SIM_WRITE, /* in place */
	SIM_GROW,  /* behind the end */
	SIM_SYNC,
};

extern const sqlite3_io_methods sim_file_methods;

/* ---- sim_file.c ---- */

/* Frees an inode that has neither a name nor an opener. */
void sim_inode_reap(struct sim_inode *i);
/* The block that holds the byte, made if need be. */
char *sim_inode_block(struct sim_inode *i, uint64_t at);
/* Sets the length; the rest of a shorter file is gone. */
void sim_inode_resize(struct sim_inode *i, uint64_t size);

/* ---- sim_storage.c ---- */

/* Forgets the name. */
void sim_inode_unlink(struct sim_inode *i);

/* ---- sim_disk.c ---- */

/* SQLITE_OK, or how the disk refuses the operation. */
int sim_disk_ask(struct sim_storage *st, enum sim_operation operation);
/* The block is about to be written, or cut off. */
void sim_disk_keep(struct sim_inode *i, size_t block);
/* Everything written to the file so far is on disk. */
void sim_disk_sync(struct sim_inode *i);
/* So are all names. */
void sim_disk_sync_names(struct sim_storage *st);
void sim_disk_free_synced(struct sim_inode *i);

/* ---- sim_sync.c ---- */

/* A file is about to be synced, behind the sync that is under way, if any. */
void sim_sync_begin(struct sim_storage *st);
/* The disk is as it was when the sync began that is under way, if any; no file
 * is open. */
void sim_sync_undo(struct sim_storage *st);

#endif

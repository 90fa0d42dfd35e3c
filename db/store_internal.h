/* What the files of db/ know of an open store. Not for anybody above. */
#ifndef POLLUX_STORE_INTERNAL_H
#define POLLUX_STORE_INTERNAL_H

#include <sqlite3.h>
#include <sys/types.h>
#include "db/statement.h"
#include "db/store.h"

#define STORE_APPLICATION_ID 0x504c5558 /* "PLUX" in the file's header */
#define STORE_SCHEMA_VERSION 1
#define STORE_EPOCH_LEN 8

/* Which file this was when it was opened. */
struct file_identity {
	dev_t device;
	ino_t inode;
};

struct store {
	sqlite3 *db;
	char *path;
	struct file_identity file, lock, bell;
	bool read_only;
	bool sync_full;      /* by setting */
	bool sync_raised;    /* FULL just now, until this boot's first row is safely on disk */
	bool boot_known;     /* meta's boot is committed as ours */
	bool boot_written;   /* and in this transaction it is ours, not committed yet */
	int bind_error;      /* of the statement being filled; told by its first step */
	const char *who;     /* of the transaction going on */
	char epoch[STORE_EPOCH_LEN + 1];
	char error[256];     /* SQLite's words for the last failure, kept since a rollback overwrites them */
	sqlite3_stmt *statements[STATEMENT_COUNT];

	/* Retention's walks: where the next batch goes on. Lost with the process: it then begins again. */
	int64_t member_walk;
	char *room_walk_nsp, *room_walk_room;
	bool room_walk_stay;
};

/* Remembers SQLite's words and translates its result code. Never 0. */
int store_failed(struct store *s, int result);
/* The translation alone. os_errno: sqlite3_system_errno. */
int store_error_of(int result, int os_errno);
/* A statement without parameters or rows, outside the prepared ones. */
int store_exec(struct store *s, const char *sql) WARN_UNUSED;
/* Looks whether meta's boot is ours and what it is not: the log has to skip. Inside a transaction. 1: skip. */
int store_boot_changed(struct store *s) WARN_UNUSED;
/* Statements that somebody forgot to reset (for tests). */
int store_busy_statements(const struct store *s);

/* meta: integers under a name; absent is 0. */
int meta_get(struct store *s, const char *name, int64_t *value) WARN_UNUSED;
int meta_set(struct store *s, const char *name, int64_t value) WARN_UNUSED;
int meta_get_text(struct store *s, const char *name, char *out, size_t cap) WARN_UNUSED;
int meta_set_text(struct store *s, const char *name, const char *value) WARN_UNUSED;

/* Whose boot it is. Tests put their own here. */
extern const char *(*store_boot_id)(void);

#endif

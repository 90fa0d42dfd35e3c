/*
 * Transactions of an open store, its errors, and what meta remembers. The store's thread.
 *
 * SQLite's busy handler is not used: two writers left to it starve each other for seconds. The writer lock (writer_lock.h) orders
 * our own processes; a foreign writer is told as BUSY and the caller comes back in 5 ms.
 */
#include "config.h"
#include "db/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "db/side_file.h"
#include "db/store_internal.h"

const char *(*store_boot_id)(void) = clock_boot_id;

int store_error_of(int result, int os_errno)
{
	switch (result & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: /* the race for a snapshot was lost too often */
		return POLLUX_BUSY;
	case SQLITE_NOMEM:
		return POLLUX_NO_MEMORY;
	case SQLITE_TOOBIG:
		return POLLUX_TOO_BIG;
	case SQLITE_FULL:
		return POLLUX_NO_SPACE;
	case SQLITE_IOERR:
		return result == SQLITE_IOERR_NOMEM ? POLLUX_NO_MEMORY : POLLUX_NO_SPACE;
	case SQLITE_CANTOPEN:
		if (os_errno == ENOSPC || os_errno == EDQUOT)
			return POLLUX_NO_SPACE;
		break;
	default:
		break;
	}
	return POLLUX_DATABASE;
}

int store_failed(struct store *s, int result)
{
	const char *words = sqlite3_errcode(s->db) == SQLITE_OK ? sqlite3_errstr(result) : sqlite3_errmsg(s->db);

	if (s->who != NULL)
		snprintf(s->error, sizeof(s->error), "%s: %s (%d)", s->who, words, result);
	else
		snprintf(s->error, sizeof(s->error), "%s (%d)", words, result);
	return store_error_of(result, sqlite3_system_errno(s->db));
}

int store_exec(struct store *s, const char *sql)
{
	int result = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : store_failed(s, result);
}

const char *store_error(const struct store *s)
{
	return s->error;
}

const char *store_path(const struct store *s)
{
	return s->path;
}

const char *store_epoch(const struct store *s)
{
	return s->epoch;
}

static int run(struct store *s, enum statement_slot slot, const char *sql)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	return error < 0 ? error : statement_run(s, st);
}

/* Only outside a transaction. */
static int set_synchronous(struct store *s, bool full)
{
	int error;

	if (s->sync_full || s->sync_raised == full)
		return 0;
	error = store_exec(s, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
	if (error == 0)
		s->sync_raised = full;
	return error;
}

int store_boot_changed(struct store *s)
{
	char boot[64];
	int error;

	if (s->boot_known || s->boot_written)
		return 0;
	error = meta_get_text(s, "boot", boot, sizeof(boot));
	if (error < 0)
		return error;
	if (strcmp(boot, store_boot_id()) != 0)
		return 1;
	s->boot_written = true;
	return 0;
}

/*
 * Until a transaction of this boot is seen committed, ours are FULL: the skip of 2^20 numbers must itself survive the next
 * power cut, or two cuts in a row would hand out the same numbers again.
 */
static int look_at_boot(struct store *s)
{
	int changed = store_boot_changed(s);

	if (changed < 0)
		return changed;
	s->boot_known = changed == 0;
	return 0;
}

/* After every end of a transaction. A failing pragma leaves FULL: slower, never wrong. */
static void ended(struct store *s, bool committed)
{
	if (committed && s->boot_written)
		s->boot_known = true;
	s->boot_written = false;
	s->who = NULL;
	if (s->boot_known && s->sync_raised && set_synchronous(s, false) < 0)
		return;
}

int store_begin(struct store *s, const char *who)
{
	int error = 0;

	if (s->read_only)
		return POLLUX_REFUSED; /* SQLite would begin, and fail at the first write */
	s->who = who;
	if (!s->boot_known)
		error = set_synchronous(s, true);
	if (error == 0)
		error = run(s, ST_BEGIN, "BEGIN IMMEDIATE");
	if (error == 0 && !s->boot_known) {
		error = look_at_boot(s);
		if (error < 0)
			store_rollback(s);
	}
	if (error < 0)
		s->who = NULL;
	return error;
}

int store_commit(struct store *s)
{
	int error = run(s, ST_COMMIT, "COMMIT");

	if (error < 0)
		store_rollback(s);
	else
		ended(s, true);
	return error;
}

void store_rollback(struct store *s)
{
	char words[sizeof(s->error)];

	memcpy(words, s->error, sizeof(words));
	/* The second: where there was no memory to prepare the first. SQLite rolls back whatever it answers. */
	if (store_in_transaction(s) && run(s, ST_ROLLBACK, "ROLLBACK") < 0 && store_in_transaction(s))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	memcpy(s->error, words, sizeof(words));
	ended(s, false);
}

bool store_in_transaction(const struct store *s)
{
	return sqlite3_get_autocommit(s->db) == 0;
}

int store_savepoint(struct store *s)
{
	return run(s, ST_SAVEPOINT, "SAVEPOINT event");
}

int store_savepoint_release(struct store *s)
{
	return run(s, ST_SAVEPOINT_RELEASE, "RELEASE event");
}

int store_savepoint_rollback(struct store *s)
{
	int error = run(s, ST_SAVEPOINT_ROLLBACK, "ROLLBACK TO event");

	s->boot_written = false; /* it may have been written after the savepoint: look again */
	return error < 0 ? error : store_savepoint_release(s);
}

int store_read_begin(struct store *s)
{
	return run(s, ST_READ_BEGIN, "BEGIN");
}

void store_read_end(struct store *s)
{
	store_rollback(s);
}

static bool same_file(const char *path, const struct file_identity *was)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == was->device && st.st_ino == was->inode;
}

static bool same_side_file(const struct store *s, const char *suffix, const struct file_identity *was)
{
	char path[SIDE_FILE_PATH_MAX];

	return side_file_path(path, s->path, suffix) == 0 && same_file(path, was);
}

bool store_files_unchanged(const struct store *s)
{
	if (!same_file(s->path, &s->file))
		return false;
	return s->read_only || (same_side_file(s, SIDE_FILE_LOCK, &s->lock) && same_side_file(s, SIDE_FILE_BELL, &s->bell));
}

int store_busy_statements(const struct store *s)
{
	sqlite3_stmt *st = NULL;
	int busy = 0;

	while ((st = sqlite3_next_stmt(s->db, st)) != NULL)
		busy += sqlite3_stmt_busy(st) != 0;
	return busy;
}

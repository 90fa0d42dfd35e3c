/*
 * Opening and closing the store: is this file ours, and if it is to be made, made whole. The thread that will own it.
 *
 * A file that is refused is left as it was found. So its header is first read through SQLite's own file (reading it by a
 * descriptor of ours would, on closing, drop the locks of another connection of this process), before SQLite looks at the
 * file itself, and no connection checkpoints on close before the file is accepted.
 *
 * A new store is made in rollback mode in one transaction and turned to WAL after it: so the header in the main file
 * always says whose it is, however early a process was killed.
 */
#include "config.h"
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/random.h"
#include "db/connection.h"
#include "db/network_fs.h"
#include "db/schema_sql.h"
#include "db/side_file.h"
#include "db/store_internal.h"

#define OPEN_PATIENCE_MS 5000 /* others recovering the WAL or making the schema */
#define HEADER_LEN 100

struct opening {
	const char *path;
	const struct store_options *options;
	char *why;
	size_t why_cap;
};

/* Says why and returns the error. */
static int refuse(const struct opening *o, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int refuse(const struct opening *o, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(o->why, o->why_cap, format, args);
	va_end(args);
	return error;
}

static int refuse_by_errno(const struct opening *o, const char *what)
{
	if (errno == ENOENT)
		return refuse(o, POLLUX_NOT_FOUND, "%s: there is no such file", what);
	if (errno == ENOSPC || errno == EDQUOT)
		return refuse(o, POLLUX_NO_SPACE, "%s: %s", what, strerror(errno));
	return refuse(o, POLLUX_REFUSED, "%s: %s", what, strerror(errno));
}

static int refuse_by_sqlite(const struct opening *o, sqlite3 *db, int result)
{
	int os_errno = db == NULL ? 0 : sqlite3_system_errno(db);
	const char *words = db == NULL ? sqlite3_errstr(result) : sqlite3_errmsg(db);

	switch (result & 0xff) {
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return refuse(o, POLLUX_DATABASE, "%s is damaged (%s): restore a backup, or see `pollux doctor`", o->path, words);
	case SQLITE_READONLY:
		return refuse(o, POLLUX_REFUSED, "%s is read-only here, and so can't be served", o->path);
	case SQLITE_CANTOPEN:
		if (os_errno != ENOSPC && os_errno != EDQUOT)
			return refuse(o, POLLUX_REFUSED,
				"%s can't be opened with the files SQLite keeps beside it (-wal, -shm): "
				"its folder must be writable (%s)",
				o->path, os_errno ? strerror(os_errno) : words);
		break;
	case SQLITE_BUSY:
		return refuse(o, POLLUX_BUSY, "%s is locked by another program", o->path);
	default:
		break;
	}
	return refuse(o, store_error_of(result, os_errno), "%s: %s%s%s", o->path, words, os_errno ? ": " : "",
		os_errno ? strerror(os_errno) : "");
}

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Offsets: SQLite's file format, "The database header". */
static int judge_header(const struct opening *o, const unsigned char header[HEADER_LEN])
{
	uint32_t version = big_endian(header + 60);

	if (memcmp(header, "SQLite format 3", 16) != 0)
		return refuse(o, POLLUX_REFUSED, "%s is no Pollux database: it is not an SQLite file at all", o->path);
	if (big_endian(header + 68) != STORE_APPLICATION_ID)
		return refuse(o, POLLUX_REFUSED, "%s is no Pollux database: it belongs to another program", o->path);
	if (version > STORE_SCHEMA_VERSION)
		return refuse(o, POLLUX_REFUSED, "%s was made by a newer Pollux (schema %u, this one knows %d)", o->path,
			(unsigned int)version, STORE_SCHEMA_VERSION);
	return 0;
}

/* Reads the header by SQLite's file, without SQLite looking at it. *empty: nothing in it yet. */
static int probe(const struct opening *o, bool *empty)
{
	unsigned char header[HEADER_LEN];
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	sqlite3 *db = NULL;
	int error = 0, result = connection_open(&db, o->path, true);

	if (result == SQLITE_OK)
		result = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (result == SQLITE_OK)
		result = file->pMethods->xFileSize(file, &size);
	if (result == SQLITE_OK && size > 0)
		result = file->pMethods->xRead(file, header, HEADER_LEN, 0);
	*empty = size == 0;
	if (result == SQLITE_IOERR_SHORT_READ)
		error = refuse(o, POLLUX_REFUSED, "%s is no Pollux database: it is not an SQLite file at all", o->path);
	else if (result != SQLITE_OK)
		error = refuse_by_sqlite(o, db, result);
	else if (size > 0)
		error = judge_header(o, header);
	sqlite3_close(db);
	return error;
}

/* The file exists afterwards, and is a regular one. */
static int find_or_make(const struct opening *o)
{
	struct stat st;
	int fd;

	if (stat(o->path, &st) != 0) {
		if (errno != ENOENT || !o->options->create)
			return refuse_by_errno(o, o->path);
		fd = open(o->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
		if (fd < 0 && errno != EEXIST)
			return refuse_by_errno(o, o->path);
		if (fd >= 0)
			close(fd); /* nobody else of this process can have it open yet: it did not exist */
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return refuse(o, POLLUX_REFUSED, "%s is not a file", o->path);
	return 0;
}

static int check_place(const struct opening *o)
{
	char name[64];
	const char *network = network_fs_of(o->path, name, sizeof(name));

	if (network != NULL)
		return refuse(o, POLLUX_REFUSED,
			"%s lies on a network file system (%s), where its locks and shared memory "
			"don't work: put it on a local disk",
			o->path, network);
	return 0;
}

static int query_integer(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(st);
	*out = result == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

static int write_meta(sqlite3 *db)
{
	char id[RANDOM_ID_LEN + 1], sql[200];

	random_id(id);
	snprintf(sql, sizeof(sql), "INSERT INTO meta(name, value) VALUES('epoch', '%.*s'), ('boot', '%.40s')", STORE_EPOCH_LEN, id,
		store_boot_id());
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Under EXCLUSIVE: of several that find an empty file one makes the schema, the others find it made. */
static int make_schema(sqlite3 *db)
{
	char sql[100];
	int64_t tables = 0;
	int result = sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL);

	if (result == SQLITE_OK)
		result = query_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (result == SQLITE_OK && tables == 0) {
		result = sqlite3_exec(db, schema_sql, NULL, NULL, NULL);
		if (result == SQLITE_OK)
			result = write_meta(db);
		snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d", STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
		if (result == SQLITE_OK)
			result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (sqlite3_get_autocommit(db) == 0)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

/* Changing to WAL is refused at once while others read the file in the old mode: SQLite asks no busy handler. */
static int enter_wal(sqlite3 *db)
{
	int result, tries = OPEN_PATIENCE_MS / 10;

	do {
		result = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
		if ((result & 0xff) != SQLITE_BUSY)
			return result;
		sqlite3_sleep(10);
	} while (--tries > 0);
	return result;
}

/* What the header alone doesn't tell: the schema reads, it is not newer in the WAL, the log's end is whole. */
static int accept_content(const struct opening *o, sqlite3 *db)
{
	int64_t id, version, last;
	int result = query_integer(db, "PRAGMA application_id", &id);

	if (result == SQLITE_OK)
		result = query_integer(db, "PRAGMA user_version", &version);
	if (result == SQLITE_OK && (id != STORE_APPLICATION_ID || version > STORE_SCHEMA_VERSION))
		return refuse(o, POLLUX_REFUSED, "%s was made by a newer Pollux (schema %d, this one knows %d)", o->path, (int)version,
			STORE_SCHEMA_VERSION);
	if (result == SQLITE_OK)
		result = query_integer(db, "SELECT max(seq) FROM log", &last);
	return result == SQLITE_OK ? 0 : refuse_by_sqlite(o, db, result);
}

/* Opens for good: accepted, in WAL mode, settled. */
static int open_database(const struct opening *o, bool empty, sqlite3 **db)
{
	int64_t tables = 0;
	int error, result = connection_open(db, o->path, o->options->read_only);

	if (result == SQLITE_OK)
		result = sqlite3_busy_timeout(*db, OPEN_PATIENCE_MS);
	if (result != SQLITE_OK)
		return refuse_by_sqlite(o, *db, result);
	if (!o->options->read_only && sqlite3_db_readonly(*db, "main") == 1)
		return refuse_by_sqlite(o, *db, SQLITE_READONLY);
	/* Asking rolls back what a killed process half made, which the header alone had shown as whole. */
	if (!empty)
		result = query_integer(*db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (result == SQLITE_OK && tables == 0 && o->options->create && !o->options->read_only)
		result = make_schema(*db);
	else if (result == SQLITE_OK && tables == 0)
		return refuse(o, POLLUX_REFUSED, "%s is no Pollux database: it is empty", o->path);
	if (result != SQLITE_OK)
		return refuse_by_sqlite(o, *db, result);
	error = accept_content(o, *db);
	if (error < 0)
		return error;
	if (!o->options->read_only)
		result = enter_wal(*db);
	if (result == SQLITE_OK)
		result = connection_settle(*db, o->options->sync_full, !o->options->cgi && !o->options->read_only);
	return result == SQLITE_OK ? 0 : refuse_by_sqlite(o, *db, result);
}

static int identify(const struct opening *o, const char *path, struct file_identity *out)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return refuse_by_errno(o, path);
	*out = (struct file_identity){ st.st_dev, st.st_ino };
	return 0;
}

static int identify_side_file(const struct opening *o, const char *suffix, struct file_identity *out)
{
	char path[SIDE_FILE_PATH_MAX];
	int fd, error = side_file_path(path, o->path, suffix);

	if (error == 0)
		error = side_file_open(&fd, o->path, suffix);
	if (error == POLLUX_TOO_BIG)
		return refuse(o, POLLUX_REFUSED, "%s: the path is too long", o->path);
	if (error < 0)
		return refuse_by_errno(o, path);
	close(fd);
	return identify(o, path, out);
}

/* Once the file was accepted: beside a refused one nothing is made. */
static int identify_side_files(struct store *s, const struct opening *o)
{
	int error = identify_side_file(o, SIDE_FILE_LOCK, &s->lock);

	return error < 0 ? error : identify_side_file(o, SIDE_FILE_BELL, &s->bell);
}

/* A path that doesn't change with the working directory, nor by which symbolic link it was named. */
static int resolve_path(struct store *s, struct opening *o)
{
	char *real = realpath(s->path, NULL);

	if (real == NULL)
		return refuse_by_errno(o, o->path);
	free(s->path);
	s->path = real;
	o->path = real;
	return 0;
}

static int open_it(struct store *s, struct opening *o)
{
	bool empty;
	int error = check_place(o);

	if (error == 0)
		error = find_or_make(o);
	if (error == 0)
		error = resolve_path(s, o);
	if (error == 0)
		error = probe(o, &empty);
	if (error == 0)
		error = identify(o, o->path, &s->file); /* before it is opened: replaced in between is then found out */
	if (error == 0)
		error = open_database(o, empty, &s->db);
	if (error == 0 && !s->read_only)
		error = identify_side_files(s, o);
	if (error == 0 && meta_get_text(s, "epoch", s->epoch, sizeof(s->epoch)) < 0)
		error = refuse(o, POLLUX_DATABASE, "%s: %s", o->path, store_error(s));
	/* Only now: until its first read in WAL mode an opener can meet another's recovery of it, or the last one leaving. */
	if (error == 0)
		(void)sqlite3_busy_timeout(s->db, 0);
	return error;
}

int store_open(struct store **out, const char *path, const struct store_options *options, char *why, size_t why_cap)
{
	struct opening o = { path, options, why, why_cap };
	struct store *s = calloc(1, sizeof(*s));
	int error = POLLUX_NO_MEMORY;

	*out = NULL;
	if (why_cap > 0)
		why[0] = '\0';
	if (s != NULL)
		s->path = strdup(path);
	if (s == NULL || s->path == NULL) {
		refuse(&o, error, "out of memory");
	} else {
		o.path = s->path;
		s->read_only = options->read_only;
		s->sync_full = options->sync_full;
		error = open_it(s, &o);
	}
	if (error < 0) {
		store_close(s);
		return error;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->db != NULL && store_in_transaction(s))
		store_rollback(s);
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s->room_walk_nsp);
	free(s->room_walk_room);
	free(s->path);
	free(s);
}

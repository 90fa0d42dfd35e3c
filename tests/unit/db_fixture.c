/* Fixture of the store's tests. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "db/store_internal.h"

int db_setup_folder(void **state)
{
	const char *base = getenv("TMPDIR");
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return -1;
	snprintf(db->folder, sizeof(db->folder), "%.40s/pollux-db-XXXXXX", base == NULL ? "/tmp" : base);
	if (mkdtemp(db->folder) == NULL)
		return -1;
	snprintf(db->path, sizeof(db->path), "%s/test.db", db->folder);
	*state = db;
	return 0;
}

int db_setup(void **state)
{
	if (db_setup_folder(state) != 0)
		return -1;
	((struct db *)*state)->s = db_open(((struct db *)*state)->path);
	return 0;
}

int db_teardown(void **state)
{
	struct db *db = *state;
	struct dirent *entry;
	DIR *folder;

	store_close(db->s);
	folder = opendir(db->folder);
	while (folder != NULL && (entry = readdir(folder)) != NULL)
		unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder != NULL)
		closedir(folder);
	rmdir(db->folder);
	free(db);
	return 0;
}

struct store *db_open(const char *path)
{
	struct store_options options = { .create = true };
	struct store *s;
	char why[300];

	if (store_open(&s, path, &options, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	return s;
}

void db_assert_refused(const char *path, const struct store_options *options, int error, const char *why)
{
	struct store *s;
	char said[300];
	int got = store_open(&s, path, options, said, sizeof(said));

	if (got != error || strstr(said, why) == NULL)
		fail_msg("%s: expected %d \"%s\", got %d \"%s\"", path, error, why, got, said);
	assert_null(s);
}

int64_t db_check(struct store *s, int64_t value, const char *what, int line)
{
	if (value < 0)
		fail_msg("line %d: %s: %s, %s", line, what, pollux_strerror((int)value), store_error(s));
	if (store_busy_statements(s) != 0)
		fail_msg("line %d: %s leaves a statement busy", line, what);
	return value;
}

void db_check_error(struct store *s, int64_t value, int error, const char *what, int line)
{
	if (value != error)
		fail_msg("line %d: %s: expected %s, got %lld", line, what, pollux_strerror(error), (long long)value);
	if (store_busy_statements(s) != 0)
		fail_msg("line %d: %s leaves a statement busy", line, what);
}

int64_t db_append_in(struct store *s, const char *room, const char *packet, int64_t at_ms)
{
	struct log_row row = { .nsp = text("/"), .room = text(room), .packet = text(packet), .at_ms = at_ms };

	if (room != NULL && *room == '\0') {
		row.kind = LOG_DIRECT;
		row.room = text("somebody");
	}
	OK(s, log_append(s, &row));
	return row.seq;
}

int64_t db_append(struct store *s, const char *room, const char *packet, int64_t at_ms)
{
	int64_t seq;

	OK(s, store_begin(s, "test"));
	seq = db_append_in(s, room, packet, at_ms);
	OK(s, store_commit(s));
	return seq;
}

static sqlite3 *open_foreign(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

int64_t db_query(const char *path, const char *sql)
{
	sqlite3 *db = open_foreign(path);
	sqlite3_stmt *st;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(st) == SQLITE_ROW)
		value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

void db_foreign(const char *path, const char *sql)
{
	sqlite3 *db = open_foreign(path);

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

pid_t db_fork(int (*child)(void *ctx), void *ctx)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
		_exit(child(ctx));
	}
	return pid;
}

int db_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

uint64_t db_file_sum(const char *path)
{
	uint64_t sum = 14695981039346656037u, length = 0;
	FILE *f = fopen(path, "rb");
	int c;

	if (f == NULL)
		return 0;
	while ((c = getc(f)) != EOF) {
		sum = (sum ^ (uint64_t)c) * 1099511628211u;
		length++;
	}
	fclose(f);
	return sum ^ length;
}

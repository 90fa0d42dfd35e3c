/* Opening and refusing, transactions, savepoints, replaced files. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/network_fs.h"
#include "db/side_file.h"
#include "db/store_internal.h"

static const struct store_options serve = { .create = true };

static void test_makes_and_reopens(void **state)
{
	struct db *db = *state;
	char epoch[16];
	struct stat st;

	assert_int_equal(strlen(store_epoch(db->s)), STORE_EPOCH_LEN);
	snprintf(epoch, sizeof(epoch), "%s", store_epoch(db->s));
	assert_int_equal(OK(db->s, log_last(db->s)), 0);
	assert_int_equal(db_append(db->s, "a", "[1]", 0), 1);
	assert_string_equal(store_path(db->s), db->path);
	store_close(db->s);
	db->s = db_open(db->path);
	assert_string_equal(store_epoch(db->s), epoch);
	assert_int_equal(OK(db->s, log_last(db->s)), 1);
	assert_int_equal(db_query(db->path, "PRAGMA application_id"), STORE_APPLICATION_ID);
	assert_int_equal(db_query(db->path, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
	assert_int_equal(stat(db->path, &st), 0);
	assert_int_equal(st.st_mode & 0007, 0);
}

static void test_absent(void **state)
{
	struct db *db = *state;
	char path[200];

	db_assert_refused(db->path, &(struct store_options){ 0 }, POLLUX_NOT_FOUND, "no such file");
	assert_int_equal(access(db->path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/nowhere/x.db", db->folder);
	db_assert_refused(path, &serve, POLLUX_NOT_FOUND, "no such file");
	db_assert_refused(db->folder, &serve, POLLUX_REFUSED, "not a file");
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

/* What is refused is left as it was, and nothing is made beside it. */
static void assert_refused_untouched(struct db *db, int error, const char *why)
{
	static const char *const suffixes[] = { "-wal", "-shm", "-journal", "-lock", "-bell" };
	uint64_t before = db_file_sum(db->path);
	char beside[200];

	db_assert_refused(db->path, &serve, error, why);
	db_assert_refused(db->path, &(struct store_options){ 0 }, error, why);
	assert_true(db_file_sum(db->path) == before);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(beside, sizeof(beside), "%s%s", db->path, suffixes[i]);
		if (access(beside, F_OK) == 0)
			fail_msg("%s was made", beside);
	}
}

static void test_refuses_foreign_files(void **state)
{
	struct db *db = *state;
	char junk[8192];

	memset(junk, 'x', sizeof(junk));
	write_file(db->path, junk, sizeof(junk));
	assert_refused_untouched(db, POLLUX_REFUSED, "not an SQLite file");
	write_file(db->path, "short", 5);
	assert_refused_untouched(db, POLLUX_REFUSED, "not an SQLite file");
	unlink(db->path);
	write_file(db->path, "", 0);
	db_foreign(db->path, "CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)");
	assert_refused_untouched(db, POLLUX_REFUSED, "another program");
	/* In WAL mode as well, with rows that lie in the WAL alone. */
	db_foreign(db->path, "PRAGMA journal_mode=WAL; INSERT INTO theirs VALUES(2)");
	assert_refused_untouched(db, POLLUX_REFUSED, "another program");
}

static void test_empty_file_is_made(void **state)
{
	struct db *db = *state;

	write_file(db->path, "", 0);
	db_assert_refused(db->path, &(struct store_options){ 0 }, POLLUX_REFUSED, "empty");
	db->s = db_open(db->path);
	assert_int_equal(db_append(db->s, "a", "[1]", 0), 1);
}

/* A store with rows, closed. */
static void make_and_close(struct db *db)
{
	db->s = db_open(db->path);
	OK(db->s, store_begin(db->s, "fill"));
	for (int i = 0; i < 200; i++)
		db_append_in(db->s, "a", "[\"some text that takes a little room\"]", 0);
	OK(db->s, store_commit(db->s));
	store_close(db->s);
	db->s = NULL;
}

static void remove_side_files(struct db *db)
{
	char beside[200];

	snprintf(beside, sizeof(beside), "%s-lock", db->path);
	unlink(beside);
	snprintf(beside, sizeof(beside), "%s-bell", db->path);
	unlink(beside);
}

static void patch(const char *path, off_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, n, at), n);
	close(fd);
}

static void test_refuses_newer_schema(void **state)
{
	struct db *db = *state;
	char sql[60];

	make_and_close(db);
	remove_side_files(db);
	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", STORE_SCHEMA_VERSION + 1);
	db_foreign(db->path, sql);
	assert_refused_untouched(db, POLLUX_REFUSED, "newer Pollux");
}

/* A newer Pollux that was killed: its schema is in the WAL alone. The file and the WAL stay as they were. */
static void test_refuses_newer_schema_in_wal(void **state)
{
	struct db *db = *state;
	char wal[200];
	uint64_t before, wal_before;
	sqlite3 *newer;

	make_and_close(db);
	assert_int_equal(sqlite3_open(db->path, &newer), SQLITE_OK);
	sqlite3_db_config(newer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_exec(newer, "PRAGMA user_version=77", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(newer);
	snprintf(wal, sizeof(wal), "%s-wal", db->path);
	before = db_file_sum(db->path);
	wal_before = db_file_sum(wal);
	db_assert_refused(db->path, &serve, POLLUX_REFUSED, "newer Pollux");
	assert_true(db_file_sum(db->path) == before);
	assert_true(db_file_sum(wal) == wal_before);
}

static void test_refuses_damage(void **state)
{
	struct db *db = *state;
	unsigned char junk[400];
	uint64_t before;

	make_and_close(db);
	memset(junk, 0xa5, sizeof(junk));
	patch(db->path, 100, junk, sizeof(junk)); /* the schema's first page */
	before = db_file_sum(db->path);
	db_assert_refused(db->path, &serve, POLLUX_DATABASE, "damaged");
	assert_true(db_file_sum(db->path) == before);
}

static void test_refuses_cut_file(void **state)
{
	struct db *db = *state;
	uint64_t before;

	make_and_close(db);
	assert_int_equal(truncate(db->path, 3 * 4096), 0);
	before = db_file_sum(db->path);
	db_assert_refused(db->path, &serve, POLLUX_DATABASE, "damaged");
	assert_true(db_file_sum(db->path) == before);
}

static int open_as_nobody(void *ctx)
{
	struct db *db = ctx;
	struct store *s;
	char why[300];
	int error;

	if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	error = store_open(&s, db->path, &serve, why, sizeof(why));
	if (error == POLLUX_REFUSED && (strstr(why, "read-only") != NULL || strstr(why, "ermission denied") != NULL))
		return 0;
	fprintf(stderr, "# got %d: %s\n", error, why);
	return 2;
}

/* Permissions don't bind root, so somebody else looks. */
static void test_refuses_read_only(void **state)
{
	struct db *db = *state;
	uint64_t before;

	make_and_close(db);
	before = db_file_sum(db->path);
	assert_int_equal(chmod(db->folder, 0755), 0);
	assert_int_equal(chmod(db->path, 0444), 0);
	assert_int_equal(db_wait(db_fork(open_as_nobody, db)), 0);
	assert_int_equal(chmod(db->path, 0666), 0);
	assert_int_equal(chmod(db->folder, 0555), 0);
	assert_int_equal(db_wait(db_fork(open_as_nobody, db)), 0);
	assert_int_equal(chmod(db->folder, 0755), 0);
	assert_true(db_file_sum(db->path) == before);
}

static int open_and_append(void *ctx)
{
	struct store *s;
	char why[300];
	int64_t until = clock_mono_ms() + 10000;
	struct log_row row = { .nsp = text("/"), .room = text("a"), .packet = text("[]") };

	if (store_open(&s, ctx, &serve, why, sizeof(why)) < 0) {
		fprintf(stderr, "# %s\n", why);
		return 1;
	}
	while (store_begin(s, "race") == POLLUX_BUSY && clock_mono_ms() < until)
		usleep(500);
	if (!store_in_transaction(s) || log_append(s, &row) < 0 || store_commit(s) < 0)
		return 2;
	store_close(s);
	return 0;
}

/* Several processes make the same store at once: one schema, one epoch, everybody in. */
static void test_creation_race(void **state)
{
	struct db *db = *state;
	pid_t pids[6];

	for (int round = 0; round < 10; round++) {
		for (size_t i = 0; i < COUNT(pids); i++)
			pids[i] = db_fork(open_and_append, db->path);
		for (size_t i = 0; i < COUNT(pids); i++)
			assert_int_equal(db_wait(pids[i]), 0);
		assert_int_equal(db_query(db->path, "SELECT count(*) FROM log"), COUNT(pids));
		assert_int_equal(db_query(db->path, "SELECT count(*) FROM meta WHERE name='epoch'"), 1);
		unlink(db->path);
		remove_side_files(db);
	}
}

static void test_transactions(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;

	OK(s, store_begin(s, "one"));
	assert_true(store_in_transaction(s));
	db_append_in(s, "a", "[1]", 0);
	store_rollback(s);
	assert_false(store_in_transaction(s));
	assert_int_equal(OK(s, log_last(s)), 0);
	store_rollback(s); /* harmless without one */
	OK(s, store_begin(s, "two"));
	assert_int_equal(db_append_in(s, "a", "[1]", 0), 1);
	OK(s, store_savepoint(s));
	assert_int_equal(db_append_in(s, "a", "[2]", 0), 2);
	OK(s, store_savepoint_rollback(s));
	OK(s, store_savepoint(s));
	assert_int_equal(db_append_in(s, "a", "[3]", 0), 2);
	OK(s, store_savepoint_release(s));
	OK(s, store_commit(s));
	assert_int_equal(OK(s, log_last(s)), 2);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM log WHERE packet IN ('[1]', '[3]')"), 2);
}

static void test_busy(void **state)
{
	struct db *db = *state;
	struct store *other = db_open(db->path);

	OK(other, store_begin(other, "other"));
	FAILS(db->s, POLLUX_BUSY, store_begin(db->s, "mine"));
	assert_false(store_in_transaction(db->s));
	assert_non_null(strstr(store_error(db->s), "mine: database is locked"));
	OK(db->s, store_read_begin(db->s)); /* reading goes on */
	assert_int_equal(OK(db->s, log_last(db->s)), 0);
	db_append_in(other, "a", "[1]", 0);
	OK(other, store_commit(other));
	assert_int_equal(OK(db->s, log_last(db->s)), 0); /* one view */
	store_read_end(db->s);
	assert_int_equal(OK(db->s, log_last(db->s)), 1);
	OK(db->s, store_begin(db->s, "mine"));
	OK(db->s, store_commit(db->s));
	store_close(other);
}

static const char *other_boot(void)
{
	return "11111111-2222-3333-4444-555555555555";
}

static const char *third_boot(void)
{
	return "99999999-2222-3333-4444-555555555555";
}

#define SKIP (INT64_C(1) << 20)

static void test_another_boot_skips(void **state)
{
	struct db *db = *state;
	struct store *s;

	assert_int_equal(db_append(db->s, "a", "[1]", 0), 1);
	store_boot_id = other_boot;
	s = db_open(db->path);
	OK(s, store_begin(s, "rolled back"));
	assert_int_equal(db_append_in(s, "a", "[2]", 0), 2 + SKIP);
	assert_int_equal(db_append_in(s, "a", "[2]", 0), 3 + SKIP);
	store_rollback(s);
	OK(s, store_begin(s, "savepoint"));
	OK(s, store_savepoint(s));
	assert_int_equal(db_append_in(s, "a", "[2]", 0), 2 + SKIP);
	OK(s, store_savepoint_rollback(s));
	assert_int_equal(db_append_in(s, "a", "[2]", 0), 2 + SKIP);
	OK(s, store_commit(s));
	assert_int_equal(db_append(s, "a", "[3]", 0), 3 + SKIP);
	store_close(s);
	s = db_open(db->path); /* another process of the same boot */
	assert_int_equal(db_append(s, "a", "[4]", 0), 4 + SKIP);
	store_boot_id = third_boot;
	store_close(s);
	s = db_open(db->path);
	assert_int_equal(db_append(s, "a", "[5]", 0), 5 + 2 * SKIP);
	store_close(s);
	store_boot_id = clock_boot_id;
}

static void test_replaced_files(void **state)
{
	static const char *const suffixes[] = { "", "-lock", "-bell" };
	struct db *db = *state;
	char path[200], moved[210];

	assert_true(store_files_unchanged(db->s));
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", db->path, suffixes[i]);
		snprintf(moved, sizeof(moved), "%s.moved", path);
		assert_int_equal(rename(path, moved), 0);
		assert_false(store_files_unchanged(db->s));
		write_file(path, "", 0);
		assert_false(store_files_unchanged(db->s));
		assert_int_equal(rename(moved, path), 0);
		assert_true(store_files_unchanged(db->s));
	}
}

static void test_side_files_follow(void **state)
{
	struct db *db = *state;
	char path[200];
	struct stat st;
	int fd;

	assert_int_equal(chmod(db->path, 0664), 0);
	if (getuid() == 0)
		assert_int_equal(chown(db->path, 33, 33), 0);
	remove_side_files(db);
	assert_int_equal(side_file_open(&fd, db->path, SIDE_FILE_BELL), 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
	snprintf(path, sizeof(path), "%s-bell", db->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0664);
	assert_int_equal(st.st_uid, getuid() == 0 ? 33 : getuid());
}

/* Two names of one database share its locks. */
static void test_symbolic_link(void **state)
{
	struct db *db = *state;
	char name[200], path[SIDE_FILE_PATH_MAX], real[SIDE_FILE_PATH_MAX];
	struct store *s;

	snprintf(name, sizeof(name), "%s/other-name.db", db->folder);
	assert_int_equal(symlink(db->path, name), 0);
	assert_int_equal(side_file_path(path, name, SIDE_FILE_LOCK), 0);
	assert_int_equal(side_file_path(real, db->path, SIDE_FILE_LOCK), 0);
	assert_string_equal(path, real);
	s = db_open(name);
	assert_string_equal(store_path(s), store_path(db->s));
	store_close(s);
}

/* PHP inserts a row and knows only that table. */
static void test_foreign_row(void **state)
{
	struct db *db = *state;
	int64_t at_ms, now = clock_wall_ms();

	db_append(db->s, "a", "[1]", 0);
	db_foreign(db->path, "INSERT INTO log(room, packet) VALUES('a', '[2]')");
	assert_int_equal(OK(db->s, log_last(db->s)), 2);
	at_ms = db_query(db->path, "SELECT at_ms FROM log WHERE seq=2");
	assert_true(at_ms >= now - 2 && at_ms < now + 10000);
	assert_int_equal(db_append(db->s, "a", "[3]", 0), 3);
}

static void test_read_only_store(void **state)
{
	struct db *db = *state;
	struct store_options look = { .read_only = true };
	struct store *s;
	char why[300];

	db_append(db->s, "a", "[1]", 0);
	assert_int_equal(store_open(&s, db->path, &look, why, sizeof(why)), 0);
	assert_int_equal(OK(s, log_last(s)), 1);
	FAILS(s, POLLUX_REFUSED, store_begin(s, "write"));
	assert_true(store_files_unchanged(s));
	store_close(s);
}

static void test_cgi_leaves_the_wal(void **state)
{
	struct db *db = *state;
	struct store_options cgi = { .cgi = true };
	struct store *s;
	char wal[200], why[300];

	store_close(db->s);
	db->s = NULL;
	assert_int_equal(store_open(&s, db->path, &cgi, why, sizeof(why)), 0);
	db_append(s, "a", "[1]", 0);
	store_close(s);
	snprintf(wal, sizeof(wal), "%s-wal", db->path);
	assert_int_equal(access(wal, F_OK), 0);
	db->s = db_open(db->path);
	assert_int_equal(OK(db->s, log_last(db->s)), 1);
	store_close(db->s);
	db->s = NULL;
	assert_int_equal(access(wal, F_OK), -1);
}

static void test_network_file_systems(void **state)
{
	char name[40];

	(void)state;
	assert_string_equal(network_fs_by_magic(0x6969), "NFS");
	assert_string_equal(network_fs_by_magic(0xff534d42u), "CIFS");
	assert_string_equal(network_fs_by_magic(0xfe534d42u), "SMB2");
	assert_string_equal(network_fs_by_magic(0x01021997u), "9P");
	assert_null(network_fs_by_magic(0xef53)); /* ext4 */
	assert_null(network_fs_by_magic(0x01021994)); /* tmpfs */
	assert_null(network_fs_by_magic(0x794c7630)); /* overlayfs */
	assert_true(network_fs_is_remote_fuse("fuse.sshfs"));
	assert_false(network_fs_is_remote_fuse("fuse.ntfs-3g"));
	assert_false(network_fs_is_remote_fuse("fuseblk"));
	assert_false(network_fs_is_remote_fuse("ext4"));
	assert_string_equal(
		network_fs_mount_type("36 35 0:52 / /mnt rw,noatime shared:1 - fuse.sshfs a@b: rw\n", 0, 52, name, sizeof(name)),
		"fuse.sshfs");
	assert_null(network_fs_mount_type("36 35 0:52 / /mnt rw - fuse.sshfs a@b: rw\n", 0, 53, name, sizeof(name)));
	assert_null(network_fs_mount_type("nonsense\n", 0, 52, name, sizeof(name)));
	assert_null(network_fs_of("/tmp/absent-file", name, sizeof(name)));
}

static void test_error_translation(void **state)
{
	(void)state;
	assert_int_equal(store_error_of(SQLITE_BUSY_SNAPSHOT, 0), POLLUX_BUSY);
	assert_int_equal(store_error_of(SQLITE_LOCKED, 0), POLLUX_BUSY);
	assert_int_equal(store_error_of(SQLITE_FULL, 0), POLLUX_NO_SPACE);
	assert_int_equal(store_error_of(SQLITE_IOERR_WRITE, ENOSPC), POLLUX_NO_SPACE);
	assert_int_equal(store_error_of(SQLITE_IOERR_SHMSIZE, ENOSPC), POLLUX_NO_SPACE);
	assert_int_equal(store_error_of(SQLITE_IOERR_NOMEM, 0), POLLUX_NO_MEMORY);
	assert_int_equal(store_error_of(SQLITE_NOMEM, 0), POLLUX_NO_MEMORY);
	assert_int_equal(store_error_of(SQLITE_CANTOPEN, EDQUOT), POLLUX_NO_SPACE);
	assert_int_equal(store_error_of(SQLITE_CANTOPEN, EACCES), POLLUX_DATABASE);
	assert_int_equal(store_error_of(SQLITE_CORRUPT, 0), POLLUX_DATABASE);
	assert_int_equal(store_error_of(SQLITE_NOTADB, 0), POLLUX_DATABASE);
	assert_int_equal(store_error_of(SQLITE_TOOBIG, 0), POLLUX_TOO_BIG);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, db_setup_folder, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_makes_and_reopens),
		WITH_FOLDER(test_absent),
		WITH_FOLDER(test_refuses_foreign_files),
		WITH_FOLDER(test_empty_file_is_made),
		WITH_FOLDER(test_refuses_newer_schema),
		WITH_FOLDER(test_refuses_newer_schema_in_wal),
		WITH_FOLDER(test_refuses_damage),
		WITH_FOLDER(test_refuses_cut_file),
		WITH_FOLDER(test_refuses_read_only),
		WITH_FOLDER(test_creation_race),
		WITH_STORE(test_transactions),
		WITH_STORE(test_busy),
		WITH_STORE(test_another_boot_skips),
		WITH_STORE(test_replaced_files),
		WITH_STORE(test_side_files_follow),
		WITH_STORE(test_symbolic_link),
		WITH_STORE(test_foreign_row),
		WITH_STORE(test_read_only_store),
		WITH_STORE(test_cgi_leaves_the_wal),
		cmocka_unit_test(test_network_file_systems),
		cmocka_unit_test(test_error_translation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

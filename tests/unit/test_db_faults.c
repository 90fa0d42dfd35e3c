/*
 * Full disks, I/O errors and no memory: every write, sync, truncate and allocation of a busy transaction fails in turn. Each
 * time the error is told, nothing is half-written, nothing stays busy, and the same work succeeds once there is room.
 */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/clients.h"
#include "db/kv.h"
#include "db/retention.h"
#include "db/sockets.h"
#include "db/store_internal.h"
#include "tests/unit/faulty_vfs.h"

static char long_text[3000];

static int append(struct store *s, const char *key)
{
	struct log_row row = {
		.nsp = text("/"), .room = text("a"), .packet = { long_text, sizeof(long_text) }, .key = text(key), .at_ms = 1000
	};

	return log_append(s, &row);
}

static int add_client(struct store *s)
{
	struct client_row row = { .protocol = 4 };
	struct socket_row socket = { .nsp = text("/") };
	int error;

	random_id(row.sid);
	error = client_insert(s, &row, long_text, sizeof(long_text));
	socket.sid = text(row.sid);
	socket.client = row.id;
	if (error == 0)
		error = socket_insert(s, &socket);
	if (error == 0)
		error = member_join(s, text("/"), text("a"), text(row.sid), 1);
	if (error == 0)
		error = client_park(s, row.id, 0, 1, 1);
	if (error == 0)
		error = socket_leave(s, text(row.sid), 1, 1);
	if (error == 0)
		error = client_delete(s, row.id); /* so that the work stays the same however often it is done */
	return error;
}

/* An event that fails by itself and is undone, then one that succeeds. */
static int two_events(struct store *s)
{
	int error = store_savepoint(s);

	if (error == 0)
		error = append(s, "undone");
	if (error == 0)
		error = store_savepoint_rollback(s);
	if (error == 0)
		error = store_savepoint(s);
	if (error == 0)
		error = append(s, NULL);
	if (error == 0)
		error = store_savepoint_release(s);
	return error;
}

static int work_inside(struct store *s)
{
	static const struct retention r = { .recovery_window_ms = 1, .history_max_rows = 20, .floor = INT64_MAX, .max_rows = 50 };
	int deleted, error = two_events(s);
	int64_t count;

	for (int i = 0; i < 8 && error == 0; i++)
		error = append(s, NULL);
	if (error == 0)
		error = add_client(s);
	if (error == 0)
		error = kv_add(s, text("count"), 1, &count);
	if (error == 0)
		error = retention_run(s, &r, 1000000, 1000000, &deleted);
	return error;
}

/* A tick's transaction. Whatever fails, it is over afterwards. */
static int work(struct store *s)
{
	int error = store_begin(s, "work");

	if (error < 0)
		return error;
	error = work_inside(s);
	if (error == 0)
		return store_commit(s);
	store_rollback(s);
	return error;
}

static int64_t times_done(struct store *s)
{
	char *value;
	size_t len;
	int64_t n;

	if (kv_get(s, text("count"), &value, &len) < 0)
		return 0;
	n = atol(value);
	free(value);
	return n;
}

/* All of a transaction is there or nothing of it: the counter and the newest seq go together. */
static void assert_whole(struct store *s, int64_t done, int64_t last)
{
	assert_false(store_in_transaction(s));
	assert_int_equal(store_busy_statements(s), 0);
	assert_int_equal(times_done(s), done);
	assert_int_equal(log_last(s), last);
}

struct faults {
	void (*arm)(int nth);
	int expected[2];
};

static void arm_full(int nth)
{
	faulty_arm_io(nth, SQLITE_FULL, false);
}

static void arm_one_io_error(int nth)
{
	faulty_arm_io(nth, SQLITE_IOERR_WRITE, true);
}

static void arm_io_errors(int nth)
{
	faulty_arm_io(nth, SQLITE_IOERR_FSYNC, false);
}

static void arm_one_allocation(int nth)
{
	faulty_arm_memory(nth, true);
}

static void arm_no_memory(int nth)
{
	faulty_arm_memory(nth, false);
}

/* Returns how many calls there were to fail. Every step-th does (a prime: where there are thousands). */
static int fail_in_turn(struct db *db, void (*arm)(int nth), int expected, int step)
{
	int64_t done = times_done(db->s), last = log_last(db->s);
	int error, nth = 1 - step;
	bool failed;

	do {
		if (step > 1) {
			store_close(db->s);
			db->s = db_open(db->path);
			sqlite3_exec(db->s->db, "PRAGMA cache_size=3; PRAGMA wal_autocheckpoint=40", NULL, NULL, NULL);
		}
		arm(nth += step);
		error = work(db->s);
		failed = faulty_disarm();
		if (error == 0) { /* nothing failed, or only the checkpoint after the commit */
			done++;
			last = log_last(db->s);
		} else if (error != expected) {
			fail_msg("fault %d: %s (%s)", nth, pollux_strerror(error), store_error(db->s));
		}
		assert_whole(db->s, done, last);
		if (error < 0) {
			OK(db->s, work(db->s)); /* there is room again */
			last = log_last(db->s);
			assert_whole(db->s, ++done, last);
		}
		sqlite3_wal_checkpoint_v2(db->s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	} while (failed && nth < 5000);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"), 1);
	printf("# %d faults\n", nth - 1);
	return nth - 1;
}

static void prepare(struct db *db)
{
	sqlite3_exec(db->s->db, "PRAGMA cache_size=3; PRAGMA wal_autocheckpoint=40", NULL, NULL, NULL);
	OK(db->s, work(db->s));
}

static void test_full_disk(void **state)
{
	prepare(*state);
	assert_in_range(fail_in_turn(*state, arm_full, POLLUX_NO_SPACE, 1), 10, 4000);
}

static void test_one_io_error(void **state)
{
	prepare(*state);
	assert_in_range(fail_in_turn(*state, arm_one_io_error, POLLUX_NO_SPACE, 1), 10, 4000);
}

static void test_io_errors(void **state)
{
	prepare(*state);
	assert_in_range(fail_in_turn(*state, arm_io_errors, POLLUX_NO_SPACE, 1), 10, 4000);
}

static void test_one_allocation(void **state)
{
	prepare(*state);
	assert_in_range(fail_in_turn(*state, arm_one_allocation, POLLUX_NO_MEMORY, 1), 10, 4999);
}

static void test_no_memory(void **state)
{
	prepare(*state);
	assert_in_range(fail_in_turn(*state, arm_no_memory, POLLUX_NO_MEMORY, 1), 10, 4999);
}

/* With a store just opened, where preparing the statements fails as well. */
static void test_first_transaction(void **state)
{
	prepare(*state);
	assert_in_range(fail_in_turn(*state, arm_one_allocation, POLLUX_NO_MEMORY, 7), 100, 4999);
}

/* Opening: an error with a sentence, or a store that works; never a half-made one. */
static void open_under_faults(struct db *db, void (*arm)(int nth), bool make, int step)
{
	struct store_options options = { .create = true };
	struct store *s;
	char why[300], path[200];
	int error, nth = 1 - step;
	bool failed;

	do {
		snprintf(path, sizeof(path), "%s/open%d.db", db->folder, make ? nth : 0);
		arm(nth += step);
		error = store_open(&s, path, &options, why, sizeof(why));
		failed = faulty_disarm();
		if (error < 0) {
			assert_null(s);
			assert_true(strlen(why) > 10);
			s = db_open(path);
		}
		db_append(s, "a", "[1]", 0);
		store_close(s);
		assert_int_equal(db_query(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"), 1);
	} while (failed && nth < 9000);
	printf("# %d faults\n", nth - 1);
	assert_in_range(nth, 3, 8999);
}

static void test_making_on_a_full_disk(void **state)
{
	open_under_faults(*state, arm_full, true, 1);
}

static void test_opening_with_io_errors(void **state)
{
	open_under_faults(*state, arm_one_io_error, false, 1);
}

static void test_making_without_memory(void **state)
{
	open_under_faults(*state, arm_one_allocation, true, 29);
}

/* A quota on pages: the file may not grow. */
static void test_page_quota(void **state)
{
	struct db *db = *state;
	int error = 0, tries = 0;
	int64_t done;
	char sql[100];

	OK(db->s, work(db->s));
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%lld", (long long)db_query(db->path, "PRAGMA page_count") + 10);
	sqlite3_exec(db->s->db, sql, NULL, NULL, NULL);
	while (error == 0 && ++tries < 100) {
		done = times_done(db->s);
		error = append(db->s, NULL); /* outside: a transaction of its own */
		if (error == 0)
			error = work(db->s);
	}
	assert_int_equal(error, POLLUX_NO_SPACE);
	assert_int_equal(times_done(db->s), done);
	assert_false(store_in_transaction(db->s));
	sqlite3_exec(db->s->db, "PRAGMA max_page_count=100000", NULL, NULL, NULL);
	OK(db->s, work(db->s));
}

static int fill_until_refused(struct db *db, int64_t *rows)
{
	int error = 0;

	for (*rows = 0; error == 0 && *rows < 100000; (*rows)++) {
		error = store_begin(db->s, "fill");
		if (error == 0)
			error = append(db->s, NULL);
		if (error == 0)
			error = store_commit(db->s);
		else
			store_rollback(db->s);
	}
	(*rows)--;
	return error;
}

/* The kernel says no: files of this process may not grow. */
static int file_size_limit(void *ctx)
{
	struct db *db = ctx;
	struct rlimit limit = { 600000, RLIM_INFINITY };
	int64_t rows;

	db->s = db_open(db->path);
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || fill_until_refused(db, &rows) != POLLUX_NO_SPACE)
		return 1;
	if (log_last(db->s) != rows || store_in_transaction(db->s) || store_busy_statements(db->s) != 0)
		return 2;
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || work(db->s) < 0)
		return 3;
	store_close(db->s);
	return 0;
}

static void test_file_size_limit(void **state)
{
	struct db *db = *state;

	assert_int_equal(db_wait(db_fork(file_size_limit, db)), 0);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"), 1);
}

#define NO_MOUNTS 77

/* A file system of 2 MB of one's own; another file on it makes it full, and room when it goes. */
static int small_disk(void *ctx)
{
	struct db *db = ctx;
	int64_t rows;

	if ((unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("pollux", db->folder, "tmpfs", 0, "size=2m") != 0)
		return NO_MOUNTS;
	db->s = db_open(db->path);
	if (fill_until_refused(db, &rows) != POLLUX_NO_SPACE || rows < 100)
		return 1;
	if (log_last(db->s) != rows || store_in_transaction(db->s) || store_busy_statements(db->s) != 0)
		return 2;
	if (mount("pollux", db->folder, "tmpfs", MS_REMOUNT, "size=20m") != 0 || work(db->s) < 0)
		return 3;
	store_close(db->s);
	return 0;
}

static void test_small_disk(void **state)
{
	int result = db_wait(db_fork(small_disk, *state));

	if (result == NO_MOUNTS)
		printf("# may not mount here: the limits on pages and file sizes stand for it\n");
	else
		assert_int_equal(result, 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, db_setup_folder, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_full_disk),
		WITH_STORE(test_one_io_error),
		WITH_STORE(test_io_errors),
		WITH_STORE(test_one_allocation),
		WITH_STORE(test_no_memory),
		WITH_STORE(test_first_transaction),
		WITH_FOLDER(test_making_on_a_full_disk),
		WITH_FOLDER(test_opening_with_io_errors),
		WITH_FOLDER(test_making_without_memory),
		WITH_STORE(test_page_quota),
		WITH_FOLDER(test_file_size_limit),
		WITH_FOLDER(test_small_disk),
	};

	memset(long_text, 'x', sizeof(long_text));
	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

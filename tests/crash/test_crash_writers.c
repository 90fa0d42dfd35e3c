/* Several processes on one file: one order, everything read by everybody; killed, stopped, obstructed. */
#include "config.h"
#include "tests/crash/writer.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/side_file.h"

/* `make crash-long` sets this: the seconds of the tests that only get better with time. */
static int seconds(int usually)
{
	const char *longer = getenv("POLLUX_CRASH_SECONDS");

	return longer == NULL ? usually : (int)strtol(longer, NULL, 10);
}

/* Makes the database without keeping a connection over the forks. */
static void make(struct db *db)
{
	store_close(db_open(db->path));
}

static bool more_commits(struct shared *shared, int64_t than)
{
	return writer_commits(shared) > than;
}

static void run_together(struct db *db, int n, int rows)
{
	struct shared *shared = writer_shared();
	struct writer w[WRITERS_MAX];
	pid_t pids[WRITERS_MAX];
	int64_t all;

	make(db);
	for (int i = 0; i < n; i++) {
		w[i] = (struct writer){ .path = db->path, .shared = shared, .me = i, .rows = rows };
		pids[i] = db_fork(writer_live, &w[i]);
	}
	usleep(1500000);
	shared->stop = 1;
	for (int i = 0; i < n; i++)
		assert_int_equal(db_wait(pids[i]), 0);
	all = db_query(db->path, "SELECT count(*) FROM log");
	assert_int_equal(all, shared->acked_count);
	assert_int_equal(db_query(db->path, "SELECT max(seq) FROM log"), all); /* nobody skipped a number either */
	for (int i = 0; i < n; i++) {
		assert_int_equal(shared->read[i], all);
		assert_true(shared->commits[i] > 20);
		assert_int_equal(shared->busy[i], 0); /* with the lock nobody of ours is in the way */
	}
	printf("# %d processes: %lld rows\n", n, (long long)all);
	writer_assert_acked(db->path, shared);
	writer_assert_sound(db->path);
}

static void test_two(void **state)
{
	run_together(*state, 2, 3);
}

static void test_four(void **state)
{
	run_together(*state, 4, 20);
}

/* One is killed every few milliseconds, wherever it is, and started again. */
static void test_kill_9(void **state)
{
	struct db *db = *state;
	struct shared *shared = writer_shared();
	struct writer w[WRITERS_MAX];
	pid_t pids[WRITERS_MAX];
	int64_t until = clock_mono_ms() + 1000 * seconds(3), before;
	int kills = 0;

	make(db);
	for (int i = 0; i < WRITERS_MAX; i++) {
		w[i] = (struct writer){ .path = db->path, .shared = shared, .me = i, .rows = 30 };
		pids[i] = db_fork(writer_live, &w[i]);
	}
	while (clock_mono_ms() < until || kills < 40) {
		int victim = kills % WRITERS_MAX;

		usleep((useconds_t)(2000 + kills * 7919 % 13000));
		before = writer_commits(shared);
		kill(pids[victim], SIGKILL);
		assert_int_equal(db_wait(pids[victim]), 128 + SIGKILL);
		shared->holding[victim] = 0;
		/* The others go on, without waiting for it to come back. */
		assert_true(writer_wait(more_commits, shared, before, 10000));
		shared->cursor[victim] = 0;
		pids[victim] = db_fork(writer_live, &w[victim]);
		kills++;
	}
	shared->stop = 1;
	for (int i = 0; i < WRITERS_MAX; i++)
		assert_int_equal(db_wait(pids[i]), 0);
	printf("# %d kills, %lld commits\n", kills, (long long)writer_commits(shared));
	writer_assert_acked(db->path, shared);
	writer_assert_sound(db->path);
}

static bool first_holds(struct shared *shared, int64_t than)
{
	(void)than;
	return shared->holding[0] != 0;
}

/* The holder is stopped: everybody reads on, writers wait, and go on when it does. */
static void test_stopped_holder(void **state)
{
	struct db *db = *state;
	struct shared *shared = writer_shared();
	struct writer slow = { .path = db->path, .shared = shared, .me = 0, .rows = 2, .hold_ms = 20 };
	struct writer other = { .path = db->path, .shared = shared, .me = 1, .rows = 2 };
	struct store *reader;
	int64_t before;
	pid_t pids[2];
	int fd;

	make(db);
	pids[0] = db_fork(writer_live, &slow);
	pids[1] = db_fork(writer_live, &other);
	for (int round = 0; round < 5; round++) {
		assert_true(side_file_open(&fd, db->path, SIDE_FILE_LOCK) == 0);
		do { /* caught with the lock in its hands */
			assert_true(writer_wait(first_holds, shared, 0, 5000));
			kill(pids[0], SIGSTOP);
			usleep(2000);
			if (!side_file_locked(fd, LOCK_BYTE_WRITER, 1) || !shared->holding[0])
				kill(pids[0], SIGCONT);
			else
				break;
		} while (true);
		usleep(100000); /* whoever committed just before has counted it by now */
		before = writer_commits(shared);
		usleep(50000);
		assert_int_equal(writer_commits(shared), before);
		close(fd);
		reader = db_open(db->path); /* even opening goes */
		assert_true(OK(reader, log_last(reader)) >= before);
		store_close(reader);
		kill(pids[0], SIGCONT);
		assert_true(writer_wait(more_commits, shared, before + 2, 5000));
	}
	shared->stop = 1;
	assert_int_equal(db_wait(pids[0]), 0);
	assert_int_equal(db_wait(pids[1]), 0);
	assert_int_equal(shared->read[0], shared->read[1]);
	writer_assert_acked(db->path, shared);
	writer_assert_sound(db->path);
}

/* A PHP script that begins, inserts, and takes its time. It knows no lock and rings no bell. */
static void test_foreign_writer(void **state)
{
	struct db *db = *state;
	struct shared *shared = writer_shared();
	struct writer w[2];
	int64_t held_ms, before;
	sqlite3 *php;
	pid_t pids[2];

	make(db);
	for (int i = 0; i < 2; i++) {
		w[i] = (struct writer){ .path = db->path, .shared = shared, .me = i, .rows = 2 };
		pids[i] = db_fork(writer_live, &w[i]);
	}
	assert_true(writer_wait(more_commits, shared, 5, 5000));
	assert_int_equal(sqlite3_open(db->path, &php), SQLITE_OK);
	sqlite3_busy_timeout(php, 5000);
	assert_int_equal(
		sqlite3_exec(php, "BEGIN IMMEDIATE; INSERT INTO log(room, packet) VALUES('a', '[\"php\"]')", NULL, NULL, NULL), SQLITE_OK);
	usleep(200000); /* whoever committed just before has counted it by now */
	before = writer_commits(shared);
	held_ms = getenv("POLLUX_CRASH_SECONDS") ? 10000 : 1500;
	usleep((useconds_t)held_ms * 1000);
	assert_int_equal(writer_commits(shared), before);
	assert_true(shared->busy[0] + shared->busy[1] > held_ms / 100); /* they come back, every 5 ms or so, and let the lock go */
	assert_int_equal(sqlite3_exec(php, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_true(writer_wait(more_commits, shared, before + 10, 5000));
	sqlite3_close(php);
	shared->stop = 1;
	for (int i = 0; i < 2; i++)
		assert_int_equal(db_wait(pids[i]), 0);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM log WHERE packet='[\"php\"]'"), 1);
	assert_int_equal(shared->read[0], db_query(db->path, "SELECT count(*) FROM log"));
	assert_int_equal(shared->read[1], shared->read[0]);
	writer_assert_acked(db->path, shared);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, db_setup_folder, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_two),
		WITH_FOLDER(test_four),
		WITH_FOLDER(test_kill_9),
		WITH_FOLDER(test_stopped_holder),
		WITH_FOLDER(test_foreign_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Checkpoints: one is elected, the next when it dies; the WAL stays bounded under load without a pause. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/checkpoint.h"
#include "db/side_file.h"
#include "db/writer_lock.h"

static int64_t wal_bytes(const struct db *db)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof(path), "%s-wal", db->path);
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static struct checkpoint *start(const char *path)
{
	struct checkpoint *c;

	assert_int_equal(checkpoint_start(&c, path), 0);
	return c;
}

static bool wait_elected(const char *path, bool elected)
{
	int64_t until = clock_mono_ms() + 5000;
	bool is = !elected;
	int fd;

	assert_int_equal(side_file_open(&fd, path, SIDE_FILE_LOCK), 0);
	while (is != elected && clock_mono_ms() < until) {
		is = side_file_locked(fd, LOCK_BYTE_CHECKPOINT, 1);
		usleep(1000);
	}
	close(fd);
	return is == elected;
}

static void test_election(void **state)
{
	struct db *db = *state;
	struct checkpoint *a = start(db->path), *b;

	assert_true(wait_elected(db->path, true));
	b = start(db->path);
	checkpoint_stop(a);
	assert_true(wait_elected(db->path, true)); /* the other one notices */
	checkpoint_stop(b);
	assert_true(wait_elected(db->path, false));
	checkpoint_stop(NULL);
}

struct writer {
	const char *path;
	int ms;
};

static int write_without_pause(void *ctx)
{
	struct writer *w = ctx;
	struct log_row row = { .nsp = text("/"),
		.room = text("a"),
		.packet = text("[\"message\",\"a text of some length, as people write them in a chat room\"]") };
	struct store *s = db_open(w->path);
	struct writer_lock *l;
	int64_t until = clock_mono_ms() + w->ms;
	int busy = 0;

	if (writer_lock_new(&l, w->path) < 0)
		return 1;
	while (clock_mono_ms() < until) {
		while (writer_lock_try(l) < 0)
			usleep(20);
		if (store_begin(s, "load") < 0) {
			busy++;
		} else {
			for (int i = 0; i < 200; i++)
				if (log_append(s, &row) < 0)
					return 2;
			if (store_commit(s) < 0)
				return 3;
		}
		writer_lock_release(l);
	}
	printf("# %d transactions met a BUSY\n", busy);
	fflush(stdout);
	writer_lock_free(l);
	store_close(s);
	return 0;
}

static void test_bounded_under_load(void **state)
{
	struct db *db = *state;
	struct writer w = { db->path, 2500 };
	struct checkpoint *c;
	int64_t longest = 0, until;
	pid_t pids[2];

	store_close(db->s);
	db->s = NULL;
	for (int i = 0; i < 2; i++)
		pids[i] = db_fork(write_without_pause, &w);
	c = start(db->path);
	until = clock_mono_ms() + w.ms;
	while (clock_mono_ms() < until) {
		if (wal_bytes(db) > longest)
			longest = wal_bytes(db);
		usleep(5000);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(db_wait(pids[i]), 0);
	printf("# longest WAL: %lld KB, rows: %lld\n", (long long)longest / 1024,
		(long long)db_query(db->path, "SELECT count(*) FROM log"));
	assert_in_range(longest, 1, 40 << 20); /* 32 MB is where writers would checkpoint by themselves */
	checkpoint_stop(c);
}

/* The helper stops also while it waits for a writer lock that nobody lets go. */
static void test_stops_while_waiting(void **state)
{
	struct db *db = *state;
	struct writer_lock *l;
	struct checkpoint *c;

	assert_int_equal(writer_lock_new(&l, db->path), 0);
	assert_int_equal(writer_lock_try(l), 0);
	OK(db->s, store_read_begin(db->s));
	OK(db->s, log_last(db->s)); /* an old reader: the WAL can't be copied whole */
	struct store *writer = db_open(db->path);
	OK(writer, store_begin(writer, "fill"));
	for (int i = 0; i < 100000; i++)
		db_append_in(writer, "a", "[\"a text of some length, as people write them in a chat room, and then some more of it\"]", 1);
	OK(writer, store_commit(writer));
	assert_true(wal_bytes(db) > (12 << 20));
	c = start(db->path);
	usleep(300000);
	checkpoint_stop(c);
	store_read_end(db->s);
	writer_lock_free(l);
	store_close(writer);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_election),
		WITH_STORE(test_bounded_under_load),
		WITH_STORE(test_stops_while_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

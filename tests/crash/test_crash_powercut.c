/*
 * A power cut by simulation: with synchronous=NORMAL the end of the WAL may be missing afterwards. The WAL is cut at every frame,
 * and in the middle of some; another boot opens what is left. No number that anybody saw is ever given out again.
 */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/store_internal.h"

#define WAL_HEADER 32
#define FRAME (24 + 4096)

static char boot[40];

static const char *test_boot(void)
{
	return boot;
}

static void next_boot(void)
{
	static int n;

	snprintf(boot, sizeof(boot), "00000000-0000-0000-0000-%012d", ++n);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

static void copy(const char *from, const char *to, off_t n)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	char buffer[4096];
	size_t got;

	assert_non_null(in);
	assert_non_null(out);
	while (n > 0 && (got = fread(buffer, 1, n < (off_t)sizeof(buffer) ? (size_t)n : sizeof(buffer), in)) > 0) {
		assert_int_equal(fwrite(buffer, 1, got, out), got);
		n -= (off_t)got;
	}
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* What the disk holds after the cut: the main file, and the WAL up to here. */
static void cut(const char *from, const char *to, off_t wal_bytes)
{
	char a[300], b[300];

	copy(from, to, size_of(from));
	snprintf(a, sizeof(a), "%s-wal", from);
	snprintf(b, sizeof(b), "%s-wal", to);
	copy(a, b, wal_bytes);
	snprintf(b, sizeof(b), "%s-shm", to);
	unlink(b);
}

static off_t wal_size(const char *path)
{
	char wal[300];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	return size_of(wal);
}

/* Forty transactions; the newest number that was shown. */
static int64_t serve(struct store *s, int transactions)
{
	int64_t shown = 0;

	for (int i = 0; i < transactions; i++) {
		OK(s, store_begin(s, "serve"));
		for (int j = 0; j <= i % 3; j++)
			shown = db_append_in(s, "a", "[\"a message of a length as people write\"]", 0);
		OK(s, store_commit(s));
	}
	return shown;
}

static void assert_unseen(const char *path, int64_t shown)
{
	struct store *s = db_open(path);
	int64_t last = OK(s, log_last(s)), first;

	assert_true(last <= shown);
	first = db_append(s, "a", "[\"after\"]", 0);
	if (first <= shown)
		fail_msg("seq %lld again: %lld was shown, the disk knew %lld", (long long)first, (long long)shown, (long long)last);
	store_close(s);
	assert_int_equal(db_query(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

static void test_cut_anywhere(void **state)
{
	struct db *db = *state;
	char path[200];
	int64_t shown;
	off_t at, end;

	next_boot();
	snprintf(path, sizeof(path), "%s/cut.db", db->folder);
	db->s = db_open(db->path);
	shown = serve(db->s, 40);
	end = wal_size(db->path);
	assert_true(end > WAL_HEADER + 40 * FRAME);
	next_boot();
	for (at = 0; at <= end; at += at == 0 ? WAL_HEADER : FRAME) {
		cut(db->path, path, at);
		assert_unseen(path, shown);
		cut(db->path, path, at + FRAME / 2 < end ? at + FRAME / 2 : end);
		assert_unseen(path, shown);
	}
}

/* A second cut takes the second boot's end as well: but not its first transaction, which was FULL. */
static void test_cut_twice(void **state)
{
	struct db *db = *state;
	char second[200], third[200];
	int64_t shown;
	struct store *s;
	off_t safe, at;

	next_boot();
	snprintf(second, sizeof(second), "%s/second.db", db->folder);
	snprintf(third, sizeof(third), "%s/third.db", db->folder);
	db->s = db_open(db->path);
	serve(db->s, 10);
	cut(db->path, second, WAL_HEADER + 3 * FRAME);
	next_boot();
	s = db_open(second);
	OK(s, store_begin(s, "first of the boot"));
	assert_int_equal(db_append_in(s, "a", "[]", 0) >> 20, 1);
	assert_true(s->sync_raised);
	OK(s, store_commit(s));
	assert_false(s->sync_raised);
	safe = wal_size(second);
	shown = serve(s, 10);
	assert_true(wal_size(second) > safe);
	next_boot();
	for (at = safe; at <= wal_size(second); at += FRAME) {
		cut(second, third, at);
		assert_unseen(third, shown);
	}
	store_close(s);
}

static int reset_boot(void **state)
{
	store_boot_id = clock_boot_id;
	return db_teardown(state);
}

static int set_boot(void **state)
{
	store_boot_id = test_boot;
	return db_setup_folder(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut_anywhere, set_boot, reset_boot),
		cmocka_unit_test_setup_teardown(test_cut_twice, set_boot, reset_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

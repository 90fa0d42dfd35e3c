/* Forgetting: by age, by rows, by the recovery window; what must stay, and that gaps are told. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "db/clients.h"
#include "db/kv.h"
#include "db/retention.h"
#include "db/sockets.h"

#define NOW INT64_C(1000000000)
#define WINDOW 60000

static const struct retention keep_all = { .recovery_window_ms = WINDOW, .floor = INT64_MAX, .max_rows = 1000 };

/* One batch; how many rows went. */
static int run(struct store *s, const struct retention *r, int64_t wall_ms)
{
	int deleted;

	OK(s, store_begin(s, "retention"));
	OK(s, retention_run(s, r, wall_ms, wall_ms, &deleted));
	OK(s, store_commit(s));
	return deleted;
}

static int run_all(struct store *s, const struct retention *r, int64_t wall_ms)
{
	int all = 0;

	for (int i = 0; i < 400; i++)
		all += run(s, r, wall_ms);
	return all;
}

static int list(void *ctx, const struct log_row *row)
{
	char *out = ctx;

	snprintf(out + strlen(out), 300 - strlen(out), "%lld ", (long long)row->seq);
	return 0;
}

static void assert_rows(struct store *s, const char *expected)
{
	char out[300] = "";

	OK(s, log_read(s, 0, 100, list, out));
	assert_string_equal(out, expected);
}

static void assert_gaps(struct store *s, int64_t events, int64_t direct)
{
	int64_t e, d;

	OK(s, log_gaps(s, &e, &d));
	assert_int_equal(e, events);
	assert_int_equal(d, direct);
}

static void test_window(void **state)
{
	struct store *s = ((struct db *)*state)->s;

	db_append(s, "", "[\"direct\"]", NOW - WINDOW - 10);
	db_append(s, "a", "[\"history\"]", NOW - WINDOW - 9);
	db_append(s, NULL, "[\"all\"]", NOW - WINDOW - 8);
	db_append(s, "", "[\"young\"]", NOW - WINDOW + 1000);
	db_append(s, "", "[\"newest\"]", NOW);
	assert_int_equal(run(s, &keep_all, NOW), 2);
	assert_rows(s, "2 4 5 ");
	assert_gaps(s, 0, 3);
	assert_int_equal(run(s, &keep_all, NOW), 0);
	assert_int_equal(run(s, &keep_all, NOW + 10 * WINDOW), 1);
	assert_rows(s, "2 5 "); /* the newest stays whatever it is */
	assert_gaps(s, 0, 4);
	assert_int_equal(db_append(s, "a", "[6]", NOW + 10 * WINDOW), 6);
	assert_int_equal(run(s, &keep_all, NOW + 20 * WINDOW), 1); /* and goes once it isn't the newest */
	assert_rows(s, "2 6 ");
	assert_gaps(s, 0, 5);
}

static void test_floor(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct retention r = keep_all;

	r.history_max_age_ms = 1;
	r.history_max_rows = 1;
	for (int i = 0; i < 10; i++)
		db_append(s, i % 2 ? "a" : "", "[1]", NOW - 10 * WINDOW);
	r.floor = 4;
	run_all(s, &r, NOW);
	assert_rows(s, "5 6 7 8 9 10 ");
	r.floor = INT64_MAX;
	run_all(s, &r, NOW);
	assert_rows(s, "10 ");
}

static void test_age(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct retention r = keep_all;

	r.history_max_age_ms = 5 * WINDOW;
	db_append(s, "a", "[1]", NOW - 6 * WINDOW);
	db_append(s, "b", "[2]", NOW - 6 * WINDOW);
	db_append(s, "a", "[3]", NOW - 4 * WINDOW);
	db_append(s, "a", "[4]", NOW);
	run_all(s, &r, NOW);
	assert_rows(s, "3 4 ");
	assert_gaps(s, 2, 0);
	r.history_max_age_ms = 1; /* never below the window */
	run_all(s, &r, NOW);
	assert_rows(s, "4 ");
	db_append(s, "a", "[5]", NOW);
	run_all(s, &r, NOW);
	assert_rows(s, "4 5 ");
	run_all(s, &r, NOW + 100 * WINDOW);
	assert_rows(s, "5 ");
	assert_int_equal(db_append(s, "a", "[6]", NOW), 6);
}

static void test_rows(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct retention r = keep_all;

	r.history_max_rows = 3;
	for (int i = 1; i <= 8; i++)
		db_append(s, "a", "[1]", NOW - 2 * WINDOW);
	db_append(s, "b", "[1]", NOW - 2 * WINDOW);
	for (int i = 10; i <= 12; i++)
		db_append(s, "c", "[1]", NOW);
	run_all(s, &r, NOW);
	assert_rows(s, "6 7 8 9 10 11 12 ");
	assert_gaps(s, 5, 0);
	for (int i = 13; i <= 17; i++)
		db_append(s, "b", "[1]", NOW); /* too many, but only the first has left the window */
	run_all(s, &r, NOW);
	assert_gaps(s, 9, 0);
	assert_rows(s, "6 7 8 10 11 12 13 14 15 16 17 ");
	run_all(s, &r, NOW + 2 * WINDOW);
	assert_rows(s, "6 7 8 10 11 12 15 16 17 ");
	r.history_max_rows = 2; /* lowered: rooms that don't grow are looked at in their turn */
	run_all(s, &r, NOW + 2 * WINDOW);
	assert_rows(s, "7 8 11 12 16 17 ");
}

/* Small batches do it as well as large ones, and each is small. */
static void test_small_batches(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct retention r = keep_all;
	char room[10];

	r.history_max_rows = 2;
	r.max_rows = 7;
	OK(s, store_begin(s, "fill"));
	for (int i = 0; i < 600; i++) {
		snprintf(room, sizeof(room), "r%d", i % 20);
		db_append_in(s, i % 3 == 0 ? "" : room, "[1]", NOW - 2 * WINDOW);
	}
	OK(s, store_commit(s));
	for (int i = 0; i < 600; i++)
		assert_in_range(run(s, &r, NOW), 0, 2 * r.max_rows + 2);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM log WHERE kind=0"), 40);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM log WHERE kind=1"), 0);
}

/* A row from a wrong clock's future holds up nothing. */
static void test_wrong_clock(void **state)
{
	struct store *s = ((struct db *)*state)->s;

	db_append(s, "", "[1]", NOW + INT64_C(100) * 24 * 3600 * 1000);
	db_append(s, "", "[2]", NOW - 2 * WINDOW);
	db_append(s, "", "[3]", NOW);
	run_all(s, &keep_all, NOW);
	assert_rows(s, "3 ");
}

/* What a client may not have had when it left is kept for those who come back. */
static void test_in_flight(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct retention r = keep_all;

	r.in_flight_ms = 5000;
	db_append(s, "", "[1]", NOW - WINDOW - 5000);
	db_append(s, "", "[2]", NOW - WINDOW - 4999);
	db_append(s, "", "[3]", NOW);
	run_all(s, &r, NOW);
	assert_rows(s, "2 3 ");
}

/* Rows of before a silence are kept for it as well, those behind it are not; several add up, and are forgotten with the rows. */
static void test_silences(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;

	db_append(s, "", "[1]", NOW - 5 * WINDOW);
	OK(s, store_begin(s, "silence"));
	OK(s, retention_note_silence(s, 3 * WINDOW));
	OK(s, retention_note_silence(s, 0));
	OK(s, store_commit(s));
	db_append(s, "", "[2]", NOW - 2 * WINDOW + 1);
	OK(s, store_begin(s, "silence"));
	OK(s, retention_note_silence(s, WINDOW / 2));
	OK(s, retention_note_silence(s, WINDOW / 2));
	OK(s, store_commit(s));
	db_append(s, "", "[3]", NOW - WINDOW);
	db_append(s, "", "[4]", NOW);
	run_all(s, &keep_all, NOW - 1);
	assert_rows(s, "1 2 3 4 ");
	run_all(s, &keep_all, NOW);
	assert_rows(s, "2 3 4 ");
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM silence"), 1);
	run_all(s, &keep_all, NOW + 1);
	assert_rows(s, "4 ");
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM silence"), 0);
}

static void leave(struct store *s, const char *sid, int64_t client, int64_t left, int64_t at_ms)
{
	struct socket_row row = { .sid = text(sid), .nsp = text("/"), .client = client };

	OK(s, socket_insert(s, &row));
	OK(s, member_join(s, text("/"), text("a"), text(sid), 0));
	OK(s, socket_leave(s, text(sid), left, at_ms));
}

static void test_left_sockets(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct client_row client = { .protocol = 4, .state = CLIENT_CLOSING, .cursor = 1 };

	for (int i = 0; i < 5; i++)
		db_append(s, "a", "[1]", NOW - 5 * WINDOW);
	random_id(client.sid);
	OK(s, store_begin(s, "fill"));
	OK(s, client_insert(s, &client, "{}", 2));
	leave(s, "old", 0, 3, NOW - WINDOW - 1);
	leave(s, "old of nobody", 99, 3, NOW - WINDOW - 1);
	leave(s, "fetching", client.id, 3, NOW - WINDOW - 1);
	leave(s, "young", 0, 3, NOW - WINDOW + 1000);
	OK(s, store_commit(s));
	assert_int_equal(run_all(s, &keep_all, NOW), 4);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM socket WHERE sid IN ('fetching', 'young')"), 2);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM socket"), 2);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM member"), 2);
	OK(s, store_begin(s, "fetched"));
	client.cursor = 3;
	OK(s, client_save(s, &client));
	OK(s, store_commit(s));
	assert_int_equal(run_all(s, &keep_all, NOW), 2);
	assert_int_equal(run_all(s, &keep_all, NOW + WINDOW), 2);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM member"), 0);
}

/* A connected socket's closed memberships go when no row of them is left that anybody could get. */
static void test_closed_members(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct retention r = keep_all;
	struct socket_row row = { .sid = text("s"), .nsp = text("/") };
	char sid[20];

	r.max_rows = 10;
	for (int i = 1; i <= 4; i++)
		db_append(s, "a", "[1]", NOW - 2 * WINDOW);
	db_append(s, "a", "[1]", NOW);
	db_append(s, "a", "[1]", NOW);
	OK(s, store_begin(s, "fill"));
	OK(s, socket_insert(s, &row));
	OK(s, member_join(s, text("/"), text("a"), text("s"), 0));
	OK(s, member_leave(s, text("/"), text("a"), text("s"), 2));
	OK(s, member_join(s, text("/"), text("a"), text("s"), 3));
	OK(s, member_leave(s, text("/"), text("a"), text("s"), 5));
	OK(s, member_join(s, text("/"), text("a"), text("s"), 5));
	for (int i = 0; i < 50; i++) { /* in the way of the walk, and to stay for recovery */
		snprintf(sid, sizeof(sid), "left%d", i);
		leave(s, sid, 0, 2, NOW);
	}
	OK(s, store_commit(s));
	r.floor = 1;
	assert_int_equal(run_all(s, &r, NOW), 0);
	r.floor = INT64_MAX;
	assert_int_equal(run_all(s, &r, NOW), 1);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM member WHERE sid='s'"), 2);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM member"), 52);
}

static void test_expired_keys(void **state)
{
	struct db *db = *state;

	OK(db->s, store_begin(db->s, "fill"));
	OK(db->s, kv_set(db->s, text("old"), text("1"), NOW - 1));
	OK(db->s, kv_set(db->s, text("young"), text("1"), NOW + 1000));
	OK(db->s, kv_set(db->s, text("ever"), text("1"), 0));
	OK(db->s, store_commit(db->s));
	assert_int_equal(run_all(db->s, &keep_all, NOW), 1);
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM kv WHERE key='old'"), 0);
}

static void test_empty(void **state)
{
	struct retention r = keep_all;

	r.history_max_age_ms = r.history_max_rows = 1;
	assert_int_equal(run_all(((struct db *)*state)->s, &r, NOW), 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_window),
		WITH_STORE(test_floor),
		WITH_STORE(test_age),
		WITH_STORE(test_rows),
		WITH_STORE(test_small_batches),
		WITH_STORE(test_wrong_clock),
		WITH_STORE(test_in_flight),
		WITH_STORE(test_silences),
		WITH_STORE(test_left_sockets),
		WITH_STORE(test_closed_members),
		WITH_STORE(test_expired_keys),
		WITH_STORE(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

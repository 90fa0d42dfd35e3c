/* Acknowledgements that are asked for: what is kept of them, how much, how long. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <string.h>
#include "db/asks.h"
#include "db/clients.h"
#include "db/retention.h"
#include "db/sockets.h"

#define NOW INT64_C(1000000000)
#define WINDOW 60000

static int64_t count(const struct db *db, const char *table)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return db_query(db->path, sql);
}

static void test_of_one_socket(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct ask ask;

	OK(s, store_begin(s, "asks"));
	OK(s, ask_insert(s, 5, text("s1"), text("[\"h\",{}]")));
	OK(s, ask_load(s, 5, &ask));
	assert_string_equal(ask.sid, "s1");
	assert_string_equal(ask.context, "[\"h\",{}]");
	assert_int_equal(ask.context_len, 8);
	ask_deinit(&ask);
	FAILS(s, POLLUX_NOT_FOUND, ask_load(s, 6, &ask));
	OK(s, ask_delete(s, 5));
	FAILS(s, POLLUX_NOT_FOUND, ask_load(s, 5, &ask));
	OK(s, store_commit(s));
}

static void test_of_many(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct ask ask;

	OK(s, store_begin(s, "asks"));
	OK(s, ask_insert(s, 5, (struct log_text){ 0 }, text("")));
	OK(s, ask_load(s, 5, &ask));
	assert_string_equal(ask.sid, "");
	assert_string_equal(ask.context, "");
	ask_deinit(&ask);
	OK(s, ask_answer(s, 5, text("s1")));
	FAILS(s, POLLUX_EXISTS, ask_answer(s, 5, text("s1")));
	OK(s, ask_answer(s, 5, text("s2")));
	OK(s, ask_answer(s, 6, text("s1")));
	OK(s, store_commit(s));
}

/* The newest stay, of each socket its own. */
static void test_bound(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct ask ask;

	OK(s, store_begin(s, "asks"));
	OK(s, ask_insert(s, 1, text("s2"), text("")));
	for (int i = 0; i < ASKS_OF_SOCKET_MAX + 3; i++)
		OK(s, ask_insert(s, 10 + i, text("s1"), text("")));
	FAILS(s, POLLUX_NOT_FOUND, ask_load(s, 12, &ask));
	OK(s, ask_load(s, 13, &ask));
	ask_deinit(&ask);
	OK(s, ask_load(s, 1, &ask));
	ask_deinit(&ask);
	OK(s, store_commit(s));
	assert_int_equal(count(db, "ask"), ASKS_OF_SOCKET_MAX + 1);
}

static void test_goes_with_the_socket(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct client_row client = { .sid = "c1", .protocol = 4 };
	struct socket_row row = { .sid = text("s1"), .nsp = text("/") };

	OK(s, store_begin(s, "asks"));
	OK(s, client_insert(s, &client, "{}", 2));
	row.client = client.id;
	OK(s, socket_insert(s, &row));
	OK(s, ask_insert(s, 1, text("s1"), text("")));
	OK(s, ask_insert(s, 2, text("s2"), text("")));
	OK(s, ask_insert(s, 3, (struct log_text){ 0 }, text("")));
	OK(s, socket_leave(s, text("s1"), 3, 1000));
	OK(s, store_commit(s));
	assert_int_equal(db_query(db->path, "SELECT sum(seq) FROM ask"), 2 + 3);
}

/* What many were asked goes with the window; what one socket is asked waits as long as it is here. */
static void test_goes_with_the_window(void **state)
{
	const struct retention r = { .recovery_window_ms = WINDOW, .floor = INT64_MAX, .max_rows = 1000 };
	struct db *db = *state;
	struct store *s = db->s;
	int deleted;

	for (int i = 1; i <= 3; i++)
		db_append(s, NULL, "[\"all\"]", NOW - WINDOW - 10 + i);
	db_append(s, NULL, "[\"young\"]", NOW - 10);
	db_append(s, NULL, "[\"newest\"]", NOW);
	OK(s, store_begin(s, "asks"));
	OK(s, ask_insert(s, 1, (struct log_text){ 0 }, text("")));
	OK(s, ask_insert(s, 2, text("s1"), text("")));
	OK(s, ask_insert(s, 4, (struct log_text){ 0 }, text("")));
	OK(s, ask_answer(s, 1, text("s1")));
	OK(s, ask_answer(s, 4, text("s1")));
	OK(s, retention_run(s, &r, NOW, NOW, &deleted));
	OK(s, store_commit(s));
	assert_int_equal(deleted, 3 + 2);
	assert_int_equal(db_query(db->path, "SELECT sum(seq) FROM ask"), 2 + 4);
	assert_int_equal(db_query(db->path, "SELECT sum(seq) FROM ask_answer"), 4);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_of_one_socket),
		WITH_STORE(test_of_many),
		WITH_STORE(test_bound),
		WITH_STORE(test_goes_with_the_socket),
		WITH_STORE(test_goes_with_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

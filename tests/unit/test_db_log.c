/* The log: appending, keys, reading, history, and that its queries use its indexes. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include "base/clock.h"
#include "db/store_internal.h"

struct seen {
	int64_t seqs[100];
	int count, stop_after;
	struct log_row last;
	char packet[64], attachments[64];
};

static int see(void *ctx, const struct log_row *row)
{
	struct seen *seen = ctx;

	seen->seqs[seen->count++] = row->seq;
	seen->last = *row;
	snprintf(seen->packet, sizeof(seen->packet), "%.*s", (int)row->packet.len, row->packet.at ? row->packet.at : "NULL");
	if (row->attachments.len > 0)
		memcpy(seen->attachments, row->attachments.at, row->attachments.len);
	return seen->count == seen->stop_after ? POLLUX_AGAIN : 0;
}

static void test_every_column(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct log_row row = { .kind = LOG_REPLY,
		.client = 7,
		.at_ms = 123,
		.nsp = text("/n"),
		.room = text("r"),
		.targets = text("[[],[]]"),
		.packet = text("[\"\\u0000\xc3\xa4\"]"),
		.attachments = { "\0\0\0\1\0", 5 },
		.sender = text("me"),
		.key = text("k") };
	struct seen seen = { 0 };

	OK(s, store_begin(s, "test"));
	OK(s, log_append(s, &row));
	OK(s, store_commit(s));
	assert_int_equal(OK(s, log_read(s, 0, 10, see, &seen)), 1);
	assert_int_equal(seen.last.seq, 1);
	assert_int_equal(seen.last.at_ms, 123);
	assert_int_equal(seen.last.kind, LOG_REPLY);
	assert_int_equal(seen.last.client, 7);
	assert_string_equal(seen.packet, "[\"\\u0000\xc3\xa4\"]");
	assert_int_equal(seen.last.attachments.len, 5);
	assert_memory_equal(seen.attachments, "\0\0\0\1\0", 5);
	assert_int_equal(seen.last.nsp.len, 2);
	assert_int_equal(seen.last.room.len, 1);
	assert_int_equal(seen.last.targets.len, 7);
	assert_int_equal(seen.last.sender.len, 2);
	assert_int_equal(seen.last.key.len, 1);
}

static int only_nulls(void *ctx, const struct log_row *row)
{
	(void)ctx;
	return row->room.at == NULL && row->targets.at == NULL && row->packet.at == NULL && row->attachments.at == NULL &&
			row->sender.at == NULL && row->key.at == NULL && row->client == 0
		? 0
		: POLLUX_PROTOCOL;
}

static void test_nulls(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct log_row row = { .kind = LOG_CONTROL, .nsp = text("/") };
	int64_t now = clock_wall_ms();

	OK(s, store_begin(s, "test"));
	OK(s, log_append(s, &row));
	assert_true(row.at_ms >= now);
	OK(s, store_commit(s));
	assert_int_equal(OK(s, log_read(s, 0, 10, only_nulls, NULL)), 1);
}

/* A key said twice: the older row's seq, no row, and the transaction goes on. */
static void test_keys(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct log_row row = { .nsp = text("/"), .room = text("a"), .packet = text("[1]"), .key = text("once") };

	OK(s, store_begin(s, "test"));
	OK(s, log_append(s, &row));
	assert_int_equal(row.seq, 1);
	db_append_in(s, "a", "[2]", 0);
	FAILS(s, POLLUX_EXISTS, log_append(s, &row));
	assert_int_equal(row.seq, 1);
	assert_int_equal(db_append_in(s, "a", "[3]", 0), 3);
	OK(s, store_savepoint(s));
	FAILS(s, POLLUX_EXISTS, log_append(s, &row));
	OK(s, store_savepoint_rollback(s));
	OK(s, store_commit(s));
	OK(s, store_begin(s, "again"));
	FAILS(s, POLLUX_EXISTS, log_append(s, &row));
	assert_int_equal(row.seq, 1);
	row.key = text("other");
	OK(s, log_append(s, &row));
	assert_int_equal(row.seq, 4);
	OK(s, store_commit(s));
}

static void test_read_limits(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct seen seen = { 0 };

	for (int i = 1; i <= 5; i++)
		assert_int_equal(db_append(s, "a", "[1]", 0), i);
	assert_int_equal(OK(s, log_read(s, 0, 3, see, &seen)), 3);
	assert_int_equal(seen.seqs[2], 3);
	assert_int_equal(OK(s, log_read(s, 3, 3, see, &seen)), 2);
	assert_int_equal(seen.seqs[4], 5);
	assert_int_equal(OK(s, log_read(s, 5, 3, see, &seen)), 0);
	assert_int_equal(OK(s, log_read(s, 0, 0, see, &seen)), 0);
	seen = (struct seen){ .stop_after = 2 };
	FAILS(s, POLLUX_AGAIN, log_read(s, 0, 5, see, &seen));
	assert_int_equal(seen.count, 2);
}

static void assert_history(struct store *s, const char *room, int64_t after, int64_t before, int limit, const char *seqs)
{
	struct seen seen = { 0 };
	char text_of[100] = "";
	int n = (int)OK(s, log_history(s, text("/"), text(room), after, before, limit, see, &seen));

	assert_int_equal(n, seen.count);
	for (int i = 0; i < n; i++)
		snprintf(text_of + strlen(text_of), sizeof(text_of) - strlen(text_of), "%lld ", (long long)seen.seqs[i]);
	assert_string_equal(text_of, seqs);
}

/* However many there are, no more than the limit are looked at; the caller is told that there are more by their number. */
static void test_missed(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct log_row asks = { .kind = LOG_EVENT, .nsp = text("/"), .packet = text("[\"x\"]"), .ack = true };
	struct seen seen = { 0 };

	for (int i = 1; i <= 10; i++)
		db_append(s, i % 2 ? "me" : NULL, "[\"x\"]", 0);
	OK(s, store_begin(s, "test"));
	for (int i = 0; i < 3; i++)
		OK(s, log_append(s, &asks));
	OK(s, store_commit(s));
	assert_int_equal(OK(s, log_missed(s, text("/"), text("me"), 2, 100, see, &seen)), 11);
	assert_int_equal(seen.seqs[0], 3);
	assert_int_equal(seen.seqs[10], 13);
	seen = (struct seen){ 0 };
	assert_int_equal(OK(s, log_missed(s, text("/"), text("me"), 9, 3, see, &seen)), 3);
	assert_int_equal(seen.count, 3);
}

static void test_history(void **state)
{
	struct store *s = ((struct db *)*state)->s;

	for (int i = 1; i <= 10; i++)
		db_append(s, i % 2 ? "a" : "b", "[1]", 0);
	db_append(s, "", "[\"direct\"]", 0);
	db_append(s, NULL, "[\"all\"]", 0);
	assert_history(s, "a", 0, 0, 100, "1 3 5 7 9 ");
	assert_history(s, "a", 0, 0, 2, "7 9 ");
	assert_history(s, "a", 0, 7, 2, "3 5 ");
	assert_history(s, "a", 3, 0, 100, "5 7 9 ");
	assert_history(s, "a", 3, 9, 100, "5 7 ");
	assert_history(s, "a", 9, 0, 100, "");
	assert_history(s, "c", 0, 0, 100, "");
	assert_history(s, "a", 0, 0, 0, "");
	assert_history(s, "somebody", 0, 0, 100, "");
}

static void test_gaps_begin_at_zero(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	int64_t events = -1, direct = -1;

	OK(s, log_gaps(s, &events, &direct));
	assert_int_equal(events, 0);
	assert_int_equal(direct, 0);
}

/* No query of ours reads a whole table, but those that mean to. */
static void test_plans(void **state)
{
	struct db *db = *state;
	sqlite3_stmt *st = NULL, *plan;
	struct seen seen = { 0 };
	char sql[3000];

	assert_history(db->s, "a", 0, 0, 10, "");
	db_append(db->s, "a", "[1]", 0);
	assert_history(db->s, "a", 0, 0, 10, "1 ");
	OK(db->s, log_read(db->s, 0, 1, see, &seen));
	OK(db->s, log_missed(db->s, text("/"), text("me"), 0, 1, see, &seen));
	while ((st = sqlite3_next_stmt(db->s->db, st)) != NULL) {
		if (strncmp(sqlite3_sql(st), "SELECT", 6) != 0 || strstr(sqlite3_sql(st), "FROM log") == NULL)
			continue;
		snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", sqlite3_sql(st));
		assert_int_equal(sqlite3_prepare_v2(db->s->db, sql, -1, &plan, NULL), SQLITE_OK);
		while (sqlite3_step(plan) == SQLITE_ROW) {
			const char *detail = (const char *)sqlite3_column_text(plan, 3);

			if (strncmp(detail, "SCAN log", 8) == 0 || strstr(detail, "TEMP B-TREE") != NULL)
				fail_msg("%s: %s", sqlite3_sql(st), detail);
		}
		sqlite3_finalize(plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_column, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_nulls, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_keys, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_read_limits, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_missed, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_history, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_gaps_begin_at_zero, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_plans, db_setup, db_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

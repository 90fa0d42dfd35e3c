/* Acknowledgements that are asked for: what is kept of them, how much, how long. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "db/asks.h"
#include "db/audience.h"
#include "db/sockets.h"
#include "db/timers.h"

static int64_t count(const struct db *db, const char *table)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return db_query(db->path, sql);
}

static int ask(struct store *s, int64_t seq, const char *sid, int64_t by_ms, const char *context)
{
	struct ask_row row = { .seq = seq, .by_ms = by_ms, .nsp = text("/"), .sid = text(sid), .context = text(context) };

	return ask_insert(s, &row);
}

static void test_of_one_socket(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct ask kept;

	OK(s, store_begin(s, "asks"));
	OK(s, ask(s, 5, "s1", -1, "[\"h\",{}]"));
	OK(s, ask_load(s, 5, &kept));
	assert_string_equal(kept.sid, "s1");
	assert_string_equal(kept.nsp, "/");
	assert_string_equal(kept.context, "[\"h\",{}]");
	assert_int_equal(kept.context_len, 8);
	ask_deinit(&kept);
	FAILS(s, POLLUX_NOT_FOUND, ask_load(s, 6, &kept));
	OK(s, ask_delete(s, 5));
	FAILS(s, POLLUX_NOT_FOUND, ask_load(s, 5, &kept));
	OK(s, store_commit(s));
}

static void join(struct store *s, const char *nsp, const char *sid, const char *room)
{
	struct socket_row row = { .sid = text(sid), .nsp = text(nsp), .client = 1 };

	OK(s, socket_insert(s, &row));
	if (room != NULL)
		OK(s, member_join(s, text(nsp), text(room), text(sid), 0));
}

struct seen {
	char text[512];
};

static int see(void *ctx, struct log_text sid, struct log_text args, struct log_text attachments)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%.*s%s%.*s%.*s ", (int)sid.len, sid.at, args.at ? "=" : "", (int)args.len,
		args.at ? args.at : "", (int)attachments.len, attachments.at ? attachments.at : "");
	return 0;
}

static void assert_answers(struct store *s, int64_t seq, int count, const char *expected)
{
	struct seen seen = { "" };

	assert_int_equal(OK(s, ask_answers(s, seq, see, &seen)), count);
	assert_string_equal(seen.text, expected);
}

static void fill_rooms(struct store *s)
{
	join(s, "/", "a", "r");
	join(s, "/", "b", "r");
	join(s, "/", "c", NULL);
	join(s, "/", "d", "q");
	OK(s, member_join(s, text("/"), text("q"), text("b"), 0));
	join(s, "/x", "e", "r");
	join(s, "/", "gone", "r");
	OK(s, socket_leave(s, text("gone"), 1, 1));
}

static int64_t ask_rooms(struct store *s, int64_t seq, const char *r1, const char *r2, const char *but)
{
	OK(s, audience_begin(s));
	OK(s, audience_add(s, text("/"), text(r1)));
	if (r2 != NULL)
		OK(s, audience_add(s, text("/"), text(r2)));
	if (but != NULL)
		OK(s, audience_remove(s, text("/"), text(but)));
	OK(s, ask(s, seq, NULL, 1000, "c"));
	return OK(s, ask_audience(s, seq));
}

/* Those whom the set has, and who answer what they are asked, each for itself. */
static void test_who_is_asked(void **state)
{
	struct store *s = ((struct db *)*state)->s;

	OK(s, store_begin(s, "asks"));
	fill_rooms(s);
	assert_int_equal(ask_rooms(s, 1, "r", NULL, NULL), 2);
	assert_answers(s, 1, 2, "a b ");
	assert_int_equal(ask_rooms(s, 2, "r", "q", NULL), 3);
	assert_answers(s, 2, 3, "a b d ");
	assert_int_equal(ask_rooms(s, 4, NULL, NULL, "b"), 3);
	assert_answers(s, 4, 3, "a c d ");
	assert_int_equal(ask_rooms(s, 5, "nobody", NULL, NULL), 0);
	OK(s, store_commit(s));
}

static int answer(struct store *s, int64_t seq, const char *sid, const char *args, bool *last)
{
	return ask_answer(s, seq, text(sid), text(args), text("<b>"), last);
}

static void test_answers(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct ask kept;
	bool last;

	OK(s, store_begin(s, "asks"));
	fill_rooms(s);
	ask_rooms(s, 1, "r", "q", NULL);
	OK(s, answer(s, 1, "d", "[1]", &last));
	assert_false(last);
	FAILS(s, POLLUX_NOT_FOUND, answer(s, 1, "d", "[2]", &last));
	FAILS(s, POLLUX_NOT_FOUND, answer(s, 1, "c", "[2]", &last));
	FAILS(s, POLLUX_NOT_FOUND, answer(s, 9, "a", "[2]", &last));
	OK(s, answer(s, 1, "a", "[]", &last));
	assert_answers(s, 1, 3, "d=[1]<b> a=[]<b> b ");
	FAILS(s, POLLUX_NOT_FOUND, ask_load_due(s, 999, &kept));
	OK(s, answer(s, 1, "b", "[3]", &last));
	assert_true(last);
	OK(s, ask_load_due(s, 0, &kept));
	assert_int_equal(kept.seq, 1);
	assert_string_equal(kept.sid, "");
	ask_deinit(&kept);
	OK(s, ask_delete(s, 1));
	FAILS(s, POLLUX_NOT_FOUND, ask_load_due(s, INT64_MAX, &kept));
	OK(s, store_commit(s));
	assert_int_equal(count(db, "ask_answer"), 0);
}

static void test_answers_too_long(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	char *args = malloc((size_t)ASK_ANSWERS_MAX_BYTES + 2);
	struct log_text whole = { args, (size_t)ASK_ANSWERS_MAX_BYTES - 3 }, over = { args, whole.len + 1 };
	bool last;

	memset(args, '1', (size_t)ASK_ANSWERS_MAX_BYTES + 2);
	OK(s, store_begin(s, "asks"));
	fill_rooms(s);
	ask_rooms(s, 1, "r", NULL, NULL);
	FAILS(s, POLLUX_TOO_BIG, ask_answer(s, 1, text("a"), over, text("<b>"), &last));
	OK(s, ask_answer(s, 1, text("a"), whole, text("<b>"), &last));
	FAILS(s, POLLUX_TOO_BIG, ask_answer(s, 1, text("b"), text("1"), text(NULL), &last));
	OK(s, store_commit(s));
	free(args);
}

/* The earliest first, those that are over by decree before all. */
static void test_deadlines(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct ask kept;
	int64_t next;

	OK(s, store_begin(s, "asks"));
	OK(s, deadline_next(s, &next));
	assert_int_equal(next, INT64_MAX);
	OK(s, ask(s, 1, "s1", 3000, ""));
	OK(s, ask(s, 2, "s1", 2000, ""));
	OK(s, ask(s, 3, "s1", -1, ""));
	OK(s, deadline_next(s, &next));
	assert_int_equal(next, 2000);
	FAILS(s, POLLUX_NOT_FOUND, ask_load_due(s, 1999, &kept));
	OK(s, ask_load_due(s, 2000, &kept));
	assert_int_equal(kept.seq, 2);
	ask_deinit(&kept);
	ask_rooms(s, 4, "nobody", NULL, NULL);
	OK(s, ask_load_due(s, 0, &kept));
	assert_int_equal(kept.seq, 4);
	ask_deinit(&kept);
	OK(s, deadline_next(s, &next));
	assert_int_equal(next, 0);
	OK(s, store_commit(s));
}

/* The newest stay, of each socket its own. Those with a deadline are over, and told so. */
static void test_bound(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;
	struct ask kept;

	OK(s, store_begin(s, "asks"));
	OK(s, ask(s, 1, "s2", -1, ""));
	for (int i = 0; i < ASKS_OF_SOCKET_MAX + 3; i++)
		OK(s, ask(s, 10 + i, "s1", i == 1 ? 1000 : -1, ""));
	FAILS(s, POLLUX_NOT_FOUND, ask_load(s, 12, &kept));
	OK(s, ask_load_due(s, 0, &kept));
	assert_int_equal(kept.seq, 11);
	ask_deinit(&kept);
	OK(s, ask_load(s, 13, &kept));
	ask_deinit(&kept);
	OK(s, ask_load(s, 1, &kept));
	ask_deinit(&kept);
	OK(s, store_commit(s));
	assert_int_equal(count(db, "ask"), ASKS_OF_SOCKET_MAX + 2);
}

/* What has a deadline waits for that: its handler is to hear of it. */
static void test_goes_with_the_socket(void **state)
{
	struct db *db = *state;
	struct store *s = db->s;

	OK(s, store_begin(s, "asks"));
	join(s, "/", "s1", NULL);
	OK(s, ask(s, 1, "s1", -1, ""));
	OK(s, ask(s, 2, "s2", -1, ""));
	OK(s, ask(s, 4, "s1", 5000, ""));
	OK(s, socket_leave(s, text("s1"), 3, 1000));
	OK(s, store_commit(s));
	assert_int_equal(db_query(db->path, "SELECT sum(seq) FROM ask"), 2 + 4);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_of_one_socket),
		WITH_STORE(test_who_is_asked),
		WITH_STORE(test_answers),
		WITH_STORE(test_answers_too_long),
		WITH_STORE(test_deadlines),
		WITH_STORE(test_bound),
		WITH_STORE(test_goes_with_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

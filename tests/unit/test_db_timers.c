/* Timers in the store, and what a silence does to them. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "db/processes.h"
#include "db/store_internal.h"
#include "db/timers.h"

static int64_t add(struct store *s, const char *name, int64_t every_ms, int64_t due_ms)
{
	struct timer t = { .nsp = text("/"), .name = text(name), .context = text("{}"), .every_ms = every_ms, .due_ms = due_ms };

	OK(s, timer_insert(s, &t));
	return t.id;
}

static void test_once(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	int64_t first, second, next;
	struct timer t;

	OK(s, store_begin(s, "timers"));
	FAILS(s, POLLUX_NOT_FOUND, timer_load_due(s, INT64_MAX, &t));
	second = add(s, "b", 0, 2000);
	first = add(s, "a", 0, 1000);
	OK(s, deadline_next(s, &next));
	assert_int_equal(next, 1000);
	FAILS(s, POLLUX_NOT_FOUND, timer_load_due(s, 999, &t));
	OK(s, timer_load_due(s, 3000, &t));
	assert_int_equal(t.id, first);
	assert_string_equal(t.nsp.at, "/");
	assert_string_equal(t.name.at, "a");
	assert_string_equal(t.context.at, "{}");
	assert_int_equal(t.every_ms, 0);
	timer_deinit(&t);
	OK(s, timer_delete(s, first));
	FAILS(s, POLLUX_NOT_FOUND, timer_delete(s, first));
	OK(s, timer_cancel(s, second));
	FAILS(s, POLLUX_NOT_FOUND, timer_cancel(s, second));
	assert_int_equal(OK(s, timer_count(s)), 0);
	assert_true(add(s, "c", 0, 1) > second); /* an id that was given out is nobody else's */
	OK(s, store_commit(s));
}

static int sum(void *ctx, const struct timer *t)
{
	*(int64_t *)ctx += t->every_ms;
	return 0;
}

static void test_again_and_again(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct timer other = { .nsp = text("/"), .name = text("a"), .context = text(""), .every_ms = 7, .due_ms = 1 };
	int64_t id, every = 0;
	struct timer t;

	OK(s, store_begin(s, "timers"));
	id = add(s, "a", 500, 1000);
	add(s, "a", 0, 9000);
	FAILS(s, POLLUX_EXISTS, timer_insert(s, &other));
	other.nsp = text("/x");
	OK(s, timer_insert(s, &other));
	FAILS(s, POLLUX_NOT_FOUND, timer_cancel(s, id));
	OK(s, timer_set(s, id, 0, 300));
	OK(s, timer_load_due(s, 0, &t));
	assert_int_equal(t.id, id);
	assert_int_equal(t.every_ms, 300);
	timer_deinit(&t);
	assert_int_equal(OK(s, timer_repeating(s, sum, &every)), 2);
	assert_int_equal(every, 307);
	OK(s, store_commit(s));
}

static const char *other_boot(void)
{
	return "11111111-2222-3333-4444-555555555555";
}

/* One process's life: registers at now_ms, notes its service at until_ms, ends. */
static void live(struct db *db, int64_t now_ms, int64_t until_ms)
{
	struct processes *p;
	int64_t id;

	OK(db->s, processes_new(&p, db->path));
	OK(db->s, store_begin(db->s, "register"));
	OK(db->s, processes_register(p, db->s, "test", false, now_ms, &id));
	OK(db->s, store_commit(db->s));
	processes_note_service(p, until_ms);
	processes_free(p);
}

#define DUE "SELECT due_ms FROM timer"

static void test_downtime_counts(void **state)
{
	struct db *db = *state;

	live(db, 500, 900);
	OK(db->s, store_begin(db->s, "timers"));
	add(db->s, "a", 0, 2000);
	OK(db->s, store_commit(db->s));
	clock_shift_ms(5000);
	live(db, 5900, 6000); /* the clock went on */
	assert_int_equal(db_query(db->path, DUE), 2000);
	clock_shift_ms(86400000); /* a wall clock that was set forward tells nothing while the other goes on */
	live(db, 6000, 6000);
	assert_int_equal(db_query(db->path, DUE), 2000);
	store_boot_id = other_boot;
	clock_shift_ms(60000);
	live(db, 20, 30); /* it was at 6000, begins anew, and a minute has passed */
	assert_in_range(2000 - 6000 + 20 - 60000 - db_query(db->path, DUE), 0, 2000);
	store_boot_id = clock_boot_id;
	clock_shift_ms(-3600000); /* a wall clock that was set back */
	live(db, 5, 10);
	assert_in_range(2000 - 6000 + 20 - 60000 - 30 + 5 - db_query(db->path, DUE), 0, 2000);
	clock_shift_ms(3600000 - 65000 - 86400000);
}

/* Deadlines of acknowledgements are shifted like a client's: nobody could answer. */
static void test_acknowledgements_wait(void **state)
{
	struct db *db = *state;

	live(db, 500, 900);
	db_foreign(db->path, "INSERT INTO ask(seq, nsp, context, by_ms) VALUES(1, '/', '', 1000), (2, '/', '', 0), (3, '/', '', NULL)");
	live(db, 10900, 11000);
	assert_int_equal(db_query(db->path, "SELECT sum(by_ms) FROM ask"), 11000);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_once),
		WITH_STORE(test_again_and_again),
		WITH_STORE(test_downtime_counts),
		WITH_STORE(test_acknowledgements_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Core when the store says no: every write failing in turn, foreign writers, processes that die. What was acknowledged is
 * in the log once and reaches everybody once, in order; what was refused is not there; service resumes by itself.
 */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "tests/unit/faulty_vfs.h"

#define HOLD "BEGIN IMMEDIATE"

static bool is_answered(const void *ctx)
{
	return ((const struct fake *)ctx)->status != 0;
}

static int64_t count_events(void)
{
	return db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0");
}

static sqlite3 *foreign_hold(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(site->db.path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 1000);
	assert_int_equal(sqlite3_exec(db, HOLD, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void foreign_release(sqlite3 *db)
{
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* --- a foreign writer --- */

static void test_foreign_writer(void **state)
{
	struct guest a, b;
	struct fake *poll, *posts[3], *handshake;
	sqlite3 *db;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	db = foreign_hold();
	posts[0] = guest_post(&b, 0, "42[\"all\",\"1\"]\x1e" "42[\"all\",\"2\"]");
	posts[1] = guest_post(&a, 1, "42[\"all\",\"3\"]");
	handshake = site_ask(1, "GET", "EIO=4&transport=polling", NULL, 0);
	site_spin(1000);
	assert_int_equal(posts[0]->status, 0);
	assert_int_equal(posts[1]->status, 0);
	assert_int_equal(handshake->status, 0);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO log(packet) VALUES('[\"said\",\"php\"]')", NULL, NULL, NULL), SQLITE_OK);
	foreign_release(db);
	answers(posts[0], 200, "ok");
	answers(posts[1], 200, "ok");
	answers(handshake, 200, NULL);
	assert_int_equal(count_events(), 4);
	site_status(poll);
	assert_memory_equal(poll->body, "42[\"said\",\"php\"]", 16);
	guest_say(&b, 0, "42[\"all\",\"end\"]");
}

/* A row that is no event reaches nobody, whatever its targets are. */
static void test_foreign_nonsense(void **state)
{
	static const char *const rows[] = {
		"INSERT INTO log(packet) VALUES('no json')",
		"INSERT INTO log(packet, targets) VALUES('[\"said\",1]', 'no json')",
		"INSERT INTO log(packet, targets) VALUES('[\"said\",2]', '[[1,null,{}],[]]')",
		"INSERT INTO log(packet, targets) VALUES('[\"said\",3]', '[[\"' || hex(zeroblob(400)) || '\"],[]]')",
		"INSERT INTO log(packet, kind) VALUES('[\"said\",4]', 9)",
		"INSERT INTO log(packet, nsp) VALUES('[\"said\",5]', '')",
		"INSERT INTO log(packet, kind) VALUES(NULL, 4)",
		"INSERT INTO log(packet, targets) VALUES('[\"said\",\"all\"]', '[1]')",
	};
	struct guest a, b;
	struct fake *poll;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	guest_say(&b, 1, "42[\"join\",\"\"]");
	poll = guest_get(&b, 0);
	site_await_parked(poll);
	for (size_t i = 0; i < COUNT(rows); i++)
		db_foreign(site->db.path, rows[i]);
	receives(&a, 0, "42[\"said\",\"all\"]");
	answers(poll, 200, "42[\"said\",\"all\"]");
	guest_say(&a, 1, "42[\"all\",\"end\"]");
	receives(&a, 1, "42[\"said\",\"end\"]");
}

/* The end of a session is known, and the tick that tells its poll meets a foreign writer. */
static void test_end_while_busy(void **state)
{
	struct guest a;
	struct fake *poll;
	sqlite3 *db;

	(void)state;
	guest_join(&a, 0);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	site_status(guest_post(&a, 1, "49"));
	db = foreign_hold();
	site_spin(100);
	assert_int_equal(poll->status, 0);
	foreign_release(db);
	answers(poll, 200, "1");
}

static void test_drain_while_busy(void **state)
{
	struct guest a;
	struct fake *poll;
	sqlite3 *db;

	(void)state;
	guest_join(&a, 0);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	db = foreign_hold();
	server_drain(site->servers[0], NULL, NULL);
	site_spin(100);
	foreign_release(db);
	answers(poll, 200, "6");
}

/* --- every write fails in turn --- */

/* What a has been given so far. */
static void collect(struct buf *all, const struct fake *f)
{
	if (f->status != 200)
		return;
	if (all->len)
		buf_add_char(all, '\x1e');
	buf_add(all, f->body, f->body_len);
}

/* The letters of what was received in order: of "said X" X, of a long one B; noops and acks are left out. */
static void letters_of(const char *body, char *out, size_t cap)
{
	size_t n = 0;

	for (const char *at = body; at && n + 1 < cap; at = strchr(at, '\x1e') ? strchr(at, '\x1e') + 1 : NULL)
		if (strncmp(at, "42[\"said\",\"", 11) == 0)
			out[n++] = at[11] == 'x' ? 'B' : at[11];
	out[n] = '\0';
}

/* What a must have got, as the log has it. */
static void letters_of_log(char *out, size_t cap)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	size_t n = 0;

	assert_int_equal(sqlite3_open_v2(site->db.path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT substr(packet, 10, 1) FROM log WHERE kind < 2 ORDER BY seq", -1, &st, NULL), SQLITE_OK);
	while (n + 1 < cap && sqlite3_step(st) == SQLITE_ROW)
		out[n++] = *sqlite3_column_text(st, 0) == 'x' ? 'B' : (char)*sqlite3_column_text(st, 0);
	out[n] = '\0';
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void assert_posted(const struct fake *post, const char *log, char letter, int nth)
{
	int found = 0;

	for (const char *at = log; *at; at++)
		found += *at == letter;
	if (post->status != 200 && post->status != 503)
		fail_msg("failing write %d: a POST was answered %d %s", nth, post->status, post->body);
	if (found != (post->status == 200))
		fail_msg("failing write %d: answered %d, but the log has %s", nth, post->status, log);
}

/* Whether the servers look at the log by the clock as well, and keep house. */
static void let_the_clock_run(bool runs)
{
	for (int i = 0; i < 2; i++) {
		struct server *s = site->servers[i];

		if (runs) {
			ev_timer_again(site->loop, &s->look_timer);
			ev_timer_again(site->loop, &s->house_timer);
		} else {
			ev_timer_stop(site->loop, &s->look_timer);
			ev_timer_stop(site->loop, &s->house_timer);
			s->look = s->housekeeping = false;
		}
	}
}

/* One run with the nth write failing; false when there were fewer. */
static bool run_with_failure(int nth, bool once)
{
	struct guest a, b;
	struct fake *poll, *posts[3];
	char got[64], log[64];
	struct buf all;
	bool failed;

	site->cgi = true;   /* no checkpoints: their thread would count as well */
	site_serve(0);
	site_serve(1);
	guest_join(&a, 0);
	guest_join(&b, 1);
	guest_say(&a, 0, "42[\"join\",\"r\"]");
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	buf_init(&all, 1 << 28);
	/* more than an answer may carry: once the other server has read it, that is */
	let_the_clock_run(false);
	guest_say(&a, 1, "42[\"big\",\"600000\",\"3\"]");
	assert_int_equal(poll->status, 0);
	let_the_clock_run(true);
	faulty_arm_io(nth, SQLITE_FULL, once);
	posts[0] = guest_post(&a, 1, "42[\"all\",\"0\"]\x1e" "42[\"join\",\"r2\"]");
	posts[1] = guest_post(&b, 0, "42[\"say\",\"r\",\"1\"]\x1e" "42[\"fail all\",\"2\"]\x1e" "42[\"join\",\"r\"]");
	for (int i = 0; i < 2; i++)
		site_until(is_answered, posts[i]);
	posts[2] = guest_post(&b, 1, "42[\"say\",\"r\",\"3\"]");
	site_until(is_answered, posts[2]);
	site_spin(once ? 0 : 20);
	failed = faulty_disarm();
	guest_say(&b, 1, "42[\"all\",\"e\"]");
	for (;;) {
		site_status(poll);
		collect(&all, poll);
		if (all.len && strstr(all.data, "\"e\"]"))
			break;
		poll = guest_get(&a, nth % 2);
	}
	letters_of(all.data, got, sizeof(got));
	letters_of_log(log, sizeof(log));
	if (strcmp(got, log) != 0)
		fail_msg("failing write %d: the log has %s, got %s", nth, log, got);
	assert_posted(posts[0], log, '0', nth);
	assert_posted(posts[1], log, '1', nth);
	assert_posted(posts[2], log, '3', nth);
	if (once && (posts[0]->status != 200 || posts[1]->status != 200 || posts[2]->status != 200))
		fail_msg("failing write %d: one failure was not overcome", nth);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member"), 1 + (posts[0]->status == 200) + (posts[1]->status == 200));
	buf_deinit(&all);
	return failed;
}

static void each_write_fails(bool once)
{
	void *state;
	bool more = true;
	int nth;

	for (nth = 1; more; nth++) {
		assert_int_equal(site_setup(&state), 0);
		more = run_with_failure(nth, once);
		site_teardown(&state);
	}
	assert_true(nth > 10);
}

static void test_each_write_fails_once(void **state)
{
	(void)state;
	each_write_fails(true);
}

static void test_writes_fail_from_there_on(void **state)
{
	(void)state;
	each_write_fails(false);
}

/* --- an application that does not stop at an error, duties that fail --- */

static int go_on_regardless(struct event *ev, const struct incoming *in)
{
	struct emission e = { .nsp = "/", .args = { "[\"said\",1]", 10 } };
	struct emitted out;
	int error = event_emit(ev, &e, &out);

	(void)in;
	store_rollback(site->servers[0]->store);   /* as SQLite does by itself when a disk is full */
	if (!error)
		error = event_emit(ev, &e, &out);
	assert_int_equal(error, POLLUX_DATABASE);
	return 0;
}

static void test_transaction_lost_in_handler(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	site->hook = go_on_regardless;
	answers(guest_post(&a, 0, "42[\"hook\"]"), 503, NULL);
	assert_int_equal(count_events(), 0);
	guest_say(&a, 0, "42[\"all\",\"2\"]");
	receives(&a, 0, "42[\"said\",\"2\"]");
}

static int fail_fatally(struct event *ev)
{
	(void)ev;
	return POLLUX_DATABASE;
}

static void test_duties_fail(void **state)
{
	struct guest slow, a;

	(void)state;
	site->settings.lag_limit_rows = 5;
	guest_join(&slow, 0);
	guest_join(&a, 0);
	site->leaving = fail_fatally;
	for (int i = 0; i < 12; i++) {
		guest_say(&a, i % 2, "42[\"all\",\"x\"]");
		receives(&a, i % 2, "42[\"said\",\"x\"]");
		site_spin(200);
	}
	assert_non_null(strstr(site->said, "transport error\n"));
	site->leaving = NULL;
}

/* --- processes that die --- */

/* The child: a server of its own that parks the poll of the session it reads from the pipe, and waits for its end. */
static void serve_and_park(int in, int out)
{
	struct guest g;
	struct fake *f;

	if (read(in, &g, sizeof(g)) != sizeof(g))
		_exit(1);
	site_serve(1);
	f = guest_get(&g, 1);
	site_await_parked(f);
	if (write(out, "p", 1) != 1)
		_exit(1);
	site_spin(20000);
	_exit(0);
}

struct other {
	pid_t pid;
	int to, from;
};

/* Before any server runs here: locks belong to open files, which a child would share. */
static struct other start_other(void)
{
	int to[2], from[2];
	struct other o;

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	fflush(NULL);
	o.pid = fork();
	assert_true(o.pid >= 0);
	if (o.pid == 0)
		serve_and_park(to[0], from[1]);
	close(to[0]), close(from[1]);
	o.to = to[1];
	o.from = from[0];
	return o;
}

static void park_in_other(const struct other *o, struct guest *g)
{
	char c;

	assert_int_equal(write(o->to, g, sizeof(*g)), sizeof(*g));
	assert_int_equal(read(o->from, &c, 1), 1);
	g->t++;
}

static void end_other(const struct other *o)
{
	kill(o->pid, SIGKILL);
	assert_int_equal(waitpid(o->pid, NULL, 0), o->pid);
	close(o->to), close(o->from);
}

static void test_take_over(void **state)
{
	struct other o = start_other();
	struct guest a, b;
	struct fake *f;

	(void)state;
	site_serve(0);
	guest_join(&a, 0);
	guest_join(&b, 0);
	park_in_other(&o, &a);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client WHERE holder IS NOT NULL"), 1);
	guest_say(&b, 0, "42[\"volatile\",\"missed\"]");
	end_other(&o);
	guest_say(&b, 0, "42[\"all\",\"one\"]");
	f = guest_get(&a, 0);
	site_status(f);
	if (f->status == 200)
		assert_string_equal(f->body, "42[\"said\",\"one\"]");
	f = guest_get(&a, 0);
	site_spin(1500);   /* nothing of the dead is reaped that lives elsewhere */
	assert_int_equal(f->status, 0);
	assert_string_equal(site->said, "");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM process"), 1);
}

static void test_reap(void **state)
{
	struct other o = start_other();
	struct guest a;

	(void)state;
	site_serve(0);
	guest_join(&a, 0);
	park_in_other(&o, &a);
	end_other(&o);
	site_spin(1500);
	assert_string_equal(site->said, "transport error\n");
	answers(guest_get(&a, 0), 400, NULL);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client"), 0);
}

static int nothing(void **state)
{
	(void)state;
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_take_over, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_reap, site_setup, site_teardown),
		TEST(test_foreign_writer),
		TEST(test_foreign_nonsense),
		TEST(test_end_while_busy),
		TEST(test_drain_while_busy),
		cmocka_unit_test_setup_teardown(test_each_write_fails_once, nothing, nothing),
		cmocka_unit_test_setup_teardown(test_writes_fail_from_there_on, nothing, nothing),
		TEST(test_transaction_lost_in_handler),
		TEST(test_duties_fail),
	};

	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

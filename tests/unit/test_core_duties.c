/* What falls due without a client: timers, acknowledgements that are over, events of other processes. Two servers; whichever is first runs it, once. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"

static void say_three(struct guest *g, int n, const char *event, const char *a, const char *b, const char *c)
{
	char body[256];

	snprintf(body, sizeof(body), "42[\"%s\",\"%s\",\"%s\",\"%s\"]", event, a, b, c);
	guest_say(g, n, body);
}

static int64_t count(const char *table)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return db_query(site->db.path, sql);
}

static int64_t count_events(void)
{
	return db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0");
}

static bool has_said(const char *words)
{
	return site_until(site_said, words);
}

/* Nothing else is said while both look at the log again. */
static void assert_said_once(const char *words)
{
	if (!has_said(words))
		fail_msg("\"%s\" never came: \"%s\"", words, site->said);
	site_spin(300);
	assert_string_equal(site->said, words);
}

static int times(const char *words)
{
	int n = 0;

	for (const char *at = site->said; (at = strstr(at, words)); at++)
		n++;
	return n;
}

static bool three_times(const void *words)
{
	return times(words) >= 3;
}

/* Time passes for all that waits. */
static void let_all_be_due(void)
{
	db_foreign(site->db.path, "UPDATE timer SET due_ms = 1; UPDATE ask SET by_ms = 1");
}

/* --- timers --- */

static void test_timer(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "30", "");
	assert_int_equal(count("timer"), 1);
	assert_said_once("timer tea [1] /\n");
	assert_int_equal(count("timer"), 0);
	receives(&a, 1, "42[\"said\",\"timer\"]");
}

static void test_timer_of_an_undone_event(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "fail after", "tea", "0", "");
	say_three(&a, 0, "after", "cake", "0", "");
	assert_said_once("timer cake [1] /\n");
}

static void test_cancelled(void **state)
{
	struct guest a;
	char id[32];

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "60000", "");
	snprintf(id, sizeof(id), "%lld", (long long)db_query(site->db.path, "SELECT id FROM timer"));
	say_three(&a, 1, "cancel", id, "", "");
	assert_int_equal(count("timer"), 0);
}

/* Its handler's work is undone, and it does not come again. */
static void test_timer_fails(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	site->ack_result = POLLUX_REFUSED;
	say_three(&a, 0, "after", "tea", "20", "");
	assert_said_once("timer tea [1] /\n");
	assert_int_equal(count_events(), 0);
	assert_int_equal(count("timer"), 0);
}

/* The transaction is lost in the handler: it runs again, and what it did stands once. */
static void test_tick_fails(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	site->ack_result = POLLUX_BUSY;
	say_three(&a, 0, "after", "tea", "20", "");
	assert_said_once("timer tea [1] /\ntimer tea [1] /\n");
	assert_int_equal(count_events(), 1);
}

/* Nobody is there, and the process that set it is no more. */
static void test_timer_outlives_its_process(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "60000", "");
	guest_say(&a, 0, "1");
	site->said[0] = '\0';
	site_stop(0);
	let_all_be_due();
	assert_said_once("timer tea [1] /\n");
}

static void test_timer_after_a_restart(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "60000", "");
	site_stop(0);
	site_stop(1);
	let_all_be_due();
	site_serve(0);
	site_serve(1);
	assert_said_once("timer tea [1] /\n");
}

/* A CGI process lives for one request: what is due runs with that. */
static void test_timer_under_cgi(void **state)
{
	struct guest a;

	(void)state;
	site_stop(1);
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "60000", "");
	site_stop(0);
	let_all_be_due();
	site->cgi = true;
	site_serve(0);
	guest_say(&a, 0, "42[\"all\",\"x\"]");
	assert_string_equal(site->said, "timer tea [1] /\n");
}

static char kicked[32];

static int kick(struct event *ev)
{
	return event_disconnect(ev, "/", kicked, false);
}

/* Disconnections follow the handler, as they do in a client's event. */
static void test_timer_disconnects(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	snprintf(kicked, sizeof(kicked), "%s", a.socket);
	site->alarm = kick;
	say_three(&a, 0, "after", "tea", "0", "");
	assert_said_once("timer tea [1] /\nserver namespace disconnect\n");
	receives(&a, 1, "42[\"said\",\"timer\"]\x1e" "41");
}

static void idle(void *ctx)
{
	(void)ctx;
}

/* One that is about to end leaves it to the others. */
static void test_draining(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "60000", "");
	site_stop(1);
	server_drain(site->servers[0], idle, NULL);
	let_all_be_due();
	site_spin(400);
	assert_string_equal(site->said, "");
	site_serve(1);
	assert_said_once("timer tea [1] /\n");
}

/* As long as its transaction fails it is tried again, and clients are served in between. */
static void test_transaction_fails(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "after", "tea", "60000", "");
	site->ack_result = POLLUX_NO_SPACE;
	let_all_be_due();
	assert_true(site_until(three_times, "timer tea"));
	guest_say(&a, 0, "42[\"all\",\"x\"]");
	guest_say(&a, 1, "42[\"all\",\"x\"]");
	assert_int_equal(count_events(), 2);
	site->ack_result = 0;
	while (count("timer") > 0)
		site_spin(10);
	assert_int_equal(count_events(), 3);
}

/* More than one tick's share: clients are served in between. */
static void test_many_timers(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	for (int i = 0; i < 3; i++)
		db_foreign(site->db.path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
			   "INSERT INTO timer(nsp, name, context, due_ms) SELECT '/', 't', '', i FROM n");
	guest_say(&a, 1, "42[\"all\",\"x\"]");
	while (count("timer") > 0)
		site_spin(10);
	assert_int_equal(count_events(), 1501);
}

static void test_limits_of_timers(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	db_foreign(site->db.path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) "
		   "INSERT INTO timer(nsp, name, context, due_ms) SELECT '/', 't', '', 1 << 60 FROM n");
	say_three(&a, 0, "after", "tea", "60000", "");
	assert_int_equal(count("timer"), 100000);
	say_three(&a, 0, "after", "tea", "60000", "");
	assert_int_equal(count("timer"), 100000);
}

/* --- what repeats --- */

static const struct repeated two[] = { { "/", "clean", 40 }, { "/a", "report", 3600000 } };

static void test_repeats(void **state)
{
	(void)state;
	site->handler.repeated = two;
	site->handler.repeated_count = 2;
	site_serve(0);
	site_serve(1);
	assert_true(site_until(three_times, "repeat clean /\n"));
	assert_int_equal(times("report"), 0);
	assert_int_equal(count("timer"), 2);
	assert_int_equal(count_events(), times("clean"));
}

/* Missed times are not made up for; the rhythm stays. */
static void test_no_burst(void **state)
{
	int64_t due;

	(void)state;
	site->handler.repeated = &two[1];
	site->handler.repeated_count = 1;
	site_serve(0);
	while (count("timer") == 0)
		site_spin(10);
	due = db_query(site->db.path, "SELECT due_ms FROM timer");
	db_foreign(site->db.path, "UPDATE timer SET due_ms = due_ms - 36000001");
	assert_said_once("repeat report /a\n");
	assert_int_equal(db_query(site->db.path, "SELECT due_ms FROM timer"), due - 1);
}

/* What a new version of the application no longer has is forgotten; what it has anew begins; a new interval is taken over. */
static void test_other_version(void **state)
{
	static const struct repeated now[] = { { "/a", "report", 1800000 }, { "/", "new", 5000 } };

	(void)state;
	site->handler.repeated = two;
	site->handler.repeated_count = 2;
	site_serve(0);
	while (count("timer") == 0)
		site_spin(10);
	site_stop(0);
	site->handler.repeated = now;
	site_serve(0);
	while (db_query(site->db.path, "SELECT count(*) FROM timer WHERE name = 'new'") == 0)
		site_spin(10);
	assert_int_equal(count("timer"), 2);
	assert_int_equal(db_query(site->db.path, "SELECT every_ms FROM timer WHERE name = 'report' AND nsp = '/a'"), 1800000);
}

/* The same while it serves. */
static void test_reloaded(void **state)
{
	(void)state;
	site->handler.repeated = &two[1];
	site->handler.repeated_count = 1;
	site_serve(0);
	while (count("timer") == 0)
		site_spin(10);
	site->handler.repeated = two;
	server_reloaded(site->servers[0]);
	assert_true(site_until(three_times, "repeat clean /\n"));
	site->handler.repeated_count = 0;
	server_reloaded(site->servers[0]);
	while (count("timer") > 0)
		site_spin(10);
}

/* --- acknowledgements that are over --- */

static void test_unanswered(void **state)
{
	struct guest a, b;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	say_three(&a, 1, "ask", b.socket, "well?", "30");
	assert_said_once("unanswered one /\n");
	assert_int_equal(count("ask"), 0);
	receives(&a, 0, "42[\"said\",\"unanswered\"]");
}

static void test_answered_in_time(void **state)
{
	struct guest a;
	char answer[64];

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "ask", a.socket, "well?", "60000");
	snprintf(answer, sizeof(answer), "43%lld[1]", (long long)db_query(site->db.path, "SELECT seq FROM ask"));
	guest_say(&a, 1, answer);
	assert_string_equal(site->said, "ack one [1] 0\n");
	assert_int_equal(count("ask"), 0);
}

static void test_asked_one_has_left(void **state)
{
	struct guest a, b;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	say_three(&a, 0, "ask", b.socket, "well?", "60000");
	guest_say(&b, 0, "41");
	site->said[0] = '\0';
	let_all_be_due();
	assert_said_once("unanswered one / gone\n");
}

static void join_room(struct guest *g, int n)
{
	guest_join(g, n);
	say_three(g, n, "join", "r", "", "");
}

static void test_some_answer(void **state)
{
	struct guest a, b;
	char answer[80];

	(void)state;
	join_room(&a, 0);
	join_room(&b, 1);
	say_three(&a, 0, "ask room", "r", "well?", "60000");
	snprintf(answer, sizeof(answer), "461-%lld[{\"_placeholder\":true,\"num\":0}]\x1e" "bAQI=", (long long)db_query(site->db.path, "SELECT seq FROM ask"));
	guest_say(&b, 0, answer);
	let_all_be_due();
	assert_said_once("answers all / [{\"_placeholder\":true,\"num\":0}] -\n");
	assert_int_equal(count("ask_answer"), 0);
}

static void test_nobody_is_there(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_three(&a, 0, "ask room", "empty", "well?", "60000");
	assert_string_equal(site->said, "answers all /\n");
	receives(&a, 1, "42[\"said\",\"answers\"]");
}

static void test_answers_after_a_restart(void **state)
{
	struct guest a, b;
	char answer[64];

	(void)state;
	join_room(&a, 0);
	join_room(&b, 1);
	say_three(&a, 0, "ask room", "r", "well?", "60000");
	snprintf(answer, sizeof(answer), "43%lld[1]", (long long)db_query(site->db.path, "SELECT seq FROM ask"));
	guest_say(&a, 0, answer);
	site_stop(0);
	site_stop(1);
	site_serve(1);
	guest_say(&b, 1, answer);
	assert_said_once("answers all / [1] [1]\n");
}

/* The event's failure takes the question back. */
static void test_undone_question(void **state)
{
	struct guest a;

	(void)state;
	join_room(&a, 0);
	say_three(&a, 0, "fail ask room", "r", "well?", "10");
	assert_int_equal(count("ask"), 0);
	assert_int_equal(count("ask_answer"), 0);
	site_spin(300);
	assert_string_equal(site->said, "");
}

static int ask_without_end(struct event *ev, const struct incoming *in)
{
	struct emission e = { .nsp = "/", .wants_ack = true, .args = { "[\"q\"]", 5 } };
	char *context = calloc(1, CONTEXT_MAX_BYTES + 1);
	struct emitted out;

	(void)in;
	assert_int_equal(event_emit(ev, &e, &out), POLLUX_PROTOCOL);
	e.ack_timeout_ms = 10;
	e.ack_context = (struct text){ context, CONTEXT_MAX_BYTES + 1 };
	assert_int_equal(event_emit(ev, &e, &out), POLLUX_TOO_BIG);
	free(context);
	return 0;
}

/* What is refused leaves nothing behind: no row, no question. */
static void test_limits_of_questions(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	site->hook = ask_without_end;
	guest_say(&a, 0, "42[\"hook\"]");
	db_foreign(site->db.path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
		   "INSERT INTO socket(sid, nsp, joined) SELECT 'x' || i, '/', 1 FROM n");
	say_three(&a, 0, "ask room", "", "well?", "10");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE ack"), 0);
	db_foreign(site->db.path, "DELETE FROM socket WHERE sid = 'x7'");
	say_three(&a, 0, "ask room", "", "well?", "60000");
	assert_int_equal(db_query(site->db.path, "SELECT waiting FROM ask"), 10000);
}

static void test_limits_of_all_questions(void **state)
{
	struct guest a;

	(void)state;
	join_room(&a, 0);
	db_foreign(site->db.path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
		   "INSERT INTO ask(seq, nsp, context, by_ms, waiting) SELECT 1000000 + i, '/', '', 1 << 60, 99 FROM n");
	say_three(&a, 0, "ask room", "r", "well?", "60000");
	assert_int_equal(count("ask"), 10000);
	say_three(&a, 0, "ask room", "r", "well?", "60000");
	assert_int_equal(count("ask"), 10000);
	db_foreign(site->db.path, "DELETE FROM ask WHERE seq % 2; UPDATE ask SET waiting = 200");
	say_three(&a, 0, "ask room", "r", "well?", "60000");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM ask WHERE waiting < 200"), 0);
	db_foreign(site->db.path, "UPDATE ask SET waiting = 190");
	say_three(&a, 0, "ask room", "r", "well?", "60000");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM ask WHERE waiting < 190"), 1);
}

/* --- events from process to process --- */

static void test_server_side(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"server side\",1]");
	guest_say(&a, 0, "452-[\"server side\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\x1e" "bAQI=\x1e" "bAw==");
	assert_said_once("server side [\"server side\",1] 0 /\n"
			 "server side [\"server side\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}] 2 /\n");
	receives(&a, 1, "42[\"said\",\"server side\"]\x1e" "42[\"said\",\"server side\"]");
}

/* Those who start later have no use for it; what was undone was never emitted. */
static void test_server_side_for_nobody(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"fail server side\",1]");
	site_stop(1);
	guest_say(&a, 0, "42[\"server side\",2]");
	site_serve(1);
	site_spin(300);
	assert_string_equal(site->said, "");
}

static void test_server_side_again(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	site->ack_result = POLLUX_BUSY;
	guest_say(&a, 0, "42[\"server side\"]");
	assert_said_once("server side [\"server side\"] 0 /\nserver side [\"server side\"] 0 /\n");
	assert_int_equal(count_events(), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
#define TEST_UNSTARTED(f) cmocka_unit_test_setup_teardown(f, site_setup, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_timer),
		TEST(test_timer_of_an_undone_event),
		TEST(test_cancelled),
		TEST(test_timer_fails),
		TEST(test_tick_fails),
		TEST(test_timer_outlives_its_process),
		TEST(test_timer_after_a_restart),
		TEST(test_timer_under_cgi),
		TEST(test_timer_disconnects),
		TEST(test_draining),
		TEST(test_transaction_fails),
		TEST(test_many_timers),
		TEST(test_limits_of_timers),
		TEST_UNSTARTED(test_repeats),
		TEST_UNSTARTED(test_no_burst),
		TEST_UNSTARTED(test_other_version),
		TEST_UNSTARTED(test_reloaded),
		TEST(test_unanswered),
		TEST(test_answered_in_time),
		TEST(test_asked_one_has_left),
		TEST(test_some_answer),
		TEST(test_nobody_is_there),
		TEST(test_answers_after_a_restart),
		TEST(test_undone_question),
		TEST(test_limits_of_questions),
		TEST(test_limits_of_all_questions),
		TEST(test_server_side),
		TEST(test_server_side_for_nobody),
		TEST(test_server_side_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

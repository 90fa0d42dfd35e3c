/* Acknowledgements that the server asks for: the packet's id is the row's seq, the first answer of a socket counts, in any process. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include <stdlib.h>

/* Polls until an event with an id comes: "42<id>[…]"; returns the id. */
static long long receive_asked(struct guest *g, int n)
{
	struct fake *f = guest_get(g, n);
	const char *at;
	char *end;
	long long id;

	answers(f, 200, NULL);
	at = strstr(f->body, "42");
	assert_non_null(at);
	id = strtoll(at + 2, &end, 10);
	assert_true(end > at + 2 && *end == '[');
	return id;
}

static void acknowledge(struct guest *g, int n, long long id, const char *payload)
{
	char body[256];

	snprintf(body, sizeof(body), "43%lld%s", id, payload);
	guest_say(g, n, body);
}

static void say_to(struct guest *g, int n, const char *event, const char *a, const char *b)
{
	char body[256];

	snprintf(body, sizeof(body), "42[\"%s\",\"%s\",\"%s\"]", event, a, b);
	guest_say(g, n, body);
}

static int64_t count_asks(void)
{
	return db_query(site->db.path, "SELECT count(*) FROM ask");
}

static void test_one_socket(void **state)
{
	struct guest a, b;
	long long id;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	say_to(&a, 1, "ask", b.socket, "well?");
	id = receive_asked(&b, 1);
	assert_int_equal(id, db_query(site->db.path, "SELECT seq FROM log WHERE ack"));
	acknowledge(&a, 0, id, "[\"not mine\"]");
	acknowledge(&b, 0, id + 1, "[\"of nothing\"]");
	assert_string_equal(site->said, "");
	acknowledge(&b, 0, id, "[\"yes\",{}]");
	assert_string_equal(site->said, "ack one [\"yes\",{}] 0\n");
	acknowledge(&b, 1, id, "[\"again\"]");
	acknowledge(&b, 0, id, "[\"again\"]");
	assert_string_equal(site->said, "ack one [\"yes\",{}] 0\n");
	assert_int_equal(count_asks(), 0);
}

/* The repeated answer of a poll has the id as well. */
static void test_wire_form(void **state)
{
	struct guest a;
	struct fake *f;
	char expected[64];

	(void)state;
	guest_join(&a, 0);
	say_to(&a, 0, "ask", a.socket, "well?");
	snprintf(expected, sizeof(expected), "42%lld[\"said\",\"well?\"]", (long long)db_query(site->db.path, "SELECT seq FROM log WHERE ack"));
	f = guest_get(&a, 1);
	answers(f, 200, expected);
	answers(guest_get_again(&a, 0), 200, expected);
}

/* One packet for all; those whom it reached may answer, once each. */
static void test_many(void **state)
{
	struct guest in, left, out, late;
	long long id;

	(void)state;
	guest_join(&in, 0);
	guest_join(&left, 1);
	guest_join(&out, 0);
	guest_join(&late, 0);
	say_to(&in, 0, "join", "r", "");
	say_to(&left, 0, "join", "r", "");
	say_to(&out, 0, "ask room", "r", "well?");
	say_to(&late, 0, "join", "r", "");
	say_to(&left, 0, "leave", "r", "");
	id = receive_asked(&in, 1);
	assert_int_equal(receive_asked(&left, 0), id);
	acknowledge(&out, 0, id, "[\"out\"]");
	acknowledge(&late, 1, id, "[\"late\"]");
	assert_string_equal(site->said, "");
	acknowledge(&left, 1, id, "[\"left\"]");
	assert_string_equal(site->said, "");
	acknowledge(&left, 0, id, "[\"again\"]");
	acknowledge(&in, 1, id, "[\"in\"]");
	assert_string_equal(site->said, "answers all / [\"left\"] [\"in\"]\n");
	acknowledge(&in, 0, id, "[\"again\"]");
	assert_string_equal(site->said, "answers all / [\"left\"] [\"in\"]\n");
	assert_int_equal(count_asks(), 0);
}

/* A socket that joined again is another: it was not asked. */
static void test_joined_again(void **state)
{
	struct guest a, b;
	long long ids[2];

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	say_to(&b, 0, "join", "r", "");
	say_to(&a, 0, "ask room", "r", "all?");
	ids[0] = receive_asked(&b, 0);
	say_to(&a, 0, "ask", b.socket, "you?");
	ids[1] = receive_asked(&b, 0);
	assert_int_equal(count_asks(), 2);
	guest_say(&b, 0, "41");
	assert_int_equal(count_asks(), 1); /* the room's has a deadline */
	guest_say(&b, 0, "40");
	site->said[0] = '\0';
	acknowledge(&b, 0, ids[0], "[1]");
	acknowledge(&b, 0, ids[1], "[2]");
	assert_string_equal(site->said, "");
}

static void test_attachments(void **state)
{
	struct guest a;
	char head[128];

	(void)state;
	guest_join(&a, 0);
	say_to(&a, 0, "ask", a.socket, "bytes?");
	snprintf(head, sizeof(head), "461-%lld[{\"_placeholder\":true,\"num\":0}]", receive_asked(&a, 0));
	guest_say(&a, 0, head);
	assert_string_equal(site->said, "");
	guest_say(&a, 1, "bAQI=");
	assert_string_equal(site->said, "ack one [{\"_placeholder\":true,\"num\":0}] 1\n");
}

/* An event that asked for nothing, an id that never was; and the session goes on. */
static void test_not_asked(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"all\",\"x\"]");
	for (long long id = 0; id < 5; id++)
		acknowledge(&a, 0, id, "[]");
	acknowledge(&a, 0, INT64_C(9007199254740991), "[]");
	assert_string_equal(site->said, "");
	receives(&a, 0, "42[\"said\",\"x\"]");
}

static void test_nobody_to_ask(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	say_to(&a, 0, "ask", "nobody", "well?");
	assert_int_equal(count_asks(), 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE ack"), 0);
}

/* What the handler did is undone; the answer was given all the same. */
static void test_handler_fails(void **state)
{
	struct guest a;
	long long id;

	(void)state;
	guest_join(&a, 0);
	say_to(&a, 0, "ask", a.socket, "well?");
	id = receive_asked(&a, 0);
	site->ack_result = POLLUX_REFUSED;
	acknowledge(&a, 0, id, "[1]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0"), 0);
	site->ack_result = 0;
	acknowledge(&a, 0, id, "[2]");
	assert_string_equal(site->said, "ack one [1] 0\n");
	assert_int_equal(count_asks(), 0);
}

/* The tick is lost in the handler: it runs again, and the answer counts once. */
static void test_tick_fails(void **state)
{
	struct guest a;
	long long id;

	(void)state;
	guest_join(&a, 0);
	say_to(&a, 0, "ask", a.socket, "well?");
	id = receive_asked(&a, 0);
	site->ack_result = POLLUX_BUSY;
	acknowledge(&a, 0, id, "[1]");
	assert_string_equal(site->said, "ack one [1] 0\nack one [1] 0\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0"), 1);
	assert_int_equal(count_asks(), 0);
}

/* Asked by one process, answered to another that was not there yet. */
static void test_restart_in_between(void **state)
{
	struct guest a;
	long long id;

	(void)state;
	guest_join(&a, 0);
	say_to(&a, 0, "ask", a.socket, "well?");
	id = receive_asked(&a, 1);
	site_stop(0);
	site_stop(1);
	site_serve(1);
	acknowledge(&a, 1, id, "[\"later\"]");
	assert_string_equal(site->said, "ack one [\"later\"] 0\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_socket),
		TEST(test_wire_form),
		TEST(test_many),
		TEST(test_joined_again),
		TEST(test_attachments),
		TEST(test_not_asked),
		TEST(test_nobody_to_ask),
		TEST(test_handler_fails),
		TEST(test_tick_fails),
		TEST(test_restart_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

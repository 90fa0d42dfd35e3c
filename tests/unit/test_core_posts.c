/*
 * POSTs: their packets in order, whole or in pieces. One of more packets than a tick runs goes on tick by tick, others get their turn in
 * between, and what a failed commit undoes is only the tick's own part.
 */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_EVENTS 256    /* the most a tick runs; a slow machine runs fewer in its 2 ms */

static int64_t count_events(void)
{
	return db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0");
}

/* `packet` so many times, joined, with first before and last behind it ("" for none). */
static char *payload(const char *first, const char *packet, int times, const char *last)
{
	struct buf b;

	buf_init(&b, 1 << 24);
	buf_add_str(&b, first);
	for (int i = 0; i < times; i++)
		buf_addf(&b, "%s%s", b.len ? "\x1e" : "", packet);
	buf_addf(&b, "%s%s", *last ? "\x1e" : "", last);
	return buf_steal(&b);
}

static struct fake *post_many(struct guest *g, int n, const char *first, const char *packet, int times, const char *last)
{
	char *body = payload(first, packet, times, last);
	struct fake *f = guest_post(g, n, body);

	free(body);
	return f;
}

/* Notes how many packets had run when it came, its own included. */
static int events_at_hook;

static int note_events(struct event *ev, const struct incoming *in)
{
	(void)ev, (void)in;
	events_at_hook = site->events;
	return 0;
}

static void test_second_post_in_one_tick(void **state)
{
	struct guest a;
	struct fake *f, *g;

	(void)state;
	guest_join(&a, 0);
	f = guest_post(&a, 0, event_packet("all", "one", ""));
	g = guest_post(&a, 0, event_packet("all", "two", ""));
	answers(f, 200, "ok");
	answers(g, 400, NULL);
	assert_string_equal(site->said, "transport error\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0"), 1);
}

static void test_binary_pieces(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, "452-7[\"x\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
	assert_int_equal(site->events, 0);
	guest_say(&a, 1, "3\x1e" "bAQI=");
	assert_int_equal(db_query(site->db.path, "SELECT missing FROM partial"), 1);
	guest_say(&a, 0, "bAw==\x1e" "42[\"all\",\"next\"]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM partial"), 0);
	receives(&a, 1, "42[\"said\",\"binary\"]\x1e" "437[\"done\"]\x1e" "42[\"said\",\"next\"]");
	guest_say(&a, 0, "451-[\"x\",{\"_placeholder\":true,\"num\":0}]");
	answers(guest_post(&a, 1, "42[\"all\",\"between\"]"), 200, "ok");
	answers(guest_get(&a, 0), 200, "1");
	answers(guest_get(&a, 0), 400, NULL);
	assert_string_equal(site->said, "forced close\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM partial"), 0);
}

/* A handler that fails undoes what it did, rows and rooms; its neighbours in the payload stand. */
static void test_event_undone(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"all\",\"1\"]\x1e" "42[\"fail all\",\"2\"]\x1e" "42[\"fail join\",\"r\"]\x1e" "42[\"say\",\"r\",\"3\"]\x1e"
			 "42[\"fail bye\"]\x1e" "42[\"all\",\"4\"]");
	receives(&a, 1, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"4\"]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member"), 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0"), 3);
	assert_string_equal(site->said, "");
}

/* --- more packets than a tick runs --- */

/* Another client's event comes after a tick's worth, wherever its POST stands in the queue behind. */
static void test_others_get_their_turn(void **state)
{
	struct guest a, b;
	struct fake *many, *one;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	site->hook = note_events;
	many = post_many(&a, 0, "", "42[\"all\",\"x\"]", 2000, "");
	one = guest_post(&b, 0, "42[\"hook\"]");
	answers(one, 200, "ok");
	assert_int_equal(many->status, 0);
	assert_in_range(events_at_hook, 2, TICK_EVENTS + 1);
	answers(many, 200, "ok");
	assert_int_equal(site->events, 2001);
	assert_int_equal(count_events(), 2000);
}

static void test_two_long_posts_take_turns(void **state)
{
	struct guest a, b;
	struct fake *longer, *shorter;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	longer = post_many(&a, 0, "", "42[\"nothing\"]", 20000, "");
	shorter = post_many(&b, 0, "", "42[\"nothing\"]", 300, "");
	answers(shorter, 200, "ok");
	assert_int_equal(longer->status, 0);
	answers(longer, 200, "ok");
	assert_int_equal(site->events, 20300);
}

/* Header and attachments are run together though the tick's share ends between them; what the payload leaves half-received waits. */
static void test_binary_packets(void **state)
{
	const char *header = "451-[\"x\",{\"_placeholder\":true,\"num\":0}]";
	struct guest a;
	char pair[80];

	(void)state;
	guest_join(&a, 0);
	snprintf(pair, sizeof(pair), "%s\x1e" "bAQI=", header);
	answers(post_many(&a, 0, "42[\"nothing\"]", pair, 600, header), 200, "ok");
	assert_int_equal(site->events, 601);
	assert_int_equal(db_query(site->db.path, "SELECT missing FROM partial"), 1);
	guest_say(&a, 1, "bAQI=");
	assert_int_equal(site->events, 602);
	assert_int_equal(count_events(), 602 - 1);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM partial"), 0);
	assert_string_equal(site->said, "");
}

static void test_malformed_end(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	answers(post_many(&a, 0, "", "42[\"all\",\"x\"]", 1000, "x"), 400, "{\"code\":3,\"message\":\"Bad request\"}");
	assert_int_equal(count_events(), 1000);
	assert_string_equal(site->said, "parse error\n");
}

/* It was a second one all the time the first is open, however many ticks that takes; the first one's rest is not run. */
static void test_second_post(void **state)
{
	struct guest a;
	struct fake *first, *second;

	(void)state;
	guest_join(&a, 0);
	first = post_many(&a, 0, "42[\"hook\"]", "42[\"all\",\"x\"]", 5000, "");
	site->hook = note_events;
	events_at_hook = 0;
	while (!events_at_hook)
		site_spin(1);
	assert_int_equal(first->status, 0);
	second = guest_post(&a, 0, "42[\"all\",\"second\"]");
	answers(second, 400, "{\"code\":3,\"message\":\"Bad request\"}");
	answers(first, 200, "ok");
	assert_true(site->events < 5000);
	assert_int_equal(count_events(), site->events - 1);
	assert_string_equal(site->said, "transport error\n");
}

/* Somebody else's event ends the session in between. */
static void test_closed_in_between(void **state)
{
	struct guest a, b;
	struct fake *poll, *many;
	char kick[80];

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	snprintf(kick, sizeof(kick), "42[\"kick\",\"%s\",\"close\"]", a.socket);
	many = post_many(&a, 0, "", "42[\"nothing\"]", 20000, "");
	answers(guest_post(&b, 0, kick), 200, "ok");
	answers(many, 200, "ok");
	assert_true(site->events < 20000);
	answers(poll, 200, "41");
	answers(guest_get(&a, 1), 200, "1");
	answers(guest_get(&a, 1), 400, NULL);
	assert_string_equal(site->said, "server namespace disconnect\n");
}

static void test_hung_up_in_between(void **state)
{
	struct guest a;
	struct fake *poll, *many;

	(void)state;
	guest_join(&a, 0);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	many = post_many(&a, 0, "", "42[\"nothing\"]", 20000, "");
	site_hang_up(poll);
	answers(many, 200, "ok");
	assert_true(site->events < 20000);
	assert_string_equal(site->said, "transport error\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM socket WHERE left IS NULL"), 0);
}

static int times_to_fail;

/* As a full disk does: all of the transaction is gone. */
static int fail_the_tick(struct event *ev, const struct incoming *in)
{
	(void)ev, (void)in;
	if (!times_to_fail)
		return 0;
	times_to_fail--;
	store_rollback(site->servers[0]->store);
	return POLLUX_NO_SPACE;
}

/* Only the tick's own part is run again: what was committed before is not repeated. */
static void test_failure_repeats_the_part(void **state)
{
	struct guest a;
	char *before = payload("", "42[\"all\",\"x\"]", 1000, "42[\"hook\"]");

	(void)state;
	guest_join(&a, 0);
	site->hook = fail_the_tick;
	times_to_fail = 1;
	answers(post_many(&a, 0, before, "42[\"all\",\"x\"]", 1000, ""), 200, "ok");
	free(before);
	assert_int_equal(times_to_fail, 0);
	assert_int_equal(count_events(), 2000);
	assert_in_range(site->events, 2002, 2001 + TICK_EVENTS);
}

/* What fails again and again is refused; the parts before it stand, and the session goes on. */
static void test_refused_part(void **state)
{
	struct guest a;
	char *before = payload("", "42[\"all\",\"x\"]", 1000, "42[\"hook\"]");

	(void)state;
	guest_join(&a, 0);
	site->hook = fail_the_tick;
	times_to_fail = INT_MAX;
	answers(post_many(&a, 0, before, "42[\"all\",\"y\"]", 1000, ""), 503, NULL);
	free(before);
	times_to_fail = 0;
	assert_in_range(count_events(), 1000 - TICK_EVENTS, 1000);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0 AND packet LIKE '%y%'"), 0);
	guest_say(&a, 0, "42[\"all\",\"z\"]");
	assert_string_equal(site->said, "");
}

static void test_stop_in_between(void **state)
{
	struct guest a, b;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	post_many(&a, 0, "", "42[\"nothing\"]", 20000, "");
	answers(guest_post(&b, 0, "42[\"nothing\"]"), 200, "ok");
	site_stop(0);
	assert_true(site->events < 20000);
	guest_say(&a, 1, "42[\"nothing\"]");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_second_post_in_one_tick),
		TEST(test_binary_pieces),
		TEST(test_event_undone),
		TEST(test_others_get_their_turn),
		TEST(test_two_long_posts_take_turns),
		TEST(test_binary_packets),
		TEST(test_malformed_end),
		TEST(test_second_post),
		TEST(test_closed_in_between),
		TEST(test_hung_up_in_between),
		TEST(test_failure_repeats_the_part),
		TEST(test_refused_part),
		TEST(test_stop_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

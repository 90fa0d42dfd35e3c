/* GETs of the polling transport: two servers on one database, requests of a session in either. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include "base/clock.h"
#include "core/recent.h"

static void test_post_here_poll_there(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	f = guest_get(&a, 0);
	site_await_parked(f);
	guest_say(&b, 1, event_packet("all", "one", ""));
	answers(f, 200, "42[\"said\",\"one\"]");
	f = guest_get(&a, 1);
	site_await_parked(f);
	guest_say(&b, 0, event_packet("all", "two", ""));
	answers(f, 200, "42[\"said\",\"two\"]");
	receives(&b, 0, "42[\"said\",\"one\"]\x1e" "42[\"said\",\"two\"]");
}

static void test_acks_and_order(void **state)
{
	struct guest a;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	f = guest_get(&a, 1);
	site_await_parked(f);
	guest_say(&a, 0, "420[\"all\",\"1\"]\x1e" "421[\"all\",\"2\"]");
	answers(f, 200, "42[\"said\",\"1\"]\x1e" "430[\"done\"]\x1e" "42[\"said\",\"2\"]\x1e" "431[\"done\"]");
}

/* Between its packets lie thousands for others: both processes know which rows are whose, but have kept only the newest. */
static void test_thousands_between(void **state)
{
	struct guest a, b;
	struct buf many;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	guest_say(&a, 0, "420[\"all\",\"one\"]");
	buf_init(&many, 1 << 20);
	for (int i = 0; i < RECENT_KEPT + 10; i++)
		buf_addf(&many, "%s42%d[\"nothing\"]", i ? "\x1e" : "", i);
	guest_say(&b, 1, many.data);
	buf_deinit(&many);
	guest_say(&a, 1, "421[\"all\",\"two\"]");
	answers(guest_get(&a, 0), 200, "42[\"said\",\"one\"]\x1e" "430[\"done\"]\x1e" "42[\"said\",\"two\"]\x1e" "431[\"done\"]");
	answers(guest_get_again(&a, 1), 200, "42[\"said\",\"one\"]\x1e" "430[\"done\"]\x1e" "42[\"said\",\"two\"]\x1e" "431[\"done\"]");
}

/* A connection was cut: the browser repeats the GET. */
static void test_repeated_get(void **state)
{
	struct guest a, b;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_say(&b, 1, event_packet("all", "one", ""));
	answers(guest_get(&a, 0), 200, "42[\"said\",\"one\"]");
	guest_say(&b, 1, event_packet("all", "two", ""));
	answers(guest_get_again(&a, 0), 200, "42[\"said\",\"one\"]");
	answers(guest_get_again(&a, 1), 200, "42[\"said\",\"one\"]");
	answers(guest_get(&a, 1), 200, "42[\"said\",\"two\"]");
	answers(guest_get_again(&a, 0), 200, "42[\"said\",\"two\"]");
}

/* What it got in a room that it has left meanwhile belongs to the repeated answer. */
static void test_repeated_after_leaving(void **state)
{
	struct guest a, b;
	const char *got = "42[\"said\",\"one\"]\x1e" "430[\"done\"]";

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_say(&a, 0, event_packet("join", "r", ""));
	guest_say(&b, 0, event_packet("say", "r", "one"));
	guest_say(&a, 0, "420[\"leave\",\"r\"]");
	guest_say(&b, 0, event_packet("say", "r", "unheard"));
	answers(guest_get(&a, 0), 200, got);
	answers(guest_get_again(&a, 0), 200, got);
	answers(guest_get_again(&a, 1), 200, got);
}

/* What is repeated is as long as the first time, though the rows' wire forms are known by now. */
static void test_repeated_long(void **state)
{
	struct guest a;
	struct fake *first, *again;

	(void)state;
	guest_join(&a, 0);
	for (int i = 0; i < 9; i++)
		guest_say(&a, 0, event_packet("big", "100000", ""));
	first = guest_get(&a, 0);
	site_status(first);
	assert_in_range(first->body_len, 900000, 1000000);
	again = guest_get_again(&a, 0);
	site_status(again);
	assert_int_equal(again->body_len, first->body_len);
	assert_memory_equal(again->body, first->body, first->body_len);
}

static void second_get(int first, int second)
{
	struct guest a;
	struct fake *f, *g;

	guest_join(&a, 0);
	f = guest_get(&a, first);
	site_await_parked(f);
	g = guest_get(&a, second);
	answers(g, 400, "{\"code\":3,\"message\":\"Bad request\"}");
	answers(f, 200, "1");
	answers(guest_get(&a, 0), 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

static void test_second_get(void **state)
{
	struct guest a;
	struct fake *f, *g;

	(void)state;
	second_get(0, 0);
	second_get(0, 1);
	guest_join(&a, 0);
	f = guest_get(&a, 0);   /* both in one tick */
	g = guest_get(&a, 0);
	answers(g, 400, NULL);
	answers(f, 200, "1");
	assert_string_equal(site->said, "transport error\ntransport error\ntransport error\n");
}

static void test_ping(void **state)
{
	struct guest a;
	struct fake *f;
	int64_t began;

	(void)state;
	site->settings.ping_interval_ms = 300;
	site->settings.ping_timeout_ms = 400;
	guest_join(&a, 0);
	began = clock_mono_ms();
	f = guest_get(&a, 1);
	site_await_parked(f);
	answers(f, 200, "2");
	assert_in_range(clock_mono_ms() - began, 100, 450);
	f = guest_get(&a, 0);      /* before the pong: no second ping */
	site_await_parked(f);
	guest_say(&a, 1, "3");
	site_spin(200);
	assert_int_equal(f->status, 0);
	answers(f, 200, "2");
	answers(guest_get(&a, 0), 200, "1");
	assert_string_equal(site->said, "ping timeout\n");
}

static void test_hold(void **state)
{
	struct guest a;
	struct fake *f;
	int64_t began;

	(void)state;
	site->settings.hold_ms = 150;
	guest_join(&a, 0);
	for (int i = 0; i < 2; i++) {
		began = clock_mono_ms();
		f = guest_get(&a, i);
		answers(f, 200, "6");
		assert_true(f->parked);
		assert_in_range(clock_mono_ms() - began, 145, 400);
	}
}

static void on_idle(void *ctx)
{
	*(bool *)ctx = true;
}

static bool is_true(const void *ctx)
{
	return *(const bool *)ctx;
}

static void test_drain(void **state)
{
	struct guest a, b;
	struct fake *f;
	bool idle = false;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	f = guest_get(&a, 0);
	site_await_parked(f);
	server_drain(site->servers[0], on_idle, &idle);
	answers(f, 200, "6");
	assert_true(site_until(is_true, &idle));
	answers(guest_get(&a, 0), 200, "6");
	guest_say(&a, 0, event_packet("all", "still", ""));
	site_stop(0);
	receives(&a, 1, "42[\"said\",\"still\"]");
	receives(&b, 1, "42[\"said\",\"still\"]");
}

/* A server that ends with polls open leaves nothing in the loop that runs on. */
static void test_stop_with_polls(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	site->settings.ping_interval_ms = 200;
	guest_join(&a, 0);
	guest_join(&b, 1);
	site_await_parked(guest_get(&a, 0));
	guest_post(&b, 0, event_packet("all", "unheard", ""));
	site_stop(0);
	f = guest_get(&b, 1);
	answers(f, 200, "2");
	site_spin(300);
}

static void test_hang_up(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	f = guest_get(&a, 0);
	site_await_parked(f);
	site_hang_up(f);
	assert_int_equal(site_status(f), 200);
	assert_string_equal(site->said, "transport error\n");
	answers(guest_get(&a, 1), 400, NULL);
	f = guest_get(&b, 1);
	site_await_parked(f);
	site_hang_up(f);
	site_status(guest_post(&b, 0, event_packet("all", "whichever comes first", "")));
	site_status(f);
	site_spin(20);
	answers(guest_get(&b, 1), 400, NULL);
}

/* More than an answer may carry: it is cut, and what follows comes with the next polls. */
static void test_more_than_an_answer(void **state)
{
	struct guest a, b;
	size_t total = 0, big = 0, polls = 0;
	struct fake *f;
	char want[64];

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_say(&a, 0, event_packet("join", "r", ""));
	for (int i = 0; i < 30; i++) {
		snprintf(want, sizeof(want), "42[\"say\",\"r\",\"n%d\"]", i);
		guest_say(&b, i % 2, want);
		guest_say(&a, i % 2, event_packet("big", i % 3 ? "90000" : "400000", ""));
	}
	for (int i = 0; i < 30;) {
		f = guest_get(&a, (int)(polls++ % 2));
		answers(f, 200, NULL);
		assert_true(f->body_len <= (1 << 20) + 1);
		total += f->body_len;
		for (const char *at = f->body; at; at = strchr(at, '\x1e') ? strchr(at, '\x1e') + 1 : NULL) {
			snprintf(want, sizeof(want), "42[\"said\",\"n%d\"]", i);
			if (strncmp(at, want, strlen(want)) == 0)
				i++;
			else if (strncmp(at, "42[\"said\",\"xxxx", 15) == 0)
				big++;
			else
				fail_msg("expected %s, got %.50s", want, at);
		}
	}
	while (big < 30) {
		f = guest_get(&a, 0);
		answers(f, 200, NULL);
		big++;
		assert_null(strchr(f->body, '\x1e'));
	}
	assert_true(polls >= 6);
	site_await_parked(guest_get(&a, 0));
}

/* It leaves the room in the very tick in which its answer is cut: what was said before still comes. */
static void test_cut_and_left(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_say(&a, 0, event_packet("join", "r", ""));
	for (int i = 0; i < 3; i++)
		guest_say(&a, 0, event_packet("big", "600000", ""));
	guest_say(&b, 0, event_packet("say", "r", "last"));
	f = guest_get(&a, 0);
	answers(guest_post(&a, 0, event_packet("leave", "r", "")), 200, "ok");
	guest_say(&b, 0, event_packet("say", "r", "unheard"));
	assert_in_range(f->body_len, 600000, 700000);
	for (int i = 0; i < 2; i++) {
		f = guest_get(&a, 0);
		answers(f, 200, NULL);
		if (strstr(f->body, "last"))
			break;
		assert_in_range(f->body_len, 600000, 700000);
	}
	if (!strstr(f->body, "last"))
		receives(&a, 0, "42[\"said\",\"last\"]");
	site_await_parked(guest_get(&a, 0));
}

static void test_lag(void **state)
{
	struct guest quiet, slow, busy;
	struct fake *f;

	(void)state;
	site->settings.lag_limit_rows = 50;
	guest_join(&quiet, 0);
	guest_join(&slow, 0);
	guest_join(&busy, 0);
	guest_say(&quiet, 0, event_packet("leave", "none", ""));
	f = guest_get(&quiet, 1);
	site_await_parked(f);
	guest_say(&busy, 0, event_packet("join", "r", ""));
	for (int i = 0; i < 60; i++)
		guest_say(&busy, 0, event_packet("say", "r", "x"));
	for (int i = 0; i < 6; i++)
		site_status(guest_get(&busy, 0)), guest_say(&busy, 0, event_packet("say", "r", "y"));
	assert_true(site_until(site_said, "transport error\n"));
	site_spin(1200);
	assert_string_equal(site->said, "transport error\n");
	answers(guest_get(&slow, 0), 400, NULL);
	assert_int_equal(f->status, 0);   /* it waits for what is for it, and knows the rest */
	guest_say(&busy, 0, event_packet("all", "end", ""));
	answers(f, 200, "42[\"said\",\"end\"]");
}

/* A cache-buster that is too long to be kept is none: the next such GET gets what is new. */
static void test_long_t(void **state)
{
	struct guest a;
	char query[200];

	(void)state;
	guest_join(&a, 0);
	for (int i = 0; i < 2; i++) {
		guest_say(&a, 0, event_packet("all", i ? "two" : "one", ""));
		snprintf(query, sizeof(query), "EIO=4&transport=polling&sid=%s&t=%041d%d", a.sid, 0, i);
		answers(site_ask(0, "GET", query, NULL, 0), 200, i ? "42[\"said\",\"two\"]" : "42[\"said\",\"one\"]");
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_post_here_poll_there),
		TEST(test_acks_and_order),
		TEST(test_thousands_between),
		TEST(test_repeated_get),
		TEST(test_repeated_after_leaving),
		TEST(test_repeated_long),
		TEST(test_second_get),
		TEST(test_ping),
		TEST(test_hold),
		TEST(test_drain),
		TEST(test_stop_with_polls),
		TEST(test_hang_up),
		TEST(test_more_than_an_answer),
		TEST(test_cut_and_left),
		TEST(test_lag),
		TEST(test_long_t),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The polling transport, whole: two servers on one database, requests of a session in either. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"

/* "42[…]" that tells `say` and such to the application; a fresh buffer a call, of a few. */
static const char *event(const char *name, const char *a, const char *b)
{
	static char out[4][4096];
	static int at;

	at = (at + 1) % 4;
	snprintf(out[at], sizeof(out[at]), "42[\"%s\",\"%s\",\"%s\"]", name, a, b);
	return out[at];
}

static bool said(const void *ctx)
{
	return strstr(site->said, ctx) != NULL;
}

static void test_post_here_poll_there(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	f = guest_get(&a, 0);
	site_await_parked(f);
	guest_say(&b, 1, event("all", "one", ""));
	answers(f, 200, "42[\"said\",\"one\"]");
	f = guest_get(&a, 1);
	site_await_parked(f);
	guest_say(&b, 0, event("all", "two", ""));
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

/* A connection was cut: the browser repeats the GET. */
static void test_repeated_get(void **state)
{
	struct guest a, b;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_say(&b, 1, event("all", "one", ""));
	answers(guest_get(&a, 0), 200, "42[\"said\",\"one\"]");
	guest_say(&b, 1, event("all", "two", ""));
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
	guest_say(&a, 0, event("join", "r", ""));
	guest_say(&b, 0, event("say", "r", "one"));
	guest_say(&a, 0, "420[\"leave\",\"r\"]");
	guest_say(&b, 0, event("say", "r", "unheard"));
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
		guest_say(&a, 0, event("big", "100000", ""));
	first = guest_get(&a, 0);
	site_status(first);
	assert_in_range(first->body_len, 900000, 1000000);
	again = guest_get_again(&a, 0);
	site_status(again);
	assert_int_equal(again->body_len, first->body_len);
	assert_memory_equal(again->body, first->body, first->body_len);
}

static void test_close(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	f = guest_get(&a, 0);
	site_await_parked(f);
	guest_say(&a, 1, "1");
	answers(f, 200, "6");
	answers(guest_get(&a, 0), 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
	guest_join(&b, 0);
	guest_say(&b, 1, "1");
	answers(guest_get(&b, 0), 200, "6");
	answers(guest_get(&b, 0), 400, NULL);
	assert_string_equal(site->said, "transport close\ntransport close\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client"), 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM socket WHERE left IS NULL"), 0);
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

static void test_second_post(void **state)
{
	struct guest a;
	struct fake *f, *g;

	(void)state;
	guest_join(&a, 0);
	f = guest_post(&a, 0, event("all", "one", ""));
	g = guest_post(&a, 0, event("all", "two", ""));
	answers(f, 200, "ok");
	answers(g, 400, NULL);
	assert_string_equal(site->said, "transport error\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0"), 1);
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

static void test_expires_unpolled(void **state)
{
	struct guest a, b;

	(void)state;
	guest_join(&a, 0);
	guest_open(&b, 0);
	clock_shift_ms(44000);
	answers(guest_get(&a, 1), 200, "2");
	guest_say(&a, 1, "3");
	clock_shift_ms(1001);      /* b never joined a namespace */
	answers(guest_get(&b, 1), 400, NULL);
	guest_say(&a, 1, event("join", "r", ""));
	clock_shift_ms(45000);
	assert_true(site_until(said, "ping timeout\n"));
	answers(guest_post(&a, 1, "3"), 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
	assert_string_equal(site->said, "ping timeout\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 0);
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
	guest_say(&a, 0, event("all", "still", ""));
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
	guest_post(&b, 0, event("all", "unheard", ""));
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
	site_status(guest_post(&b, 0, event("all", "whichever comes first", "")));
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
	guest_say(&a, 0, event("join", "r", ""));
	for (int i = 0; i < 30; i++) {
		snprintf(want, sizeof(want), "42[\"say\",\"r\",\"n%d\"]", i);
		guest_say(&b, i % 2, want);
		guest_say(&a, i % 2, event("big", i % 3 ? "90000" : "400000", ""));
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
	guest_say(&a, 0, event("join", "r", ""));
	for (int i = 0; i < 3; i++)
		guest_say(&a, 0, event("big", "600000", ""));
	guest_say(&b, 0, event("say", "r", "last"));
	f = guest_get(&a, 0);
	answers(guest_post(&a, 0, event("leave", "r", "")), 200, "ok");
	guest_say(&b, 0, event("say", "r", "unheard"));
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

static void test_disconnected_by_server(void **state)
{
	struct guest a, b;
	struct fake *f;
	char kick[128];

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	f = guest_get(&b, 1);
	site_await_parked(f);
	snprintf(kick, sizeof(kick), "42[\"direct\",\"%s\",\"mind\"]\x1e" "42[\"kick\",\"%s\"]", b.socket, b.socket);
	guest_say(&a, 0, kick);
	answers(f, 200, "42[\"said\",\"mind\"]\x1e" "41");
	assert_string_equal(site->said, "server namespace disconnect\n");
	site_await_parked(f = guest_get(&b, 1));
	guest_say(&b, 0, "40");
	site_status(f);
	assert_int_equal(sscanf(f->body, "40{\"sid\":\"%31[^\"]", b.socket), 1);
	snprintf(kick, sizeof(kick), "42[\"kick\",\"%s\",\"close\"]", b.socket);
	f = guest_get(&b, 1);
	site_await_parked(f);
	guest_say(&a, 0, kick);
	answers(f, 200, "41");
	answers(guest_get(&b, 0), 200, "1");
	answers(guest_get(&b, 0), 400, NULL);
	guest_say(&a, 0, event("bye", "close", ""));
	receives(&a, 0, "41\x1e" "1");
}

static struct guest victim;

static int kick_victim(struct event *ev)
{
	site->leaving = NULL;
	return event_disconnect(ev, "/", victim.socket, false);
}

/* A violation ends the session; whom its disconnect handler sends away goes as well. */
static void test_violation_kicks(void **state)
{
	struct guest a;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&victim, 0);
	f = guest_get(&victim, 1);
	site_await_parked(f);
	site->leaving = kick_victim;
	guest_say(&a, 0, "49");
	answers(f, 200, "41");
	assert_string_equal(site->said, "forced close\nserver namespace disconnect\n");
}

/* The reference's words: what no decoder takes, and what comes at the wrong time. */
static void test_reasons(void **state)
{
	static const char *const posts[][2] = {
		{ "49", "forced close\n" }, { "42", "forced close\n" }, { "42[\"connect\"]", "forced close\n" }, { "bAQI=", "forced close\n" },
		{ "40", "forced server close\n" }, { "42/a,[1]", "forced server close\n" }, { "44{}", "forced server close\n" },
		{ "43/a,1[]", "forced server close\n" }, { "41", "client namespace disconnect\n" }, { "1", "transport close\n" },
		{ "2", "transport error\n" }, { "x", "parse error\n" },
	};
	struct guest a;

	(void)state;
	for (size_t i = 0; i < COUNT(posts); i++) {
		guest_join(&a, 0);
		site->said[0] = '\0';
		site_status(guest_post(&a, (int)i % 2, posts[i][0]));
		if (strcmp(site->said, posts[i][1]) != 0)
			fail_msg("%s: %s", posts[i][0], site->said);
	}
}

static void test_once(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, event("once", "k", "first"));
	guest_say(&a, 1, event("once", "k", "second"));
	guest_say(&a, 0, event("all", "end", ""));
	receives(&a, 1, "42[\"said\",\"first\"]\x1e" "42[\"said\",\"end\"]");
}

/* Only the polls that wait get it. */
static void test_volatile(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	f = guest_get(&a, 1);
	site_await_parked(f);
	guest_say(&b, 0, event("volatile", "v", ""));
	answers(f, 200, "42[\"said\",\"v\"]");
	guest_say(&b, 0, event("all", "end", ""));
	receives(&b, 0, "42[\"said\",\"end\"]");
	receives(&a, 0, "42[\"said\",\"end\"]");
}

static void test_rooms(void **state)
{
	struct guest a, b, c;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_join(&c, 1);
	guest_say(&a, 0, "42[\"join\",\"x\"]\x1e" "42[\"join\",\"y\"]");
	guest_say(&b, 1, "42[\"join\",\"y\"]");
	guest_say(&c, 0, "42[\"both\",\"x\",\"y\",\"1\"]\x1e" "42[\"except\",\"y\",\"x\",\"2\"]\x1e" "42[\"all except\",\"x\",\"3\"]\x1e"
			 "42[\"say\",\"\",\"nobody\"]\x1e" "42[\"all\",\"4\"]");
	receives(&a, 0, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"4\"]");
	receives(&b, 0, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"2\"]\x1e" "42[\"said\",\"3\"]\x1e" "42[\"said\",\"4\"]");
	receives(&c, 1, "42[\"said\",\"3\"]\x1e" "42[\"said\",\"4\"]");
}

/* At the limit of rooms one may join again where one is. */
static void test_join_limit(void **state)
{
	struct guest a;

	(void)state;
	site->settings.max_rooms = 2;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"join\",\"x\"]\x1e" "42[\"join\",\"y\"]\x1e" "420[\"join\",\"x\"]\x1e" "421[\"join\",\"z\"]\x1e"
			 "42[\"leave\",\"x\"]\x1e" "422[\"join\",\"z\"]");
	receives(&a, 0, "430[\"done\"]\x1e" "432[\"done\"]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 2);
}

static void test_namespaces(void **state)
{
	struct guest a;
	struct fake *f;
	char query[64];

	(void)state;
	guest_open(&a, 0);
	guest_say(&a, 0, "40/a");
	answers(f = guest_get(&a, 1), 200, NULL);
	assert_int_equal(sscanf(f->body, "40/a,{\"sid\":\"%31[^\"]", a.socket), 1);
	guest_say(&a, 0, "40/no,");
	receives(&a, 0, "44/no,{\"message\":\"Invalid namespace\"}");
	guest_say(&a, 0, "42/a,[\"all\",\"1\"]");
	receives(&a, 0, "42/a,[\"said\",\"1\"]");
	guest_say(&a, 0, "41/a,");
	assert_string_equal(site->said, "client namespace disconnect\n");
	guest_say(&a, 0, "40/a");
	answers(guest_get(&a, 1), 200, NULL);
	/* a name that is the same up to a NUL is none */
	snprintf(query, sizeof(query), "EIO=4&transport=polling&sid=%s", a.sid);
	answers(site_ask(0, "POST", query, "40/a\0,", 6), 200, "ok");
	answers(guest_get(&a, 0), 200, "1");
	answers(guest_get(&a, 0), 400, NULL);
	assert_string_equal(site->said, "client namespace disconnect\nforced server close\n");
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
	guest_say(&quiet, 0, event("leave", "none", ""));
	f = guest_get(&quiet, 1);
	site_await_parked(f);
	guest_say(&busy, 0, event("join", "r", ""));
	for (int i = 0; i < 60; i++)
		guest_say(&busy, 0, event("say", "r", "x"));
	for (int i = 0; i < 6; i++)
		site_status(guest_get(&busy, 0)), guest_say(&busy, 0, event("say", "r", "y"));
	assert_true(site_until(said, "transport error\n"));
	site_spin(1200);
	assert_string_equal(site->said, "transport error\n");
	answers(guest_get(&slow, 0), 400, NULL);
	assert_int_equal(f->status, 0);   /* it waits for what is for it, and knows the rest */
	guest_say(&busy, 0, event("all", "end", ""));
	answers(f, 200, "42[\"said\",\"end\"]");
}

static void test_refusals(void **state)
{
	static const struct {
		const char *method, *query;
		int status;
		const char *body;
	} rows[] = {
		{ "GET", "EIO=4", 400, "{\"code\":0,\"message\":\"Transport unknown\"}" },
		{ "GET", "EIO=4&transport=pollingpollingpolling", 400, "{\"code\":0,\"message\":\"Transport unknown\"}" },
		{ "GET", "EIO=3&transport=polling", 400, "{\"code\":5,\"message\":\"Unsupported protocol version\"}" },
		{ "POST", "EIO=4&transport=polling", 400, "{\"code\":2,\"message\":\"Bad handshake method\"}" },
		{ "GET", "EIO=4&transport=polling&sid=nobody", 400, "{\"code\":1,\"message\":\"Session ID unknown\"}" },
		{ "GET", "EIO=4&transport=polling&sid=1234567890123456789012345678901234567890", 400,
		  "{\"code\":1,\"message\":\"Session ID unknown\"}" },
		{ "PUT", "EIO=4&transport=polling&sid=nobody", 400, "{\"code\":1,\"message\":\"Session ID unknown\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		answers(site_ask((int)i % 2, rows[i].method, rows[i].query, NULL, 0), rows[i].status, rows[i].body);
}

/* A cache-buster that is too long to be kept is none: the next such GET gets what is new. */
static void test_long_t(void **state)
{
	struct guest a;
	char query[200];

	(void)state;
	guest_join(&a, 0);
	for (int i = 0; i < 2; i++) {
		guest_say(&a, 0, event("all", i ? "two" : "one", ""));
		snprintf(query, sizeof(query), "EIO=4&transport=polling&sid=%s&t=%041d%d", a.sid, 0, i);
		answers(site_ask(0, "GET", query, NULL, 0), 200, i ? "42[\"said\",\"two\"]" : "42[\"said\",\"one\"]");
	}
}

/* A handshake whose headers are more than is kept is refused; it harms nobody. */
static void test_huge_handshake(void **state)
{
	char *huge = malloc(70001);
	struct guest a;
	struct fake *f, *g;

	(void)state;
	memset(huge, 1, 70000);
	huge[70000] = '\0';
	guest_join(&a, 0);
	site->headers[0] = "x-huge";
	site->headers[1] = huge;
	f = guest_post(&a, 0, event("all", "one", ""));
	g = site_ask(0, "GET", "EIO=4&transport=polling", NULL, 0);
	answers(g, 400, NULL);
	answers(f, 200, "ok");
	assert_int_equal(site->events, 1);
	site->headers[0] = NULL;
	free(huge);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_post_here_poll_there),
		TEST(test_acks_and_order),
		TEST(test_repeated_get),
		TEST(test_repeated_after_leaving),
		TEST(test_repeated_long),
		TEST(test_close),
		TEST(test_second_get),
		TEST(test_second_post),
		TEST(test_ping),
		TEST(test_expires_unpolled),
		TEST(test_hold),
		TEST(test_drain),
		TEST(test_stop_with_polls),
		TEST(test_hang_up),
		TEST(test_more_than_an_answer),
		TEST(test_cut_and_left),
		TEST(test_binary_pieces),
		TEST(test_event_undone),
		TEST(test_disconnected_by_server),
		TEST(test_violation_kicks),
		TEST(test_reasons),
		TEST(test_once),
		TEST(test_volatile),
		TEST(test_rooms),
		TEST(test_join_limit),
		TEST(test_namespaces),
		TEST(test_lag),
		TEST(test_refusals),
		TEST(test_long_t),
		TEST(test_huge_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

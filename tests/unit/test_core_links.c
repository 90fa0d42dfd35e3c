/* The WebSocket transport, whole: server 0 takes polls, server 1 WebSockets, on one database. */
#include "config.h"
#include "tests/unit/wire_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"

static bool no_clients(const void *ctx)
{
	(void)ctx;
	return db_query(site->db.path, "SELECT count(*) FROM client") == 0;
}

static void test_direct(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1);

	(void)state;
	guest_join(&b, 0);
	wire_say(w, "420[\"all\",\"one\"]");
	wire_gets(w, "42[\"said\",\"one\"]\x1e" "430[\"done\"]");
	receives(&b, 0, "42[\"said\",\"one\"]");
	guest_say(&b, 0, wire_event("all", "two", ""));
	wire_gets(w, "42[\"said\",\"two\"]");
	guest_say(&b, 0, wire_event("direct", a.socket, "three"));
	wire_gets(w, "42[\"said\",\"three\"]");
	wire_hang_up(w);
	assert_true(site_until(wire_said_only, "transport close\n"));
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client WHERE transport = 1"), 0);
	wire_free(w);
}

/* A volatile event waits behind nothing: a socket that has not taken all yet does not get it. */
static void test_volatile(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1);

	(void)state;
	guest_join(&b, 0);
	guest_say(&b, 0, wire_event("volatile", "one", ""));
	wire_gets(w, "42[\"said\",\"one\"]");
	w->busy = true;
	guest_say(&b, 0, wire_event("volatile", "two", ""));
	guest_say(&b, 0, wire_event("all", "three", ""));
	wire_gets(w, "42[\"said\",\"three\"]");
	w->busy = false;
	guest_say(&b, 0, wire_event("volatile", "four", ""));
	wire_gets(w, "42[\"said\",\"four\"]");
	wire_free(w);
}

/* What a tick brings one socket goes out in one call, and what lies together in one piece. */
static void test_one_call_a_tick(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1), *v = wire_join(&b, 1);
	struct buf expected;

	(void)state;
	w->calls = w->pieces = 0;
	for (int i = 0; i < 100; i++)
		wire_say(v, wire_event("all", "x", ""));
	buf_init(&expected, 10000);
	for (int i = 0; i < 100; i++)
		buf_addf(&expected, "%s42[\"said\",\"x\"]", i ? "\x1e" : "");
	wire_gets(w, expected.data);
	wire_gets(v, expected.data);
	assert_int_equal(w->calls, 1);
	assert_int_equal(w->pieces, 1);
	buf_deinit(&expected);
	wire_free(w);
	wire_free(v);
}

static void test_binary(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1), *v = wire_join(&b, 1);

	(void)state;
	wire_say(w, "452-7[\"x\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
	wire_say_binary(w, "ab\0", 3);
	site_spin(20);   /* the rest comes in another read: the half is kept in the store */
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM partial"), 1);
	wire_say_binary(w, "", 0);
	wire_gets(w, "42[\"said\",\"binary\"]\x1e" "437[\"done\"]");
	wire_gets(v, "42[\"said\",\"binary\"]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM partial"), 0);
	wire_say_binary(w, "x", 1);
	assert_int_equal(wire_close_code(w), 1000);
	wire_free(w);
	wire_free(v);
}

/* Each of these ends the session, and nobody else's. */
static void test_violations(void **state)
{
	static const char *const bad[] = { "", "9", "x", "2", "1", "4", "42{}", "42[\"disconnect\"]", "40", "44" };
	struct guest a, b;
	struct wire *w, *v = wire_join(&b, 1);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		w = wire_join(&a, 1);
		wire_say(w, bad[i]);
		assert_int_equal(wire_close_code(w), 1000);
		wire_free(w);
	}
	wire_say(v, wire_event("all", "still here", ""));
	wire_gets(v, "42[\"said\",\"still here\"]");
	wire_free(v);
}

static void test_heartbeat(void **state)
{
	struct guest a, b;
	struct wire *w, *v;

	(void)state;
	site->settings.ping_interval_ms = 60;
	site->settings.ping_timeout_ms = 60;
	w = wire_join(&a, 1);
	v = wire_join(&b, 1);
	for (int i = 0; i < 3; i++) {
		wire_gets(w, "2");
		wire_say(w, "3");
		if (i == 0)
			wire_gets(v, "2");
	}
	assert_int_equal(wire_close_code(v), 1000);
	assert_true(site_until(wire_said_only, "ping timeout\n"));
	assert_int_equal(w->closed_with, -1);
	wire_free(w);
	wire_free(v);
}

/* A ping that is due earlier than those that wait already does not wait for them. */
static void test_earlier_ping_first(void **state)
{
	struct guest a, b;
	struct wire *w, *v;

	(void)state;
	site->settings.ping_interval_ms = 20000;
	w = wire_join(&a, 1);
	site->settings.ping_interval_ms = 60;
	v = wire_join(&b, 1);
	wire_gets(v, "2");
	assert_int_equal(w->got.len, 0);
	wire_hang_up(w), wire_hang_up(v);
	wire_free(w), wire_free(v);
}

static void test_connect_timeout(void **state)
{
	struct wire *w;

	(void)state;
	site->settings.connect_timeout_ms = 50;
	wires_on(true);
	w = wire_of(site_ask(1, "GET", "EIO=4&transport=websocket", NULL, 0));
	assert_int_equal(wire_close_code(w), 1000);
	assert_true(site_until(no_clients, NULL));
	wire_free(w);
}

/* The server ends a socket, or the client whole: all that was said before comes first. */
static void test_disconnected(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1);

	(void)state;
	guest_join(&b, 0);
	wire_say(w, wire_event("bye", "", ""));
	wire_gets(w, "41");
	assert_int_equal(w->closed_with, -1);
	wire_say(w, "40");
	wire_hang_up(w);
	wire_free(w);
	w = wire_join(&a, 1);
	guest_say(&b, 0, wire_event("direct", a.socket, "last words"));
	guest_say(&b, 0, wire_event("kick", a.socket, "whole"));
	wire_gets(w, "42[\"said\",\"last words\"]\x1e" "41");
	assert_int_equal(wire_close_code(w), 1000);
	wire_free(w);
}

static void test_slow_consumer(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1), *v = wire_join(&b, 1);

	(void)state;
	w->slow = true;
	wire_say(v, wire_event("all", "much", ""));
	assert_int_equal(wire_close_code(w), 1013);
	wire_gets(v, "42[\"said\",\"much\"]");
	assert_true(site_until(wire_said_only, "transport error\n"));
	wire_free(w);
	wire_free(v);
}

/* A client that sends more than the tick takes is not read from until it has been run. */
static void test_held_back(void **state)
{
	struct guest a;
	struct wire *w = wire_join(&a, 1);
	char words[1001];
	int before = site->events;

	(void)state;
	memset(words, 'x', 1000);
	words[1000] = '\0';
	for (int i = 0; i < 300; i++) {
		assert_true(i < 250 ? !w->held : i < 270 || w->held);
		wire_say(w, wire_event("nothing", words, ""));
	}
	wire_say(w, "420[\"nothing\"]");
	wire_gets(w, "430[\"done\"]");
	assert_false(w->held);
	assert_int_equal(site->events, before + 301);
	wire_free(w);
}

/* Who could not read for long must not pass over what retention has deleted meanwhile. */
static void test_gap(void **state)
{
	struct guest a;
	struct wire *w = wire_join(&a, 1);

	(void)state;
	site->servers[1]->read_ms = 1;
	site_spin(300);
	assert_int_equal(w->closed_with, -1);
	db_query(site->db.path, "INSERT OR REPLACE INTO meta(name, value) SELECT 'gap', max(seq) + 1 FROM log");
	site->servers[1]->read_ms = 1;
	assert_int_equal(wire_close_code(w), 1012);
	assert_true(site_until(wire_said_only, "transport error\n"));
	wire_free(w);
}

/* Retention keeps what a process with WebSockets has not read; without them it asks nobody. */
static void test_position_noted(void **state)
{
	struct guest a;
	struct wire *w = wire_join(&a, 1);

	(void)state;
	site_spin(1200);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM process WHERE position = (SELECT max(seq) FROM log)"), 1);
	wire_hang_up(w);
	site_spin(2200);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM process WHERE position IS NOT NULL"), 0);
	wire_free(w);
}

static bool was_drained(const void *ctx)
{
	return *(const bool *)ctx;
}

static void on_idle(void *ctx)
{
	*(bool *)ctx = true;
}

static void test_drain(void **state)
{
	struct guest a, b;
	struct wire *w = wire_join(&a, 1), *v;
	bool idle = false;

	(void)state;
	guest_join(&b, 0);
	v = wire_upgrading(&b, 1);
	server_drain(site->servers[1], on_idle, &idle);
	assert_int_equal(wire_close_code(w), 1012);
	assert_int_equal(wire_close_code(v), 1012);
	assert_true(site_until(was_drained, &idle));
	assert_string_equal(site->said, "server shutting down\n");
	answers(wire_ask_plain("/rooms/r", 1), 503, NULL);
	guest_say(&b, 0, wire_event("all", "polling lives on", ""));
	receives(&b, 0, "42[\"said\",\"polling lives on\"]");
	wire_free(w);
	wire_free(v);
}

/* A client that has been told that its WebSocket works polls no more: it is let over before it is sent away. */
static void test_drain_after_probe(void **state)
{
	struct guest a;
	struct wire *w;
	bool idle = false;

	(void)state;
	guest_join(&a, 0);
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	server_drain(site->servers[1], on_idle, &idle);
	wire_say(w, "5");
	assert_int_equal(wire_close_code(w), 1012);
	assert_true(site_until(was_drained, &idle));
	assert_string_equal(site->said, "server shutting down\n");
	wire_free(w);
}

/* One that does not come is not waited for. */
static void test_drain_without_switch(void **state)
{
	struct guest a;
	struct wire *w;
	bool idle = false;

	(void)state;
	guest_join(&a, 0);
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	server_drain(site->servers[1], on_idle, &idle);
	assert_int_equal(wire_close_code(w), 1000);
	assert_true(site_until(was_drained, &idle));
	assert_string_equal(site->said, "");
	guest_say(&a, 0, wire_event("all", "polling lives on", ""));
	receives(&a, 0, "42[\"said\",\"polling lives on\"]");
	wire_free(w);
}

/* Plain WebSockets and Socket.IO's in one room; only `message` is theirs. */
static void test_plain(void **state)
{
	struct guest a;
	struct wire *w = wire_of(wire_ask_plain("/rooms/r", 1)), *other = wire_of(wire_ask_plain("/rooms/%C3%A4+b", 1)), *v;

	(void)state;
	v = wire_join(&a, 1);
	wire_say(v, wire_event("join", "r", ""));
	wire_say(w, "hello \"you\"");
	wire_gets(v, "42[\"message\",\"hello \\\"you\\\"\"]");
	wire_gets(w, "hello \"you\"");
	wire_say_binary(w, "\x01\x02", 2);
	wire_gets(w, "B:\x01\x02");
	wire_gets(v, "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1e" "B:\x01\x02");
	wire_say(v, "42[\"message\",{\"a\":[1, 2]}]");
	wire_gets(w, "{\"a\":[1, 2]}");
	wire_gets(v, "42[\"message\",{\"a\":[1, 2]}]");
	wire_say(v, wire_event("all", "not for plain ones", ""));
	wire_gets(v, "42[\"said\",\"not for plain ones\"]");
	wire_say(v, "42[\"message\",\"\"]");
	site_spin(20);
	wire_gets(w, "");
	assert_int_equal(other->got.len, 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE room = 'ä+b' AND until IS NULL"), 1);
	wire_hang_up(w);
	assert_true(site_until(wire_said_only, "transport close\n"));
	wire_free(w), wire_free(v), wire_free(other);
}

static char found[32];

static int find_one(void *ctx, const struct socket_view *socket)
{
	(void)ctx;
	snprintf(found, sizeof(found), "%s", socket->sid);
	return 0;
}

static int kick_room(struct event *ev, const struct incoming *in)
{
	int error = event_fetch(ev, &(struct audience){ .nsp = "/", .rooms = &(struct text){ "r", 1 }, .rooms_count = 1 }, 0, find_one, NULL);

	(void)in;
	return error ? error : event_disconnect(ev, "/", found, false);
}

/* A socket of its own client alone: with it the connection goes. */
static void test_plain_kicked(void **state)
{
	struct guest a;
	struct wire *w = wire_of(wire_ask_plain("/rooms/r", 1)), *v = wire_join(&a, 1);

	(void)state;
	site->hook = kick_room;
	wire_say(v, wire_event("hook", "", ""));
	assert_int_equal(wire_close_code(w), 1000);
	assert_true(site_until(wire_said_only, "server namespace disconnect\n"));
	wire_free(w), wire_free(v);
}

static int refuse_all(void *ctx, struct event *ev, struct buf *refusal)
{
	(void)ctx;
	assert_non_null(strstr(event_socket(ev)->handshake.at, "\"room\":\"r\""));
	buf_add_str(refusal, "{\"message\":\"not you\"}");
	return POLLUX_REFUSED;
}

static int fail_all(void *ctx, struct event *ev, struct buf *refusal)
{
	(void)ctx, (void)ev, (void)refusal;
	return POLLUX_PROTOCOL;
}

static void test_plain_refused(void **state)
{
	(void)state;
	site->handler.admit = refuse_all;
	answers(wire_ask_plain("/rooms/r", 1), 403, "{\"message\":\"not you\"}");
	site->handler.admit = fail_all;
	answers(wire_ask_plain("/rooms/r", 1), 500, NULL);
	site->handler.admit = NULL;
	answers(wire_ask_plain("/rooms/%FF", 1), 400, NULL);
	answers(wire_ask_plain("/rooms/a%00b", 1), 400, NULL);
	answers(wire_ask_plain("/elsewhere", 1), 404, NULL);
	answers(site_ask_at(1, "/rooms/r", "GET", "", NULL, 0), 404, NULL);
	assert_int_equal(db_query(site->db.path, "SELECT (SELECT count(*) FROM client) + (SELECT count(*) FROM socket WHERE left IS NULL)"), 0);
}

/* At "/" everything but Socket.IO's own path is a room, and no name is none. */
static void test_plain_at_the_root(void **state)
{
	struct wire *w, *v;

	(void)state;
	assert_int_equal(settings_set_rooms_path(&site->settings, "/"), 0);
	w = wire_of(wire_ask_plain("/", 1));
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member"), 0);
	v = wire_of(wire_ask_plain("/r", 1));
	wire_say(w, "to the room");
	wire_gets(v, "to the room");
	answers(wire_ask_plain("/socket.io/", 1), 400, "{\"code\":0,\"message\":\"Transport unknown\"}");
	wire_free(w), wire_free(v);
}

static void test_plain_heartbeat(void **state)
{
	struct wire *w, *v;

	(void)state;
	site->settings.ping_interval_ms = site->settings.ping_timeout_ms = 60;
	w = wire_of(wire_ask_plain("/rooms/r", 1));
	v = wire_of(wire_ask_plain("/rooms/r", 1));
	for (int i = 0; i < 3; i++) {
		wire_gets(w, "ping");
		w->ch.pong(&w->ch);
	}
	assert_int_equal(wire_close_code(v), 1000);
	assert_int_equal(w->closed_with, -1);
	wire_free(w), wire_free(v);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_site_setup, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_direct), TEST(test_volatile), TEST(test_one_call_a_tick), TEST(test_binary), TEST(test_violations),
		TEST(test_heartbeat), TEST(test_earlier_ping_first), TEST(test_connect_timeout), TEST(test_disconnected),
		TEST(test_slow_consumer), TEST(test_held_back), TEST(test_drain), TEST(test_drain_after_probe),
		TEST(test_drain_without_switch), TEST(test_gap), TEST(test_position_noted),
		TEST(test_plain), TEST(test_plain_kicked), TEST(test_plain_refused), TEST(test_plain_at_the_root),
		TEST(test_plain_heartbeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

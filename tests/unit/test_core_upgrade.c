/* The upgrade from polling to a WebSocket: server 0 takes polls, server 1 WebSockets, on one database. */
#include "config.h"
#include "tests/unit/wire_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"

static void test_upgrade(void **state)
{
	struct guest a, b;
	struct fake *f;
	struct wire *w;

	(void)state;
	guest_open(&a, 0);
	guest_say(&a, 0, "40");
	f = guest_get(&a, 0);
	answers(f, 200, NULL);
	assert_int_equal(sscanf(f->body, "40{\"sid\":\"%31[^\"]", a.socket), 1);
	guest_join(&b, 0);
	f = guest_get(&a, 0);
	site_await_parked(f);
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	answers(f, 200, "6");
	guest_say(&b, 0, wire_event("all", "by polling", ""));
	receives(&a, 0, "42[\"said\",\"by polling\"]");
	answers(guest_get(&a, 0), 200, "6");   /* held for a moment only */
	guest_say(&b, 0, wire_event("all", "queued", ""));
	wire_say(w, "5");
	wire_gets(w, "42[\"said\",\"queued\"]");
	wire_say(w, wire_event("all", "by websocket", ""));
	wire_gets(w, "42[\"said\",\"by websocket\"]");
	answers(guest_get(&a, 0), 400, "{\"code\":3,\"message\":\"Bad request\"}");
	answers(guest_post(&a, 0, "42[\"all\",\"no\"]"), 400, "{\"code\":3,\"message\":\"Bad request\"}");
	wire_hang_up(w);
	assert_true(site_until(wire_said_only, "transport close\n"));
	wire_free(w);
}

static int64_t claim(void)
{
	return db_query(site->db.path, "SELECT claim FROM client");
}

/* The first poll since the probe is not parked: it may have been on its way when 3probe was, and the client waits for its answer. */
static void test_first_poll_since(void **state)
{
	struct guest a;
	struct wire *w;
	int64_t before;

	(void)state;
	guest_join(&a, 0);
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	before = claim();
	answers(guest_get(&a, 0), 200, "6");
	assert_int_equal(claim(), before);
	answers(guest_get(&a, 0), 200, "6");
	assert_int_equal(claim(), before + 1);
	wire_say(w, "5");
	wire_say(w, wire_event("all", "on", ""));
	wire_gets(w, "42[\"said\",\"on\"]");
	wire_free(w);
}

/* A poll that still waits when the client switches is refused, wherever it waits. */
static void test_poll_at_the_switch(void **state)
{
	struct guest a;
	struct wire *w;
	struct fake *f;

	(void)state;
	for (int n = 0; n < 2; n++) {
		guest_join(&a, n);
		w = wire_upgrading(&a, 1);
		f = guest_get(&a, n);
		site_await_parked(f);
		wire_say(w, "5");
		answers(f, 400, "{\"code\":3,\"message\":\"Bad request\"}");
		wire_say(w, wire_event("all", "on", ""));
		wire_gets(w, "42[\"said\",\"on\"]");
		wire_hang_up(w);
		wire_free(w);
	}
}

/* The poll's client hung up before it switched, which is only heard of afterwards: that poll's end is nobody's by then. */
static void test_hung_up_before_the_switch(void **state)
{
	struct guest a;
	struct wire *w;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	w = wire_upgrading(&a, 1);
	f = guest_get(&a, 0);
	site_await_parked(f);
	site->servers[0]->retry_at_ms = clock_mono_ms() + 200;   /* no tick until then */
	wire_say(w, "5");
	wire_say(w, wire_event("all", "on", ""));
	wire_gets(w, "42[\"said\",\"on\"]");
	site_hang_up(f);
	site_spin(300);
	wire_say(w, wire_event("all", "still on", ""));
	wire_gets(w, "42[\"said\",\"still on\"]");
	assert_int_equal(w->closed_with, -1);
	wire_hang_up(w);
	wire_free(w);
}

/* A binary event begun by polling ends by WebSocket. */
static void test_partial_across(void **state)
{
	struct guest a;
	struct wire *w;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, "452-7[\"x\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\x1e" "bYWI=");
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	wire_say(w, "5");
	wire_say_binary(w, "cd", 2);
	wire_gets(w, "42[\"said\",\"binary\"]\x1e" "437[\"done\"]");
	wire_free(w);
}

/* The client answers what it was pinged by polling right behind its switch. */
static void test_pong_across(void **state)
{
	struct guest a;
	struct wire *w;

	(void)state;
	site->settings.ping_interval_ms = 60;
	site->settings.ping_timeout_ms = 1000;
	guest_join(&a, 0);
	receives(&a, 0, "2");
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	wire_say(w, "5");
	wire_say(w, "3");
	wire_gets(w, "2");
	assert_int_equal(w->closed_with, -1);
	wire_free(w);
}

static void test_second_websocket(void **state)
{
	struct guest a;
	struct wire *w, *second;

	(void)state;
	guest_join(&a, 0);
	w = wire_upgrading(&a, 1);
	second = wire_upgrading(&a, 1);
	assert_int_equal(wire_close_code(second), 1000);
	wire_free(second);
	wire_say(w, "2probe");
	wire_say(w, "5");
	wire_gets(w, "3probe");
	second = wire_upgrading(&a, 1);
	assert_int_equal(wire_close_code(second), 1000);
	wire_free(second);
	wire_say(w, wire_event("all", "first", ""));
	wire_gets(w, "42[\"said\",\"first\"]");
	wire_free(w);
}

/* However an attempt ends before the switch, polling lives on and another attempt may follow. */
static void test_abandoned(void **state)
{
	struct guest a;
	struct wire *w;

	(void)state;
	guest_join(&a, 0);
	w = wire_upgrading(&a, 1);
	wire_hang_up(w);
	wire_free(w);
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	wire_hang_up(w);
	wire_free(w);
	w = wire_upgrading(&a, 1);
	wire_say(w, "4hello");
	assert_int_equal(wire_close_code(w), 1000);
	wire_free(w);
	wires_fail(true);
	w = wire_upgrading(&a, 1);
	wires_fail(false);
	wire_free(w);
	site->settings.upgrade_timeout_ms = 40;
	w = wire_upgrading(&a, 1);
	assert_int_equal(wire_close_code(w), 1000);
	wire_free(w);
	guest_say(&a, 0, wire_event("all", "alive", ""));
	receives(&a, 0, "42[\"said\",\"alive\"]");
	w = wire_upgrading(&a, 1);
	wire_say(w, "2probe");
	wire_say(w, "5");
	wire_gets(w, "3probe");
	wire_free(w);
}

/* What a process that died had claimed and probed is claimed anew, and not yet probed. */
static void test_claim_of_the_dead(void **state)
{
	struct guest a;
	struct wire *w;

	(void)state;
	guest_join(&a, 0);
	db_query(site->db.path, "UPDATE client SET upgrade_holder = 4711, upgrade_by_ms = 1 << 60, probed = 1");
	w = wire_upgrading(&a, 1);
	assert_int_equal(db_query(site->db.path, "SELECT probed FROM client"), 0);
	wire_say(w, "2probe");
	wire_gets(w, "3probe");
	assert_int_equal(db_query(site->db.path, "SELECT probed FROM client"), 1);
	wire_hang_up(w);
	wire_free(w);
}

static void test_refused_handshakes(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	answers(site_ask(1, "GET", "EIO=4&transport=websocket", NULL, 0), 400, "{\"code\":3,\"message\":\"Bad request\"}");
	wires_on(true);
	answers(site_ask(1, "GET", "EIO=4&transport=polling", NULL, 0), 400, "{\"code\":3,\"message\":\"Bad request\"}");
	answers(site_ask(1, "GET", "EIO=3&transport=websocket", NULL, 0), 400, "{\"code\":5,\"message\":\"Unsupported protocol version\"}");
	answers(site_ask(1, "GET", "EIO=4&transport=x", NULL, 0), 400, "{\"code\":0,\"message\":\"Transport unknown\"}");
	answers(site_ask(1, "GET", "EIO=4&transport=websocket&sid=nobody", NULL, 0), 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
	wires_on(false);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client"), 1);
}

/* The open packet names what works at this moment. */
static void test_upgrades_offered(void **state)
{
	struct fake *f = site_ask(0, "GET", "EIO=4&transport=polling", NULL, 0);

	(void)state;
	answers(f, 200, NULL);
	assert_non_null(strstr(f->body, "\"upgrades\":[\"websocket\"]"));
	site_stop(1);
	f = site_ask(0, "GET", "EIO=4&transport=polling", NULL, 0);
	answers(f, 200, NULL);
	assert_non_null(strstr(f->body, "\"upgrades\":[],"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_site_setup, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_upgrade), TEST(test_first_poll_since), TEST(test_poll_at_the_switch), TEST(test_hung_up_before_the_switch), TEST(test_partial_across),
		TEST(test_pong_across),
		TEST(test_second_websocket), TEST(test_abandoned), TEST(test_claim_of_the_dead), TEST(test_refused_handshakes),
		TEST(test_upgrades_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

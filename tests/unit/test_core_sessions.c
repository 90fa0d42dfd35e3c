/* Sessions, whole: who is let in, what ends one, whose reasons are told, namespaces. Two servers on one database. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"
#include "base/clock.h"
#include "core/event_run.h"

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
	guest_say(&a, 1, event_packet("join", "r", ""));
	clock_shift_ms(45000);
	assert_true(site_until(site_said, "ping timeout\n"));
	answers(guest_post(&a, 1, "3"), 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
	assert_string_equal(site->said, "ping timeout\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 0);
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
	guest_say(&a, 0, event_packet("bye", "close", ""));
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

static const char *parent_now;
static int admission;

static int tell_parent(void *ctx, struct event *ev, const char *nsp, struct text auth)
{
	(void)ctx, (void)auth;
	return event_set_namespace_parent(ev, nsp, parent_now);
}

static int admit_or_not(void *ctx, struct event *ev, struct buf *refusal)
{
	(void)ctx, (void)ev;
	return admission ? buf_add_str(refusal, "{\"message\":\"no\"}") ? POLLUX_NO_MEMORY : admission : 0;
}

static int64_t count_parents(const char *where)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM namespace WHERE %s", where);
	return db_query(site->db.path, sql);
}

/* Clients that the middleware refuses, or who have sockets enough, neither make namespaces nor change whose children they are. */
static void test_refused_leave_no_namespace(void **state)
{
	struct guest a, b;

	(void)state;
	site->handler.namespace_exists = tell_parent;
	site->handler.admit = admit_or_not;
	site->settings.max_sockets = 2;
	parent_now = "one";
	guest_join(&a, 0);
	guest_open(&b, 1);
	guest_say(&a, 0, "40/x,");
	assert_int_equal(count_parents("name = '/x' AND parent = 'one'"), 1);
	guest_say(&a, 1, "40/y,\x1e" "40/z,");
	assert_int_equal(count_parents("name IN ('/y', '/z')"), 0);
	admission = POLLUX_REFUSED;
	parent_now = "two";
	guest_say(&b, 0, "40/x,\x1e" "40/y,");
	assert_int_equal(count_parents("name = '/x' AND parent = 'one'"), 1);
	assert_int_equal(count_parents("name = '/y'"), 0);
	parent_now = NULL;
	guest_say(&b, 0, "40/x,");
	assert_int_equal(count_parents("name = '/x' AND parent = 'one'"), 1);
	admission = 0;
	parent_now = "two";
	guest_say(&b, 1, "40/x,");
	assert_int_equal(count_parents("name = '/x' AND parent = 'two'"), 1);
}

static uint64_t left_in[2];
static int left, left_together;

static int note_transaction(struct event *ev)
{
	int n = ev->s == site->servers[1];

	left++;
	left_together += left_in[n] == ev->s->transaction;
	left_in[n] = ev->s->transaction;
	return 0;
}

static bool have_left(const void *ctx)
{
	return left == *(const int *)ctx;
}

/* Disconnect handlers that are slow: a batch ends when its share of the tick is over. */
static void expect_one_a_tick(const char *sql)
{
	struct guest guests[5];
	int all = COUNT(guests);

	left = left_together = 0;
	for (int i = 0; i < all; i++)
		guest_join(&guests[i], 0);
	site->leaving = note_transaction;
	site->servers[0]->hold_max_us = site->servers[1]->hold_max_us = -1;
	db_foreign(site->db.path, sql);
	assert_true(site_until(have_left, &all));
	assert_int_equal(left_together, 0);
	site->leaving = NULL;
}

static void test_slow_handlers(void **state)
{
	(void)state;
	expect_one_a_tick("UPDATE client SET expires_at_ms = 1");
	expect_one_a_tick("INSERT INTO parting(sid, nsp, close) SELECT sid, nsp, 0 FROM socket WHERE left IS NULL");
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
	f = guest_post(&a, 0, event_packet("all", "one", ""));
	g = site_ask(0, "GET", "EIO=4&transport=polling", NULL, 0);
	answers(g, 400, NULL);
	answers(f, 200, "ok");
	assert_int_equal(site->events, 1);
	site->headers[0] = NULL;
	free(huge);
}

/* More than a tick takes: the loop goes on with the rest and does not sleep, though nothing wakes it. */
static void test_more_than_a_tick(void **state)
{
	struct fake *f[600];

	(void)state;
	for (size_t i = 0; i < COUNT(f); i++)
		f[i] = site_ask(0, "GET", "EIO=4&transport=polling", NULL, 0);
	ev_run(site->loop, EVRUN_ONCE);
	assert_true(f[0]->status == 200 && f[599]->status == 0);
	assert_true(ev_is_active(&site->servers[0]->again));
	for (size_t i = 0; i < COUNT(f); i++)
		answers(f[i], 200, NULL);
	site_spin(1);
	assert_false(ev_is_active(&site->servers[0]->again));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_close),
		TEST(test_expires_unpolled),
		TEST(test_disconnected_by_server),
		TEST(test_violation_kicks),
		TEST(test_refused_leave_no_namespace),
		TEST(test_slow_handlers),
		TEST(test_reasons),
		TEST(test_namespaces),
		TEST(test_refusals),
		TEST(test_huge_handshake),
		TEST(test_more_than_a_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

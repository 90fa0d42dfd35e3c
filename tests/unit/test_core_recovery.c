/* Connection state recovery: a client is cut off and comes back, to either of two servers on one database. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"

/* A client that keeps what the stock client keeps. */
struct person {
	struct guest g;
	char pid[32], offset[64];
	struct buf heard;    /* the events since it was last asked, without their positions */
};

static struct person people[4];

static int setup(void **state)
{
	if (site_setup(state) != 0)
		return -1;
	site->settings.recovery = true;
	site_serve(0);
	site_serve(1);
	for (size_t i = 0; i < COUNT(people); i++) {
		memset(&people[i], 0, sizeof(people[i]));
		buf_init(&people[i].heard, 1 << 24);
	}
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < COUNT(people); i++)
		buf_deinit(&people[i].heard);
	return site_teardown(state);
}

static const char *epoch(void)
{
	return store_epoch(site->servers[site->servers[0] ? 0 : 1]->store);
}

static long long seq_of(const char *position)
{
	size_t len = strlen(epoch());

	if (strncmp(position, epoch(), len) != 0 || position[len] != '.')
		fail_msg("no position: %s", position);
	return strtoll(position + len + 1, NULL, 10);
}

static void hear(struct person *p, const char *packet, size_t len)
{
	const char *last = memrchr(packet, ',', len);
	bool event = packet[0] == '4' && (packet[1] == '2' || packet[1] == '5');
	long long before = p->offset[0] ? seq_of(p->offset) : 0;

	if (p->heard.len)
		buf_add_char(&p->heard, ' ');
	buf_add(&p->heard, packet, event ? (size_t)(last - packet) : len);
	if (!event)
		return;
	if (last[1] != '"' || packet[len - 1] != ']' || packet[len - 2] != '"')
		fail_msg("an event without position: %.*s", (int)len, packet);
	snprintf(p->offset, sizeof(p->offset), "%.*s", (int)(packet + len - 2 - (last + 2)), last + 2);
	assert_true(seq_of(p->offset) > before);
}

static void fetch(struct person *p, int n)
{
	struct fake *f = guest_get(&p->g, n);

	answers(f, 200, NULL);
	for (const char *at = f->body; *at; at += strcspn(at, "\x1e"), at += *at != '\0')
		if (strcspn(at, "\x1e") > 1)   /* but noop and ping */
			hear(p, at, strcspn(at, "\x1e"));
}

#define hears(p, n, text) expect_heard((p), (n), (text), __LINE__)

/* Polls until so much has come. */
static void expect_heard(struct person *p, int n, const char *text, int line)
{
	while (p->heard.len < strlen(text))
		fetch(p, n);
	if (strcmp(p->heard.data, text) != 0)
		fail_msg("line %d: expected %s, got %s", line, text, p->heard.data);
	buf_clear(&p->heard);
}

/* Sends CONNECT with that payload in a session of its own; what came of it. */
static const char *connects(struct person *p, int n, const char *payload)
{
	char packet[512], socket[32];
	const char *pid;

	memcpy(socket, p->g.socket, sizeof(socket));
	snprintf(packet, sizeof(packet), "40%s", payload);
	guest_open(&p->g, n);
	memcpy(p->g.socket, socket, sizeof(socket));
	guest_say(&p->g, n, packet);
	while (!p->heard.len)
		fetch(p, n);
	pid = strstr(p->heard.data, "\"pid\":\"");
	if (sscanf(p->heard.data, "40{\"sid\":\"%31[^\"]", p->g.socket) == 1 && pid)
		assert_int_equal(sscanf(pid, "\"pid\":\"%31[^\"]", p->pid), 1);
	return p->heard.data;
}

static struct person *enters(int i, int n)
{
	struct person *p = &people[i];

	connects(p, n, "");
	assert_int_equal(strlen(p->pid), RANDOM_ID_LEN);
	assert_string_not_equal(p->pid, p->g.socket);
	buf_clear(&p->heard);
	return p;
}

static const char *payload_of(const struct person *p)
{
	static char out[256];

	if (p->offset[0])
		snprintf(out, sizeof(out), "{\"pid\":\"%s\",\"offset\":\"%s\"}", p->pid, p->offset);
	else
		snprintf(out, sizeof(out), "{\"pid\":\"%s\"}", p->pid);
	return out;
}

#define comes_back(p, n) expect_recovered((p), (n), true, __LINE__)
#define comes_anew(p, n) expect_recovered((p), (n), false, __LINE__)

/* A new connection that shows the pid. What it hears behind the reply stays in p->heard. */
static void expect_recovered(struct person *p, int n, bool expected, int line)
{
	char pid[32], socket[32], reply[128];
	bool same;

	snprintf(pid, sizeof(pid), "%s", p->pid);
	snprintf(socket, sizeof(socket), "%s", p->g.socket);
	connects(p, n, payload_of(p));
	same = strcmp(pid, p->pid) == 0;
	if (same != expected || same != (strcmp(socket, p->g.socket) == 0))
		fail_msg("line %d: %s", line, p->heard.data);
	snprintf(reply, sizeof(reply), "40{\"sid\":\"%s\",\"pid\":\"%s\"}", p->g.socket, p->pid);
	if (strncmp(p->heard.data, reply, strlen(reply)) != 0)
		fail_msg("line %d: no reply first: %s", line, p->heard.data);
	if (p->heard.data[strlen(reply)] == '\0') {
		buf_clear(&p->heard);
		return;
	}
	memmove(p->heard.data, p->heard.data + strlen(reply) + 1, p->heard.len - strlen(reply));
	p->heard.len -= strlen(reply) + 1;
}

static bool has_left(const void *ctx)
{
	const struct person *p = ctx;
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM socket WHERE pid = '%s' AND left IS NOT NULL", p->pid);
	return db_query(site->db.path, sql) == 1;
}

/* Its connection breaks. */
static void is_cut(struct person *p, int n)
{
	struct fake *f = guest_get(&p->g, n);

	site_await_parked(f);
	site_hang_up(f);
	assert_true(site_until(has_left, p));
}

static void test_positions(void **state)
{
	struct person *a = enters(0, 0);
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "42[\"direct\",\"%s\",\"d\"]", a->g.socket);
	guest_say(&a->g, 0, text);
	guest_say(&a->g, 1, event_packet("all", "all", "") );
	hears(a, 1, "42[\"said\",\"d\" 42[\"said\",\"all\"");
	/* One that asks for an answer has none. */
	snprintf(text, sizeof(text), "42[\"ask\",\"%s\",\"q\"]", a->g.socket);
	guest_say(&a->g, 0, text);
	answers(guest_get(&a->g, 0), 200, NULL);
	assert_non_null(strstr(site->fakes->body, "[\"said\",\"q\"]"));
}

static void test_comes_back(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);
	char text[1024];

	(void)state;
	guest_say(&a->g, 0, "42[\"join\",\"x\"]\x1e" "42[\"join\",\"y\"]\x1e" "42[\"leave\",\"y\"]");
	guest_say(&b->g, 0, event_packet("all", "had", ""));
	hears(a, 0, "42[\"said\",\"had\"");
	is_cut(a, 0);
	snprintf(text, sizeof(text), "42[\"say\",\"x\",\"1\"]\x1e" "42[\"say\",\"y\",\"not\"]\x1e" "42[\"direct\",\"%s\",\"2\"]\x1e"
		 "42[\"volatile\",\"not\"]\x1e" "42[\"both\",\"x\",\"y\",\"3\"]\x1e" "42[\"all except\",\"x\",\"not\"]\x1e"
		 "42[\"say\",\"%s\",\"4\"]\x1e" "42[\"ask room\",\"x\",\"not\"]\x1e" "42[\"direct\",\"%s\",\"not\"]\x1e"
		 "42[\"except\",\"x\",\"y\",\"5\"]\x1e" "42[\"all\",\"6\"]", a->g.socket, a->g.socket, b->g.socket);
	guest_say(&b->g, 1, text);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 0);
	comes_back(a, 1);
	hears(a, 1, "42[\"said\",\"1\" 42[\"said\",\"2\" 42[\"said\",\"3\" 42[\"said\",\"4\" 42[\"said\",\"5\" 42[\"said\",\"6\" "
		    "42[\"said\",\"answers\"");   /* of whom the room was asked for: of nobody */
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 1);
	/* And is there as before. */
	guest_say(&b->g, 0, "42[\"say\",\"x\",\"7\"]\x1e" "42[\"say\",\"y\",\"not\"]\x1e" "42[\"all\",\"8\"]");
	hears(a, 0, "42[\"said\",\"7\" 42[\"said\",\"8\"");
}

static void test_binary(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	guest_say(&a->g, 0, "42[\"join\",\"r\"]");
	is_cut(a, 0);
	guest_say(&b->g, 1, "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1e" "bAQID");
	comes_back(a, 1);
	hears(a, 1, "451-[\"message\",{\"_placeholder\":true,\"num\":0} bAQID");
}

/* The reply is lost as well: the same once more, and what was said since; and never again. */
static void test_cut_again(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);
	char before[64];

	(void)state;
	is_cut(a, 0);
	guest_say(&b->g, 1, event_packet("all", "1", ""));
	snprintf(before, sizeof(before), "%s", a->offset);
	comes_back(a, 1);
	hears(a, 1, "42[\"said\",\"1\"");
	is_cut(a, 1);
	guest_say(&b->g, 1, event_packet("all", "2", ""));
	memcpy(a->offset, before, sizeof(before));
	comes_back(a, 0);
	hears(a, 0, "42[\"said\",\"1\" 42[\"said\",\"2\"");
	is_cut(a, 0);
	comes_back(a, 1);
	guest_say(&b->g, 1, event_packet("all", "3", ""));
	hears(a, 0, "42[\"said\",\"3\"");
}

/* It had a session before, whose last position it still shows: what was said before it came is not for it. */
static void test_offset_before_it_came(void **state)
{
	struct person *a, *b = enters(1, 1);

	(void)state;
	guest_say(&b->g, 1, event_packet("all", "early", ""));
	hears(b, 1, "42[\"said\",\"early\"");
	a = enters(0, 0);
	snprintf(a->offset, sizeof(a->offset), "%s.1", epoch());
	is_cut(a, 0);
	guest_say(&b->g, 1, event_packet("all", "missed", ""));
	comes_back(a, 1);
	hears(a, 1, "42[\"said\",\"missed\"");
}

/* The predecessor's poll is held, or its process dead: the newcomer takes the socket, and nothing the old one does changes that. */
static void test_half_open(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1), old = *a;
	struct fake *poll;

	(void)state;
	guest_say(&a->g, 0, "42[\"join\",\"x\"]");
	poll = guest_get(&a->g, 0);
	old.g = a->g;
	site_await_parked(poll);
	comes_back(a, 1);
	assert_string_equal(site->said, "transport error\n");
	answers(poll, 200, "41");
	assert_int_equal(site_status(guest_post(&old.g, 0, "41")), 400);
	guest_say(&b->g, 1, event_packet("say", "x", "on"));
	hears(a, 1, "42[\"said\",\"on\"");
	assert_string_equal(site->said, "transport error\n");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client"), 3);   /* the old one may still fetch its end */
}

/* The text with the epoch for its $, if it has one. */
static void spell(char *out, size_t cap, const char *text)
{
	int head = (int)strcspn(text, "$");
	const char *tail = text + head;

	snprintf(out, cap, "%.*s%s%s", head, text, *tail ? epoch() : "", *tail ? tail + 1 : "");
}

/* Those that can't: each is a fresh session, and harms nothing. */
static void test_refused(void **state)
{
	static const char *const payloads[] = {
		"{\"pid\":\"AAAAAAAAAAAAAAAAAAAA\",\"offset\":\"$.1\"}",
		"{\"pid\":17,\"offset\":\"$.1\"}",
		"{\"pid\":{},\"offset\":\"$.1\"}",
		"{\"pid\":null}",
		"{\"pid\":\"\"}",
		"{\"pid\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	};
	struct person *a = enters(0, 0), *b = &people[1];
	char text[512];

	(void)state;
	is_cut(a, 0);
	for (size_t i = 0; i < COUNT(payloads); i++) {
		spell(text, sizeof(text), payloads[i]);
		connects(b, 1, text);
		assert_string_not_equal(a->pid, b->pid);
		buf_clear(&b->heard);
	}
	comes_back(a, 1);
}

static void test_offsets_refused(void **state)
{
	static const char *const offsets[] = {"17", "null", "{}", "\"\"", "\"x\"", "\"$.\"", "\"$.x\"", "\"$.999999\"", "\"xxxxxxxx.1\"",
		"\"$.0000000000000000000000000000000000000000000000000001\""};
	struct person *a = enters(0, 0), *b = &people[1];
	char text[512], offset[128];

	(void)state;
	is_cut(a, 0);
	for (size_t i = 0; i < COUNT(offsets); i++) {
		spell(offset, sizeof(offset), offsets[i]);
		snprintf(text, sizeof(text), "{\"pid\":\"%s\",\"offset\":%s}", a->pid, offset);
		connects(b, 1, text);
		assert_string_not_equal(a->pid, b->pid);
		buf_clear(&b->heard);
	}
	comes_back(a, 1);
}

static void test_wrong_namespace(void **state)
{
	struct person *a = enters(0, 0);
	char text[256], socket[32];

	(void)state;
	is_cut(a, 0);
	memcpy(socket, a->g.socket, sizeof(socket));
	guest_open(&a->g, 0);
	snprintf(text, sizeof(text), "40/a,{\"pid\":\"%s\"}", a->pid);
	guest_say(&a->g, 0, text);
	answers(guest_get(&a->g, 0), 200, NULL);
	assert_null(strstr(site->fakes->body, a->pid));
	assert_null(strstr(site->fakes->body, socket));
}

static void test_window_passed(void **state)
{
	struct person *a = enters(0, 0);

	(void)state;
	site->settings.recovery_window_ms = 60000;
	is_cut(a, 0);
	db_foreign(site->db.path, "UPDATE socket SET left_at_ms = left_at_ms - 60100");
	comes_anew(a, 1);
}

/* Rows above where it left are gone, or those above its position when that is higher. */
static void test_gap(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	is_cut(a, 0);
	guest_say(&b->g, 1, event_packet("all", "1", ""));
	db_foreign(site->db.path, "INSERT INTO meta VALUES('lost', (SELECT max(seq) FROM log))");
	comes_anew(a, 1);
	is_cut(a, 1);
	db_foreign(site->db.path, "INSERT INTO meta VALUES('gap', (SELECT left + 1 FROM socket ORDER BY left DESC LIMIT 1))");
	comes_anew(a, 1);
	/* A quiet connection has an old position: what was deleted since it had heard, or was not for it. */
	is_cut(a, 1);
	comes_back(a, 1);
}

static void test_left_for_good(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	guest_say(&a->g, 0, "41");
	comes_anew(a, 1);
	guest_say(&b->g, 1, event_packet("kick", a->g.socket, ""));
	comes_anew(a, 0);
	guest_say(&b->g, 1, event_packet("kick", a->g.socket, "close"));
	comes_anew(a, 1);
}

static void test_too_much(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	site->settings.max_queue_bytes = 10000;
	is_cut(a, 0);
	guest_say(&b->g, 1, "42[\"all\",\"1\"]");
	comes_back(a, 1);
	hears(a, 1, "42[\"said\",\"1\"");
	is_cut(a, 1);
	for (int i = 0; i < 12; i++) {
		char text[1200];

		snprintf(text, sizeof(text), "42[\"all\",\"%0*d\"]", 1000, i);
		guest_say(&b->g, 1, text);
	}
	comes_anew(a, 1);
	guest_say(&b->g, 1, "42[\"all\",\"2\"]");
	hears(a, 1, "42[\"said\",\"2\"");
}

static bool lets_in;

static int refuse(void *ctx, struct event *ev, struct buf *refusal)
{
	(void)ctx;
	if (lets_in)
		return 0;
	snprintf(site->said, sizeof(site->said), "%s", event_socket(ev)->recovered ? "recovered" : "new");
	buf_add_str(refusal, "{\"message\":\"no\"}");
	return POLLUX_REFUSED;
}

static void test_middleware(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	is_cut(a, 0);
	guest_say(&b->g, 1, event_packet("all", "1", ""));
	site->said[0] = '\0';
	site->handler.admit = refuse;
	site->settings.recovery_skip_middlewares = false;
	assert_string_equal(connects(a, 1, payload_of(a)), "44{\"message\":\"no\"}");
	assert_string_equal(site->said, "recovered");
	/* Nothing was lost by that. */
	buf_clear(&a->heard);
	lets_in = true;
	comes_back(a, 0);
	hears(a, 0, "42[\"said\",\"1\"");
	lets_in = false;
	is_cut(a, 0);
	site->said[0] = '\0';
	site->settings.recovery_skip_middlewares = true;
	comes_back(a, 1);
	assert_string_equal(site->said, "");
}

static int leave_x(struct event *ev)
{
	bool changed;

	return event_leave(ev, event_nsp(ev), event_socket(ev)->sid, (struct text){"x", 1}, &changed);
}

static void test_left_while_leaving(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	guest_say(&a->g, 0, "42[\"join\",\"x\"]\x1e" "42[\"join\",\"y\"]");
	site->leaving = leave_x;
	is_cut(a, 0);
	comes_back(a, 1);
	guest_say(&b->g, 1, "42[\"say\",\"x\",\"not\"]\x1e" "42[\"say\",\"y\",\"here\"]");
	hears(a, 1, "42[\"said\",\"here\"");
}

static int kick_successor(struct event *ev)
{
	return event_disconnect(ev, "/", event_socket(ev)->sid, true);
}

/* The predecessor's disconnect handler disconnects its own socket: that has left, and the one that comes back stays. */
static void test_kicks_itself(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	site->leaving = kick_successor;
	comes_back(a, 1);
	guest_say(&b->g, 1, event_packet("all", "1", ""));
	hears(a, 1, "42[\"said\",\"1\"");
}

static int open_members(const char *nsp, const char *room)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM member WHERE until IS NULL AND nsp = '%s' AND room = '%s'", nsp, room);
	return (int)db_query(site->db.path, sql);
}

/* Rooms that it leaves in the very tick in which it goes, with nothing written in between: it comes back to the others alone. */
static void test_left_just_before(void **state)
{
	struct person *a = enters(0, 0);

	(void)state;
	guest_say(&a->g, 0, "42[\"join\",\"x\"]");
	guest_say(&a->g, 0, "42[\"join\",\"y\"]\x1e" "42[\"leave\",\"x\"]\x1e" "1");
	assert_true(site_until(has_left, a));
	comes_back(a, 1);
	assert_int_equal(open_members("/", "y"), 1);
	assert_int_equal(open_members("/", "x"), 0);
}

/* The same by the disconnect handlers of a client with two sockets, in either order. */
static void test_left_while_leaving_both(void **state)
{
	struct person *a = enters(0, 0);

	(void)state;
	guest_say(&a->g, 0, "40/a,");
	guest_say(&a->g, 0, "42[\"join\",\"x\"]\x1e" "42/a,[\"join\",\"x\"]");
	site->leaving = leave_x;
	guest_say(&a->g, 0, "1");
	assert_true(site_until(has_left, a));
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member m JOIN socket s ON s.sid = m.sid WHERE m.until = s.left"), 0);
	comes_back(a, 1);
	assert_int_equal(open_members("/", "x"), 0);
}

static void test_restart(void **state)
{
	struct person *a = enters(0, 0), *b = enters(1, 1);

	(void)state;
	guest_say(&a->g, 0, "42[\"join\",\"x\"]");
	guest_say(&b->g, 1, event_packet("say", "x", "1"));
	site_stop(0);
	site_stop(1);
	site_serve(0);
	site_serve(1);
	guest_say(&b->g, 0, event_packet("say", "x", "2"));
	comes_back(a, 1);
	hears(a, 1, "42[\"said\",\"1\" 42[\"said\",\"2\"");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_positions),
		TEST(test_comes_back),
		TEST(test_binary),
		TEST(test_cut_again),
		TEST(test_offset_before_it_came),
		TEST(test_half_open),
		TEST(test_refused),
		TEST(test_offsets_refused),
		TEST(test_wrong_namespace),
		TEST(test_window_passed),
		TEST(test_gap),
		TEST(test_left_for_good),
		TEST(test_too_much),
		TEST(test_middleware),
		TEST(test_left_while_leaving),
		TEST(test_kicks_itself),
		TEST(test_left_just_before),
		TEST(test_left_while_leaving_both),
		TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

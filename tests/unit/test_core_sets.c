/* Sockets by rooms and exceptions, wherever they are held: server 0 takes polls, server 1 WebSockets, on one database. */
#include "config.h"
#include "tests/unit/wire_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include "tests/unit/faulty_vfs.h"

#define WIRES 40
#define ROOM(name) (struct text){ name, 1 }

static struct guest polling[2], away, other[WIRES];
static struct wire *wires[WIRES];

/* What the hook does, in one event. */
static struct {
	int (*rooms)(struct event *ev, const struct audience *a, const struct text *rooms, size_t n, room_change_each *each, void *ctx);
	const char *only, *except;  /* rooms of the audience, of one letter each; "": all; nobody */
	const char *joined;         /* rooms to join or leave */
	const char *say;            /* to whom then; "": nobody */
	bool disconnects, fails;
	int seen;
	char last[32];
	size_t last_room;
} todo;

static int see(void *ctx, size_t room, struct text sid)
{
	(void)ctx;
	todo.seen++;
	todo.last_room = room;
	snprintf(todo.last, sizeof(todo.last), "%.*s", (int)sid.len, sid.at);
	return 0;
}

static int see_socket(void *ctx, const struct socket_view *view)
{
	return see(ctx, 0, (struct text){ view->sid, strlen(view->sid) });
}

static size_t letters(const char *names, struct text out[8])
{
	size_t n = strlen(names);

	for (size_t i = 0; i < n; i++)
		out[i] = ROOM(names + i);
	return n;
}

static int say(struct event *ev)
{
	struct text room[8];
	struct emission e = { .nsp = "/", .rooms = room, .args = { "[\"said\",1]", 10 } };
	struct emitted out;

	e.rooms_count = letters(todo.say, room);
	return e.rooms_count ? event_emit(ev, &e, &out) : 0;
}

static int hook(struct event *ev, const struct incoming *in)
{
	struct text only[8], except[8], joined[8];
	struct audience a = { "/", only, letters(todo.only, only), except, letters(todo.except, except) };
	int error = 0;

	(void)in;
	todo.seen = 0;
	if (todo.rooms)
		error = todo.rooms(ev, &a, joined, letters(todo.joined, joined), see, NULL);
	if (error == POLLUX_TOO_BIG) {
		todo.seen = error;
		error = 0;
	}
	if (!error && todo.disconnects)
		error = event_disconnect_all(ev, &a, false);
	if (!error && !todo.rooms && !todo.disconnects)
		error = event_fetch(ev, &a, 0, see_socket, NULL);
	if (!error)
		error = say(ev);
	return error ? error : todo.fails ? POLLUX_REFUSED : 0;
}

/* A guest does it, by server 0. */
static int run(struct guest *g)
{
	guest_say(g, 0, event_packet("hook", "", ""));
	return todo.seen;
}

static int set(struct guest *g, const char *only, const char *except, const char *rooms, const char *to)
{
	todo.rooms = event_join_all;
	todo.only = only, todo.except = except, todo.joined = rooms, todo.say = to;
	return run(g);
}

static int setup(void **state)
{
	if (site_setup(state) != 0)
		return -1;
	wires_on(false);
	wires_fail(false);
	site_serve(0);
	site->kind = "ws";
	site_serve(1);
	site->hook = hook;
	memset(&todo, 0, sizeof(todo));
	todo.only = todo.except = todo.joined = todo.say = "";
	return 0;
}

static void come(void)
{
	for (size_t i = 0; i < COUNT(polling); i++)
		guest_join(&polling[i], 0);
	guest_join(&away, 0);
	for (int i = 0; i < WIRES; i++)
		wires[i] = wire_join(&other[i], 1);
}

static void go(void)
{
	for (int i = 0; i < WIRES; i++)
		wire_free(wires[i]);
}

static void all_wires_get(const char *packet)
{
	for (int i = 0; i < WIRES; i++)
		wire_gets(wires[i], packet);
}

/* So many changes that rooms are told of, not clients: whoever is here hears what comes next, in the same event, and who is not finds it later. */
static void test_many_join(void **state)
{
	struct fake *polls[COUNT(polling)];

	(void)state;
	come();
	for (size_t i = 0; i < COUNT(polling); i++)
		site_await_parked(polls[i] = guest_get(&polling[i], 0));
	assert_int_equal(set(&away, "", "", "ab", "b"), 2 * (WIRES + 3));
	assert_int_equal(todo.last_room, 1);
	for (size_t i = 0; i < COUNT(polling); i++)
		answers(polls[i], 200, "42[\"said\",1]");
	all_wires_get("42[\"said\",1]");
	receives(&away, 0, "42[\"said\",1]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 3 AND room IS NOT NULL"), 2);
	/* who is there already is no change; one more is told of alone */
	guest_join(&polling[0], 0);
	assert_int_equal(set(&away, "", "", "a", ""), 1);
	assert_string_equal(todo.last, polling[0].socket);
	guest_say(&away, 0, event_packet("say", "a", "2"));
	receives(&polling[0], 0, "42[\"said\",\"2\"]");
	all_wires_get("42[\"said\",\"2\"]");
	go();
}

static void test_many_leave(void **state)
{
	(void)state;
	come();
	set(&away, "", "", "ab", "");
	/* some rows later, so that the intervals are kept; then at once, so that they are not */
	guest_say(&away, 0, event_packet("say", "a", "1") );
	all_wires_get("42[\"said\",\"1\"]");
	todo.rooms = event_leave_all, todo.joined = "ab", todo.say = "a";
	assert_int_equal(run(&away), 2 * (WIRES + 3));
	assert_int_equal(run(&away), 0);
	guest_say(&away, 0, event_packet("all", "end", ""));
	all_wires_get("42[\"said\",\"end\"]");
	receives(&away, 0, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"end\"]");
	receives(&polling[0], 0, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"end\"]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 0);
	set(&away, "", "", "ab", "");
	todo.rooms = event_leave_all;
	assert_int_equal(run(&away), 2 * (WIRES + 3));
	go();
}

/* An event that fails has changed nothing, here or there. */
static void test_undone(void **state)
{
	(void)state;
	come();
	todo.fails = true;
	set(&away, "", "", "ab", "a");
	todo.fails = false;
	guest_say(&away, 0, event_packet("say", "a", "1"));
	guest_say(&away, 0, event_packet("all", "end", ""));
	all_wires_get("42[\"said\",\"end\"]");
	receives(&polling[1], 0, "42[\"said\",\"end\"]");
	set(&away, "", "", "ab", "a");
	all_wires_get("42[\"said\",1]");
	go();
}

static int setup_faulty(void **state)
{
	int error = setup(state);

	if (error)
		return error;
	for (int i = 0; i < 2; i++)
		site_stop(i);
	site->cgi = true;   /* no checkpoints: their thread would meet the failure */
	site->settings.ping_interval_ms = 600000;
	site_serve(0);
	site_serve(1);
	return 0;
}

/* One write fails, in the process that has the WebSockets: what it had read of the room was not so. Who has joined is told once. */
static bool join_with_failure(int nth)
{
	struct fake *post;
	bool failed;

	todo.rooms = event_join_all, todo.joined = "ab", todo.say = "b";
	faulty_arm_io(nth, SQLITE_FULL, true);
	post = guest_post(&away, 1, event_packet("hook", "", ""));
	assert_int_equal(site_status(post), 200);
	failed = faulty_disarm();
	guest_say(&away, 1, event_packet("say", "a", "2"));
	all_wires_get("42[\"said\",1]\x1e" "42[\"said\",\"2\"]");
	receives(&polling[0], 0, "42[\"said\",1]\x1e" "42[\"said\",\"2\"]");
	todo.rooms = event_leave_all, todo.say = "";
	run(&away);
	return failed;
}

static void test_writes_fail(void **state)
{
	int nth = 1;

	(void)state;
	come();
	while (join_with_failure(nth))
		nth += 1 + nth / 2;   /* there are hundreds */
	assert_true(nth > 20);
	go();
}

/* By rooms, several of them, ids, exceptions. */
static void test_audiences(void **state)
{
	struct guest g[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		guest_join(&g[i], i % 2 ? 1 : 0);
	guest_say(&g[0], 0, event_packet("join", "a", ""));
	guest_say(&g[1], 1, event_packet("join", "a", ""));
	guest_say(&g[1], 0, event_packet("join", "b", ""));
	guest_say(&g[2], 0, event_packet("join", "b", ""));
	todo.rooms = NULL;
	todo.only = "", todo.except = "";
	assert_int_equal(run(&g[0]), 4);
	todo.only = "a";
	assert_int_equal(run(&g[0]), 2);
	todo.only = "ab";
	assert_int_equal(run(&g[0]), 3);
	todo.only = "ab", todo.except = "a";
	assert_int_equal(run(&g[0]), 1);
	assert_string_equal(todo.last, g[2].socket);
	todo.only = "", todo.except = "ab";
	assert_int_equal(run(&g[0]), 1);
	assert_string_equal(todo.last, g[3].socket);
	todo.only = "x", todo.except = "";
	assert_int_equal(run(&g[0]), 0);
	assert_int_equal(set(&g[0], "a", "b", "c", "c"), 1);
	receives(&g[0], 0, "42[\"said\",1]");
	assert_int_equal(set(&g[0], "", "c", "c", ""), 3);
}

/* All or nobody; a handler that takes the refusal goes on. */
static void test_limit(void **state)
{
	struct guest a, b;

	(void)state;
	site->settings.max_rooms = 2;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_say(&b, 0, event_packet("join", "x", ""));
	assert_int_equal(set(&a, "", "", "yz", ""), POLLUX_TOO_BIG);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 1);
	assert_int_equal(set(&a, "", "", "xy", ""), 3);
	assert_int_equal(set(&a, "", "", "xy", ""), 0);
}

static int leavers;

static int count_leaver(struct event *ev)
{
	assert_true(event_socket(ev)->connected);
	leavers++;
	return 0;
}

static bool all_left(const void *ctx)
{
	(void)ctx;
	return leavers == WIRES + 1;
}

/* More than fit into a transaction leave one batch after the other, each once; and what their handlers do counts. */
static void test_many_disconnect(void **state)
{
	struct guest more[WIRES];

	(void)state;
	leavers = 0;
	for (int i = 0; i < WIRES; i++)
		guest_join(&more[i], 0);
	come();
	site->leaving = count_leaver;
	guest_say(&polling[0], 0, event_packet("join", "k", ""));
	guest_say(&away, 0, event_packet("join", "k", ""));
	todo.disconnects = true, todo.except = "k", todo.say = "k";
	run(&away);
	for (int i = 0; i < WIRES; i++)
		wire_gets(wires[i], "41");
	leavers -= WIRES;   /* those more */
	assert_true(site_until(all_left, NULL));
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM parting"), 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM socket WHERE left IS NULL"), 2);
	receives(&away, 0, "42[\"said\",1]");
	receives(&more[0], 0, "41");
	assert_true(site_said("server namespace disconnect\n"));
	go();
}

static void test_few_disconnect(void **state)
{
	struct guest a, b, c;

	(void)state;
	leavers = 0;
	guest_join(&a, 0);
	guest_join(&b, 1);
	guest_join(&c, 0);
	site->leaving = count_leaver;
	guest_say(&b, 0, event_packet("join", "k", ""));
	guest_say(&c, 0, event_packet("join", "k", ""));
	todo.disconnects = true, todo.only = "k", todo.say = "k";
	run(&a);
	assert_int_equal(leavers, 2);
	receives(&b, 0, "42[\"said\",1]\x1e" "41");
	receives(&c, 1, "42[\"said\",1]\x1e" "41");
	guest_say(&a, 0, event_packet("all", "end", ""));
	receives(&a, 0, "42[\"said\",\"end\"]");
}

/* Whoever began it has died: another goes on. */
static void test_left_over(void **state)
{
	struct guest a, b;
	char sql[200];

	(void)state;
	leavers = 0;
	guest_join(&a, 0);
	guest_join(&b, 0);
	site->leaving = count_leaver;
	snprintf(sql, sizeof(sql), "INSERT INTO parting(sid, nsp, close) VALUES('%s', '/', 1), ('nobody', '/', 0)", b.socket);
	db_foreign(site->db.path, sql);
	receives(&b, 0, "41\x1e" "1");
	assert_int_equal(leavers, 1);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM parting"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_many_join), TEST(test_many_leave), TEST(test_undone), TEST(test_audiences), TEST(test_limit),
		TEST(test_many_disconnect), TEST(test_few_disconnect), TEST(test_left_over),
		cmocka_unit_test_setup_teardown(test_writes_fail, setup_faulty, site_teardown),
	};

	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

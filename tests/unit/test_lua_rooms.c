/* Sockets by rooms, and what io.on_room hears. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>

#include "tests/unit/lua_fixture.h"

static void test_sets(void **state)
{
	(void)state;
	expect_trace("io.sockets_join('r'); io.in_('r'):sockets_join{'p', 'q'}; io.in_('r'):except('s1'):sockets_leave('p')\n"
		     "io.sockets_leave{'q'}", "",
		     "join / s1 r\njoin / s1 p\njoin / s1 q\nleave / s1 q\n");
	expect_trace("socket:join{'p', 'q'}; socket:leave{'p', 'q'}; socket:join{}", "", "join / s1 p\njoin / s1 q\nleave / s1 p\nleave / s1 q\n");
	expect_trace("socket:join(a)", "[\"p\",\"q\"]", "join / s1 p\njoin / s1 q\n");
	expect_trace("io.disconnect_sockets(); io.in_('s1'):disconnect_sockets(true); io.except('s1'):disconnect_sockets()", "",
		     "disconnect / s1\ndisconnect / s1 close\n");
	expect_trace("io.emit('n', #io.fetch_sockets(), #io.in_('s1'):fetch_sockets(), #io.except('s1'):fetch_sockets(), "
		     "#socket.broadcast:fetch_sockets(), io.in_('s1'):fetch_sockets()[1] == socket)", "",
		     "emit / [\"n\",1,1,0,0,true]\n");
	expect_trace("io.in_('s1'):fetch_sockets()[1]:emit('hi')", "", "emit / to s1 direct [\"hi\"]\n");
	expect_trace("io.emit('by', socket.transport, io.in_('s1'):fetch_sockets()[1].transport)", "", "emit / [\"by\",\"polling\",\"polling\"]\n");
	expect_error("io.sockets_join()", "", "a room's name must be a string, not a nil");
	expect_error("io.sockets_join{1}", "", "a room's name must be a string, not a number");
	expect_error("local t = {}; for i = 1, 257 do t[i] = 'r' end; io.sockets_join(t)", "", "more than 256 rooms");
}

static struct app watching(void)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"for _, name in ipairs { 'create-room', 'join-room', 'leave-room', 'delete-room' } do\n"
				"	io.on_room(name, function(room, id) io.emit(name, room, id) end)\n"
				"end\n"
				"io.on('join', function(socket, ...) socket:join(...) end)\n"
				"io.on('leave', function(socket, ...) socket:leave(...) end)\n"
				"io.on('join all', function(socket, ...) io.sockets_join(...) end)\n"
				"io.on('leave all', function(socket, ...) io.sockets_leave(...) end)\n"
				"io.on('connection', function() io.emit('connected') end)\n"
				"io.on('disconnecting', function(socket) io.emit('is leaving', #socket.rooms) end)\n"
				"io.on('disconnect', function(socket) io.emit('has left') end)",
				0);

	fake_event_add(a.ev, "/", "s2", "{}");
	return a;
}

static void expect_of(struct app *a, const char *event, const char *trace)
{
	if (app_event(a, event, -1))
		print_message("%s: %s\n", event, app_log(a));
	assert_int_equal(a->result, 0);
	assert_string_equal(app_trace(a), trace);
}

static void test_one(void **state)
{
	struct app a = watching();

	(void)state;
	expect_of(&a, "[\"join\",\"r\"]", "join / s1 r\nemit / [\"create-room\",\"r\",null]\nemit / [\"join-room\",\"r\",\"s1\"]\n");
	expect_of(&a, "[\"join\",\"r\"]", "join / s1 r\n");
	a.socket = 1;
	expect_of(&a, "[\"join\",[\"r\",\"q\"]]",
		  "join / s2 r\nemit / [\"join-room\",\"r\",\"s2\"]\njoin / s2 q\nemit / [\"create-room\",\"q\",null]\nemit / [\"join-room\",\"q\",\"s2\"]\n");
	expect_of(&a, "[\"leave\",\"r\"]", "leave / s2 r\nemit / [\"leave-room\",\"r\",\"s2\"]\n");
	expect_of(&a, "[\"leave\",\"r\"]", "leave / s2 r\n");
	a.socket = 0;
	expect_of(&a, "[\"leave\",\"r\"]", "leave / s1 r\nemit / [\"leave-room\",\"r\",\"s1\"]\nemit / [\"delete-room\",\"r\",null]\n");
	app_close(&a);
}

static void test_many(void **state)
{
	struct app a = watching();

	(void)state;
	app_event(&a, "[\"join\",\"r\"]", -1);
	expect_of(&a, "[\"join all\",[\"r\",\"q\"]]",
		  "join / s1 r\njoin / s2 r\njoin / s1 q\njoin / s2 q\n"
		  "emit / [\"join-room\",\"r\",\"s2\"]\n"
		  "emit / [\"create-room\",\"q\",null]\nemit / [\"join-room\",\"q\",\"s1\"]\nemit / [\"join-room\",\"q\",\"s2\"]\n");
	a.socket = 1;
	app_event(&a, "[\"leave\",\"r\"]", -1);
	app_event(&a, "[\"join\",\"p\"]", -1);
	expect_of(&a, "[\"leave all\",[\"q\",\"r\"]]",
		  "leave / s1 q\nleave / s2 q\nleave / s1 r\n"
		  "emit / [\"leave-room\",\"q\",\"s1\"]\nemit / [\"leave-room\",\"q\",\"s2\"]\nemit / [\"delete-room\",\"q\",null]\n"
		  "emit / [\"leave-room\",\"r\",\"s1\"]\nemit / [\"delete-room\",\"r\",null]\n");
	app_close(&a);
}

static void test_leaving(void **state)
{
	struct app a = watching();

	(void)state;
	app_event(&a, "[\"join\",[\"r\",\"q\"]]", -1);
	a.socket = 1;
	app_event(&a, "[\"join\",\"q\"]", -1);
	fake_event_begin(a.ev, 0);
	assert_int_equal(a.handler.disconnect(a.handler.ctx, a.ev, "transport close"), 0);
	assert_string_equal(app_trace(&a), "emit / [\"is leaving\",2]\n"
					   "emit / [\"leave-room\",\"r\",\"s1\"]\nemit / [\"delete-room\",\"r\",null]\n"
					   "emit / [\"leave-room\",\"q\",\"s1\"]\nemit / [\"has left\"]\n");
	app_close(&a);
}

/* One that is recovered is back in its rooms before its connection is told of. */
static void test_recovered(void **state)
{
	struct app a = watching(), b = app_load("local io = require 'pollux'; io.on('join', function(socket, room) socket:join(room) end)\n"
						"io.on_room('join-room', function(room, id) io.emit('back', room, id) end)", 0);

	(void)state;
	app_event(&a, "[\"join\",[\"r\",\"q\"]]", -1);
	a.socket = 1;
	app_event(&a, "[\"join\",\"q\"]", -1);
	fake_event_begin(a.ev, 0);
	a.ev->views[0].recovered = true;
	assert_int_equal(a.handler.connection(a.handler.ctx, a.ev), 0);
	assert_string_equal(app_trace(&a), "emit / [\"create-room\",\"r\",null]\nemit / [\"join-room\",\"r\",\"s1\"]\n"
					   "emit / [\"join-room\",\"q\",\"s1\"]\nemit / [\"connected\"]\n");
	fake_event_begin(a.ev, 0);
	assert_int_equal(a.handler.connection(a.handler.ctx, a.ev), 0);
	assert_string_equal(app_trace(&a), "emit / [\"connected\"]\n");
	/* also where nobody listens to connections */
	app_event(&b, "[\"join\",\"r\"]", -1);
	fake_event_begin(b.ev, 0);
	b.ev->views[0].recovered = true;
	assert_int_equal(b.handler.connection(b.handler.ctx, b.ev), 0);
	assert_string_equal(app_trace(&b), "emit / [\"back\",\"r\",\"s1\"]\n");
	app_close(&a);
	app_close(&b);
}

/* A plain WebSocket has come into its room; a handler of rooms alone hears of it, and of its leaving. */
static void test_plain(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on_room('join-room', function(room, id) io.emit('in', room, id) end)\n"
				"io.on_room('leave-room', function(room, id) io.emit('out', room, id) end)\n"
				"io.on('join', function(socket, room) socket:join(room) end)",
				0);

	(void)state;
	app_event(&a, "[\"join\",\"r\"]", -1);
	fake_event_begin(a.ev, 0);
	assert_int_equal(a.handler.joined(a.handler.ctx, a.ev, (struct text){"r", 1}), 0);
	assert_string_equal(app_trace(&a), "emit / [\"in\",\"r\",\"s1\"]\n");
	fake_event_begin(a.ev, 0);
	assert_int_equal(a.handler.disconnect(a.handler.ctx, a.ev, "transport close"), 0);
	assert_string_equal(app_trace(&a), "emit / [\"out\",\"r\",\"s1\"]\n");
	app_close(&a);
}

/* Handlers may change rooms and list sockets; one that goes on for ever ends with its event. */
static void test_nested(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on_room('join-room', function(room, id)\n"
				"	if room == 'for ever' then io.sockets_leave(room) io.in_(id):sockets_join(room) end\n"
				"	if #room < 3 then io.in_(id):sockets_join { room .. 'x', room .. 'y' } end\n"
				"	io.emit('in', room, #io.fetch_sockets())\n"
				"end)\n"
				"io.on('join', function(socket, room) socket:join(room) end)",
				0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"join\",\"rr\"]", -1), 0);
	assert_string_equal(app_trace(&a), "join / s1 rr\njoin / s1 rrx\njoin / s1 rry\n"
					   "emit / [\"in\",\"rrx\",1]\nemit / [\"in\",\"rry\",1]\nemit / [\"in\",\"rr\",1]\n");
	assert_true(app_event(&a, "[\"join\",\"for ever\"]", -1) < 0);
	assert_int_equal(app_event(&a, "[\"join\",\"abc\"]", -1), 0);
	app_close(&a);
}

static void test_registering(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on_room('join', function() end)", POLLUX_REFUSED);

	(void)state;
	assert_non_null(strstr(app_log(&a), "'join' is none of create-room, join-room, leave-room, delete-room"));
	app_close(&a);
	expect_error("io.on_room('join-room', function() end)", "", "while the file loads");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_recovered),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_registering),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}

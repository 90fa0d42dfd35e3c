/* Each call of the Lua API against the fake event. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

static void test_emits(void **state)
{
	(void)state;
	expect_trace("socket:emit('hi', 1, 'two')", "", "emit / to s1 direct [\"hi\",1,\"two\"]\n");
	expect_trace("io.emit('hi')", "", "emit / [\"hi\"]\n");
	expect_trace("io.to('r'):emit('hi')", "", "emit / to r [\"hi\"]\n");
	expect_trace("io.to('r'):to('q'):except('p'):emit('hi')", "", "emit / to r,q except p [\"hi\"]\n");
	expect_trace("io.to{'r', 'q'}:except{'p', 'o'}:to('z'):emit('hi')", "", "emit / to r,q,z except p,o [\"hi\"]\n");
	expect_trace("io.except('p'):emit('hi')", "", "emit / except p [\"hi\"]\n");
	expect_trace("local t = io.to('r'); t:to('q'); t:except('p'); t:once('k'); t = t.volatile and t; t:emit('hi')", "", "emit / to r [\"hi\"]\n");
	expect_trace("socket:to('r'):emit('hi')", "", "emit / to r except s1 [\"hi\"]\n");
	expect_trace("socket:except('r'):emit('hi')", "", "emit / except s1,r [\"hi\"]\n");
	expect_trace("socket.broadcast:emit('hi')", "", "emit / except s1 [\"hi\"]\n");
	expect_trace("socket.volatile:emit('hi')", "", "emit / to s1 direct volatile [\"hi\"]\n");
	expect_trace("io.to('r').volatile:emit('hi')", "", "emit / to r volatile [\"hi\"]\n");
	expect_trace("io.in_('r'):in_('q'):emit('hi')", "", "emit / to r,q [\"hi\"]\n");
	expect_trace("socket:in_('r'):emit('hi')", "", "emit / to r except s1 [\"hi\"]\n");
	expect_trace("io.volatile:emit('hi'); io.volatile:to('r'):emit('hi')", "", "emit / volatile [\"hi\"]\nemit / to r volatile [\"hi\"]\n");
	expect_trace("socket.broadcast.volatile:emit('hi')", "", "emit / except s1 volatile [\"hi\"]\n");
	expect_trace("socket.broadcast:to('r'):emit('hi')", "", "emit / to r except s1 [\"hi\"]\n");
	/* a socket's flags before a room: the others in it, as socket:to means */
	expect_trace("socket.volatile.broadcast:emit('hi')", "", "emit / except s1 volatile [\"hi\"]\n");
	expect_trace("socket.volatile:to('r'):emit('hi')", "", "emit / to r except s1 volatile [\"hi\"]\n");
	expect_trace("socket.volatile:except('r'):emit('hi')", "", "emit / except s1,r volatile [\"hi\"]\n");
	expect_trace("io.to{}:emit('hi'); socket:to(socket.rooms):emit('hi')", "", "emit / to , except  [\"hi\"]\nemit / to , except  [\"hi\"]\n");
	expect_trace("io.to{}:to('r'):except('p'):emit('hi'); io.except{}:emit('hi')", "", "emit / to r except p [\"hi\"]\nemit / [\"hi\"]\n");
	expect_trace("io.compress(false):to('r'):compress(true):emit('hi')", "", "emit / to r [\"hi\"]\n");
	expect_trace("socket:compress(true):emit('hi')", "", "emit / to s1 direct [\"hi\"]\n");
	expect_trace("io.local_:emit('hi'); io.to('r').local_:emit('hi')", "", "emit / [\"hi\"]\nemit / to r [\"hi\"]\n");
	expect_trace("socket.local_:emit('hi')", "", "emit / except s1 [\"hi\"]\n");
	expect_trace("io.send('hi', 1); io.write()", "", "emit / [\"message\",\"hi\",1]\nemit / [\"message\"]\n");
	expect_trace("socket:send('hi'); socket:write('ho')", "", "emit / to s1 direct [\"message\",\"hi\"]\nemit / to s1 direct [\"message\",\"ho\"]\n");
	expect_trace("local p, d = io.to('r'):once('k'):emit('hi'); local q, e = io.to('r'):once('k'):emit('hi')\n"
		     "io.emit('said', p, d, q, e)", "",
		     "emit / to r once k [\"hi\"]\nemit / [\"said\",\"ep.1\",false,\"ep.1\",true]\n");
	/* a target that is kept does not change */
	expect_trace("local r = io.to('r'); r:once('k'); r:to('q'); r:emit('hi')", "", "emit / to r [\"hi\"]\n");
}

static void test_refused_emits(void **state)
{
	static const char *const reserved[] = {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
	char body[64];

	(void)state;
	for (size_t i = 0; i < COUNT(reserved); i++) {
		snprintf(body, sizeof(body), "socket:emit('%s')", reserved[i]);
		expect_error(body, "", "is a reserved event name");
	}
	expect_error("io:emit('x')", "", "with a dot");
	expect_error("socket:emit(nil)", "", "must be a string, not a nil");
	expect_error("io.to{1}:emit('x')", "", "room's name");
	expect_error("io.to():emit('x')", "", "room's name");
	expect_error("io.to('a'):once(''):emit('x')", "", "a key has");
	expect_error("io.compress('no')", "", "boolean expected");
	expect_error("io.to('r'):compress()", "", "boolean expected");
	expect_error("socket:compress(1)", "", "boolean expected");
	expect_trace("if io.to('r').broadcast or io.to('r').emits then io.emit('there') end", "", "");
	expect_error("socket:emit('x', print)", "", "argument 1: a function cannot be sent");
	expect_error("socket:emit('x', 1, {a={1,print}})", "", "argument 2.a[2]: a function cannot be sent");
	expect_error("socket:emit('x', socket)", "", "a socket cannot be sent");
	expect_error("socket:emit('x', '\\xff')", "", "argument 1: the string is not valid UTF-8");
	expect_error("socket:emit('\\xff')", "", "event name: ");
	expect_error("socket:emit('x', 0/0)", "", "argument 1: nan");
	expect_error("socket:emit('x', -1/0)", "", "argument 1: infinity");
	expect_error("socket:emit('x', {1,nil,3})", "", "holes");
	expect_error("socket:emit('x', {1,a=3})", "", "both items and named fields");
	expect_error("socket:emit('x', {[true]=3})", "", "key is a boolean");
	expect_error("socket:emit('x', {_placeholder=true,num=0})", "", "_placeholder");
	expect_error("local t = {}; t.t = t; socket:emit('x', t)", "", "nested deeper than 64");
	expect_error("local t = {}; for i = 1, 11 do t[i] = io.binary('b') end; socket:emit('x', t)", "", "more than 10 binary attachments");
}

/* What is no room must not be taken for everybody. */
static void test_wrong_rooms(void **state)
{
	static const char *const wrong[] = {"io:to('r'):emit('x')", "io:in_('r')", "io:except('r')", "io.of('/'):to('r')", "io:sockets_join('r')", "io.in_('r'):sockets_leave(io)",
		"io.to { room = 'r' }", "socket:to(io)", "socket:join { room = 'r' }"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_error(wrong[i], "", "rooms are named by a string or an array of strings");
	expect_error("io.to(a)", "{}", "rooms are named by a string or an array of strings");
	expect_trace("io.to(a):emit('x')", "[]", "emit / to , except  [\"x\"]\n");
	expect_error("io:disconnect_sockets()", "", "boolean expected, got table");
	expect_error("socket.emit('x')", "", "socket expected, got string: methods of a socket are called with a colon");
	expect_error("io.to('r').emit('x')", "", "target expected, got string: methods of a target are called with a colon");
}

static void test_rooms(void **state)
{
	(void)state;
	expect_trace("socket:join('r'); socket:join('q'); socket:leave('r'); io.emit('in', socket.rooms, io.rooms())", "",
		     "join / s1 r\njoin / s1 q\nleave / s1 r\nemit / [\"in\",[\"q\"],[{\"here\":1,\"name\":\"q\"}]]\n");
	expect_trace("for _, r in ipairs { 'a', 'b', 'c' } do socket:join(r) end io.emit('some', #io.rooms { after = 'a' }, #io.rooms { limit = 2 }, "
		     "io.rooms { after = 'a', limit = 1 })", "",
		     "join / s1 a\njoin / s1 b\njoin / s1 c\nemit / [\"some\",2,2,[{\"here\":1,\"name\":\"b\"}]]\n");
	expect_trace("io.emit('none', socket.rooms, io.rooms(), io.in_('r'):fetch_sockets())", "", "emit / [\"none\",[],[],[]]\n");
	expect_trace("socket:join('r'); local h = io.in_('r'):fetch_sockets(); io.emit('here', #h, h[1].id, h[1] == socket, #io.fetch_sockets())", "",
		     "join / s1 r\nemit / [\"here\",1,\"s1\",true,1]\n");
	expect_trace("for _, options in ipairs { { limit = 0 }, { limit = 1.5 }, { limit = 'x' } } do "
		     "if pcall(io.fetch_sockets, options) or pcall(io.rooms, options) then io.emit('taken', options.limit) end end "
		     "if pcall(io.rooms, { after = 1 }) or pcall(io.fetch_sockets, 1) then io.emit('taken') end", "", "");
	expect_trace("socket:join('r'); io.emit('one', #io.in_('r'):fetch_sockets { limit = 1 }, #io.fetch_sockets { limit = 5 })", "",
		     "join / s1 r\nemit / [\"one\",1,1]\n");
	expect_error("socket:join()", "", "a room's name must be a string, not a nil");
	expect_trace("socket:join('')", "", "join / s1 \n");
	expect_error("io.fetch_sockets { limits = 1 }", "", "fetch_sockets: unknown option 'limits' (there are limit)");
	expect_error("io.rooms { from = 'a' }", "", "io.rooms: unknown option 'from' (there are after and limit)");
	expect_error("io.history('r', { n = 1 })", "", "io.history: unknown option 'n' (there are after, before and limit)");
	expect_error("socket:disconnect('bye')", "", "boolean expected, got string");
	expect_trace("socket:disconnect(); socket:disconnect(true)", "", "disconnect / s1\ndisconnect / s1 close\n");
}

static void test_socket(void **state)
{
	(void)state;
	expect_trace("io.emit('x', socket.id, socket.nsp, socket.connected and not socket.disconnected, socket.handshake.auth.token, socket.handshake.query.EIO,\n"
		     "socket.handshake.headers['user-agent'], socket.handshake.address, socket.unknown, type(socket.data))", "",
		     "emit / [\"x\",\"s1\",\"/\",true,\"t0\",\"4\",\"test\",\"127.0.0.1\",null,\"table\"]\n");
	expect_error("socket.name = 'x'", "", "cannot set socket.name");
	expect_error("socket.data = 1", "", "socket.data must be a table");
}

static void test_kept_socket(void **state)
{
	struct app a = app_load("local io, kept, data = require 'pollux', nil, nil\n"
				"io.on('keep', function(socket, arg) kept, data = socket, arg end)\n"
				"io.on('use', function(socket) kept:emit('x') end)\n"
				"io.on('show', function(socket) io.emit('kept', data, data.deep.er) end)", 0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"keep\",{\"deep\":{\"er\":[1, 2]}}]", -1), 0);
	assert_int_equal(app_event(&a, "[\"show\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"kept\",{\"deep\":{\"er\":[1, 2]}},[1, 2]]\n");
	assert_int_equal(app_event(&a, "[\"use\"]", -1), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "belongs to an event that is over"));
	app_close(&a);
}

static void test_data(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on('read', function(socket) return socket.data.n, socket.data.deep and socket.data.deep.x end)\n"
				"io.on('same', function(socket) socket.data.n = socket.data.n end)\n"
				"io.on('set', function(socket, k, v) socket.data[k] = v end)\n"
				"io.on('deep', function(socket, v) socket.data.deep.x = v end)\n"
				"io.on('all', function(socket, v) socket.data = v end)\n"
				"io.on('others', function(socket, v) for _, s in ipairs(io.fetch_sockets()) do s.data.by = socket.id end end)\n"
				"io.on('fail', function(socket) socket.data.n = 'failed'; error 'no' end)\n"
				"io.on('bad', function(socket) socket.data.f = print end)\n"
				"io.on('list', function(socket) socket.data = {1, 2} end)\n"
				"io.on('bytes', function(socket) socket.data.b = io.binary 'b' end)\n", 0);

	(void)state;
	fake_event_add(a.ev, "/", "s2", "{\"by\":\"s1\"}");
	fake_event_add(a.ev, "/", "s3", "{\"by\":\"s2\"}");
	assert_int_equal(app_event(&a, "[\"read\"]", -1), 0);
	assert_string_equal(app_trace(&a), "");
	assert_int_equal(app_event(&a, "[\"set\",\"n\",1]", -1), 0);
	assert_string_equal(app_trace(&a), "data / s1 {\"n\":1}\n");
	assert_int_equal(app_event(&a, "[\"same\"]", -1), 0);
	assert_string_equal(app_trace(&a), "");
	assert_int_equal(app_event(&a, "[\"set\",\"deep\",{\"x\":[],\"y\":{}}]", -1), 0);
	assert_string_equal(app_trace(&a), "data / s1 {\"deep\":{\"x\":[],\"y\":{}},\"n\":1}\n");
	assert_int_equal(app_event(&a, "[\"deep\",1.0]", -1), 0);
	assert_string_equal(app_trace(&a), "data / s1 {\"deep\":{\"x\":1.0,\"y\":{}},\"n\":1}\n");
	assert_int_equal(app_event(&a, "[\"deep\",1.0]", -1), 0);
	assert_string_equal(app_trace(&a), "");
	assert_int_equal(app_event(&a, "[\"fail\"]", -1), POLLUX_REFUSED);
	assert_string_equal(app_trace(&a), "");
	assert_int_equal(app_event(&a, "[\"bad\"]", -1), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "socket.data.f: a function cannot be sent"));
	assert_int_equal(app_event(&a, "[\"list\"]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event(&a, "[\"bytes\"]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event(&a, "[\"all\",{\"a\": 1}]", -1), 0);
	assert_string_equal(app_trace(&a), "data / s1 {\"a\": 1}\n");
	assert_int_equal(app_event(&a, "[\"others\"]", -1), 0);
	assert_non_null(strstr(app_trace(&a), "data / s1 {\"a\":1,\"by\":\"s1\"}\n"));
	assert_non_null(strstr(app_trace(&a), "data / s3 {\"by\":\"s1\"}\n"));
	assert_null(strstr(app_trace(&a), "data / s2"));
	app_close(&a);
}

static void test_acks(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on('ask', function(socket, n, ack) ack(n, {}) end)\n"
				"io.on('twice', function(socket, ack) local a, b = ack(1), 2; local c, d = ack(2); io.emit('said', a, c, d) end)\n"
				"io.on('keep', function(socket, ack) socket.data.ref = ack:ref() end)\n"
				"io.on('late', function(socket) io.emit('late', io.ack(socket.data.ref)('now')) end)\n"
				"io.on('gone', function(socket) io.emit('gone', io.ack('1.zz/')('now')) end)\n"
				"io.on('bad', function(socket, ref) io.ack(ref) end)\n"
				"io.on('none', function(socket, a, ack) io.emit('none', ack == nil) end)\n", 0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"ask\",5]", 7), 0);
	assert_string_equal(app_trace(&a), "ack / s1 7 [5,{}]\n");
	assert_int_equal(app_event(&a, "[\"twice\"]", 0), 0);
	assert_string_equal(app_trace(&a), "ack / s1 0 [1]\nemit / [\"said\",true,null,\"answered\"]\n");
	assert_int_equal(app_event(&a, "[\"keep\"]", 12), 0);
	assert_string_equal(app_trace(&a), "data / s1 {\"ref\":\"12.s1/\"}\n");
	assert_int_equal(app_event(&a, "[\"late\"]", -1), 0);
	assert_string_equal(app_trace(&a), "ack / s1 12 [\"now\"]\nemit / [\"late\",true]\n");
	assert_int_equal(app_event(&a, "[\"gone\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"gone\",null,\"gone\"]\n");
	assert_int_equal(app_event(&a, "[\"none\",1]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"none\",true]\n");
	for (size_t i = 0; i < 6; i++) {
		static const char *const refs[] = {"", "x", "1.", "1./", "-1.s1/", "1.0123456789012345678901234567890123456789/"};
		char payload[80];

		snprintf(payload, sizeof(payload), "[\"bad\",\"%s\"]", refs[i]);
		assert_int_equal(app_event(&a, payload, -1), POLLUX_REFUSED);
	}
	app_close(&a);
}

static void test_history(void **state)
{
	struct text two[] = {{"AB", 2}, {"C", 1}};
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on('say', function(socket, ...) io.to('r'):emit('message', ...) end)\n"
				"io.on('ask', function(socket, o) local rows, why = io.history('r', o)\n"
				"  if not rows then return io.emit('no', why) end\n"
				"  for i, row in ipairs(rows) do rows[i] = row.position .. row.event .. row.at .. row.sender .. #row.args end\n"
				"  io.emit('rows', rows) end)\n"
				"io.on('again', function() local row = io.history('r', {limit = 1})[1]; io.emit('again', row.args); \n"
				"  io.emit(row.event, table.unpack(row.args)) end)\n", 0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"ask\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"rows\",[]]\n");
	for (int i = 0; i < 3; i++)
		assert_int_equal(app_event(&a, "[\"say\",1,{}]", -1), 0);
	assert_int_equal(app_event(&a, "[\"ask\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"rows\",[\"ep.2message1002s12\",\"ep.3message1003s12\",\"ep.4message1004s12\"]]\n");
	assert_int_equal(app_event(&a, "[\"ask\",{\"limit\":1}]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"rows\",[\"ep.4message1004s12\"]]\n");
	app_close(&a);
	a = app_load("local io = require 'pollux'\n"
		     "io.on('say', function(socket, ...) io.to('r'):emit('message', ...) end)\n"
		     "io.on('ask', function(socket, after, before, limit) local rows, why = io.history('r', {after=after, before=before, limit=limit})\n"
		     "  if not rows then return io.emit('no', why) end\n"
		     "  for i, row in ipairs(rows) do rows[i] = row.position end; io.emit('rows', rows) end)\n"
		     "io.on('again', function() local row = io.history('r', {limit = 1})[1]; io.emit(row.event, table.unpack(row.args)) end)\n", 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(app_event(&a, "[\"say\",1]", -1), 0);
	assert_int_equal(app_event(&a, "[\"ask\",\"ep.1\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"rows\",[\"ep.2\",\"ep.3\"]]\n");
	assert_int_equal(app_event(&a, "[\"ask\",null,\"ep.3\",1]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"rows\",[\"ep.2\"]]\n");
	assert_int_equal(app_event(&a, "[\"ask\",\"old.1\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"no\",\"gone\"]\n");
	assert_int_equal(app_event(&a, "[\"ask\",\"x\"]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event(&a, "[\"ask\",1]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event(&a, "[\"ask\",null,null,0]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event(&a, "[\"ask\",null,null,1001]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event_with(&a, "[\"say\",{\"_placeholder\":true,\"num\":1},[{\"_placeholder\":true,\"num\":0}]]", -1, two, 2), 0);
	assert_int_equal(app_event(&a, "[\"again\"]", -1), 0);
	assert_string_equal(app_trace(&a),
			    "emit / [\"message\",{\"_placeholder\":true,\"num\":0},[{\"_placeholder\":true,\"num\":1}]] <C> <AB>\n");
	app_close(&a);
}

static void begin(struct app *a, int socket)
{
	a->socket = socket;
	fake_event_begin(a->ev, socket);
}

static void test_life(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on('connection', function(socket) socket:emit('one') end)\n"
				"io.on('connection', function(socket) socket:emit('two'); socket.data.since = 5 end)\n"
				"io.on('disconnect', function(socket, why) io.emit('left', why, socket.connected) end)\n"
				"io.on('disconnecting', function(socket, why) io.emit('leaving', why, socket.connected) end)\n"
				"io.on('is', function(socket) io.emit('is', socket.connected) end)\n"
				"local admin = io.of('/admin')\n"
				"admin.on('connection', function(socket) admin.emit('in', socket.nsp, admin.name) end)\n"
				"admin.on('x', function(socket) socket:to('r'):emit('y'); io.emit('z'); io.of('admin').to('q'):emit('a') end)\n", 0);
	int admin = fake_event_add(a.ev, "/admin", "a1", "{}");

	(void)state;
	assert_int_equal(a.handler.namespace_exists(a.handler.ctx, a.ev, "/", (struct text){"{}", 2}), 0);
	assert_int_equal(a.handler.namespace_exists(a.handler.ctx, a.ev, "/admin", (struct text){"{}", 2}), 0);
	assert_int_equal(a.handler.namespace_exists(a.handler.ctx, a.ev, "/other", (struct text){"{}", 2}), POLLUX_NOT_FOUND);
	begin(&a, 0);
	assert_int_equal(a.handler.connection(a.handler.ctx, a.ev), 0);
	assert_string_equal(app_trace(&a), "emit / to s1 direct [\"one\"]\nemit / to s1 direct [\"two\"]\ndata / s1 {\"since\":5}\n");
	begin(&a, 0);
	assert_int_equal(a.handler.disconnect(a.handler.ctx, a.ev, "ping timeout"), 0);
	assert_string_equal(app_trace(&a), "emit / [\"leaving\",\"ping timeout\",true]\nemit / [\"left\",\"ping timeout\",false]\n");
	assert_int_equal(app_event(&a, "[\"is\"]", -1), 0); /* of others */
	assert_string_equal(app_trace(&a), "emit / [\"is\",true]\n");
	begin(&a, admin);
	assert_int_equal(a.handler.connection(a.handler.ctx, a.ev), 0);
	assert_string_equal(app_trace(&a), "emit /admin [\"in\",\"/admin\",\"/admin\"]\n");
	assert_int_equal(app_event(&a, "[\"x\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit /admin to r except a1 [\"y\"]\nemit / [\"z\"]\nemit /admin to q [\"a\"]\n");
	/* lifecycle handlers are no event handlers, unknown events are nobody's */
	assert_int_equal(app_event(&a, "[\"connection\"]", -1), 0);
	assert_string_equal(app_trace(&a), "");
	assert_int_equal(app_event(&a, "[5,1]", -1), 0);
	app_close(&a);
}

static void test_names(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.on('a\"\\u{e9}', function() io.emit('one') end)\n"
				"io.on('5', function() io.emit('two') end)\n"
				"io.on('m', function() io.emit('first') end)\nio.on('m', function() io.emit('second') end)\n", 0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"a\\\"\\u00e9\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"one\"]\n");
	assert_int_equal(app_event(&a, "[5]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"two\"]\n");
	assert_int_equal(app_event(&a, "[\"m\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"first\"]\nemit / [\"second\"]\n");
	app_close(&a);
}

static int admit(struct app *a, const char *middleware, struct buf *refusal)
{
	char source[512];

	snprintf(source, sizeof(source), "local io = require 'pollux'; io.use(function(socket) %s end); io.use(function(s) io.emit('next') end)", middleware);
	*a = app_load(source, 0);
	buf_init(refusal, 4096);
	fake_event_begin(a->ev, 0);
	return a->handler.admit(a->handler.ctx, a->ev, refusal);
}

static void test_middleware(void **state)
{
	static const struct {
		const char *code;
		int result;
		const char *refusal;
	} rows[] = {
		{"return true", 0, NULL},
		{"", 0, NULL},
		{"return socket.id, 'said'", 0, NULL},
		{"return (function() end)()", 0, NULL},
		{"return nil", POLLUX_REFUSED, "{\"message\":\"Forbidden\"}"},
		{"return false", POLLUX_REFUSED, "{\"message\":\"Forbidden\"}"},
		{"return nil, nil, 5, 6", POLLUX_REFUSED, "{\"message\":\"Forbidden\",\"data\":5}"},
		{"return nil, 'no'", POLLUX_REFUSED, "{\"message\":\"no\"}"},
		{"return false, 'no \"way\"'", POLLUX_REFUSED, "{\"message\":\"no \\\"way\\\"\"}"},
		{"return nil, 'no', { code = 5, list = io.array{} }", POLLUX_REFUSED, "{\"message\":\"no\",\"data\":{\"code\":5,\"list\":[]}}"},
		{"if socket.handshake.auth.token ~= 't1' then return nil, 'not authorized' end", POLLUX_REFUSED, "{\"message\":\"not authorized\"}"},
		{"return nil, 5", POLLUX_PROTOCOL, NULL},
		{"return nil, 'no', print", POLLUX_PROTOCOL, NULL},
		{"error 'x'", POLLUX_PROTOCOL, NULL},
		{"while true do end", POLLUX_TOO_BIG, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct app a;
		struct buf refusal;
		int result = admit(&a, rows[i].code, &refusal);

		assert_int_equal(result, rows[i].result);
		if (rows[i].refusal)
			assert_string_equal(refusal.data, rows[i].refusal);
		else
			assert_int_equal(refusal.len, 0);
		assert_string_equal(app_trace(&a), result ? "" : "emit / [\"next\"]\n");
		buf_deinit(&refusal);
		app_close(&a);
	}
}

static void test_log(void **state)
{
	struct app a = app_run("io.log('hello', 1, 1.5, nil, true, {a = {1, 'x'}}, io.null, a, io.binary 'b'); print('printed', {f = print})", "{\"k\": 1}");
	const char *log = app_log(&a);

	(void)state;
	assert_int_equal(a.result, 0);
	assert_non_null(strstr(log, "info app s1: hello 1 1.5 nil true {\"a\":[1,\"x\"]} null {\"k\": 1} "));
	assert_non_null(strstr(log, "printed table: "));
	app_close(&a);
	a = app_run("io.log(('x'):rep(100000))", "");
	assert_int_equal(a.result, 0);
	app_close(&a);
}

static void test_now(void **state)
{
	(void)state;
	expect_trace("local n = io.now(); io.emit('x', math.type(n), n > 1600000000000, math.abs(n / 1000 - os.time()) < 10)", "",
		     "emit / [\"x\",\"integer\",true,true]\n");
}

static void test_loading(void **state)
{
	static const struct {
		const char *source, *word;
	} rows[] = {
		{"local io = require 'pollux'\nio.on('x')", ":2: io.on: the handler must be a function"},
		{"\nlocal x = = 1", ":2: unexpected symbol"},
		{"local io = require 'pollux'; io.emit('x')", "emit: only in a handler"},
		{"local io = require 'pollux'; io.history('x')", "only in a handler"},
		{"local io = require 'pollux'; io:on('x', print)", "called with a dot"},
		{"local io = require 'pollux'; io.on('newListener', print)", "reserved"},
		{"local io = require 'pollux'; io.on = 1", "pollux is read-only: cannot set 'on'"},
		{"local io = require 'pollux'; io.of('a,b')", "namespace"},
		{"require 'socket'", "module 'socket' not found"},
		{"while true do end", "took more than 100000000 instructions"},
		{"error({})", "table: "},
		{"error(setmetatable({}, {__tostring = function() return 'an object' end}))", "an object"},
		{"\x1bLua", "attempt to load a binary chunk"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct app a = app_load(rows[i].source, strstr(rows[i].source, "while") ? POLLUX_TOO_BIG : POLLUX_REFUSED);
		const char *log = app_log(&a);

		if (!strstr(log, rows[i].word))
			print_message("%s: %s\n", rows[i].source, log);
		assert_non_null(strstr(log, rows[i].word));
		app_close(&a);
	}
	struct app a = app_load_file("/nonexistent.lua", POLLUX_NOT_FOUND);

	assert_non_null(strstr(app_log(&a), "cannot open /nonexistent.lua: No such file"));
	app_close(&a);
	a = app_load("#!/usr/bin/pollux\nlocal io = require 'pollux'\nsomething = 5", 0);
	app_close(&a);
	a = app_load("", 0);
	assert_int_equal(app_event(&a, "[\"x\"]", 1), 0);
	app_close(&a);
}

static void test_database_errors(void **state)
{
	static const int errors[] = {POLLUX_DATABASE, POLLUX_NO_SPACE, POLLUX_BUSY, POLLUX_NO_MEMORY};
	static const char *const calls[] = {"io.emit('x')", "socket:join('r')", "socket:leave('r')", "io.rooms()", "io.fetch_sockets()", "io.in_('r'):sockets_join('q')", "io.sockets_leave('q')",
		"io.history('r')", "socket:disconnect()", "return socket.rooms", "io.ack('1.s1/')(1)"};
	char source[512];

	(void)state;
	for (size_t c = 0; c < COUNT(calls); c++) {
		snprintf(source, sizeof(source),
			 "local io = require 'pollux'; io.on('x', function(socket) pcall(function() pcall(function() %s end) io.emit('on') end)\n"
			 "coroutine.wrap(function() io.emit('and') end)() io.emit('on') end)", calls[c]);
		struct app a = app_load(source, 0);

		for (size_t i = 0; i < COUNT(errors); i++) {
			a.ev->fail = errors[i];
			assert_int_equal(app_event(&a, "[\"x\"]", -1), errors[i]);
			assert_string_equal(app_trace(&a), "");
			assert_int_equal(a.ev->calls, 1);
			assert_int_equal(app_event(&a, "[\"nothing\"]", -1), 0);
		}
		/* other errors are the script's to handle */
		a.ev->fail = POLLUX_TOO_BIG;
		assert_int_equal(app_event(&a, "[\"x\"]", -1), 0);
		assert_non_null(strstr(app_trace(&a), "[\"on\"]"));
		app_close(&a);
	}
	struct app a = app_load("local io = require 'pollux'; io.on('x', function(socket) socket.data.n = 1 end)", 0);

	a.ev->fail = POLLUX_NO_SPACE;
	assert_int_equal(app_event(&a, "[\"x\"]", -1), POLLUX_NO_SPACE);
	app_close(&a);
}

static void test_traceback(void **state)
{
	struct app a = app_load("local io = require 'pollux'\nlocal function deep(x)\n  return x.y.z\nend\n"
				"io.on('x', function(socket)\n  deep({})\nend)", 0);
	const char *log;

	(void)state;
	assert_int_equal(app_event(&a, "[\"x\"]", -1), POLLUX_REFUSED);
	log = app_log(&a);
	assert_non_null(strstr(log, "error app s1: event \"x\": /tmp/pollux-app."));
	assert_non_null(strstr(log, ".lua:3: attempt to index a nil value (field 'y') | stack traceback:"));
	assert_non_null(strstr(log, ".lua:6: in function"));
	assert_null(strchr(strchr(log, '\n') + 1, '\n')); /* once, one line */
	app_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emits),
		cmocka_unit_test(test_refused_emits),
		cmocka_unit_test(test_wrong_rooms),
		cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_kept_socket),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_acks),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_middleware),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_loading),
		cmocka_unit_test(test_database_errors),
		cmocka_unit_test(test_traceback),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}

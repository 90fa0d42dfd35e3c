/* The sandbox and the limits: what a script cannot reach, and that no script runs on. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

/* Fewer than the default: a sanitized build is slow. */
static int instructions = 3000000, tick_limit_ms = 500;

/* The event ends with TOO_BIG and the next one works. */
static void expect_limit(const char *body, const char *word)
{
	size_t size = strlen(body) + 512;
	char *source = malloc(size);
	struct app a;

	assert_non_null(source);
	snprintf(source, size, "local io = require 'pollux'; io.set { tick_limit_ms = %d, handler_instructions = %d }; io.on('x', function(socket)\n%s\n"
			       "io.emit('went on') end)\n"
			       "io.on('y', function() io.emit('fine', ('x'):rep(1000):find('x+')) end)", tick_limit_ms, instructions, body);
	a = app_load(source, 0);
	for (int i = 0; i < 2; i++) {
		const char *log;

		app_event(&a, "[\"x\"]", -1);
		log = app_log(&a);
		if (a.result != POLLUX_TOO_BIG || !strstr(log, word) || strstr(app_trace(&a), "went on"))
			print_message("%s: %d %s %s\n", body, a.result, log, app_trace(&a));
		assert_int_equal(a.result, POLLUX_TOO_BIG);
		assert_non_null(strstr(log, word));
		assert_null(strstr(app_trace(&a), "emit"));
		assert_int_equal(app_event(&a, "[\"y\"]", -1), 0);
		assert_string_equal(app_trace(&a), "emit / [\"fine\",1,1000]\n");
	}
	app_close(&a);
	free(source);
}

static void test_endless(void **state)
{
	(void)state;
	expect_limit("while true do end", "took more than");
	expect_limit("local function f() return f() end f()", "took more than");
	expect_limit("while true do pcall(function() while true do end end) end", "took more than");
	expect_limit("while true do pcall(error) end", "took more than");
	expect_limit("xpcall(function() while true do end end, function(m) while true do end end)", "took more than");
	expect_limit("xpcall(function() while true do end end, function(m) return m end) socket.data.x = 1", "took more than");
	expect_limit("local co = coroutine.create(function() while true do end end) coroutine.resume(co)", "took more than");
	expect_limit("coroutine.wrap(function() pcall(function() while true do end end) end)()", "took more than");
	expect_limit("while true do local co = coroutine.wrap(function() for i = 1, 900 do end end) co() end", "");
	expect_limit("while true do coroutine.wrap(function() coroutine.yield() end)() end", "");
	expect_limit("local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end", "took more than");
	expect_limit("local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}); coroutine.yield() end)\n"
		     "coroutine.resume(co); coroutine.close(co)", "took more than");
	expect_limit("do local x <close> = setmetatable({}, {__close = function() while true do end end}) end", "took more than");
	expect_limit("pcall(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end)", "took more than");
	expect_limit("local t = setmetatable({}, {__index = function(t, k) while true do end end}) pcall(function() return t.x end)", "took more than");
	expect_limit("table.sort({1, 2, 3}, function(a, b) while true do end end)", "took more than");
	expect_limit("('x'):gsub('x', function() while true do end end)", "took more than");
	expect_limit("local t = setmetatable({}, {__tostring = function() while true do end end}) pcall(tostring, t)", "took more than");
	expect_limit("error(setmetatable({}, {__tostring = function() while true do end end}))", "");
	expect_limit("load('while true do end')()", "took more than");
}

static void test_work_in_c(void **state)
{
	(void)state;
	expect_limit("('a'):rep(10000):find((('.-'):rep(20)) .. 'x')", "took more than");
	expect_limit("pcall(string.match, ('a'):rep(10000), (('.-'):rep(20)) .. 'x')", "took more than");
	expect_limit("for _ in ('a'):rep(30000):gmatch(('a*'):rep(20) .. 'x') do end", "took more than");
	expect_limit("('a'):rep(30000):gsub(('a?'):rep(30) .. ('a'):rep(30) .. 'x', '')", "took more than");
	expect_limit("('('):rep(100000):find('%b()' .. 'x')", "took more than");
	expect_limit("('a'):rep(1000000):find('[' .. ('b'):rep(10000) .. ']')", "took more than");
	expect_limit("local s = ('a'):rep(4000000) while true do s:find('b', 1, true) end", "took more than");
	expect_limit("local s = ('a'):rep(4000000) while true do s:upper() end", "took more than");
	expect_limit("local s = ('a'):rep(4000000) while true do local t = s .. 'b' end", "took more than");
	expect_limit("local s = ('a'):rep(4000000) while true do utf8.len(s) end", "took more than");
	expect_limit("local s = ('1'):rep(4000000) while true do tonumber(s) end", "took more than");
	expect_limit("local t = {} for i = 1, 100000 do t[i] = i end while true do table.concat(t) end", "took more than");
	expect_limit("local t = {} for i = 1, 100000 do t[i] = i end while true do table.insert(t, 1, 0); table.remove(t, 1) end", "took more than");
	expect_limit("local t = {} for i = 1, 100000 do t[i] = i end while true do table.sort(t) end", "took more than");
	expect_limit("table.move({}, 1, math.maxinteger - 1, 2)", "took more than");
	expect_limit("table.concat(setmetatable({}, {__len = function() return 1e9 // 1 | 0 end, __index = function() return '' end}))", "");
	expect_limit("local t = {} for i = 1, 100000 do t[i] = i end while true do select('#', table.unpack(t)) end", "took more than");
	expect_limit("local t = {} for i = 1, 100000 do t[i] = i end while true do pcall(io.binary, {}) socket.data.t = t; io.log(t) end", "took more than");
	expect_limit("while true do string.format('%s', ('x'):rep(100000)) end", "took more than");
	expect_limit("local s, t = ('x'):rep(1 << 20), {} for i = 1, 40 do t[i] = s end while true do pcall(io.emit, 'y', t, print) end", "took more than");
	expect_limit("local s, t = ('x'):rep(1 << 20), {} for i = 1, 100 do t[i] = s end while true do pcall(io.emit, 'y', t) end", "took more than");
	expect_limit("for i = 1, 200 do socket:join('r' .. i) end while true do io.rooms() io.fetch_sockets() io.history('r1') end", "took more than");
	expect_limit("while true do load(('x=1 '):rep(10000)) end", "took more than");
}

static void test_memory(void **state)
{
	(void)state;
	instructions = 20000000;
	tick_limit_ms = 20000;
	expect_limit("local s = ('x'):rep(1 << 30)", "bytes of memory");
	expect_limit("pcall(string.rep, 'x', 1 << 30) pcall(string.rep, 'x', 1 << 30)", "bytes of memory");
	expect_limit("local s = ('x'):rep(1 << 20) while true do s = s .. s end", "");
	expect_limit("local t = {} while true do t[#t + 1] = {} end", "");
	expect_limit("local t = {} pcall(function() while true do t[#t + 1] = ('x'):rep(100000) .. #t end end) socket.data.x = 1", "bytes of memory");
	expect_limit("pcall(function() local x <close> = setmetatable({}, {__close = function() error 'x' end}) local t = {} while true do t[#t + 1] = "
		     "('x'):rep(100000) .. #t end end)", "bytes of memory");
	expect_limit("local co = coroutine.create(function() local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end end) coroutine.resume(co)",
		     "bytes of memory");
	expect_limit("('x'):rep(1 << 22):gsub('x', ('y'):rep(1 << 16))", "bytes of memory");
	expect_limit("table.concat({('x'):rep(1 << 24), ('x'):rep(1 << 24)})", "bytes of memory");
	expect_limit("local t = {} for i = 1, 200 do t[i] = ('x'):rep(100000) end string.format(('%s'):rep(200), table.unpack(t))", "");
	tick_limit_ms = 2000;   /* copies ever more arguments until its time is up */
	expect_limit("local function f(...) return f(1, ...) end f()", "");
}

/* Ten megabytes are fine, and what one event left behind is no debt of the next. */
static void test_enough_memory(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on('x', function() local s = ('x'):rep(10 << 20); io.emit('len', #s) end)", 0);

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_int_equal(app_event(&a, "[\"x\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"len\",10485760]\n");
	app_close(&a);
}

static void test_recursion(void **state)
{
	(void)state;
	expect_error("local function f() f() return 1 end f()", "", "");
	expect_error("local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x", "", "overflow");
	expect_error("local function f() return pcall(f) end while true do f() end", "", "");
	expect_error("local function f() ('x'):gsub('x', f) end f()", "", "overflow");
	expect_error("local function f() coroutine.wrap(f)() end f()", "", "");
	expect_error("load(('('):rep(1000) .. '1' .. (')'):rep(1000))()", "", "attempt to call a nil");
	expect_error("('a'):rep(1000):find(('('):rep(500))", "", "too many captures");
	expect_error("('a'):rep(1000):find(('a?'):rep(500))", "", "pattern too complex");
}

static void test_settable_limits(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.set { handler_instructions = 100000, handler_memory = 1 << 20 }\n"
				"io.on('x', function(socket, n) for i = 1, n do end end)\n"
				"io.on('m', function(socket, n) local s = ('x'):rep(n) end)", 0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"x\",50000]", -1), 0);
	assert_int_equal(app_event(&a, "[\"x\",500000]", -1), POLLUX_TOO_BIG);
	assert_non_null(strstr(app_log(&a), "more than 100000 instructions"));
	assert_int_equal(app_event(&a, "[\"m\",500000]", -1), 0);
	assert_int_equal(app_event(&a, "[\"m\",2000000]", -1), POLLUX_TOO_BIG);
	app_close(&a);
}

static void test_absent(void **state)
{
	static const char *const absent[] = {"debug", "package", "dofile", "loadfile", "os.execute", "os.exit", "os.getenv", "os.remove", "os.rename",
		"os.tmpname", "os.setlocale", "string.dump", "warn", "_G.io", "module"};
	char body[128];

	(void)state;
	for (size_t i = 0; i < COUNT(absent); i++) {
		snprintf(body, sizeof(body), "io.emit('y', %s)", absent[i]);
		expect_trace(body, "", "emit / [\"y\",null]\n");
	}
	expect_trace("io.emit('y', type(os.time()), type(os.date()), type(os.clock()), collectgarbage('count') > 0)", "",
		     "emit / [\"y\",\"number\",\"string\",\"number\",true]\n");
	expect_trace("io.emit('y', load('\\27Lua'))", "", "emit / [\"y\",null,\"attempt to load a binary chunk (mode is 't')\"]\n");
	expect_trace("io.emit('y', load('return x', 'n', 't', {x = 5})())", "", "emit / [\"y\",5]\n");
	expect_trace("io.emit('y', (load('x = = 1', '=n')))", "", "emit / [\"y\",null]\n");
	expect_error("load(function() return nil end)", "", "string expected");
	expect_error("collectgarbage 'stop'", "", "only");
	expect_error("setmetatable({}, {__gc = print})", "", "__gc is not available");
	expect_error("require 'os'", "", "not found");
	expect_trace("io.emit('y', getmetatable '', getmetatable(_G), getmetatable(string), getmetatable(io), getmetatable(socket), getmetatable(io.null))", "",
		     "emit / [\"y\",false,false,false,false,false,false]\n");
}

static void test_frozen(void **state)
{
	struct app a;

	(void)state;
	expect_error("x = 1", "", "cannot assign global 'x' in a handler");
	expect_error("print = 1", "", "cannot assign global 'print' in a handler");
	expect_error("_G.x = 1", "", "cannot assign global 'x'");
	expect_error("rawset(_G, 'x', 1)", "", "read-only");
	expect_error("setmetatable(_G, nil)", "", "protected metatable");
	expect_error("string.find = nil", "", "string is read-only: cannot set 'find'");
	expect_error("math.x = 1", "", "math is read-only");
	expect_error("table.insert(table, 1)", "", "table is read-only");
	expect_error("('').x = 1", "", "");
	expect_error("rawset(string, 'x', 1)", "", "read-only");
	expect_error("io.emit = 1", "", "pollux is read-only");
	expect_error("getmetatable('').__index = 1", "", "attempt to index a boolean");
	expect_error("socket.emit = 1", "", "cannot set socket.emit");
	expect_error("io.on('y', print)", "", "registered while the file loads");
	expect_error("io.use(print)", "", "registered while the file loads");
	expect_error("io.of('/new')", "", "no namespace '/new'");
	expect_error("io.set{path='/x'}", "", "not in a handler");
	expect_trace("local n = 0; for k in pairs(_G) do n = n + 1 end; for k in next, _G do n = n - 1 end; io.emit('y', n, rawget(_G, 'type') == type, rawget(string, 'x'))",
		     "", "emit / [\"y\",0,true,null]\n");
	expect_trace("local _ENV = {io = io}; x = 1; io.emit('y', x)", "", "emit / [\"y\",1]\n");
	a = app_load("local io = require 'pollux'; function helper(n) return n + constant end constant = 5; config = {n = 1}\n"
		     "setmetatable(_G, {__index = function(_, k) error('no global ' .. k) end})\n"
		     "io.on('x', function() io.emit('y', helper(config.n)) end)\n"
		     "io.on('z', function() return missing end)", 0);
	assert_int_equal(app_event(&a, "[\"x\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"y\",6]\n");
	assert_int_equal(app_event(&a, "[\"z\"]", -1), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "no global missing"));
	app_close(&a);
}

/* Errors that are the script's own are caught as in Lua. */
static void test_pcall(void **state)
{
	(void)state;
	expect_trace("io.emit('y', pcall(error, {1})) io.emit('y', pcall(function(...) return ... end, 1, 2))", "",
		     "emit / [\"y\",false,[1]]\nemit / [\"y\",true,1,2]\n");
	expect_trace("io.emit('y', xpcall(function(a) error(a, 0) end, function(m) return m .. '!' end, 'no'))\n"
		     "io.emit('y', xpcall(function(...) return ... end, print, 1, 2))", "", "emit / [\"y\",false,\"no!\"]\nemit / [\"y\",true,1,2]\n");
	expect_trace("local co = coroutine.create(function(a) local b = coroutine.yield(a + 1); error(b, 0) end)\n"
		     "io.emit('y', coroutine.resume(co, 1)) io.emit('y', coroutine.resume(co, 'no')) io.emit('y', coroutine.resume(co))", "",
		     "emit / [\"y\",true,2]\nemit / [\"y\",false,\"no\"]\nemit / [\"y\",false,\"cannot resume dead coroutine\"]\n");
	expect_trace("local f = coroutine.wrap(function() pcall(coroutine.yield, 1) coroutine.yield(2) return 3 end) io.emit('y', f(), f(), f())", "",
		     "emit / [\"y\",1,2,3]\n");
	expect_trace("io.emit('y', pcall(coroutine.wrap(function() error('no', 0) end)))", "", "emit / [\"y\",false,\"no\"]\n");
	expect_trace("local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() error('closing', 0) end}) coroutine.yield() end)\n"
		     "coroutine.resume(co) io.emit('y', coroutine.close(co)) io.emit('y', coroutine.close(coroutine.create(print)))", "",
		     "emit / [\"y\",false,\"closing\"]\nemit / [\"y\",true]\n");
	expect_error("coroutine.yield()", "", "outside a coroutine");
	expect_error("xpcall(print)", "", "bad argument #2 to 'xpcall'");
	expect_error("string.rep()", "", "bad argument #1 to 'rep'");
	expect_error("('x'):byte({})", "", "bad argument #1 to 'byte'");
}

static const struct {
	const char *set, *word;
} bad_settings[] = {
	{"{ping_intervall = 1000}", "unknown setting 'ping_intervall' (did you mean 'ping_interval'?)"},
	{"{pingInterval = 1000}", "(did you mean 'ping_interval'?)"},
	{"{xyzzy = 1}", "unknown setting 'xyzzy'"},
	{"{[1] = 1}", "item 1"},
	{"{ping_interval = 'x'}", "ping_interval must be an integer, not a string"},
	{"{ping_interval = '1000'}", "must be an integer"},
	{"{ping_interval = 1.5}", "must be an integer, not 1.5"},
	{"{ping_interval = 1}", "from 10 to 86400000, not 1"},
	{"{max_http_buffer_size = 127}", "from 128"},
	{"{max_rooms = 0}", "from 1"},
	{"{serve_client = 1}", "must be true or false"},
	{"{ping_interval = {}}", "ping_interval must be an integer, not a table"},
	{"{path = 5}, 1", "one table of settings (it is called with a dot)"},
	{"{path = 5}", "path must be a string"},
	{"{path = '/a b/'}", "path must be"},
	{"{path = ''}", "path must be"},
	{"{cors = '*'}", "cors must be a table"},
	{"{cors = {origins = '*'}}", "unknown setting 'cors.origins'"},
	{"{cors = {origin = 'example.org'}}", "cors.origin must be"},
	{"{cors = {origin = 'http://example.org/'}}", "cors.origin must be"},
	{"{cors = {origin = {5}}}", "cors.origin must be"},
	{"{trusted_proxies = 'localhost'}", "trusted_proxies must be an address"},
	{"{trusted_proxies = {'10.0.0.1/8'}}", "trusted_proxies must be an address"},
	{"{trusted_proxies = {5}}", "trusted_proxies must be an address"},
	{"{cors = {credentials = 1}}", "cors.credentials must be"},
	{"{cors = {methods = 5}}", "cors.methods must be a string or a list"},
	{"{cors = {methods = {}}}", "cors.methods must be"},
	{"{cors = {allowed_headers = {'a', 5}}}", "cors.allowed_headers must be"},
	{"{cors = {exposed_headers = 'a\\r\\nb'}}", "cors.exposed_headers has what no header can have"},
	{"{cors = {max_age = -1}}", "cors.max_age must be an integer from 0"},
	{"{cookie = 5}", "cookie must be true, false, a name or a table, not a number"},
	{"{cookie = 'a b'}", "'a b' can be no cookie's name"},
	{"{cookie = ''}", "cookie must be a string"},
	{"{cookie = {name = 'a=b'}}", "'a=b' can be no cookie's name"},
	{"{cookie = {path = '/;x'}}", "cookie.path must be"},
	{"{cookie = {same_site = 'loose'}}", "cookie.same_site cannot be loose"},
	{"{cookie = {max_age = 1.5}}", "cookie.max_age must be"},
	{"{cookie = {httpOnly = true}}", "unknown setting 'cookie.httpOnly'"},
	{"{transports = {}}", "transports must be a list"},
	{"{transports = 'polling'}", "transports must be a list"},
	{"{transports = {'polling', 'webtransport'}}", "there is no transport 'webtransport'"},
	{"{allow_upgrades = 1}", "allow_upgrades must be true or false"},
	{"{http_compression = 5}", "http_compression must be true, false or a table, not a number"},
	{"{http_compression = {threshhold = 5}}", "unknown setting 'http_compression.threshhold'"},
	{"{http_compression = {level = 0}}", "http_compression.level must be"},
	{"{headers = 'X: y'}", "headers must be a table"},
	{"{headers = {['X Y'] = 'z'}}", "'X Y' can be no header's name"},
	{"{headers = {'z'}}", "can be no header's name"},
	{"{headers = {X = 5}}", "the value of X must be a string"},
	{"{headers = {X = 'a\\nb'}}", "the value of X must be a string"},
	{"{headers = {X = {'a', {}}}}", "the value of X must be a string"},
	{"{headers = {['content-length'] = '5'}}", "content-length is the server's to say"},
	{"{initial_headers = {['Sec-WebSocket-Protocol'] = 'x'}}", "is the server's to say"},
	{"{initial_headers = true}", "initial_headers must be a table"},
	{"{headers = {X = ('x'):rep(9000)}}", "more than 8192 bytes"},
	{"{connection_state_recovery = 5}", "connection_state_recovery must be true, false or a table, not a number"},
	{"{connection_state_recovery = {max_disconnection_duration = '5'}}", "max_disconnection_duration must be an integer"},
	{"{connection_state_recovery = {max_disconnection_duration = -1}}", "from 0 to"},
	{"{connection_state_recovery = {skip_middlewares = 1}}", "must be true or false"},
	{"{connection_state_recovery = {skipMiddlewares = true}}", "unknown setting 'connection_state_recovery.skipMiddlewares'"},
	{"{allow_request = true}", "allow_request must be a function"},
	{"{alow_request = print}", "did you mean 'allow_request'?"},
	{"5", "table expected"},
};

static void test_wrong_settings(void **state)
{
	char source[256];
	struct app a;

	(void)state;
	for (size_t i = 0; i < COUNT(bad_settings); i++) {
		snprintf(source, sizeof(source), "local io = require 'pollux'\n\nio.set(%s)", bad_settings[i].set);
		a = app_load(source, POLLUX_REFUSED);
		const char *log = app_log(&a);

		if (!strstr(log, bad_settings[i].word))
			print_message("%s: %s\n", bad_settings[i].set, log);
		assert_non_null(strstr(log, bad_settings[i].word));
		assert_non_null(strstr(log, ".lua:3:"));
		app_close(&a);
	}
}

static void test_settings_of_recovery(void **state)
{
	struct app a;

	(void)state;
	a = app_load("local io = require 'pollux'; io.set { connection_state_recovery = { max_disconnection_duration = 5000, skip_middlewares = false } }", 0);
	assert_true(a.settings.recovery);
	assert_false(a.settings.recovery_skip_middlewares);
	assert_int_equal(a.settings.recovery_window_ms, 5000);
	app_close(&a);
	a = app_load("local io = require 'pollux'; io.set { connection_state_recovery = {} }", 0);
	assert_true(a.settings.recovery && a.settings.recovery_skip_middlewares);
	assert_int_equal(a.settings.recovery_window_ms, 120000);
	app_close(&a);
	a = app_load("local io = require 'pollux'; io.set { connection_state_recovery = {} } io.set { connection_state_recovery = false }", 0);
	assert_false(a.settings.recovery);
	app_close(&a);
}

static void test_settings(void **state)
{
	struct app a;

	(void)state;
	a = app_load("local io = require 'pollux'; io.set { path = 'live', ping_interval = 300, ping_timeout = 200, connect_timeout = 1000, serve_client = false,\n"
		     "max_http_buffer_size = 128, cors = { origin = { 'http://a.org', 'https://b.org:8' }, credentials = true }, max_rooms = 5 }", 0);
	assert_string_equal(a.settings.path, "/live/");
	assert_int_equal(a.settings.ping_interval_ms, 300);
	assert_int_equal(a.settings.ping_timeout_ms, 200);
	assert_int_equal(a.settings.connect_timeout_ms, 1000);
	assert_int_equal(a.settings.max_http_buffer_size, 128);
	assert_int_equal(a.settings.max_rooms, 5);
	assert_false(a.settings.serve_client);
	assert_int_equal(a.settings.cors.mode, CORS_LIST);
	assert_int_equal(a.settings.cors.origins_count, 2);
	assert_string_equal(a.settings.cors.origins[1], "https://b.org:8");
	assert_true(a.settings.cors.credentials);
	app_close(&a);
	a = app_load("local io = require 'pollux'; io.set { cookie = true, http_compression = false, transports = { 'websocket' }, headers = { X = 'y' } }\n"
		     "io.set { cors = { origin = 'http://a.org', methods = { 'GET', 'POST' } } } io.set { cors = { origin = 'http://b.org' } }", 0);
	assert_string_equal(a.settings.cookie_name, "io");
	assert_string_equal(a.settings.cookie_attributes, "; Path=/; HttpOnly; SameSite=Lax");
	assert_int_equal(a.settings.compress_threshold, -1);
	assert_int_equal(a.settings.transports, TRANSPORT_WEBSOCKET);
	assert_string_equal(a.settings.headers, "X: y\r\n");
	assert_string_equal(a.settings.cors.methods, "GET,POST");
	assert_int_equal(a.settings.cors.origins_count, 1);
	assert_string_equal(a.settings.cors.origins[0], "http://b.org");
	app_close(&a);
	a = app_load("local io = require 'pollux'; io.set { cookie = { name = 'x', path = false, http_only = false, same_site = false } } io.set { cookie = { name = 'y', max_age = 5 } }", 0);
	assert_string_equal(a.settings.cookie_name, "y");
	assert_string_equal(a.settings.cookie_attributes, "; Max-Age=5; Path=/; HttpOnly; SameSite=Lax");
	app_close(&a);
	a = app_load("local io = require 'pollux'; io.set { cookie = true } io.set { cookie = false }", 0);
	assert_null(a.settings.cookie_name);
	app_close(&a);
	a = app_load("require 'pollux'.set { cors = { origin = '*' } }", 0);
	assert_int_equal(a.settings.cors.mode, CORS_ANY);
	app_close(&a);
	a = app_load("require 'pollux'.set { cors = { origin = true } }", 0);
	assert_int_equal(a.settings.cors.mode, CORS_REFLECT);
	app_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_work_in_c),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_enough_memory),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_settable_limits),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_pcall),
		cmocka_unit_test(test_wrong_settings),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_settings_of_recovery),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}

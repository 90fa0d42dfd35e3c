/*
 * Handlers that misbehave, as a list: whatever one does, its event fails within its limits, is undone, leaves one line in the log, and the
 * next event works. (How each limit counts: test_lua_limits.c.)
 */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

static const char *const bodies[] = {
	/* endless, and holding on */
	"while true do end",
	"repeat local ok = pcall(function() while true do end end) until false",
	"while true do xpcall(function() while true do end end, function() while true do end end) end",
	"while true do pcall(pcall, pcall, error) end",
	"local function hold() pcall(hold) while true do end end hold()",
	"goto again ::again:: goto again",
	"for i = 1, math.huge do end",
	"for i = 1, 3 do local x <close> = setmetatable({}, { __close = function() while true do end end }) end",
	"local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) return t[1]",
	"local t = setmetatable({}, { __newindex = function(t, k, v) t[k] = v end }) t.x = 1",
	"local t = setmetatable({}, { __len = function(t) return #t end }) return #t",
	"local t = setmetatable({}, { __eq = function(a, b) return a == b end }) return t == setmetatable({}, getmetatable(t))",
	"local t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t .. t",
	"local t = setmetatable({}, { __call = function(t) return t() end }) return t()",
	"local t = setmetatable({}, { __lt = function() while true do end end }) table.sort { t, t, t }",
	"tostring(setmetatable({}, { __tostring = function() while true do end end }))",
	"tostring(setmetatable({}, { __tostring = function() return {} end }))",
	"string.format('%s', setmetatable({}, { __tostring = function() while true do end end }))",
	"for k in pairs(setmetatable({}, { __pairs = function() return function() return 1 end end })) do end",
	/* coroutines */
	"local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
	"while true do coroutine.create(function() end) end",
	"local t = {} while true do t[#t + 1] = coroutine.create(function() end) coroutine.resume(t[#t]) end",
	"local function nest() return coroutine.wrap(nest)() end nest()",
	"local function nest() return coroutine.resume(coroutine.create(nest)) end while true do nest() end",
	"coroutine.wrap(function() coroutine.wrap(function() pcall(function() while true do end end) end)() end)()",
	"coroutine.yield(1)",
	"coroutine.close(coroutine.running())",
	"table.sort({ 1, 2, 3 }, coroutine.yield)",
	"local co co = coroutine.wrap(function() co() end) co()",
	/* work inside C */
	"('a'):rep(10000):find(('.-'):rep(20) .. 'x')",
	"(('\"a\" '):rep(2000)):find((('\".-\"'):rep(20)) .. 'x')",
	"('a'):rep(30000):match(('a*'):rep(12) .. 'b')",
	"(' '):rep(200000):gsub('%s+$x', '')",
	"('('):rep(200000):gsub('%b()', '')",
	"while true do ('x'):rep(50000):gsub('%f[%w]x-y', '') end",
	"for _ in ('a'):rep(30000):gmatch('.-.-.-.-b') do end",
	"while true do ('a'):rep(1 << 20):reverse() end",
	"while true do string.byte(('a'):rep(100), 1, -1) end",
	"string.byte(('a'):rep(10 << 20), 1, -1)",
	"while true do utf8.codepoint(('a'):rep(200), 1, -1) end",
	"while true do for _ in utf8.codes(('a'):rep(100000)) do end end",
	"while true do string.pack('s8', ('a'):rep(1 << 20)) end",
	"while true do string.unpack(('i16'):rep(50), ('\\0'):rep(800)) end",
	"local t = {} for i = 1, 100000 do t[i] = i end while true do table.concat(t, ', ') end",
	"local t = {} for i = 1, 100000 do t[i] = -i end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end",
	"table.move({}, 1, math.maxinteger - 1, 2)",
	"table.concat({}, '', 1, math.maxinteger)",
	"table.unpack({}, 1, 1e7 // 1 | 0)",
	"table.insert({}, math.maxinteger, 1)",
	"select(math.mininteger, 1)",
	"local t = {} for i = 1, 100000 do t[i] = 0 end while true do table.remove(t, 1) table.insert(t, 1, 0) end",
	"while true do os.date('%c %c %c') end",
	"while true do os.time { year = 2000, month = 1, day = 1 } end",
	"while true do load(('x = 1 '):rep(5000)) end",
	"while true do tostring(print) end",
	/* comparators that no order satisfies */
	"local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)",
	"local t = {} for i = 1, 1000 do t[i] = i % 7 end table.sort(t, function(a, b) return a <= b end) error('sorted or not')",
	"table.sort({ 3, 'x', {}, 1 })",
	"table.sort({ 1, 2, 3 }, function() error 'no' end)",
	"table.sort(setmetatable({}, { __len = function() return math.maxinteger end }))",
	/* memory */
	"local s = ('x'):rep(1 << 30)",
	"local s = ('x'):rep(1 << 20, ('y'):rep(1 << 12))",
	"('x'):rep(math.maxinteger, 'y')",
	"local s = 'x' while true do s = s .. s end",
	"local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
	"local t = {} while true do t = { t } end",
	"local t = {} for i = 1, math.huge do t[i] = i end",
	"local function f(...) return f(1, ...) end f()",
	"('x'):rep(1 << 22):gsub('x', ('y'):rep(1 << 10))",
	"('x'):rep(1 << 22):gsub('', '%0%0%0%0')",
	"table.concat({ ('x'):rep(1 << 24), ('x'):rep(1 << 24), ('x'):rep(1 << 24) })",
	"for i = 1, 40 do _ = ('x'):rep(10 << 20) .. i end while true do end",
	"pcall(string.rep, 'x', 1 << 30) pcall(error) error 'after'",
	"load('return ' .. ('{'):rep(100000))() error 'too deep'",
	"load(('('):rep(300) .. '1' .. (')'):rep(300))()",
	"load(('local a = 1 '):rep(300))()",
	/* string.format */
	"string.format('%999d', 1)",
	"string.format('%.999f', 1)",
	"string.format('%0100d', 1)",
	"string.format(('%99.99f'):rep(2000), 1e308)",
	"string.format('%s')",
	"string.format('%y', 1)",
	"string.format('%d', 1.5)",
	"local f = ('%99d'):rep(10000) local t = {} for i = 1, 10000 do t[i] = i end while true do string.format(f, table.unpack(t)) end",
	"local q = ('\\0'):rep(1 << 20) while true do string.format('%q', q) end",
	/* recursion */
	"local function f() return 1 + f() end f()",
	"local function f() return pcall(f) end while true do f() end",
	"local function f() ('x'):gsub('x', f) end f()",
	"local function f() table.sort({ 1, 2 }, f) end f()",
	"local t = {} t.t = t io.emit('y', t)",
	"local t = {} for i = 1, 100 do t = { t } end io.emit('y', t)",
	"require 'json'.encode((function() local t = {} t[1] = t return t end)())",
	/* Pollux's own functions */
	"while true do require 'json'.encode { 1, 2, { 3 } } end",
	"local s = ('[1,'):rep(50) .. '1' .. (']'):rep(50) while true do require 'json'.decode(s) end",
	"local t = require 'json'.decode('[' .. ('[],'):rep(100000) .. '[]]') while true do for _, v in ipairs(t) do v[1] = 1 end end",
	"local t = io.jwt.sign({}, { key = 'k' }) while true do io.jwt.verify(t, { key = 'k' }) end",
	"while true do io.jwt.sign({}, { key = 'k' }) end",
	"while true do pcall(io.binary, 5) end",
	"while true do io.binary(('x'):rep(1 << 20)) end",
	"while true do pcall(io.emit, 'y', print) end",
	"while true do socket.data.x = (socket.data.x or 0) + 1 end",
	"socket.data.x = ('x'):rep(10 << 20) socket.data.y = print",
	"io.emit('y', ('x'):rep(10 << 20)) error 'half-way'",
	"socket:join('room') io.emit('y', 1) socket.data.x = 1 error()",
	"io.emit('y', 1) error(nil)",
	"io.emit('y', 1) error({ code = 1 })",
	"io.emit('y', 1) error(setmetatable({}, { __tostring = function() error 'again' end }))",
	"io.emit('y', 1) error(('x'):rep(10 << 20))",
	"io.emit('y', 1) local x = nil x()",
	"io.emit(('x'):rep(10 << 20)) io.emit()",
	"a = 1",
	"rawset(_G, 'a', 1)",
	"setmetatable(_G, {})",
};

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void expect_failure(const char *body)
{
	size_t size = strlen(body) + 512;
	char *source = malloc(size);
	const char *log;
	struct app a;

	assert_non_null(source);
	snprintf(source, size, "local io = require 'pollux'; io.set { tick_limit_ms = 1000, handler_instructions = 2000000 }; require 'json'\n"
			       "io.on('x', function(socket, ack)\n%s\nend)\n"
			       "io.on('y', function() io.emit('fine', ('x'):rep(1000):find('x+')) end)", body);
	a = app_load(source, 0);
	app_event(&a, "[\"x\"]", 1);
	log = app_log(&a);
	if (a.result >= 0 || lines_of(log) != 1)
		print_message("%s: %d, %s\n", body, a.result, log);
	assert_true(a.result < 0);
	assert_int_equal(lines_of(log), 1);
	assert_true(strlen(log) < 2500);
	assert_int_equal(app_event(&a, "[\"y\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"fine\",1,1000]\n");
	assert_string_equal(app_log(&a), "");
	app_close(&a);
	free(source);
}

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++)
		expect_failure(bodies[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}

/* The step-counted matcher (errors may be worded otherwise) against Lua's own, and its budget. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "app/limits.h"
#include "app/match.h"
#include "app/strings.h"

static lua_State *open_state(struct limits *m)
{
	lua_State *L;

	limits_init(m);
	m->max_work = 1000000000000;
	m->max_cpu_us = INT64_C(600000000);
	L = limits_new_state(m);
	assert_non_null(L);
	limits_begin(m, L, 1);
	luaL_openlibs(L);
	/* string: Lua's own; mine: a copy with our four */
	lua_getglobal(L, "string");
	lua_newtable(L);
	strings_install(L);
	lua_setglobal(L, "mine");
	lua_pop(L, 1);
	return L;
}

static void run(lua_State *L, const char *code)
{
	if (luaL_dostring(L, code) != LUA_OK)
		print_message("%s\n", lua_tostring(L, -1));
	assert_int_equal(lua_gettop(L), 0);
}

static const char compare[] =
	"local function all(f, ...) return table.pack(pcall(f, ...)) end\n"
	"local function text(t) local s = {} for i = 1, t.n do s[i] = tostring(t[i]) end return table.concat(s, '|') end\n"
	"local function clean(s) return s:find '^false|' and 'an error' or s end\n"
	"function same(name, ...) local a, b = text(all(string[name], ...)), text(all(mine[name], ...))\n"
	"  if clean(a) ~= clean(b) then error(string.format('%s %q: %q but mine %q', name, text(table.pack(...)), a, b), 2) end end\n"
	"local function list(gmatch, ...) local t = {} for a, b in gmatch(...) do t[#t + 1] = tostring(a) .. ',' .. tostring(b) end return table.concat(t, ';') end\n"
	"function same_list(...) local a, b = all(list, string.gmatch, ...), all(list, mine.gmatch, ...)\n"
	"  if clean(text(a)) ~= clean(text(b)) then error(text(table.pack(...)) .. ': ' .. text(a) .. ' but mine ' .. text(b), 2) end end\n";

static void test_as_lua(void **state)
{
	struct limits m;
	lua_State *L = open_state(&m);

	(void)state;
	run(L, compare);
	run(L, "local patterns = {'', 'a', '.', '.*', '.-', '.+', '^a', '^', '$', 'a$', '^$', 'a*', 'a+', 'a-', 'a?', '(a)(b)?', '(a*)(b*)', '()a()', '%a', '%A+', "
	       "'%d+', '%s', '%S+', '%w+', '%p', '%x+', '%c', '%l', '%u', '%g', '%z', '[abc]', '[^abc]', '[a-c]+', '[%a_]', '[]]', '[^]]', '[a-]', '[-a]', '[%]]', "
	       "'%bab', '%b()', '%f[%w]%w+', '%f[%W]', '(a)%1', '((a)(b))', '(.)(.)%2%1', 'a.b', '%.', '%%', 'x*y', '(', ')', '(a', 'a)', '[', '[a', '[^', '%', "
	       "'%b', '%ba', '%f', '%fa', '%1', '(a)%2', '(%1)', '[%', '[a-%', '%f[', '(()())', '$a', 'a$b', '^^', '-', '*', '+', '?', 'a**', '[a]]', '[[]', "
	       "('(a)'):rep(33), ('a?'):rep(40), '[%w%-_.]+@[%w.-]+', '^%s*(.-)%s*$', '(%w+)=(%w+)', '\\0', '[\\0-\\5]', '%$', 'a$$', '[z-a]', '[^\\0]+', '.-b', '(.-)b(.*)'}\n"
	       "local texts = {'', 'a', 'ab', 'aab', 'abc', 'aaa', 'b', 'xaby', 'abab', '(a(b)c)', 'the quick brown', '  trim me  ', 'k=v, w=x', 'a]b', 'a-b', 'a\\0b', "
	       "'\\1\\2\\3', 'me@example.org', 'abba', '$a$', '100%', 'A_b C', '\\xc3\\xa9', '[x]', 'a$b', '^^'}\n"
	       "for _, p in ipairs(patterns) do for _, t in ipairs(texts) do\n"
	       "  same('find', t, p) same('match', t, p) same_list(t, p)\n"
	       "  for _, init in ipairs{2, -1, 0, 100, -100} do same('find', t, p, init) same('match', t, p, init) same_list(t, p, init) end\n"
	       "  same('find', t, p, 1, true) same('find', t, p, 2, true)\n"
	       "  same('gsub', t, p, '<%0>') same('gsub', t, p, '%1') same('gsub', t, p, '%%') same('gsub', t, p, '') same('gsub', t, p, 'x', 1) same('gsub', t, p, 'x', 0)\n"
	       "  same('gsub', t, p, '%2') same('gsub', t, p, '%x') same('gsub', t, p, '%') same('gsub', t, p, 5)\n"
	       "  same('gsub', t, p, function(a) return a and tostring(a) .. '!' end) same('gsub', t, p, function() end) same('gsub', t, p, {a = 'b', b = false})\n"
	       "  same('gsub', t, p, function() return {} end)\n"
	       "end end\n"
	       "for _, name in ipairs{'find', 'match', 'gmatch', 'gsub'} do same(name) same(name, 'x') same(name, {}, 'x') same(name, 'x', {}) same(name, 'x', 'x', {}) end\n"
	       "same('find', 123, 2) same('match', 123, '%d') same('gsub', 123, 2, 4) same_list(121, 1)\n");
	lua_close(L);
}

/* Random patterns from a small alphabet of pieces. */
static void test_random(void **state)
{
	struct limits m;
	lua_State *L = open_state(&m);

	(void)state;
	run(L, compare);
	run(L, "math.randomseed(7) local pieces = {'a', 'b', '.', '%a', '%d', '[ab]', '[^a]', '(', ')', '()', '*', '+', '-', '?', '$', '^', '%1', '%bab', '%f[a]', ']', '[', '%', 'x'}\n"
	       "for i = 1, 60000 do local p, t = {}, {}\n"
	       "  for j = 1, math.random(1, 7) do p[j] = pieces[math.random(#pieces)] end for j = 1, math.random(0, 8) do t[j] = ({'a', 'b', 'x', '1'})[math.random(4)] end\n"
	       "  p, t = table.concat(p), table.concat(t) same('find', t, p) same('gsub', t, p, '<%0>') same_list(t, p) end");
	lua_close(L);
}

/* Every number of steps stops somewhere, and none reads beyond the text. */
static void test_budget(void **state)
{
	static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaab", pattern[] = "(a*)(a*)(a-)a?%f[b](b)%1x";
	struct match m;
	int64_t steps = 0;

	(void)state;
	for (; steps < 3000; steps += 7) {
		match_init(&m, text, sizeof(text) - 1, pattern, sizeof(pattern) - 1, steps);
		assert_null(match_at(&m, text, pattern));
		assert_null(m.error);
		assert_true(m.steps < 0);
	}
	match_init(&m, text, sizeof(text) - 1, "a+b", 3, 1000);
	assert_ptr_equal(match_at(&m, text, "a+b"), text + sizeof(text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_lua), cmocka_unit_test(test_random), cmocka_unit_test(test_budget)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

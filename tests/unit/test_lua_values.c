/* Values between JSON and Lua: round trips, untouched arguments byte for byte, bytes. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

static void expect_args(const char *body, const char *arguments, const char *expect)
{
	size_t size = strlen(expect) + 64;
	char *trace = malloc(size);

	assert_non_null(trace);
	snprintf(trace, size, "emit / [\"y\"%s%s]\n", *expect ? "," : "", expect);
	expect_trace(body, arguments, trace);
	free(trace);
}

/* What comes in goes out as it was, however it was written. */
static void test_untouched(void **state)
{
	static const char *const rows[] = {"1", "1.0", "1e2", "1E+2", "-0", "-0.0", "0.10", "12345678901234567890", "9007199254740993",
		"1e400", "\"a\\/b\"", "\"\\u00e9\"", "\"\\ud800\"", "\"\\u0000\"", "\"\"", "true", "false", "null", "[]", "{}", "[ ]", "{ }",
		"{\"b\": 1, \"a\" : [1.0, 1e1, null, {}, []]}", "[[[[]]]]", "{\"a\":1,\"a\":2}", "{\"\\u005fx\":1}", "\"\\u2028\"", "1,1.0,1e0",
		"\"x\",\"\\u0078\"", "1,2,3,4,5,6,7,8,9,1e1,1.50", "{\"_placeholder\":false}"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* beyond the noted scalars a number is encoded anew */
		const char *expect = strstr(rows[i], "1.50") ? "1,2,3,4,5,6,7,8,9,10.0,1.5" : rows[i];
		struct app a = app_load("local io = require 'pollux'; io.on('x', function(socket, ...) io.emit('y', ...) end)", 0);
		char payload[512], trace[512];

		snprintf(payload, sizeof(payload), "[\"x\",%s]", rows[i]);
		snprintf(trace, sizeof(trace), "emit / [\"y\",%s]\n", expect);
		assert_int_equal(app_event(&a, payload, -1), 0);
		assert_string_equal(app_trace(&a), trace);
		app_close(&a);
	}
}

/* Looked into, but not written to: still the same bytes. */
static void test_looked_into(void **state)
{
	(void)state;
	expect_args("local s = a.b[1].c .. #a.b .. tostring(a.z); io.emit('y', a, a.b, s)", "{\"z\" : 1e1, \"b\":[ {\"c\":\"\\u0078\"} ]}",
		    "{\"z\" : 1e1, \"b\":[ {\"c\":\"\\u0078\"} ]},[ {\"c\":\"\\u0078\"} ],\"x110.0\"");
	expect_args("local n = 0; for k, v in pairs(a) do n = n + 1 end; for i, v in ipairs(b) do n = n + v end; io.emit('y', n, a, b)",
		    "{\"p\":1,\"o\":2},[ 10,20 ]", "32,{\"p\":1,\"o\":2},[ 10,20 ]");
}

static void test_written_to(void **state)
{
	(void)state;
	expect_args("a.x = 2; io.emit('y', a)", "{\"y\": 1, \"x\": 1}", "{\"x\":2,\"y\":1}");
	expect_args("a.b.c[1].d = {}; io.emit('y', a, a.e)", "{\"e\":[ ],\"b\":{\"c\":[{\"d\":1}]}}", "{\"b\":{\"c\":[{\"d\":{}}]},\"e\":[ ]},[ ]");
	expect_args("a[1] = nil; io.emit('y', a)", "[1]", "[]");
	expect_args("a.x = nil; io.emit('y', a)", "{\"x\":1}", "{}");
	expect_args("a[#a + 1] = b; b.z = 1; io.emit('y', a)", "[ 1 ],{\"q\": 1}", "[1,{\"q\":1,\"z\":1}]");
	expect_args("table.insert(a, 9); table.sort(a); io.emit('y', a, table.concat(a, '-'), table.unpack(a))", "[3,1,2]",
		    "[1,2,3,9],\"1-2-3-9\",1,2,3,9");
	expect_args("table.remove(a, 1); io.emit('y', a, table.move(a, 1, 1, 2))", "[3,1,2]", "[1,1],[1,1]");
	/* a value that moved elsewhere and was written to there */
	expect_args("local t = {a.b}; a.b = nil; t[1].c = 1; io.emit('y', t, a)", "{\"b\":{\"d\": 0}}", "[{\"c\":1,\"d\":0}],{}");
}

static void test_are_tables(void **state)
{
	(void)state;
	expect_args("io.emit('y', type(a), type(b), #b, next({}) == nil, next(a), rawequal(a, a), a == a, select('#', pairs(a)))", "{\"k\":5},[7]",
		    "\"table\",\"table\",1,true,\"k\",true,true,3");
	expect_args("local keys = {}; for k in next, a do keys[#keys + 1] = k end; table.sort(keys); io.emit('y', keys)", "{\"q\":1,\"p\":2}",
		    "[\"p\",\"q\"]");
	/* the table behind is nobody's to write to */
	expect_args("local f, s = pairs(a); s.new = 1; io.emit('y', a)", "{\"k\": 5}", "{\"k\":5,\"new\":1}");
	expect_args("io.emit('y', a.x, a[1], a[1.5], a[true], getmetatable(a))", "{\"k\":5}", "null,null,null,null,false");
	expect_error("a[nil] = 1", "{}", "index is nil");
	expect_error("a[0/0] = 1", "{}", "index is NaN");
	expect_error("setmetatable(a, {})", "{}", "");
	expect_error("rawset(a, 1, 1)", "{}", "table expected");
}

static void test_encoding(void **state)
{
	static const struct {
		const char *lua, *json;
	} rows[] = {
		{"1", "1"}, {"1.0", "1.0"}, {"-0.0", "-0.0"}, {"1e15", "1e+15"}, {"2^53", "9007199254740992.0"}, {"0.1", "0.1"}, {"1/3", "0.3333333333333333"},
		{"math.maxinteger", "9223372036854775807"}, {"math.mininteger", "-9223372036854775808"}, {"5e-324", "4.94065645841247e-324"},
		{"1e308*1.5", "1.5e+308"}, {"'a\"\\\\\\n\\0\\x7f'", "\"a\\\"\\\\\\n\\u0000\x7f\""}, {"'\\u{1f600}'", "\"\xf0\x9f\x98\x80\""},
		{"{}", "{}"}, {"io.array{}", "[]"}, {"io.array()", "[]"}, {"io.array{1,2}", "[1,2]"}, {"{1,{2,{}}}", "[1,[2,{}]]"},
		{"{b=1,a=2,c={z=1,y=2}}", "{\"a\":2,\"b\":1,\"c\":{\"y\":2,\"z\":1}}"}, {"io.null", "null"}, {"nil", "null"}, {"{io.null}", "[null]"},
		{"{a=io.null}", "{\"a\":null}"}, {"true", "true"}, {"{['']=1}", "{\"\":1}"}, {"{['1']=1}", "{\"1\":1}"},
		{"setmetatable({1},{__index=error,__len=error,__pairs=error})", "[1]"},
		{"(function() local t = {}; for i = 1, 30 do t['k' .. 100 + i] = i end return #t, (t.k101 == 1) end)()", "0,true"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[256];

		snprintf(body, sizeof(body), "io.emit('y', %s)", rows[i].lua);
		expect_args(body, "", rows[i].json);
	}
	expect_args("local t, n = {}, 0; for i = 1, 30 do t['k' .. 100 + i] = i end; io.emit('y', t)", "",
		    "{\"k101\":1,\"k102\":2,\"k103\":3,\"k104\":4,\"k105\":5,\"k106\":6,\"k107\":7,\"k108\":8,\"k109\":9,\"k110\":10,\"k111\":11,"
		    "\"k112\":12,\"k113\":13,\"k114\":14,\"k115\":15,\"k116\":16,\"k117\":17,\"k118\":18,\"k119\":19,\"k120\":20,\"k121\":21,"
		    "\"k122\":22,\"k123\":23,\"k124\":24,\"k125\":25,\"k126\":26,\"k127\":27,\"k128\":28,\"k129\":29,\"k130\":30}");
	expect_args("io.emit('y', tostring(io.null), io.null == a.n, a.n == nil)", "{\"n\":null}", "\"null\",true,false");
	expect_args("io.emit('y', a == nil, b)", "null,5", "true,5");
	expect_args("io.emit('y', math.type(a), math.type(b), math.type(c))", "1,1.0,12345678901234567890", "\"integer\",\"float\",\"float\"");
	expect_args("io.emit('y', math.type(a[1]), math.type(a[2]), math.type(a[3]), 1 / a[4] < 0)", "[1,1.0,1e0,-0,5]",
		    "\"integer\",\"float\",\"float\",true");
}

static void test_depth(void **state)
{
	char deep[256] = "", body[128];

	(void)state;
	/* an argument may be 63 deep: the array of arguments is one more */
	memset(deep, '[', 63);
	memset(deep + 63, ']', 63);
	expect_args("io.emit('y', a)", deep, deep);
	expect_error("io.emit('y', {a})", deep, "nested deeper than 64");
	expect_args("io.emit('y', {a[1]})", deep, deep);
	for (int n = 63; n <= 64; n++) {
		snprintf(body, sizeof(body), "local t = io.array{}; for i = 2, %d do t = {t} end; io.emit('y', t)", n);
		if (n == 63)
			expect_args(body, "", deep);
		else
			expect_error(body, "", "nested deeper than 64");
	}
}

static void test_binary(void **state)
{
	static const struct {
		const char *body, *payload, *trace;
	} rows[] = {
		{"io.emit('y', a)", "{\"_placeholder\":true,\"num\":0}", "{\"_placeholder\":true,\"num\":0}] <AB>\n"},
		{"io.emit('y', b, a)", "{\"_placeholder\":true,\"num\":0},{\"num\":1,\"_placeholder\":true}",
			"{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}] <C> <AB>\n"},
		{"io.emit('y', a)", "{\"f\": {\"_placeholder\":true,\"num\":1}, \"g\":[{\"_placeholder\":true,\"num\":0}]}",
			"{\"f\": {\"_placeholder\":true,\"num\":0}, \"g\":[{\"_placeholder\":true,\"num\":1}]}] <C> <AB>\n"},
		{"io.emit('y', a.g)", "{\"f\":{\"_placeholder\":true,\"num\":1},\"g\":[ {\"_placeholder\":true,\"num\":0}]}",
			"[ {\"_placeholder\":true,\"num\":0}]] <AB>\n"},
		{"io.emit('y', tostring(a.f), #a.f, type(a.f), a.f == io.binary 'C', a.f == 'C')", "{\"f\":{\"_placeholder\":true,\"num\":1}}",
			"\"C\",1,\"userdata\",true,false]\n"},
		{"a.n = io.binary(tostring(a.f) .. '!'); io.emit('y', a, a.f)", "{\"f\":{\"_placeholder\":true,\"num\":1}}",
			"{\"f\":{\"_placeholder\":true,\"num\":0},\"n\":{\"_placeholder\":true,\"num\":1}},{\"_placeholder\":true,\"num\":2}] <C> <C!> <C>\n"},
		{"io.emit('y', io.is_binary(a.f), io.is_binary(a), io.is_binary 'C', io.is_binary(io.null), io.is_binary(nil))",
			"{\"f\":{\"_placeholder\":true,\"num\":1}}", "true,false,false,false,false]\n"},
		{"io.emit('y', io.binary '', {io.binary 'x\\0y'})", "1", "{\"_placeholder\":true,\"num\":0},[{\"_placeholder\":true,\"num\":1}]] <> <x"},
	};
	static const struct text two[] = {{"AB", 2}, {"C", 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char source[512], payload[256], trace[512];
		struct app a;

		snprintf(source, sizeof(source), "local io = require 'pollux'; io.on('x', function(socket, a, b) %s end)", rows[i].body);
		snprintf(payload, sizeof(payload), "[\"x\",%s]", rows[i].payload);
		snprintf(trace, sizeof(trace), "emit / [\"y\",%s", rows[i].trace);
		a = app_load(source, 0);
		assert_int_equal(app_event_with(&a, payload, -1, two, 2), 0);
		if (strncmp(app_trace(&a), trace, strlen(trace)) != 0)
			print_message("%s: %s", rows[i].body, app_trace(&a));
		assert_int_equal(strncmp(app_trace(&a), trace, strlen(trace)), 0);
		app_close(&a);
	}
	expect_error("io.binary(nil)", "", "string expected");
}

/* Placeholders that no packet's check has seen (auth, data) name nothing. */
static void test_forged_placeholders(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on('x', function(socket) io.emit('y', io.binary 'secret', socket.data.f) end)", 0);

	(void)state;
	a.socket = fake_event_add(a.ev, "/", "s2", "{\"f\":[{\"\\u005fplaceholder\":true,\"num\":0}]}");
	assert_int_equal(app_event(&a, "[\"x\"]", -1), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "an attachment that it doesn't have"));
	app_close(&a);
}

static void test_large(void **state)
{
	size_t n = 900000;
	char *payload = malloc(n + 64);
	struct app a = app_load("local io = require 'pollux'; io.on('x', function(socket, s, t) io.emit('y', #s, s, t) end)", 0);

	(void)state;
	assert_non_null(payload);
	memcpy(payload, "[\"x\",\"", 6);
	memset(payload + 6, 'a', n);
	memcpy(payload + 6 + n, "\",[1]]", 7);
	assert_int_equal(app_event(&a, payload, -1), 0);
	assert_int_equal(a.ev->trace.len, strlen("emit / [\"y\",900000,\"\",[1]]\n") + n);
	app_close(&a);
	free(payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_looked_into),
		cmocka_unit_test(test_written_to),
		cmocka_unit_test(test_are_tables),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_forged_placeholders),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}

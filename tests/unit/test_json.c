/* The JSON scanner: what RFC 8259 takes and refuses, depth, slicing, truncations. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "tests/unit/guard.h"

static int check(const char *text, size_t len)
{
	return json_check(guard_put(text, len), len, JSON_MAX_DEPTH);
}

struct text {
	const char *at;
	size_t len;
};

static const struct text good[] = {
	{ LIT("null") }, { LIT("true") }, { LIT("false") },
	{ LIT("0") }, { LIT("-0") }, { LIT("1") }, { LIT("-1") }, { LIT("10") }, { LIT("1234567890") },
	{ LIT("0.0") }, { LIT("-0.5") }, { LIT("1.25") }, { LIT("0e0") }, { LIT("1e5") }, { LIT("1E5") },
	{ LIT("1e+5") }, { LIT("1e-5") }, { LIT("1.5e10") }, { LIT("1e00") }, { LIT("-0e-0") },
	{ LIT("123456789012345678901234567890.5e400") },
	{ LIT("\"\"") }, { LIT("\"a\"") }, { LIT("\"\x7f\"") }, { LIT("\" \"") },
	{ LIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"") },
	{ LIT("\"\\u0000\\u00e9\\uABCD\\uabcd\"") },
	{ LIT("\"\\ud83d\\ude00\"") }, { LIT("\"\\ud800\"") }, { LIT("\"\\udc00\"") }, { LIT("\"\\ud800\\ud800\"") },
	{ LIT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"") }, { LIT("\"\xe2\x80\xa8\xe2\x80\xa9\"") },
	{ LIT("\"\xef\xbb\xbf\"") }, { LIT("\"\xf4\x8f\xbf\xbf\"") },
	{ LIT("[]") }, { LIT("[ ]") }, { LIT("[1]") }, { LIT("[1,2]") }, { LIT("[ 1 , 2 ]") }, { LIT("[[],[[]],{}]") },
	{ LIT("{}") }, { LIT("{ }") }, { LIT("{\"a\":1}") }, { LIT("{ \"a\" : 1 , \"b\" : [ ] }") },
	{ LIT("{\"a\":1,\"a\":2}") }, { LIT("{\"\":0}") }, { LIT("{\"\\u0061\":{}}") },
	{ LIT(" \t\r\n1\t\r\n ") }, { LIT("[\n1\r,\t2 ]") },
	{ LIT("[null,true,false,\"x\",-1.5e-3,{\"k\":[{}]}]") },
	{ LIT("\"exactly eight bytes at a time: 12345678\"") },
};

static const struct text bad[] = {
	{ LIT("") }, { LIT(" ") }, { LIT("\n") },
	{ LIT("nul") }, { LIT("nulL") }, { LIT("Null") }, { LIT("tru") }, { LIT("True") }, { LIT("fals") }, { LIT("nullx") },
	{ LIT("null null") }, { LIT("undefined") }, { LIT("NaN") }, { LIT("Infinity") }, { LIT("-Infinity") },
	{ LIT("-") }, { LIT("+1") }, { LIT("01") }, { LIT("-01") }, { LIT("00") }, { LIT("1.") }, { LIT(".5") }, { LIT("-.5") },
	{ LIT("1e") }, { LIT("1e+") }, { LIT("1e-") }, { LIT("1.e5") }, { LIT("1.5.5") }, { LIT("1e5.5") }, { LIT("0x1") },
	{ LIT("1_000") }, { LIT("--1") }, { LIT("1 2") }, { LIT("1a") }, { LIT("1e5e5") }, { LIT("\xd9\xa1") },
	{ LIT("\"") }, { LIT("\"a") }, { LIT("a\"") }, { LIT("'a'") }, { LIT("\"\\\"") }, { LIT("\"\\") }, { LIT("\"\\x\"") },
	{ LIT("\"\\a\"") }, { LIT("\"\\v\"") }, { LIT("\"\\0\"") }, { LIT("\"\\'\"") }, { LIT("\"\\U0041\"") },
	{ LIT("\"\\u\"") }, { LIT("\"\\u1\"") }, { LIT("\"\\u12\"") }, { LIT("\"\\u123\"") }, { LIT("\"\\u123g\"") },
	{ LIT("\"\\u 123\"") }, { LIT("\"\\u123") }, { LIT("\"\\ud83d\\u\"") },
	{ LIT("\"\n\"") }, { LIT("\"\t\"") }, { LIT("\"\0\"") }, { LIT("\"\x1f\"") }, { LIT("\"1234567\x01\"") },
	{ LIT("\"\x80\"") }, { LIT("\"\xc0\x80\"") }, { LIT("\"\xed\xa0\x80\"") }, { LIT("\"\xf4\x90\x80\x80\"") },
	{ LIT("\"\xc3\"") }, { LIT("\"\xe2\x82\"") }, { LIT("\"\xff\"") },
	{ LIT("[") }, { LIT("]") }, { LIT("[1") }, { LIT("[1,") }, { LIT("[1,]") }, { LIT("[,1]") }, { LIT("[,]") },
	{ LIT("[1 2]") }, { LIT("[1}") }, { LIT("[1]]") }, { LIT("[1],") }, { LIT("[1:2]") }, { LIT("[\"a\":1]") },
	{ LIT("[1,,2]") }, { LIT("[]]") }, { LIT("[}") },
	{ LIT("{") }, { LIT("}") }, { LIT("{\"a\"") }, { LIT("{\"a\":") }, { LIT("{\"a\":1") }, { LIT("{\"a\":1,") },
	{ LIT("{\"a\":1,}") }, { LIT("{,}") }, { LIT("{a:1}") }, { LIT("{1:1}") }, { LIT("{\"a\" 1}") }, { LIT("{\"a\",1}") },
	{ LIT("{\"a\":1]") }, { LIT("{\"a\":1}}") }, { LIT("{\"a\":1 \"b\":2}") }, { LIT("{\"a\":}") }, { LIT("{\"a\"::1}") },
	{ LIT("{null:1}") }, { LIT("{[]:1}") }, { LIT("{]") }, { LIT("{\"a\\x\":1}") },
	{ LIT("\xef\xbb\xbf[]") }, { LIT("[]\0") }, { LIT("\0[]") }, { LIT("[]\x0b") }, { LIT("[]\x0c") }, { LIT("[\xc2\xa0]") },
	{ LIT("// c\n1") }, { LIT("/**/1") }, { LIT("1//") }, { LIT("[]\xe2\x80\xa8") }, { LIT("\x1e") },
};

static void test_vectors(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(good); i++)
		if (check(good[i].at, good[i].len) != 0)
			fail_msg("refused: %s", good[i].at);
	for (i = 0; i < COUNT(bad); i++)
		if (check(bad[i].at, bad[i].len) != JSON_MALFORMED)
			fail_msg("taken: %s", bad[i].at);
}

/* A container, string or word cut anywhere is malformed (a number would not be). */
static void test_every_truncation(void **unused)
{
	static const char text[] = "{\"a\":[null,true,false,-1.5e-3,\"\\u00e9\\ud83d\\ude00 \xf0\x9f\x98\x80\"],\"b\":{\"c\":{}}}";
	size_t len;

	(void)unused;
	assert_int_equal(check(text, sizeof(text) - 1), 0);
	for (len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(check(text, len), JSON_MALFORMED);
}

/* One byte that may not stand in a string is found at every place, one that may is taken. */
static void test_every_byte_at_every_place(void **unused)
{
	char text[26];
	size_t at;
	int c;

	(void)unused;
	for (at = 1; at < sizeof(text) - 1; at++) {
		for (c = 0; c < 256; c++) {
			bool ok = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

			memset(text, 'x', sizeof(text));
			text[0] = text[sizeof(text) - 1] = '"';
			text[at] = (char)c;
			assert_int_equal(check(text, sizeof(text)), ok ? 0 : JSON_MALFORMED);
		}
	}
}

static int check_nested(const char *open, const char *close, int depth, int max_depth)
{
	char text[2048];
	size_t len = 0;
	int i;

	for (i = 0; i < depth; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", open);
	text[len++] = '1';
	for (i = 0; i < depth; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", close);
	return json_check(guard_put(text, len), len, max_depth);
}

static void test_depth(void **unused)
{
	int max;

	(void)unused;
	for (max = 0; max <= JSON_MAX_DEPTH; max++) {
		assert_int_equal(check_nested("[", "]", max, max), 0);
		assert_int_equal(check_nested("[", "]", max + 1, max), JSON_TOO_DEEP);
		assert_int_equal(check_nested("{\"a\":", "}", max, max), 0);
		assert_int_equal(check_nested("{\"a\":", "}", max + 1, max), JSON_TOO_DEEP);
	}
	assert_int_equal(check_nested("[", "]", 65, 1000), JSON_TOO_DEEP);
	assert_int_equal(check_nested("[{\"a\":", "}]", 32, 64), 0);
	assert_int_equal(check_nested("[{\"a\":", "]}", 32, 64), JSON_MALFORMED);
	assert_int_equal(json_check("1", 1, 0), 0);
	assert_int_equal(json_check("[]", 2, 0), JSON_TOO_DEEP);
	/* siblings don't add up */
	assert_int_equal(json_check("[[],[],[],{}]", 13, 2), 0);
}

static struct json_slice slice(const char *text)
{
	size_t len = strlen(text);

	return (struct json_slice){ guard_put(text, len), len };
}

static void test_kinds(void **unused)
{
	(void)unused;
	assert_int_equal(json_kind(slice("null")), JSON_NULL);
	assert_int_equal(json_kind(slice("false")), JSON_FALSE);
	assert_int_equal(json_kind(slice("true")), JSON_TRUE);
	assert_int_equal(json_kind(slice("-1")), JSON_NUMBER);
	assert_int_equal(json_kind(slice("0")), JSON_NUMBER);
	assert_int_equal(json_kind(slice(" \n\"x\"")), JSON_STRING);
	assert_int_equal(json_kind(slice(" [")), JSON_ARRAY);
	assert_int_equal(json_kind(slice("{}")), JSON_OBJECT);
}

/* The elements joined by |, and what is true for any walk: the end stays the end. */
static void assert_elements(const char *array, const char *expected)
{
	struct json_slice text = slice(array), value;
	char out[256] = "";
	size_t cursor = 0, used = 0;

	while (json_array_next(text, &cursor, &value))
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%.*s|", (int)value.len, value.at);
	assert_string_equal(out, expected);
	assert_false(json_array_next(text, &cursor, &value));
}

static void test_array_walk(void **unused)
{
	(void)unused;
	assert_elements("[]", "");
	assert_elements(" [ ] ", "");
	assert_elements("[1]", "1|");
	assert_elements("[1,2]", "1|2|");
	assert_elements(" [ 1 , [2,3] , {\"a\":[4]} ] ", "1|[2,3]|{\"a\":[4]}|");
	assert_elements("[\"a,b\",\"]\",\"\\\"\",\"\\\\\",null]", "\"a,b\"|\"]\"|\"\\\"\"|\"\\\\\"|null|");
	assert_elements("[[\"]\"],{\"}\":\"{\"},-1.5e3,true\n,false]", "[\"]\"]|{\"}\":\"{\"}|-1.5e3|true|false|");
	assert_elements("[[[]],[]]", "[[]]|[]|");
	assert_elements("{\"a\":1}", "");
	assert_elements("\"x\"", "");
}

static void assert_members(const char *object, const char *expected)
{
	struct json_slice text = slice(object), key, value;
	char out[256] = "";
	size_t cursor = 0, used = 0;

	while (json_object_next(text, &cursor, &key, &value))
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%.*s=%.*s|", (int)key.len, key.at, (int)value.len,
					 value.at);
	assert_string_equal(out, expected);
	assert_false(json_object_next(text, &cursor, &key, &value));
}

static void test_object_walk(void **unused)
{
	(void)unused;
	assert_members("{}", "");
	assert_members("{\"a\":1}", "\"a\"=1|");
	assert_members(" { \"a\" : 1 , \"b\" : { \"c\" : [ ] } } ", "\"a\"=1|\"b\"={ \"c\" : [ ] }|");
	assert_members("{\"a:\":\":\",\"}\":\"}\",\"\\\"\":{}}", "\"a:\"=\":\"|\"}\"=\"}\"|\"\\\"\"={}|");
	assert_members("{\"a\":1,\"a\":2}", "\"a\"=1|\"a\"=2|");
	assert_members("[1]", "");
}

static void assert_get(const char *object, const char *name, const char *expected)
{
	struct json_slice value;
	bool found = json_object_find(slice(object), name, &value);

	assert_int_equal(found, expected != NULL);
	if (!found || !expected)
		return;
	assert_int_equal(value.len, strlen(expected));
	assert_memory_equal(value.at, expected, value.len);
}

static void test_object_get(void **unused)
{
	(void)unused;
	assert_get("{\"a\":1,\"b\":2}", "b", "2");
	assert_get("{\"a\":1,\"a\":2}", "a", "2");
	assert_get("{\"a\":1,\"\\u0061\":3}", "a", "3");
	assert_get("{\"x\":{\"a\":1}}", "a", NULL);
	assert_get("{\"aa\":1}", "a", NULL);
	assert_get("{\"a\":1}", "aa", NULL);
	assert_get("{\"\":1}", "", "1");
	assert_get("{}", "a", NULL);
	assert_get("[\"a\",1]", "a", NULL);
}

static void assert_integer(const char *text, bool ok, int64_t expected)
{
	int64_t n = 77;

	assert_int_equal(json_to_integer(slice(text), &n), ok);
	assert_true(n == (ok ? expected : 77));
}

static void test_integers(void **unused)
{
	(void)unused;
	assert_integer("0", true, 0);
	assert_integer("-0", true, 0);
	assert_integer(" 42 ", true, 42);
	assert_integer("-42", true, -42);
	assert_integer("9223372036854775807", true, INT64_MAX);
	assert_integer("9223372036854775808", false, 0);
	assert_integer("-9223372036854775808", true, INT64_MIN);
	assert_integer("-9223372036854775809", false, 0);
	assert_integer("99999999999999999999999", false, 0);
	assert_integer("1.0", false, 0);
	assert_integer("1e0", false, 0);
	assert_integer("\"1\"", false, 0);
	assert_integer("null", false, 0);
	assert_integer("-", false, 0);
	assert_integer("", false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_byte_at_every_place),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_array_walk),
		cmocka_unit_test(test_object_walk),
		cmocka_unit_test(test_object_get),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

/* JSON strings: decoding, encoding, comparing, and the room they say they need. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "proto/utf8.h"
#include "tests/unit/guard.h"

struct row {
	const char *json;
	size_t json_len;
	const char *text;
	size_t text_len;
};

static const struct row decoded[] = {
	{ LIT("\"\""), LIT("") },
	{ LIT("\"abc\""), LIT("abc") },
	{ LIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), LIT("\"\\/\b\f\n\r\t") },
	{ LIT("\"\\u0041\\u00e9\\u20ac\\u20AC\""), LIT("A\xc3\xa9\xe2\x82\xac\xe2\x82\xac") },
	{ LIT("\"a\\u0000b\""), LIT("a\0b") },
	{ LIT("\"\\ud83d\\ude00\""), LIT("\xf0\x9f\x98\x80") },
	{ LIT("\"\\uD800\\uDC00\\udbff\\udfff\""), LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
	{ LIT("\"\\ud800\""), LIT("\xef\xbf\xbd") },
	{ LIT("\"\\udc00\""), LIT("\xef\xbf\xbd") },
	{ LIT("\"\\ud800x\""), LIT("\xef\xbf\xbdx") },
	{ LIT("\"\\ud800\\n\""), LIT("\xef\xbf\xbd\n") },
	{ LIT("\"\\ud800\\u0041\""), LIT("\xef\xbf\xbd" "A") },
	{ LIT("\"\\ud800\\ud83d\\ude00\""), LIT("\xef\xbf\xbd\xf0\x9f\x98\x80") },
	{ LIT("\"\\ude00\\ud83d\""), LIT("\xef\xbf\xbd\xef\xbf\xbd") },
	{ LIT("\"\\udc00\\udc00\""), LIT("\xef\xbf\xbd\xef\xbf\xbd") },
	{ LIT("\"\\\\u0041\""), LIT("\\u0041") },
	{ LIT("\"\xf0\x9f\x98\x80\\n\xc3\xa9\""), LIT("\xf0\x9f\x98\x80\n\xc3\xa9") },
};

static void test_decode(void **unused)
{
	char out[64];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(decoded); i++) {
		const struct row *r = &decoded[i];
		struct json_slice s = { guard_put(r->json, r->json_len), r->json_len };

		assert_int_equal(json_check(s.at, s.len, 0), 0);
		assert_int_equal(json_string_decode(s, out, sizeof(out)), r->text_len);
		assert_memory_equal(out, r->text, r->text_len);
		assert_int_equal(json_string_decode(s, NULL, 0), r->text_len);
	}
}

/* With one byte too few nothing is written; with just enough all is. */
static void test_decode_room(void **unused)
{
	struct json_slice s = { LIT("\"\\u20ac\\u20ac\"") };
	char out[8];

	(void)unused;
	memset(out, '.', sizeof(out));
	assert_int_equal(json_string_decode(s, out, 5), 6);
	assert_memory_equal(out, "........", 8);
	assert_int_equal(json_string_decode(s, out, 6), 6);
	assert_memory_equal(out, "\xe2\x82\xac\xe2\x82\xac..", 8);
}

static const struct row encoded[] = {
	{ LIT("\"\""), LIT("") },
	{ LIT("\"abc\""), LIT("abc") },
	{ LIT("\"\\\"\\\\/\""), LIT("\"\\/") },
	{ LIT("\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\""), LIT("\b\f\n\r\t\0\x1f\x7f") },
	{ LIT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""), LIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") },
	{ LIT("\"\\u2028\\u2029\""), LIT("\xe2\x80\xa8\xe2\x80\xa9") },
	{ LIT("\"a\xe2\x80\xa7\\u2028\xe2\x80\xaa\\u2029z\""), LIT("a\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xaa\xe2\x80\xa9z") },
	{ LIT("\"\xf2\xa0\x80\xa8\""), LIT("\xf2\xa0\x80\xa8") },
	{ LIT("\"a\xef\xbf\xbd" "b\""), LIT("a\xff" "b") },
	{ LIT("\"\xc3\xa9\xef\xbf\xbd\""), LIT("\xc3\xa9\xc3") },
	{ LIT("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""), LIT("\xed\xa0\x80") },
};

static void test_encode(void **unused)
{
	char out[128];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(encoded); i++) {
		const struct row *r = &encoded[i];
		const char *text = guard_put(r->text, r->text_len);

		assert_int_equal(json_string_encode(text, r->text_len, NULL, 0), r->json_len);
		assert_int_equal(json_string_encode(text, r->text_len, out, sizeof(out)), r->json_len);
		assert_memory_equal(out, r->json, r->json_len);
		memset(out, '.', sizeof(out));
		assert_int_equal(json_string_encode(text, r->text_len, out, r->json_len - 1), r->json_len);
		assert_int_equal(out[0], '.');
		assert_int_equal(json_string_encode(text, r->text_len, out, r->json_len), r->json_len);
		assert_memory_equal(out, r->json, r->json_len);
		assert_int_equal(out[r->json_len], '.');
	}
}

/* Whatever bytes go in, valid JSON comes out, and valid text comes back as it was. */
static void test_round_trips(void **unused)
{
	char text[24], json[sizeof(text) * 6 + 2], back[sizeof(json)];
	size_t len, i, n;
	int round;

	(void)unused;
	srand(1);
	for (round = 0; round < 20000; round++) {
		len = (size_t)rand() % (sizeof(text) + 1);
		for (i = 0; i < len; i++)
			text[i] = (char)(rand() % 3 ? rand() % 128 : rand());
		n = json_string_encode(guard_put(text, len), len, json, sizeof(json));
		assert_int_equal(json_check(json, n, 0), 0);
		n = json_string_decode((struct json_slice){ json, n }, back, sizeof(back));
		assert_true(utf8_valid(back, n));
		if (utf8_valid(text, len)) {
			assert_int_equal(n, len);
			assert_memory_equal(back, text, len);
		}
	}
}

static bool is(const char *json, const char *text)
{
	size_t len = strlen(json);

	return json_string_is((struct json_slice){ guard_put(json, len), len }, text);
}

static void test_compare(void **unused)
{
	(void)unused;
	assert_true(is("\"num\"", "num"));
	assert_true(is("\"n\\u0075m\"", "num"));
	assert_true(is("\"\\u006e\\u0075\\u006D\"", "num"));
	assert_true(is("\"\"", ""));
	assert_false(is("\"nu\"", "num"));
	assert_false(is("\"numb\"", "num"));
	assert_false(is("\"n\\u0075\"", "num"));
	assert_false(is("\"n\\u0075mb\"", "num"));
	assert_false(is("\"n\\u0175m\"", "num"));
	assert_false(is("\"num\\u0000\"", "num"));
	assert_false(is("\"n\\nm\"", "num"));
	assert_false(is("5", "5"));
	assert_false(is("null", "num"));
}

/* Text that json_check never saw must not lead out of bounds either. */
static void test_garbage_stays_inside(void **unused)
{
	static const char *const texts[] = { "\"", "\"\\", "\"\\\"", "\"\\u", "\"\\u12\"", "\"\\ud800\\u\"", "", "x", "\"a", "\\\\\\" };
	char out[32];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(texts); i++) {
		struct json_slice s = { guard_put(texts[i], strlen(texts[i])), strlen(texts[i]) }, v, k;
		size_t cursor = 0;

		json_string_decode(s, out, sizeof(out));
		json_string_is(s, "u12");
		json_array_next(s, &cursor, &v);
		json_object_next(s, &cursor, &k, &v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_room),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_garbage_stays_inside),
	};

	return cmocka_run_group_tests_name("json_string", tests, NULL, NULL);
}

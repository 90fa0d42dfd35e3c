/* Values of HTTP headers. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>

#include "proto/header.h"
#include "tests/unit/guard.h"

static void test_values(void **unused)
{
	char c[3] = "a?b";
	int i;

	(void)unused;
	for (i = 0; i < 256; i++) {
		c[1] = (char)i;
		assert_int_equal(header_value_ok(guard_put(c, 3), 3), i == '\t' || (i >= 0x20 && i != 0x7f));
	}
	assert_true(header_value_ok("", 0));
}

struct row {
	const char *value, *wanted;
	bool ok;
};

static const struct row lists[] = {
	{ "gzip", "gzip", true },
	{ "GZip", "gzip", true },
	{ "deflate, gzip", "gzip", true },
	{ "deflate,gzip,br", "gzip", true },
	{ "deflate , gzip ;q=0.5", "gzip", true },
	{ "gzip;q=0.001", "gzip", true },
	{ "gzip;q=1", "gzip", true },
	{ "gzip;x=1;q=0", "gzip", false },
	{ "gzip;q=0", "gzip", false },
	{ "gzip; Q = 0.000", "gzip", false },
	{ "gzip;q=0, gzip", "gzip", true },
	{ "gzip;q", "gzip", true },
	{ "gzip;", "gzip", true },
	{ "gzip2", "gzip", false },
	{ "xgzip", "gzip", false },
	{ "a=\"x, gzip\"", "gzip", false },
	{ "a=\"x\\\", gzip\"", "gzip", false },
	{ "a=\"x\\\", gzip, y\"", "gzip", false },
	{ "a=\"x\", gzip", "gzip", true },
	{ "keep-alive, Upgrade", "upgrade", true },
	{ ",,, gzip", "gzip", true },
	{ "", "gzip", false },
	{ ",", "gzip", false },
	{ "gzip", "", false },
	{ "\"unclosed, gzip", "gzip", false },
};

static void test_lists(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(lists); i++)
		assert_int_equal(header_list_has(guard_put(lists[i].value, strlen(lists[i].value) + 1), lists[i].wanted),
				 lists[i].ok);
	assert_false(header_list_has(NULL, "gzip"));
}

static const struct row etags[] = {
	{ "\"a\"", "\"a\"", true },
	{ "W/\"a\"", "\"a\"", true },
	{ "\"a\"", "W/\"a\"", true },
	{ "\"b\", \"a\"", "\"a\"", true },
	{ "\"b\",W/\"a\"", "\"a\"", true },
	{ "\"x,y\", \"a\"", "\"a\"", true },
	{ "*", "\"a\"", true },
	{ " *", "\"a\"", true },
	{ "\"A\"", "\"a\"", false },
	{ "\"ab\"", "\"a\"", false },
	{ "a", "\"a\"", false },
	{ "\"b \"a\"\"", "\"a\"", false },
	{ "\"a", "\"a\"", false },
	{ "", "\"a\"", false },
	{ "w/\"a\"", "\"a\"", false },
	{ "\"*\"", "\"a\"", false },
};

static void test_etags(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(etags); i++)
		assert_int_equal(header_etag_matches(guard_put(etags[i].value, strlen(etags[i].value) + 1), etags[i].wanted),
				 etags[i].ok);
	assert_false(header_etag_matches(NULL, "\"a\""));
}

static const struct row types[] = {
	{ "text/plain", "text/plain", true },
	{ "Text/Plain;charset=UTF-8", "text/plain", true },
	{ " text/plain ; charset=utf-8", "text/plain", true },
	{ "text/plainer", "text/plain", false },
	{ "text/plain, x/y", "text/plain", false },
	{ "text", "text/plain", false },
	{ "", "text/plain", false },
};

static void test_types(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(types); i++)
		assert_int_equal(header_media_type_is(guard_put(types[i].value, strlen(types[i].value) + 1), types[i].wanted),
				 types[i].ok);
	assert_false(header_media_type_is(NULL, "text/plain"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_etags),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}

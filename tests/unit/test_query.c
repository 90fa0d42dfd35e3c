/* Query strings: pairs, decoding, room. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "proto/query.h"
#include "tests/unit/guard.h"

/* Walks and joins as key>value; */
static void assert_pairs(const char *query, const char *expected)
{
	size_t len = strlen(query), cursor = 0, used = 0;
	const char *text = guard_put(query, len);
	struct query_pair p;
	char out[256] = "";

	while (query_next(text, len, &cursor, &p))
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%.*s>%.*s;", (int)p.key_len, p.key, (int)p.value_len,
					 p.value);
	assert_string_equal(out, expected);
	assert_false(query_next(text, len, &cursor, &p));
}

static void test_pairs(void **unused)
{
	(void)unused;
	assert_pairs("", "");
	assert_pairs("&", "");
	assert_pairs("&&&", "");
	assert_pairs("a", "a>;");
	assert_pairs("a=", "a>;");
	assert_pairs("=b", ">b;");
	assert_pairs("=", ">;");
	assert_pairs("a=b&c=d", "a>b;c>d;");
	assert_pairs("&a=b&&c=d&", "a>b;c>d;");
	assert_pairs("a=b=c", "a>b=c;");
	assert_pairs("EIO=4&transport=polling&t=Nabc.1&sid=x-_y", "EIO>4;transport>polling;t>Nabc.1;sid>x-_y;");
}

struct row {
	const char *text;
	size_t len;
	const char *decoded;
	size_t decoded_len;
};

static const struct row rows[] = {
	{ LIT(""), LIT("") },
	{ LIT("a+b"), LIT("a b") },
	{ LIT("a%20b"), LIT("a b") },
	{ LIT("%2B%2b"), LIT("++") },
	{ LIT("%C3%A9"), LIT("\xc3\xa9") },
	{ LIT("%00"), LIT("\0") },
	{ LIT("%"), LIT("%") },
	{ LIT("%4"), LIT("%4") },
	{ LIT("%4g"), LIT("%4g") },
	{ LIT("%g4"), LIT("%g4") },
	{ LIT("%%41"), LIT("%A") },
	{ LIT("%2541"), LIT("%41") },
	{ LIT("100%"), LIT("100%") },
};

static void test_decoding(void **unused)
{
	char out[32];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		const char *text = guard_put(rows[i].text, rows[i].len);

		assert_int_equal(query_decode(text, rows[i].len, out), rows[i].decoded_len);
		assert_memory_equal(out, rows[i].decoded, rows[i].decoded_len);
	}
}

static ssize_t get(const char *query, const char *name, char *out, size_t cap)
{
	return query_get(guard_put(query, strlen(query)), strlen(query), name, out, cap);
}

static void test_get(void **unused)
{
	char out[8];

	(void)unused;
	assert_int_equal(get("a=1&b=2", "b", out, sizeof(out)), 1);
	assert_string_equal(out, "2");
	assert_int_equal(get("a=1&a=2", "a", out, sizeof(out)), 1);
	assert_string_equal(out, "1");
	assert_int_equal(get("a=1", "ab", out, sizeof(out)), -1);
	assert_int_equal(get("ab=1", "a", out, sizeof(out)), -1);
	assert_int_equal(get("", "a", out, sizeof(out)), -1);
	assert_int_equal(get("%61=x", "a", out, sizeof(out)), 1);
	assert_int_equal(get("a", "a", out, sizeof(out)), 0);
	assert_string_equal(out, "");
}

static void test_get_room(void **unused)
{
	char out[8];

	(void)unused;
	assert_int_equal(get("a=%41%42%43", "a", out, 4), 3);
	assert_string_equal(out, "ABC");
	assert_int_equal(get("a=%41%42%43", "a", out, 3), -2);
	assert_int_equal(get("a=", "a", out, 1), 0);
	assert_int_equal(get("a=", "a", out, 0), -2);
	assert_int_equal(get("a=x", "a", out, 0), -2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_get_room),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}

/* Placeholders: found wherever they are, also under names written with escapes, and nothing else is. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "tests/unit/guard.h"

#define P(n) "{\"_placeholder\":true,\"num\":" #n "}"

struct row {
	const char *json;
	const char *nums;      /* of those found, each with a comma */
	int good_count;        /* the least count that json_placeholders_ok takes; -1: none */
};

static const struct row rows[] = {
	{ "[]", "", 0 },
	{ "[\"x\"]", "", 0 },
	{ P(0), "0,", 1 },
	{ "[\"x\"," P(0) "]", "0,", 1 },
	{ "[\"x\"," P(1) "," P(0) "]", "1,0,", 2 },
	{ "[" P(9) "]", "9,", 10 },
	{ "[" P(0) "," P(0) "]", "0,0,", 1 },
	{ "[" P(-1) "]", "-1,", -1 },
	{ "[" P(-0) "]", "0,", 1 },
	{ "[" P(0.0) "]", "-1,", -1 },
	{ "[" P(1e0) "]", "-1,", -1 },
	{ "[" P(99999999999999999999) "]", "-1,", -1 },
	{ "[" P("0") "]", "-1,", -1 },
	{ "[" P(null) "]", "-1,", -1 },
	{ "[{\"_placeholder\":true}]", "-1,", -1 },
	{ "[{\"num\":3,\"_placeholder\":true}]", "3,", 4 },
	{ "[ { \"_placeholder\" : true , \"num\" : 2 } ]", "2,", 3 },
	{ "[{\"_placeholder\":false,\"num\":0}]", "", 0 },
	{ "[{\"_placeholder\":1,\"num\":0}]", "", 0 },
	{ "[{\"_placeholder\":\"true\",\"num\":0}]", "", 0 },
	{ "[{\"_placeholder\":true,\"_placeholder\":false,\"num\":7}]", "", 0 },
	{ "[{\"_placeholder\":false,\"_placeholder\":true,\"num\":7}]", "7,", 8 },
	{ "[{\"_placeholder\":true,\"num\":7,\"num\":0}]", "0,", 1 },
	{ "[{\"\\u005fplaceholder\":true,\"n\\u0075m\":4}]", "4,", 5 },
	{ "[\"_placeholder\",true,{\"num\":9}]", "", 0 },
	{ "[\"{\\\"_placeholder\\\":true,\\\"num\\\":9}\"]", "", 0 },
	{ "[{\"x\":\"_placeholder\"}]", "", 0 },
	{ "[{\"_placeholder\":[true],\"num\":0}]", "", 0 },
	{ "[{\"a\":{\"b\":[" P(0) ",{\"c\":" P(1) "}]}}," P(2) "]", "0,1,2,", 3 },
	{ "[{\"a\":" P(0) ",\"num\":5}]", "0,", 1 },
	{ "[{\"num\":5,\"a\":" P(0) "}]", "0,", 1 },
	{ "[{\"_placeholder\":true,\"num\":0,\"a\":[1,\"num\",[2]]}]", "0,", 1 },
	/* one that holds an object is no placeholder of ours, and refused */
	{ "[{\"_placeholder\":true,\"num\":0,\"a\":{}}]", "", -1 },
	{ "[{\"a\":{},\"_placeholder\":true,\"num\":0}]", "", -1 },
	{ "[{\"_placeholder\":true,\"num\":0,\"a\":" P(1) "}]", "1,", -1 },
	{ "[{\"a\":" P(1) ",\"_placeholder\":true,\"num\":0}]", "1,", -1 },
	{ "[{\"_placeholder\":true,\"num\":0,\"a\":[[{}]]}," P(2) "]", "2,", -1 },
	{ "[{\"a\":{\"_placeholder\":true,\"b\":{}}}]", "", -1 },
	{ "[{\"a\":{},\"b\":{},\"_placeholder\":false}," P(0) "]", "0,", 1 },
};

static struct json_slice slice(const char *text)
{
	size_t len = strlen(text);

	return (struct json_slice){ guard_put(text, len), len };
}

/* What was found, each a whole object that says so. */
static void walk(struct json_slice value, char *out, size_t cap)
{
	struct json_slice object, mark;
	size_t cursor = 0, used = 0;
	int64_t num;

	out[0] = '\0';
	while (json_placeholder_next(value, &cursor, &object, &num)) {
		assert_int_equal(json_check(object.at, object.len, JSON_MAX_DEPTH), 0);
		assert_true(json_object_find(object, "_placeholder", &mark));
		assert_int_equal(json_kind(mark), JSON_TRUE);
		used += (size_t)snprintf(out + used, cap - used, "%lld,", (long long)num);
	}
	assert_false(json_placeholder_next(value, &cursor, &object, &num));
}

static void test_rows(void **unused)
{
	char out[64];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct json_slice value = slice(rows[i].json);
		int good = rows[i].good_count;

		assert_int_equal(json_check(value.at, value.len, JSON_MAX_DEPTH), 0);
		walk(value, out, sizeof(out));
		assert_string_equal(out, rows[i].nums);
		assert_int_equal(json_placeholders_ok(value, 11), good >= 0);
		if (good > 0) {
			assert_true(json_placeholders_ok(value, good));
			assert_false(json_placeholders_ok(value, good - 1));
		}
	}
}

static void test_truncations_stay_inside(void **unused)
{
	static const char text[] = "[{\"a\":{\"b\":[{\"_placeholder\":true,\"num\":12}]}},{\"num\":0,\"_placeholder\":true}]";
	struct json_slice value, object;
	size_t len, cursor;
	int64_t num;

	(void)unused;
	for (len = 0; len < sizeof(text); len++) {
		value = (struct json_slice){ guard_put(text, len), len };
		cursor = 0;
		while (json_placeholder_next(value, &cursor, &object, &num))
			assert_true(object.at >= value.at && object.at + object.len <= value.at + value.len);
		json_placeholders_ok(value, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_truncations_stay_inside),
	};

	return cmocka_run_group_tests_name("json_placeholder", tests, NULL, NULL);
}

/* The growing buffer: its maximum, its sticky errors, its NUL. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void test_appends(void **unused)
{
	struct buf b;
	int i;

	(void)unused;
	buf_init(&b, 1000);
	assert_null(b.data);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_null(b.data);
	assert_int_equal(buf_add(&b, "ab", 2), 0);
	assert_int_equal(buf_add_str(&b, "cd"), 0);
	assert_int_equal(buf_add_char(&b, 'e'), 0);
	assert_int_equal(buf_addf(&b, "-%d-%s", 42, "x"), 0);
	assert_string_equal(b.data, "abcde-42-x");
	assert_int_equal(b.len, 10);
	for (i = 0; i < 90; i++)
		assert_int_equal(buf_addf(&b, "%010d", i), 0);
	assert_int_equal(b.len, 910);
	assert_int_equal(strlen(b.data), 910);
	assert_memory_equal(b.data + 900, "0000000089", 10);
	buf_deinit(&b);
	assert_null(b.data);
	assert_int_equal(buf_add_str(&b, "again"), 0);
	buf_deinit(&b);
}

/* At the maximum all is well; a byte more is refused whole, and so is everything behind it. */
static void assert_limit(size_t max)
{
	char text[300];
	struct buf b;

	memset(text, 'x', sizeof(text));
	buf_init(&b, max);
	assert_int_equal(buf_add(&b, text, max), 0);
	assert_int_equal(b.len, max);
	assert_int_equal(buf_add_char(&b, 'y'), POLLUX_TOO_BIG);
	assert_int_equal(b.len, max);
	buf_clear(&b);
	assert_int_equal(b.error, 0);
	assert_int_equal(buf_add(&b, text, max + 1), POLLUX_TOO_BIG);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_add(&b, text, 1), POLLUX_TOO_BIG);
	assert_null(buf_reserve(&b, 1));
	buf_clear(&b);
	assert_int_equal(buf_addf(&b, "%.*s", (int)max, text), 0);
	assert_int_equal(buf_addf(&b, "%c", 'y'), POLLUX_TOO_BIG);
	assert_int_equal(b.len, max);
	if (b.data)
		assert_int_equal(strlen(b.data), max);
	buf_deinit(&b);
}

static void test_limits(void **unused)
{
	size_t max;

	(void)unused;
	for (max = 0; max < 299; max++)
		assert_limit(max);
}

static void test_no_overflow(void **unused)
{
	struct buf b;

	(void)unused;
	buf_init(&b, SIZE_MAX);
	assert_int_equal(buf_add_str(&b, "x"), 0);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(b.error, POLLUX_TOO_BIG);
	buf_deinit(&b);
}

static void test_reserve(void **unused)
{
	struct buf b;
	char *at;

	(void)unused;
	buf_init(&b, 100);
	at = buf_reserve(&b, 100);
	assert_non_null(at);
	memcpy(at, "hello", 5);
	buf_commit(&b, 5);
	assert_string_equal(b.data, "hello");
	assert_non_null(buf_reserve(&b, 95));
	assert_null(buf_reserve(&b, 96));
	buf_deinit(&b);
}

static void test_steal(void **unused)
{
	struct buf b;
	char *text;

	(void)unused;
	buf_init(&b, 100);
	text = buf_steal(&b);
	assert_string_equal(text, "");
	free(text);
	buf_add_str(&b, "abc");
	text = buf_steal(&b);
	assert_string_equal(text, "abc");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	free(text);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_overflow),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_steal),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}

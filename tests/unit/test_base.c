/* The small ones of base: shared bytes, clocks, ids, names of errors. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"

static void test_bytes(void **unused)
{
	struct bytes *b = bytes_new("a\0b", 3), *room = bytes_new(NULL, 4);

	(void)unused;
	assert_int_equal(b->len, 3);
	assert_memory_equal(b->data, "a\0b\0", 4);
	assert_ptr_equal(bytes_ref(b), b);
	bytes_unref(b);
	assert_int_equal(b->refs, 1);
	assert_int_equal(b->data[0], 'a');
	bytes_unref(b);
	assert_int_equal(room->data[4], 0);
	bytes_unref(room);
	assert_null(bytes_ref(NULL));
	bytes_unref(NULL);
	assert_null(bytes_new(NULL, (size_t)UINT32_MAX + 1));
}

static void test_clock(void **unused)
{
	int64_t mono = clock_mono_ms(), wall = clock_wall_ms(), us = clock_mono_us();

	(void)unused;
	assert_true(mono >= 0 && wall > INT64_C(1600000000000));
	assert_true(us / 1000 >= mono && us / 1000 - mono < 5000);
	clock_shift_ms(60000);
	clock_shift_ms(40000);
	assert_in_range(clock_mono_ms() - mono, 100000, 105000);
	assert_in_range(clock_wall_ms() - wall, 100000, 105000);
	assert_in_range(clock_mono_us() - us, 100000000, 105000000);
	clock_shift_ms(-100000);
	assert_in_range(clock_mono_ms() - mono, 0, 5000);
}

static void test_boot_id(void **unused)
{
	const char *id = clock_boot_id();

	(void)unused;
	assert_int_equal(strlen(id), 36);
	assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
	assert_ptr_equal(id, clock_boot_id());
}

/* A thousand ids differ, and all 64 characters come up. */
static void test_ids(void **unused)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static char ids[1000][RANDOM_ID_LEN + 1];
	bool seen[256] = { false };
	size_t i, k;

	(void)unused;
	for (i = 0; i < COUNT(ids); i++) {
		random_id(ids[i]);
		assert_int_equal(strlen(ids[i]), RANDOM_ID_LEN);
		assert_int_equal(strspn(ids[i], alphabet), RANDOM_ID_LEN);
		for (k = 0; k < RANDOM_ID_LEN; k++)
			seen[(unsigned char)ids[i][k]] = true;
		for (k = 0; k < i; k++)
			assert_string_not_equal(ids[k], ids[i]);
	}
	for (k = 0; alphabet[k]; k++)
		assert_true(seen[(unsigned char)alphabet[k]]);
}

static void test_random_bytes(void **unused)
{
	unsigned char big[1000] = { 0 }, none = 7;
	size_t i, zeros = 0;

	(void)unused;
	random_bytes(&none, 0);
	assert_int_equal(none, 7);
	random_bytes(big, sizeof(big));
	for (i = 0; i < sizeof(big); i++)
		zeros += big[i] == 0;
	assert_true(zeros < 50);
}

static void test_error_names(void **unused)
{
	int error, other;

	(void)unused;
	for (error = 0; error >= POLLUX_SYSTEM; error--) {
		assert_string_not_equal(pollux_strerror(error), "unknown error");
		for (other = 0; other > error; other--)
			assert_string_not_equal(pollux_strerror(error), pollux_strerror(other));
	}
	assert_string_equal(pollux_strerror(-1000), "unknown error");
	assert_string_equal(pollux_strerror(3), "ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_boot_id),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_error_names),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

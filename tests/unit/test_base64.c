/* Base64: RFC 4648's vectors, padding left out, every byte that is none, round trips. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base64.h"
#include "tests/unit/guard.h"

struct row {
	const char *text;
	size_t text_len;
	const char *data;
	ssize_t data_len;
};

static const struct row rows[] = {
	{ LIT(""), "", 0 },
	{ LIT("Zg=="), "f", 1 },
	{ LIT("Zm8="), "fo", 2 },
	{ LIT("Zm9v"), "foo", 3 },
	{ LIT("Zm9vYg=="), "foob", 4 },
	{ LIT("Zm9vYmE="), "fooba", 5 },
	{ LIT("Zm9vYmFy"), "foobar", 6 },
	{ LIT("AQIDBA=="), "\1\2\3\4", 4 },
	{ LIT("+/+/"), "\xfb\xff\xbf", 3 },
	{ LIT("Zg"), "f", 1 },                  /* padding left out */
	{ LIT("Zg="), "f", 1 },
	{ LIT("Zm8"), "fo", 2 },
	{ LIT("Zh=="), "f", 1 },                /* bits left over */
	{ LIT("Z"), NULL, -1 },
	{ LIT("Z==="), NULL, -1 },
	{ LIT("="), NULL, -1 },
	{ LIT("=="), NULL, -1 },
	{ LIT("Zm8=="), NULL, -1 },
	{ LIT("Zm9v="), NULL, -1 },
	{ LIT("Zm9vYg==="), NULL, -1 },
	{ LIT("Zg==Zg=="), NULL, -1 },
	{ LIT("Zm 9v"), NULL, -1 },
	{ LIT("Zm9v\n"), NULL, -1 },
	{ LIT("-_-_"), NULL, -1 },
	{ LIT("Zm9\0"), NULL, -1 },
	{ LIT("Zm9\xff"), NULL, -1 },
};

static void test_rows(void **unused)
{
	char out[32];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		const char *text = guard_put(r->text, r->text_len);

		assert_int_equal(base64_decode(text, r->text_len, NULL), r->data_len);
		assert_int_equal(base64_decode(text, r->text_len, out), r->data_len);
		if (r->data_len > 0)
			assert_memory_equal(out, r->data, r->data_len);
	}
}

/* Each of the 256 bytes in each of four places: only the 64 pass. */
static void test_alphabet(void **unused)
{
	char text[4], out[3];
	int c, place;

	(void)unused;
	for (place = 0; place < 4; place++) {
		for (c = 0; c < 256; c++) {
			bool good = c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c);

			memset(text, 'A', sizeof(text));
			text[place] = (char)c;
			if (c == '=' && place == 3)
				continue;
			assert_int_equal(base64_decode(text, 4, out), good ? 3 : -1);
			assert_int_equal(base64_decode(text, 4, NULL), good ? 3 : -1);
		}
	}
}

static void test_round_trips(void **unused)
{
	unsigned char data[300];
	char text[BASE64_ENCODED_LEN(sizeof(data))], back[BASE64_DECODED_MAX(sizeof(text))];
	size_t n, i;

	(void)unused;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 167 + 13);
	for (n = 0; n <= sizeof(data); n++) {
		base64_encode(guard_put(data, n), n, text);
		assert_int_equal(base64_decode(guard_put(text, BASE64_ENCODED_LEN(n)), BASE64_ENCODED_LEN(n), back), n);
		assert_memory_equal(back, data, n);
	}
}

/* No room is needed beyond what the macros say. */
static void test_writes_stay_inside(void **unused)
{
	char zeros[64] = { 0 }, text[64];
	size_t n;

	(void)unused;
	for (n = 0; n <= 30; n++) {
		char *out = guard_put(zeros, BASE64_ENCODED_LEN(n));

		base64_encode(zeros, n, out);
		memcpy(text, out, BASE64_ENCODED_LEN(n));
		base64_decode(text, BASE64_ENCODED_LEN(n), guard_put(zeros, BASE64_DECODED_MAX(BASE64_ENCODED_LEN(n))));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_alphabet),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_writes_stay_inside),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}

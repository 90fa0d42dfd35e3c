/* UTF-8: whole, in pieces, at a guard page; every scalar value once. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"
#include "tests/unit/guard.h"

struct row {
	const char *text;
	size_t len;
	bool ok;
};

static const struct row rows[] = {
	{ LIT(""), true },
	{ LIT("plain"), true },
	{ LIT("with\0nul"), true },
	{ LIT("\x7f"), true },
	{ LIT("\xc2\x80"), true },
	{ LIT("\xdf\xbf"), true },
	{ LIT("\xe0\xa0\x80"), true },
	{ LIT("\xed\x9f\xbf"), true },
	{ LIT("\xee\x80\x80"), true },
	{ LIT("\xef\xbf\xbf"), true },
	{ LIT("\xf0\x90\x80\x80"), true },
	{ LIT("\xf4\x8f\xbf\xbf"), true },
	{ LIT("eight by\xc3\xa9te words and m\xe2\x82\xacre \xf0\x9f\x98\x80"), true },
	{ LIT("\x80"), false },
	{ LIT("\xbf"), false },
	{ LIT("\xc0\x80"), false },                 /* overlong */
	{ LIT("\xc1\xbf"), false },
	{ LIT("\xe0\x80\x80"), false },
	{ LIT("\xe0\x9f\xbf"), false },
	{ LIT("\xf0\x80\x80\x80"), false },
	{ LIT("\xf0\x8f\xbf\xbf"), false },
	{ LIT("\xed\xa0\x80"), false },             /* surrogates */
	{ LIT("\xed\xbf\xbf"), false },
	{ LIT("\xf4\x90\x80\x80"), false },         /* above U+10FFFF */
	{ LIT("\xf5\x80\x80\x80"), false },
	{ LIT("\xfe"), false },
	{ LIT("\xff"), false },
	{ LIT("\xc2"), false },                     /* cut */
	{ LIT("\xe2\x82"), false },
	{ LIT("\xf0\x9f\x98"), false },
	{ LIT("\xc2g"), false },
	{ LIT("\xe2\x82g"), false },
	{ LIT("\xf0\x9f\x98g"), false },
	{ LIT("12345678\x80"), false },
	{ LIT("1234567\xff" "12345678"), false },
};

/* Feeds the text in two pieces, cut at every place. */
static void assert_pieces(const char *text, size_t len, bool ok)
{
	size_t cut;

	for (cut = 0; cut <= len; cut++) {
		uint32_t state = utf8_feed(UTF8_ACCEPT, text, cut);

		state = utf8_feed(state, text + cut, len - cut);
		assert_int_equal(state == UTF8_ACCEPT, ok);
	}
}

static void test_rows(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		const char *text = guard_put(rows[i].text, rows[i].len);

		assert_int_equal(utf8_valid(text, rows[i].len), rows[i].ok);
		assert_pieces(text, rows[i].len, rows[i].ok);
	}
}

static void test_reject_is_final(void **unused)
{
	(void)unused;
	assert_int_equal(utf8_feed(UTF8_REJECT, "good", 4), UTF8_REJECT);
	assert_int_equal(utf8_feed(utf8_feed(UTF8_ACCEPT, "\xff", 1), "good", 4), UTF8_REJECT);
}

/* Each scalar value written is valid, takes the bytes it should, and no prefix of it is. */
static void test_every_scalar(void **unused)
{
	uint32_t scalar;
	size_t n, cut;
	char out[4];

	(void)unused;
	for (scalar = 0; scalar <= 0x10ffff; scalar++) {
		n = utf8_write(scalar, out);
		assert_int_equal(n, scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4);
		assert_int_equal(utf8_valid(out, n), scalar < 0xd800 || scalar > 0xdfff);
		for (cut = 1; cut < n; cut++)
			assert_false(utf8_valid(out, cut));
	}
}

static void test_high_span(void **unused)
{
	(void)unused;
	assert_int_equal(utf8_high_span("abc", 3), 0);
	assert_int_equal(utf8_high_span("\xc3\xa9\xe2\x82\xac" "a", 6), 5);
	assert_int_equal(utf8_high_span("\xc3\xa9\xe2\x82", 4), 2);
	assert_int_equal(utf8_high_span("\xff", 1), 0);
	assert_int_equal(utf8_high_span("", 0), 0);
}

/* A bad byte is found wherever it stands in a word of eight. */
static void test_bad_byte_at_every_place(void **unused)
{
	char text[40];
	size_t at;

	(void)unused;
	for (at = 0; at < sizeof(text); at++) {
		memset(text, 'a', sizeof(text));
		text[at] = (char)0xbf;
		assert_false(utf8_valid(guard_put(text, sizeof(text)), sizeof(text)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_reject_is_final),
		cmocka_unit_test(test_every_scalar),
		cmocka_unit_test(test_high_span),
		cmocka_unit_test(test_bad_byte_at_every_place),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}

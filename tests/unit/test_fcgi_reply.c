/* A reply's layout in records, at the limits of a record; and the scanner of what arrives while a request is parked. */
#include "config.h"
#include "fcgi/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fcgi/scan.h"

/* All pieces in a row; the caller frees. */
static char *flatten(const struct reply *r, size_t *len)
{
	char *all = NULL;

	*len = 0;
	for (int i = 0; i < r->count; i++) {
		all = realloc(all, *len + r->iov[i].iov_len + 1);
		memcpy(all + *len, r->iov[i].iov_base, r->iov[i].iov_len);
		*len += r->iov[i].iov_len;
	}
	all[*len] = '\0';
	return all;
}

/* The content of all STDOUT records; checks the frame. */
static size_t unframe(const unsigned char *at, size_t len, int id, char *content)
{
	size_t total = 0, size;

	for (;;) {
		assert_true(len >= 24);
		size = (size_t)(at[4] << 8 | at[5]);
		assert_int_equal(at[0], 1);
		assert_int_equal(at[1], 6);
		assert_int_equal(at[2] << 8 | at[3], id);
		if (size == 0)
			break;
		memcpy(content + total, at + 8, size);
		total += size;
		at += 8 + size + at[6];
		len -= 8 + size + at[6];
	}
	assert_int_equal(len, 24);
	assert_int_equal(at[9], 3);
	assert_int_equal(at[10] << 8 | at[11], id);
	assert_int_equal(at[13], 8);
	assert_memory_equal(at + 16, "\0\0\0\0\0\0\0\0", 8);
	return total;
}

/* One layout with a body of n bytes in this many pieces. */
static void check_body(size_t n, int pieces)
{
	char *body = malloc(n + 1), *content = malloc(n + 300), *all;
	struct iovec iov[200];
	struct reply r;
	size_t len, step = n / (size_t)pieces;

	for (size_t i = 0; i < n; i++)
		body[i] = (char)(i * 7);
	for (int i = 0; i < pieces; i++)
		iov[i] = (struct iovec){ body + (size_t)i * step, i + 1 < pieces ? step : n - (size_t)i * step };
	assert_int_equal(reply_build(&r, 0x1234, 200, "A: b\r\n", iov, pieces), 0);
	all = flatten(&r, &len);
	len = unframe((unsigned char *)all, len, 0x1234, content);
	assert_true(len > n);
	assert_memory_equal(content + len - n, body, n);
	assert_memory_equal(content + len - n - 8, "A: b\r\n\r\n", 8);
	assert_memory_equal(content, "Status: 200 OK\r\nContent-Length: ", 32);
	assert_int_equal(strtoul(content + 32, NULL, 10), n);
	reply_deinit(&r);
	free(all);
	free(content);
	free(body);
}

static void test_sizes(void **state)
{
	(void)state;
	for (size_t n = 0; n < 20; n++)
		check_body(n, 1);
	for (size_t n = REPLY_RECORD_MAX - 80; n < REPLY_RECORD_MAX + 20; n++)
		check_body(n, 1);
	for (size_t n = 2 * REPLY_RECORD_MAX - 80; n < 2 * REPLY_RECORD_MAX + 20; n++)
		check_body(n, 3);
	for (int pieces = 1; pieces < 200; pieces++)
		check_body(200000, pieces);
	check_body(5000000, 7);
}

static void test_lengthless(void **state)
{
	static const int table[] = { 204, 304 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct reply r;
		size_t len;
		char *all;

		assert_int_equal(reply_build_plain(&r, table[i], "", NULL, 0), 0);
		all = flatten(&r, &len);
		assert_null(strstr(all, "Content-Length"));
		assert_string_equal(all + len - 4, "\r\n\r\n");
		reply_deinit(&r);
		free(all);
	}
}

static void test_plain(void **state)
{
	struct iovec body[2] = { { "ab", 2 }, { "cd", 2 } };
	struct reply r;
	size_t len;
	char *all;

	(void)state;
	assert_int_equal(reply_build_plain(&r, 999, "X: y\r\n", body, 2), 0);
	all = flatten(&r, &len);
	assert_string_equal(all, "Status: 999 Status\r\nContent-Length: 4\r\nX: y\r\n\r\nabcd");
	reply_deinit(&r);
	free(all);
	reply_build_end(&r, 7);
	all = flatten(&r, &len);
	assert_int_equal(unframe((unsigned char *)all, len, 7, NULL), 0);
	reply_deinit(&r);
	free(all);
}

/* Feeds the bytes in steps of n; the first result that is not SCAN_NOTHING. */
static enum scan_result scan(const char *bytes, size_t len, size_t step)
{
	struct scan s = { 0 };
	enum scan_result r = SCAN_NOTHING;

	for (size_t at = 0; at < len && r == SCAN_NOTHING; at += step)
		r = scan_feed(&s, 1, (const unsigned char *)bytes + at, len - at < step ? len - at : step);
	return r;
}

static void test_scan(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum scan_result want;
	} table[] = {
#define ROW(b, w) { b, sizeof(b) - 1, w }
		ROW("\1\2\0\1\0\0\0\0", SCAN_ABORT),
		ROW("\1\2\0\1\0\0\0", SCAN_NOTHING),
		ROW("\1\2\0\2\0\0\0\0", SCAN_NOTHING), /* another request's */
		ROW("\1\11\0\0\0\3\5\0abc.....\1\2\0\1\0\0\0\0", SCAN_ABORT), /* GET_VALUES before it */
		ROW("\1\5\0\1\0\10\0\0\1\2\0\1\0\0\0\0", SCAN_NOTHING), /* looks like one, is content */
		ROW("\1\5\0\1\0\10\0\0\1\2\0\1\0\0\0\0\1\2\0\1\0\0\0\0", SCAN_ABORT),
		ROW("\1\1\0\2\0\10\0\0", SCAN_VIOLATION),
		ROW("GET / HT", SCAN_VIOLATION),
		ROW("\0\0\0\0\0\0\0\0", SCAN_VIOLATION),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (size_t step = 1; step <= table[i].len; step++)
			assert_int_equal(scan(table[i].bytes, table[i].len, step), table[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_lengthless),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_scan),
	};

	return cmocka_run_group_tests_name("fcgi_reply", tests, NULL, NULL);
}

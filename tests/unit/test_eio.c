/* Engine.IO packets and payloads. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/eio.h"
#include "tests/unit/guard.h"

struct row {
	const char *text;
	size_t len;
	int type;              /* -1: malformed */
	bool base64;
	const char *data;
};

static const struct row rows[] = {
	{ LIT("0{\"sid\":\"x\"}"), EIO_OPEN, false, "{\"sid\":\"x\"}" },
	{ LIT("1"), EIO_CLOSE, false, "" },
	{ LIT("2"), EIO_PING, false, "" },
	{ LIT("2probe"), EIO_PING, false, "probe" },
	{ LIT("3probe"), EIO_PONG, false, "probe" },
	{ LIT("4hello"), EIO_MESSAGE, false, "hello" },
	{ LIT("4"), EIO_MESSAGE, false, "" },
	{ LIT("4\xe2\x82\xac"), EIO_MESSAGE, false, "\xe2\x82\xac" },
	{ LIT("5"), EIO_UPGRADE, false, "" },
	{ LIT("6"), EIO_NOOP, false, "" },
	{ LIT("b"), EIO_MESSAGE, true, "" },
	{ LIT("bAQIDBA=="), EIO_MESSAGE, true, "AQIDBA==" },
	{ LIT("bAQIDBA"), EIO_MESSAGE, true, "AQIDBA" },
	{ LIT(""), -1, false, "" },
	{ LIT("7"), -1, false, "" },
	{ LIT("/"), -1, false, "" },
	{ LIT("\0"), -1, false, "" },
	{ LIT("abc"), -1, false, "" },
	{ LIT("B"), -1, false, "" },
	{ LIT(" 4"), -1, false, "" },
	{ LIT("bA"), -1, false, "" },
	{ LIT("b!!!!"), -1, false, "" },
	{ LIT("4\xff"), -1, false, "" },
	{ LIT("4\xe2\x82"), -1, false, "" },
	{ LIT("\xc3\xa9"), -1, false, "" },
};

static void test_packets(void **unused)
{
	struct eio_packet p;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		int result = eio_parse_packet(guard_put(r->text, r->len), r->len, &p);

		assert_int_equal(result, r->type < 0 ? -1 : 0);
		if (r->type < 0)
			continue;
		assert_int_equal(p.type, r->type);
		assert_int_equal(p.base64, r->base64);
		assert_int_equal(p.len, strlen(r->data));
		assert_memory_equal(p.data, r->data, p.len);
	}
}

/* The packets as type:data; and at the end . or, when malformed, ! */
static void assert_payload(const char *payload, size_t len, const char *expected)
{
	char out[256] = "";
	const char *text = guard_put(payload, len);
	size_t cursor = 0, used = 0;
	struct eio_packet p;
	int more;

	while ((more = eio_payload_next(text, len, &cursor, &p)) == 1)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%d%s:%.*s;", p.type, p.base64 ? "b" : "", (int)p.len,
					 p.data);
	snprintf(out + used, sizeof(out) - used, "%c", more == 0 ? '.' : '!');
	assert_string_equal(out, expected);
	/* the end is the end, malformed stays malformed */
	assert_int_equal(eio_payload_next(text, len, &cursor, &p), more);
}

static void test_payloads(void **unused)
{
	(void)unused;
	assert_payload(LIT("4a"), "4:a;.");
	assert_payload(LIT("4a\x1e" "4b\x1e" "2"), "4:a;4:b;2:;.");
	assert_payload(LIT("4a\x1e" "bAQID\x1e" "1"), "4:a;4b:AQID;1:;.");
	assert_payload(LIT("6"), "6:;.");
	assert_payload(LIT(""), "!");
	assert_payload(LIT("\x1e"), "!");
	assert_payload(LIT("4a\x1e"), "4:a;!");
	assert_payload(LIT("\x1e" "4a"), "!");
	assert_payload(LIT("4a\x1e\x1e" "4b"), "4:a;!");
	assert_payload(LIT("4a\x1e" "9\x1e" "4b"), "4:a;!");
	assert_payload(LIT("4a\x1e" "4\xff\x1e" "4b"), "4:a;!");
	assert_payload(LIT("abc"), "!");
	/* a character cut by the separator */
	assert_payload(LIT("4\xe2\x82\x1e" "4b"), "!");
}

/* However it is cut, whole packets before the cut come out and none behind. */
static void test_every_truncation(void **unused)
{
	static const char text[] = "4hello\x1e" "bAQIDBA==\x1e" "2\x1e" "4\xf0\x9f\x98\x80";
	struct eio_packet p;
	size_t len, cursor;

	(void)unused;
	for (len = 0; len < sizeof(text); len++) {
		const char *copy = guard_put(text, len);
		int count = 0;

		for (cursor = 0; eio_payload_next(copy, len, &cursor, &p) == 1; count++)
			assert_true(p.data >= copy && p.data + p.len <= copy + len);
		assert_true(count <= 4);
		assert_int_equal(count == 4, len == sizeof(text) - 1 || len == sizeof(text) - 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_every_truncation),
	};

	return cmocka_run_group_tests_name("eio", tests, NULL, NULL);
}

/* The handshake's key and its answer. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>

#include "proto/websocket.h"
#include "tests/unit/guard.h"

struct row {
	const char *key;
	const char *accept;     /* NULL: not a key */
};

static const struct row rows[] = {
	{ "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },     /* RFC 6455 section 1.3 */
	{ "AQIDBAUGBwgJCgsMDQ4PEC==", "OfS0wDaT5NoxF2gqm7Zj2YtetzM=" },     /* section 4.1's bytes 1 to 16, as the RFC prints them */
	{ "", NULL },
	{ "dGhlIHNhbXBsZSBub25jZQ=", NULL },
	{ "dGhlIHNhbXBsZSBub25jZQ", NULL },
	{ "dGhlIHNhbXBsZSBub25jZQ===", NULL },
	{ "dGhlIHNhbXBsZSBub25jZ===", NULL },
	{ "dGhlIHNhbXBsZSBub25jZQQ=", NULL },      /* 17 bytes */
	{ "dGhlIHNhbXBsZSBub25jZQQQ", NULL },      /* 18 */
	{ "dGhlIHNhbXBsZSBub25j", NULL },          /* 15 */
	{ "dGhlIHNhbXBsZSBub25jZQ== ", NULL },
	{ " dGhlIHNhbXBsZSBub25jZQ=", NULL },
	{ "dGhlIHNhbXBsZS-ub25jZQ==", NULL },
	{ "dGhlIHNhbXBsZS_ub25jZQ==", NULL },
	{ "dGhlIHNhbX=sZSBub25jZQ==", NULL },
	{ "dGhlIHNhbX\xc3\xa9ZSBub25jZQ==", NULL },
};

static void test_rows(void **unused)
{
	char accept[WEBSOCKET_ACCEPT_LEN + 1];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		const char *key = guard_put(rows[i].key, strlen(rows[i].key) + 1);

		memset(accept, '-', sizeof(accept));
		assert_int_equal(websocket_key_valid(key), rows[i].accept != NULL);
		assert_int_equal(websocket_accept_key(key, accept), rows[i].accept != NULL);
		if (rows[i].accept)
			assert_string_equal(accept, rows[i].accept);
		else
			assert_int_equal(accept[0], '-');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("websocket_key", tests, NULL, NULL);
}

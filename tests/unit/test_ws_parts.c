/* What the sidecar's HTTP side works out by itself: headers, handshakes, origins. Tables. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "core/settings.h"
#include "proto/network.h"
#include "ws/client_address.h"
#include "ws/handshake.h"
#include "ws/headers.h"
#include "ws/origin.h"

static void test_headers(void **state)
{
	const char *name, *value;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_null(headers_get(&b, "host"));
	assert_false(headers_at(&b, 0, &name, &value));
	headers_add(&b, "Host", "example.org");
	headers_add(&b, "X-Forwarded-For", "192.0.2.1");
	headers_add(&b, "Cookie", "a=1");
	headers_add(&b, "Empty", "");
	headers_add(&b, "x-forwarded-FOR", "192.0.2.2, 192.0.2.3");
	headers_add(&b, "COOKIE", "b=2");
	headers_add(&b, "empty", "");
	assert_string_equal(headers_get(&b, "host"), "example.org");
	assert_string_equal(headers_get(&b, "x-forwarded-for"), "192.0.2.1, 192.0.2.2, 192.0.2.3");
	assert_string_equal(headers_get(&b, "cookie"), "a=1; b=2");
	assert_string_equal(headers_get(&b, "empty"), ", ");
	/* a value is not a name */
	assert_null(headers_get(&b, "example.org"));
	assert_true(headers_at(&b, 2, &name, &value));
	assert_string_equal(name, "cookie");
	assert_string_equal(value, "a=1; b=2");
	assert_false(headers_at(&b, 4, &name, &value));
	assert_int_equal(b.error, 0);
	buf_deinit(&b);
	/* a full block tells, and stays one of whole pairs but for its end */
	buf_init(&b, 20);
	headers_add(&b, "a", "b");
	headers_add(&b, "a", "0123456789012345678901234567890");
	assert_int_not_equal(b.error, 0);
	buf_deinit(&b);
}

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

static void test_handshakes(void **state)
{
	static const struct {
		const char *method, *version, *upgrade, *connection, *number, *key;
		enum handshake verdict;
	} table[] = {
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "13", KEY, HANDSHAKE_FINE },
		{ "GET", "HTTP/1.1", "WebSocket", "keep-alive, upgrade", "13", KEY, HANDSHAKE_FINE },
		{ "GET", "HTTP/1.1", "h2c, websocket", "Upgrade", "13", KEY, HANDSHAKE_FINE },
		{ "GET", "HTTP/1.1", NULL, "Upgrade", "13", KEY, HANDSHAKE_NONE },
		{ "GET", "HTTP/1.1", "websocket", NULL, "13", KEY, HANDSHAKE_NONE },
		{ "GET", "HTTP/1.1", "websocket", "keep-alive", "13", KEY, HANDSHAKE_NONE },
		{ "GET", "HTTP/1.1", "h2c", "Upgrade", "13", KEY, HANDSHAKE_NONE },
		{ "POST", "HTTP/1.1", "websocket", "Upgrade", "13", KEY, HANDSHAKE_BAD },
		{ "GET", "HTTP/1.0", "websocket", "Upgrade", "13", KEY, HANDSHAKE_BAD },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", NULL, KEY, HANDSHAKE_VERSION },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "8", KEY, HANDSHAKE_VERSION },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "13, 8", KEY, HANDSHAKE_VERSION },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "13", NULL, HANDSHAKE_BAD },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "13", "", HANDSHAKE_BAD },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZQ==", HANDSHAKE_BAD },
		{ "GET", "HTTP/1.1", "websocket", "Upgrade", "13", KEY ", " KEY, HANDSHAKE_BAD },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *pairs[][2] = {
			{ "Upgrade", table[i].upgrade }, { "Connection", table[i].connection },
			{ "Sec-WebSocket-Version", table[i].number }, { "Sec-WebSocket-Key", table[i].key },
		};
		const char *why;
		struct buf b;

		buf_init(&b, 1000);
		for (size_t k = 0; k < COUNT(pairs); k++)
			if (pairs[k][1])
				headers_add(&b, pairs[k][0], pairs[k][1]);
		if (handshake_check(&b, table[i].method, table[i].version, &why) != table[i].verdict)
			fail_msg("row %zu: %s", i, why);
		buf_deinit(&b);
	}
}

static void test_subprotocols(void **state)
{
	static const char *const table[][2] = {
		{ "chat", "chat" }, { "chat, superchat", "chat" }, { " a.b-c_d", "a.b-c_d" }, { "", NULL }, { ",chat", NULL },
		{ "a\"b", NULL }, { "a(b)", NULL }, { "caf\xc3\xa9", NULL },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456",
			"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456" },
		{ "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
			NULL },
	};
	char out[HANDSHAKE_PROTOCOL_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct buf b;
		bool found;

		buf_init(&b, 1000);
		headers_add(&b, "Sec-WebSocket-Protocol", table[i][0]);
		found = handshake_protocol(&b, out);
		if (found != (table[i][1] != NULL) || (found && strcmp(out, table[i][1]) != 0))
			fail_msg("row %zu: %s", i, found ? out : "none");
		buf_deinit(&b);
	}
}

static void test_origins(void **state)
{
	static const struct {
		enum cors_mode mode;
		const char *origin, *host, *forwarded;
		bool allowed;
	} table[] = {
		{ CORS_OFF, "https://example.org", "example.org", NULL, true },
		{ CORS_OFF, "https://EXAMPLE.org", "example.ORG", NULL, true },
		{ CORS_OFF, "http://example.org:8080", "example.org:8080", NULL, true },
		{ CORS_OFF, "http://example.org", "example.org:80", NULL, true },
		{ CORS_OFF, "https://example.org:443", "example.org", NULL, true },
		{ CORS_OFF, "http://[::1]:8080", "[::1]:8080", NULL, true },
		{ CORS_OFF, "https://example.org", "127.0.0.1:8081", "example.org", true },
		{ CORS_OFF, "https://example.org", "127.0.0.1:8081", "other.org, example.org", true },
		{ CORS_OFF, "https://example.org", "example.org:80", NULL, false },
		{ CORS_OFF, "http://example.org:8080", "example.org", NULL, false },
		{ CORS_OFF, "http://example.org.evil.org", "example.org", NULL, false },
		{ CORS_OFF, "http://evil.org", "example.org", "also.example.org", false },
		{ CORS_OFF, "http://evil.org", NULL, NULL, false },
		{ CORS_OFF, "http://", "", "", false },
		{ CORS_OFF, "http://:80", ":80", NULL, false },
		{ CORS_OFF, "null", "null", NULL, false },
		{ CORS_OFF, "", "example.org", NULL, false },
		{ CORS_OFF, "file://example.org", "example.org", NULL, false },
		{ CORS_ANY, "http://evil.org", "example.org", NULL, true },
		{ CORS_ANY, "null", "example.org", NULL, true },
		{ CORS_REFLECT, "http://evil.org", "example.org", NULL, true },
		{ CORS_LIST, "https://listed.org", "example.org", NULL, true },
		{ CORS_LIST, "http://example.org", "example.org", NULL, true },
		{ CORS_LIST, "http://listed.org", "example.org", NULL, false },
		{ CORS_LIST, "https://listed.org:444", "example.org", NULL, false },
	};
	char *listed[] = { "https://listed.org" };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct cors cors = { .mode = table[i].mode, .origins = listed, .origins_count = 1 };

		if (origin_allowed(&cors, table[i].origin, table[i].host, table[i].forwarded) != table[i].allowed)
			fail_msg("row %zu: %s at %s", i, table[i].origin, table[i].host ? table[i].host : "-");
	}
}

static void test_client_address(void **state)
{
	static const struct {
		const char *peer, *forwarded_for, *proto, *expected;
		bool secure;
	} table[] = {
		{ "203.0.113.9", "192.0.2.1", "https", "203.0.113.9", false },
		{ "127.0.0.1", "192.0.2.1", "https", "192.0.2.1", true },
		{ "", "192.0.2.1", "HTTPS", "192.0.2.1", true },
		{ "127.0.0.1", "192.0.2.1", "http", "192.0.2.1", false },
		{ "127.0.0.1", "192.0.2.1", "https, http", "192.0.2.1", false },
		{ "127.0.0.1", "192.0.2.1", NULL, "192.0.2.1", false },
		{ "127.0.0.1", NULL, "https", "127.0.0.1", true },
		{ "127.0.0.1", "", "", "127.0.0.1", false },
		/* what the client has made up stands further left */
		{ "127.0.0.1", "198.51.100.1, 192.0.2.1", NULL, "192.0.2.1", false },
		{ "127.0.0.1", "198.51.100.1,192.0.2.1 , 10.1.2.3", NULL, "192.0.2.1", false },
		{ "127.0.0.1", "10.9.9.9, 10.1.2.3", NULL, "10.9.9.9", false },
		{ "127.0.0.1", "192.0.2.1, unknown", NULL, "127.0.0.1", false },
		{ "127.0.0.1", "192.0.2.1, unix", NULL, "127.0.0.1", false },
		{ "127.0.0.1", "192.0.2.1, 10.0.0.0/8", NULL, "127.0.0.1", false },
		{ "127.0.0.1", "192.0.2.1,", NULL, "127.0.0.1", false },
		{ "127.0.0.1", ",", NULL, "127.0.0.1", false },
		{ "127.0.0.1", "2001:db8::7", NULL, "2001:db8::7", false },
	};
	struct settings s;

	(void)state;
	assert_int_equal(settings_init(&s), 0);
	assert_int_equal(s.trusted_count, 1);   /* Unix sockets, unless the application says who */
	s.trusted_count = 0;
	for (size_t i = 0; i < COUNT(table); i++) {
		char peer[46];
		bool secure = false;

		snprintf(peer, sizeof(peer), "%s", table[i].peer);
		client_address(&s, peer, sizeof(peer), &secure, table[i].forwarded_for, table[i].proto);
		assert_string_equal(peer, table[i].peer);
	}
	assert_int_equal(settings_add_trusted(&s, "127.0.0.1"), 0);
	assert_int_equal(settings_add_trusted(&s, "10.0.0.0/8"), 0);
	assert_int_equal(settings_add_trusted(&s, "unix"), 0);
	assert_int_equal(settings_add_trusted(&s, "localhost"), POLLUX_PROTOCOL);
	for (size_t i = 0; i < COUNT(table); i++) {
		char peer[46];
		bool secure = false;

		snprintf(peer, sizeof(peer), "%s", table[i].peer);
		client_address(&s, peer, sizeof(peer), &secure, table[i].forwarded_for, table[i].proto);
		if (strcmp(peer, table[i].expected) != 0 || secure != table[i].secure)
			fail_msg("row %zu: %s", i, peer);
	}
	settings_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_handshakes),
		cmocka_unit_test(test_subprotocols),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_client_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
